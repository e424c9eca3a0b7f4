"""Numbers of mine (D-14), against plain SQL over the same records."""

import random
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from apps.records.numbers import Numbers, my_numbers
from apps.sessions.models import ServiceRecord
from csdesk import clock
from tests.factories import make_member
from tests.records.scene import make_record, next_part

pytestmark = pytest.mark.django_db
SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
NOON = datetime(2026, 7, 15, 12, 0, tzinfo=SHANGHAI)

PLAIN = """
    SELECT record.session_id,
        extract(epoch FROM record.first_reply_at - record.accepted_at),
        extract(epoch FROM record.ended_at - record.assigned_at),
        record.rating_level
    FROM service_sessions_servicerecord AS record
    JOIN service_sessions_chatsession AS session ON session.id = record.session_id
    WHERE record.agent_id = %s AND (record.accepted_at AT TIME ZONE %s)::date = %s
        AND session.deleted_at IS NULL AND session.engaged_at IS NOT NULL
"""


def plainly(member, day, zone):
    """The same numbers, counted by hand from the rows."""
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, [member.pk, zone.key, day])
        rows = cursor.fetchall()
    replies = sorted(float(row[1]) for row in rows if row[1] is not None)
    served = [float(row[2]) for row in rows if row[2] is not None]
    levels = [row[3] for row in rows if row[3] is not None]
    half = len(replies) // 2
    middle = replies[half] if len(replies) % 2 else sum(replies[half - 1 : half + 1]) / 2 if replies else None
    return Numbers(
        len({row[0] for row in rows}),
        middle,
        sum(served) / len(served) if served else None,
        sum(levels) / len(levels) if levels else None,
        len(levels),
    )


def a_record(agent, at, *, reply=None, level=None, **fields):
    record = make_record("hello", agent=agent, started_at=at, rating_level=level, **fields)
    if reply is not None:
        record.first_reply_at = record.accepted_at + timedelta(seconds=reply)
        record.save()
    return record


def test_numbers_of_a_day_with_everything_in_it():
    agent = make_member()
    for minutes, reply, level in [(0, 10, 5), (9, 30, None), (20, 500, 2), (40, 20, None), (55, None, None)]:
        a_record(agent, NOON + timedelta(minutes=minutes), reply=reply, level=level)
    a_record(agent, NOON, is_open=True)
    assert my_numbers(agent, NOON.date(), SHANGHAI) == Numbers(6, 25.0, 288.0, 3.5, 2)


def test_a_session_that_came_back_counts_once_and_every_part_for_its_agent_only():
    agent, colleague = make_member(), make_member()
    first = a_record(agent, NOON, reply=5)
    second = next_part(first, agent=colleague)
    next_part(second, agent=agent)
    mine, theirs = (my_numbers(one, NOON.date(), SHANGHAI) for one in (agent, colleague))
    assert (mine.sessions, theirs.sessions) == (1, 1)
    assert theirs == plainly(colleague, NOON.date(), SHANGHAI)
    assert mine.first_reply == 5.0


def test_the_day_is_the_readers():
    agent = make_member()
    a_record(agent, datetime(2026, 7, 14, 23, 30, tzinfo=SHANGHAI))
    assert my_numbers(agent, date(2026, 7, 15), SHANGHAI).sessions == 0
    assert my_numbers(agent, date(2026, 7, 14), SHANGHAI).sessions == 1
    assert my_numbers(agent, date(2026, 7, 14), NEW_YORK).sessions == 1


def test_what_is_deleted_or_never_was_a_consultation_does_not_count():
    agent = make_member()
    a_record(agent, NOON, is_engaged=False)
    gone = a_record(agent, NOON)
    gone.session.deleted_at = clock.now()
    gone.session.save()
    assert my_numbers(agent, NOON.date(), SHANGHAI) == Numbers(0, None, None, None, 0)


@pytest.mark.parametrize("zone", [SHANGHAI, NEW_YORK])
def test_any_day_agrees_with_plain_sql(zone):
    chance = random.Random(7)
    agents = [make_member(), make_member()]
    for _ in range(60):
        a_record(
            chance.choice(agents),
            NOON + timedelta(minutes=chance.randint(-2500, 2500)),
            reply=chance.choice([None, chance.uniform(1, 900)]),
            level=chance.choice([None, 1, 3, 4, 5]),
            is_open=chance.random() < 0.2,
            is_engaged=chance.random() < 0.9,
        )
    assert ServiceRecord.objects.count() == 60
    for agent in agents:
        for day in (NOON.date() - timedelta(days=1), NOON.date(), NOON.date() + timedelta(days=1)):
            found, expected = my_numbers(agent, day, zone), plainly(agent, day, zone)
            assert (found.sessions, found.ratings) == (expected.sessions, expected.ratings)
            for name in ("first_reply", "service", "rating"):
                assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-4), name


def test_the_workbench_asks_for_them(reading):
    agent = make_member()
    a_record(agent, clock.now() - timedelta(seconds=12), reply=7, level=4)
    answer = reading(agent).get("/desk/numbers/")
    assert answer.json() | {"service": 0} == {
        "sessions": 1, "first_reply": 7.0, "service": 0, "rating": 4.0, "ratings": 1,
    }  # fmt: skip
    assert "no-store" in answer["Cache-Control"]
