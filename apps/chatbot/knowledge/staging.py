"""Rows on their way into a library: a table of this transaction's own, joined with the entries in SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

_COLUMNS = (
    "number",
    "key",
    "question",
    "answer",
    "more_answers",
    "format",
    "is_enabled",
    "valid_from",
    "valid_to",
    "tags",
    "category_place",
    "alike",
    "alike_keys",
)
# What a field of a file is called in the table of entries.
_COLUMN_OF = {"category": "category_id"}

_CREATE = """
    CREATE TEMPORARY TABLE chatbot_incoming (
        number bigint, key text, question text, answer text, more_answers text[], format text,
        is_enabled boolean, valid_from timestamptz, valid_to timestamptz, tags text[], category_place int,
        category_id bigint, alike text[], alike_keys text[],
        entry_id bigint, differs boolean DEFAULT false, alike_differs boolean DEFAULT false
    ) ON COMMIT DROP
"""
_FIND = """
    UPDATE chatbot_incoming new SET entry_id = old.id, differs = {differs}, alike_differs = {alike}
    FROM chatbot_entry old WHERE old.library = %s AND old.key = new.key
"""
_EXISTING = """
    FROM chatbot_incoming new JOIN chatbot_entry old ON old.library = %s AND old.key = new.key
"""
_DROP_EXISTING = """
    DELETE FROM chatbot_incoming new USING chatbot_entry old WHERE old.library = %s AND old.key = new.key
"""
_SET_CATEGORIES = """
    UPDATE chatbot_incoming new SET category_id = named.id
    FROM unnest(%s::int[], %s::bigint[]) AS named (place, id) WHERE new.category_place = named.place
"""
_ALIKE_DIFFERS = """
    new.alike IS DISTINCT FROM
    ARRAY(SELECT text::text FROM chatbot_similarquestion WHERE entry_id = old.id ORDER BY position, id)
"""
_COUNT = """
    SELECT count(*) FILTER (WHERE entry_id IS NULL),
           count(*) FILTER (WHERE entry_id IS NOT NULL AND (differs OR alike_differs))
    FROM chatbot_incoming
"""
_CHANGE = """
    UPDATE chatbot_entry old SET {assignments}, changed_at = %s, changed_by_id = %s
    FROM chatbot_incoming new WHERE old.id = new.entry_id AND (new.differs OR new.alike_differs)
"""
_ADD = """
    WITH made AS (
        INSERT INTO chatbot_entry (library, key, question, answer, more_answers, format, is_enabled,
            valid_from, valid_to, tags, category_id, preset, created_at, changed_at, changed_by_id)
        SELECT %s, key, question, answer, more_answers, format, is_enabled, valid_from,
            valid_to, tags, category_id, '', %s, %s, %s
        FROM chatbot_incoming WHERE entry_id IS NULL ORDER BY number
        RETURNING id, key
    )
    UPDATE chatbot_incoming new SET entry_id = made.id, alike_differs = new.alike <> '{}'
    FROM made WHERE made.key = new.key
"""
_DROP_SIMILAR = """
    DELETE FROM chatbot_similarquestion
    WHERE entry_id IN (SELECT entry_id FROM chatbot_incoming WHERE alike_differs)
"""
_ADD_SIMILAR = """
    INSERT INTO chatbot_similarquestion (entry_id, text, key, position)
    SELECT new.entry_id, line.text, line.key, line.position - 1
    FROM chatbot_incoming new,
         unnest(new.alike, new.alike_keys) WITH ORDINALITY AS line (text, key, position)
    WHERE new.alike_differs
"""


def create(cursor: Any) -> None:
    drop(cursor)
    cursor.execute(_CREATE)


def drop(cursor: Any) -> None:
    cursor.execute("DROP TABLE IF EXISTS chatbot_incoming")


def fill(cursor: Any, records: Iterable[tuple]) -> None:
    """Copy some records, in the order of the columns."""
    with cursor.copy(f"COPY chatbot_incoming ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
        for record in records:
            copy.write_row(record)


def filled(cursor: Any) -> None:
    """All records are there: the planner may know how many."""
    cursor.execute("ANALYZE chatbot_incoming")


def existing(cursor: Any, library: str) -> list[int]:
    """The numbers of the rows whose question an entry has."""
    cursor.execute(f"SELECT new.number {_EXISTING} ORDER BY new.number", [library])
    return [number for (number,) in cursor]


def drop_existing(cursor: Any, library: str) -> None:
    """Forget the rows whose question an entry has."""
    cursor.execute(_DROP_EXISTING, [library])


def categories(cursor: Any) -> set[int]:
    """The places of the categories that rows name."""
    cursor.execute("SELECT DISTINCT category_place FROM chatbot_incoming")
    return {place for (place,) in cursor}


def set_categories(cursor: Any, found: dict[int, int]) -> None:
    """Say which category stands at which place; rows of other places are in none."""
    cursor.execute(_SET_CATEGORIES, [list(found), list(found.values())])


def compare(cursor: Any, library: str, fields: Collection[str]) -> tuple[int, int]:
    """How many entries are not there yet, and of how many that are there one of the fields differs."""
    pairs = [(f"new.{name}", f"old.{name}") for name in _columns(fields)]
    if "question" not in fields:
        # Written otherwise, the same question.
        pairs.append(("new.question", "old.question"))
    differs = " OR ".join(f"{new} IS DISTINCT FROM {_plain(old)}" for new, old in pairs)
    alike = _ALIKE_DIFFERS if "similar" in fields else "false"
    cursor.execute(_FIND.format(differs=differs, alike=alike), [library])
    cursor.execute(_COUNT)
    return cursor.fetchone()


def write(cursor: Any, library: str, fields: Collection[str], now: datetime, member_id: int | None) -> None:
    """Change the entries that differ and add those that are not there."""
    assignments = ", ".join(f"{name} = new.{name}" for name in ("question", *_columns(fields)))
    cursor.execute(_CHANGE.format(assignments=assignments), [now, member_id])
    cursor.execute(_ADD, [library, now, now, member_id])
    cursor.execute(_DROP_SIMILAR)
    cursor.execute(_ADD_SIMILAR)


def _columns(fields: Collection[str]) -> list[str]:
    return [_COLUMN_OF.get(name, name) for name in fields if name != "similar"]


def _plain(column: str) -> str:
    """Arrays of short texts as arrays of texts, which is what the new ones are."""
    return f"{column}::text[]" if column == "old.tags" else column
