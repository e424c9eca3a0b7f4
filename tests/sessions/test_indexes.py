"""What a message costs in indexes: none is kept twice, and none moves with every message."""

import re
from pathlib import Path

import pytest
from django.db import connection

from apps.sessions import posting

pytestmark = pytest.mark.django_db

SESSION = "service_sessions_chatsession"
# Columns of keys, conditions and expressions alike.
INDEXED = """
    SELECT DISTINCT attname
    FROM pg_index
    JOIN pg_depend ON classid = 'pg_class'::regclass AND objid = indexrelid
        AND refobjid = indrelid AND refobjsubid > 0
    JOIN pg_attribute ON attrelid = indrelid AND attnum = refobjsubid
    WHERE indrelid = %s::regclass"""
# Whole, not unique, and the same columns in the same way as another whole index begins with.
TWICE = """
    SELECT one.indexrelid::regclass::text, other.indexrelid::regclass::text
    FROM pg_index AS one
    JOIN pg_stat_user_tables ON relid = one.indrelid
    JOIN pg_index AS other ON other.indrelid = one.indrelid AND other.indexrelid <> one.indexrelid
    WHERE NOT one.indisunique AND one.indpred IS NULL AND other.indpred IS NULL
        AND one.indexprs IS NULL AND other.indexprs IS NULL
        AND other.indnkeyatts >= one.indnkeyatts
        AND (other.indkey::int2[])[0:one.indnkeyatts - 1] = (one.indkey::int2[])[0:one.indnkeyatts - 1]
        AND (other.indclass::oid[])[0:one.indnkeyatts - 1] = (one.indclass::oid[])[0:one.indnkeyatts - 1]"""


def rows(statement: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def moved_by_a_message() -> set[str]:
    """The session's columns that the statement of posting assigns."""
    statement = (Path(posting.__file__).parent / "posting.sql").read_text()
    assigned = re.search(rf"UPDATE {SESSION} AS session SET(.*?)\n    FROM", statement, re.DOTALL)[1]
    return set(re.findall(r"^        (\w+) = ", assigned, re.MULTILINE))


def test_a_message_changes_its_session_in_place():
    # A change of an indexed column would write an entry into every index of the table.
    moved = moved_by_a_message()
    assert {"seq", "rev", "unread", "last_text", "deadline_at"} <= moved
    # The session is engaged once.
    assert moved & {name for [name] in rows(INDEXED, SESSION)} <= {"engaged_at"}


def test_no_index_repeats_the_beginning_of_another_one():
    ours = [(one, other) for one, other in rows(TWICE) if re.match("service_sessions|routing|records", one)]
    assert ours == []
