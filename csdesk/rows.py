"""Many rows, each with values of its own, saved by one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

from django.db import connection, models


def save(rows: Sequence[models.Model], fields: tuple[str, ...]) -> None:
    """Save these fields of rows of one table, as `save(update_fields=…)` would one by one; no signals."""
    if not rows:
        return
    table = type(rows[0])
    names = [table._meta.pk.attname, *(table._meta.get_field(name).attname for name in fields)]
    update(table, [{name: getattr(row, name) for name in names} for row in rows], key=names[0])


def update(
    table: type[models.Model],
    values: Sequence[dict],
    *,
    key: str,
    where: str = "true",
    returning: str = "1",
) -> list[tuple]:
    """Set columns of the rows that `key`, one of the columns, names; all values are of the same columns.

    For plain values: text, numbers, moments, UUIDs, references. `where` and `returning` are SQL about
    the row, `kept`.
    """
    if not values:
        return []
    with connection.cursor() as cursor:
        statement = _statement(table, tuple(values[0]), key, where, returning)
        cursor.execute(statement, [json.dumps(values, default=str)])
        return cursor.fetchall()


@cache
def _statement(
    table: type[models.Model], columns: tuple[str, ...], key: str, where: str, returning: str
) -> str:
    types = {field.attname: field.cast_db_type(connection) for field in table._meta.concrete_fields}
    set_ = ", ".join(f"{name} = given.{name}" for name in columns if name != key)
    given = ", ".join(f"{name} {types[name]}" for name in columns)
    # The list of keys makes it an index scan, however many rows are expected.
    return f"""
        WITH given AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(%s::jsonb) AS given ({given}))
        UPDATE "{table._meta.db_table}" AS kept
        SET {set_}
        FROM given
        WHERE kept.{key} = ANY (ARRAY(SELECT {key} FROM given)) AND kept.{key} = given.{key} AND {where}
        RETURNING {returning}"""  # noqa: S608
