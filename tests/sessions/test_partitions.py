"""The plan of docs/scale.md works: its statements run, and messages go on in partitions by month."""

import re
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import IntegrityError, connection, transaction

from apps.sessions import posting, queries
from apps.sessions.models import Message
from csdesk import ids
from tests import factories as make

pytestmark = pytest.mark.django_db

PLAN = Path(__file__).resolve().parents[2] / "docs" / "scale.md"


def run(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def statements() -> list[str]:
    """Those of the plan; the test's own transaction stands for its BEGIN and COMMIT."""
    [block] = re.findall(r"```sql\n(.*?)```", PLAN.read_text(), re.DOTALL)
    without_comments = re.sub(r"--.*", "", block)
    found = [one.strip() for one in re.split(r";\n", without_comments + "\n")]
    return [one for one in found if one and one not in ("BEGIN", "COMMIT")]


@pytest.fixture
def partitioned(db) -> None:
    make.make_session()
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in statements():
        run(statement)


def session_of(milliseconds: int):
    with patch.object(ids.time, "time_ns", return_value=milliseconds * 1_000_000):
        return make.make_session()


def test_messages_go_where_their_session_began(partitioned):
    march, later = session_of(1_803_945_600_000), session_of(1_900_000_000_000)
    assert [make.customer_says(one, "again").seq for one in (march, later)] == [2, 2]
    places = dict(run("SELECT tableoid::regclass::text, count(*) FROM service_sessions_message GROUP BY 1"))
    assert places == {"message_until_2027_03": 1, "message_2027_03": 2, "message_other": 2}
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(session=march, seq=2).update(rev=2)


def test_what_a_socket_asks_for_looks_into_one_partition(partitioned):
    session = session_of(1_803_945_600_000)
    posting.post(make_post(session))
    page = Message.objects.filter(session_id=session.id, rev__gt=1).order_by("rev")
    assert "message_2027_03" in page.explain()
    assert "message_until" not in page.explain()
    assert [message.seq for message in queries.sync_page(session.id, 1)[0]] == [1, 2]


def make_post(session) -> posting.Post:
    author = posting.Author.customer(session.customer)
    return posting.Post(session.id, author, "text", {"text": "Is it there?"})
