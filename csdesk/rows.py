"""Many rows, each with values of its own, saved by one statement."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import orjson
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
        cursor.execute(statement, [_json(values)])
        return cursor.fetchall()


def insert(table: type[models.Model], values: Sequence[dict]) -> None:
    """Add rows in this order, with the table's own keys; all values are of the same columns."""
    if values:
        with connection.cursor() as cursor:
            cursor.execute(_insert(table, tuple(values[0])), [_json(values)])


def _json(values: Sequence[dict]) -> str:
    return orjson.dumps(values, default=str).decode()


def _typed(table: type[models.Model], columns: tuple[str, ...]) -> str:
    types = {field.attname: field.cast_db_type(connection) for field in table._meta.concrete_fields}
    return ", ".join(f"{name} {types[name]}" for name in columns)


@cache
def _insert(table: type[models.Model], columns: tuple[str, ...]) -> str:
    return f"""
        INSERT INTO "{table._meta.db_table}" ({", ".join(columns)})
        SELECT * FROM jsonb_to_recordset(%s::jsonb) AS given ({_typed(table, columns)})"""  # noqa: S608


@cache
def _statement(
    table: type[models.Model], columns: tuple[str, ...], key: str, where: str, returning: str
) -> str:
    set_ = ", ".join(f"{name} = given.{name}" for name in columns if name != key)
    # The list of keys makes it an index scan, however many rows are expected.
    return f"""
        WITH given AS MATERIALIZED (
            SELECT * FROM jsonb_to_recordset(%s::jsonb) AS given ({_typed(table, columns)})
        )
        UPDATE "{table._meta.db_table}" AS kept
        SET {set_}
        FROM given
        WHERE kept.{key} = ANY (ARRAY(SELECT {key} FROM given)) AND kept.{key} = given.{key} AND {where}
        RETURNING {returning}"""  # noqa: S608
