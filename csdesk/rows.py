"""Many rows, each with values of its own, saved by one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

from django.db import connection, models


def update(rows: Sequence[models.Model], fields: tuple[str, ...]) -> None:
    """Save these fields of rows of one table, as `save(update_fields=…)` would one by one.

    For plain values: text, numbers, moments, UUIDs, references. No signals.
    """
    if not rows:
        return
    names = _columns(type(rows[0]), fields)
    values = [{name: getattr(row, name) for name in names} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_statement(type(rows[0]), fields), [json.dumps(values, default=str)])


@cache
def _columns(table: type[models.Model], fields: tuple[str, ...]) -> dict[str, str]:
    """The attributes of the key and the fields, each with its column's type."""
    found = [table._meta.pk, *(table._meta.get_field(name) for name in fields)]
    return {field.attname: field.cast_db_type(connection) for field in found}


@cache
def _statement(table: type[models.Model], fields: tuple[str, ...]) -> str:
    columns = _columns(table, fields)
    key, *rest = columns
    return f"""
        UPDATE "{table._meta.db_table}" AS old
        SET {", ".join(f"{name} = new.{name}" for name in rest)}
        FROM jsonb_to_recordset(%s::jsonb) AS new ({", ".join(f"{n} {t}" for n, t in columns.items())})
        WHERE old.{key} = new.{key}"""  # noqa: S608
