"""Today's figures are what plain SQL says of the same rows, whatever has happened (M-1)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.chatbot.models import AskedQuestion, Decision
from apps.records import overview
from apps.sessions.models import Channel, ChannelKind, ChatSession, DeadlineKind, ServiceRecord
from apps.team.models import Membership, Role, SkillGroup
from csdesk import clock
from tests.factories import make_channel, make_customer, make_group, make_member

pytestmark = pytest.mark.django_db

# A Wednesday in New York, with the end of summer time between it and the Wednesday before.
NOW = datetime(2026, 11, 4, 19, 30, tzinfo=UTC)
ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Pacific/Chatham")
DAY = 24 * 60  # minutes
ENDED_UNSERVED = ("abandoned_in_flow", "abandoned_in_queue", "no_agent_online", "off_hours", "blacklisted")

seconds = st.integers(0, 900)
part = st.fixed_dictionaries(
    {
        "group": st.integers(0, 2),
        "queued": st.none() | seconds,
        "assigned": st.none() | seconds,
        "accepted": st.none() | seconds,
        "replied": st.none() | seconds,
        "rating": st.none() | st.integers(3, 5),
    }
)
NOTHING = dict.fromkeys(("queued", "assigned", "accepted", "replied", "rating")) | {"group": 0}
never_sent = st.just([NOTHING])
one_session = st.fixed_dictionaries(
    {
        # Today, the day a week ago, around this time of it (in any zone), and any time between.
        "ago": st.one_of(
            st.integers(0, DAY),
            st.integers(7 * DAY, 8 * DAY),
            st.sampled_from((0, 7 * DAY - 61, 7 * DAY - 1, 7 * DAY, 7 * DAY + 1, 7 * DAY + 61)),
            st.integers(0, 9 * DAY),
        ),
        "kind": st.sampled_from(ChannelKind.values),
        "is_engaged": st.integers(0, 9).map(bool),
        "is_deleted": st.integers(0, 8).map(lambda one: not one),
        "status": st.sampled_from(("", "", *ENDED_UNSERVED, "normal", "normal")),
        "failed": st.sampled_from(("", "", "no_agent_online", "abandoned_in_queue")),
        "parts": never_sent | st.lists(part, min_size=1, max_size=3),
        "bot": st.sampled_from((None, Decision.DIRECT, Decision.MENU, Decision.CHITCHAT, Decision.GUIDE)),
    }
)


class Place:
    """Groups, channels, an administrator and a supervisor of the first group."""

    def __init__(self) -> None:
        self.groups = [make_group(), make_group()]
        self.channels = {kind: make_channel(kind=kind) for kind in ChannelKind.values}
        self.agent = make_member(groups=self.groups)
        self.admin = make_member(Role.ADMINISTRATOR, serves=False)
        self.lead = make_member(Role.SUPERVISOR, groups=self.groups[:1], serves=False)
        Membership.objects.filter(member=self.lead).update(supervises=True)

    def add(self, facts: dict, now: datetime = NOW) -> ChatSession:
        begun = now - timedelta(minutes=facts["ago"])
        channel = self.channels[facts["kind"]]
        is_open = not facts["status"]
        session = ChatSession.objects.create(
            customer=make_customer(channel),
            channel=channel,
            state="flow" if is_open else "closed",
            started_at=begun,
            engaged_at=begun if facts["is_engaged"] else None,
            deleted_at=now if facts["is_deleted"] else None,
            ended_at=None if is_open else begun + timedelta(hours=1),
            status=facts["status"],
            failed_status=facts["failed"],
            deadline_at=now if is_open else None,
            deadline_kind=DeadlineKind.FLOW if is_open else "",
        )
        at = begun
        for number, row in enumerate(facts["parts"], start=1):
            is_last = number == len(facts["parts"])
            self._part(session, channel, number, at, row, is_open=is_open and is_last)
            at += timedelta(hours=9)
        if facts["bot"]:
            AskedQuestion.objects.create(
                conversation=session.id, channel=channel.pk, text="?", seq=1, decision=facts["bot"]
            )
        return session

    def _part(
        self, session, channel: Channel, number: int, at: datetime, row: dict, *, is_open: bool
    ) -> None:
        def moment(*names: str) -> datetime | None:
            """As many seconds after the beginning as all of these together; None where the last has none."""
            if row[names[-1]] is None:
                return None
            return at + timedelta(seconds=sum(row[name] or 0 for name in names))

        group = [None, *self.groups][row["group"]]
        ServiceRecord.objects.create(
            session=session,
            number=number,
            customer=session.customer,
            channel=channel,
            group=group,
            agent=self.agent if row["accepted"] is not None else None,
            started_at=at,
            queued_at=moment("queued"),
            assigned_at=moment("queued", "assigned"),
            accepted_at=moment("queued", "assigned", "accepted"),
            first_reply_at=moment("queued", "assigned", "accepted", "replied"),
            rating_level=row["rating"],
            status="" if is_open else "normal",
            ended_at=None if is_open else at + timedelta(hours=1),
        )


def plainly(condition: str, begin: datetime, end: datetime, group: SkillGroup | None, kind: str) -> int:
    """How many sessions of these moments fulfil a condition, each asked for in a query of its own."""
    return scalar(
        f"""SELECT count(*) FROM service_sessions_chatsession AS s
        WHERE s.started_at >= %s AND s.started_at <= %s AND s.engaged_at IS NOT NULL
            AND s.deleted_at IS NULL AND s.status <> 'blacklisted'
            AND EXISTS (SELECT FROM service_sessions_servicerecord AS r
                WHERE r.session_id = s.id {seen(group)})
            {of_kind(kind)} AND {condition.replace("SEEN", seen(group))}""",
        begin,
        end,
    )


def of_parts(expression: str, begin: datetime, end: datetime, group: SkillGroup | None, kind: str):
    return scalar(
        f"""SELECT {expression} FROM service_sessions_servicerecord AS r
        JOIN service_sessions_chatsession AS s ON s.id = r.session_id
        WHERE s.started_at >= %s AND s.started_at <= %s AND s.engaged_at IS NOT NULL
            AND s.deleted_at IS NULL AND s.status <> 'blacklisted' {seen(group)} {of_kind(kind)}""",
        begin,
        end,
    )


def seen(group: SkillGroup | None) -> str:
    return f"AND r.group_id = {group.pk}" if group else ""


def of_kind(kind: str) -> str:
    if not kind:
        return ""
    return f"AND s.channel_id IN (SELECT id FROM service_sessions_channel WHERE kind = '{kind}')"


def scalar(statement: str, *values: object):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


PART = "EXISTS (SELECT FROM service_sessions_servicerecord AS r WHERE r.session_id = s.id SEEN AND {})"
SERVED = PART.format("r.accepted_at IS NOT NULL")
ASKED = (
    f"({SERVED} OR {PART.format('r.queued_at IS NOT NULL')} OR {PART.format('r.assigned_at IS NOT NULL')}"
    " OR s.failed_status <> '' OR s.status IN"
    " ('no_agent_online', 'off_hours', 'abandoned_in_queue', 'agent_no_answer'))"
)
ENDED = "s.state = 'closed'"
ANSWERED = """EXISTS (SELECT FROM chatbot_askedquestion AS q WHERE q.conversation = s.id
    AND q.decision IN ('direct', 'menu'))"""


def expected(begin: datetime, end: datetime, group: SkillGroup | None, kind: str) -> overview.Figures:
    asked = (begin, end, group, kind)
    middle = (
        "percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.first_reply_at - r.accepted_at))"
    )
    return overview.Figures(
        sessions=plainly("TRUE", *asked),
        asked=plainly(ASKED, *asked),
        served=plainly(SERVED, *asked),
        missed=plainly(f"{ASKED} AND {ENDED} AND NOT {SERVED}", *asked),
        ended=plainly(ENDED, *asked),
        solved=plainly(f"{ENDED} AND NOT {ASKED} AND {ANSWERED}", *asked),
        wait=approx(of_parts("avg(extract(epoch FROM r.assigned_at - r.queued_at))", *asked)),
        first_reply=approx(of_parts(middle, *asked)),
        ratings=of_parts("count(r.rating_level)", *asked),
        good=of_parts("count(*) FILTER (WHERE r.rating_level IN (4, 5))", *asked),
        rating=approx(of_parts("avg(r.rating_level)", *asked)),
    )


def approx(value):
    return None if value is None else pytest.approx(float(value))


def test_the_figures_are_those_of_plain_sql(monkeypatch_clock):
    place = Place()

    @settings(max_examples=40)
    @given(
        st.lists(one_session, min_size=2, max_size=16),
        st.sampled_from(ZONES),
        st.sampled_from(("", *ChannelKind.values)),
    )
    def whatever_has_happened(history, zone_name, kind):
        with transaction.atomic():
            for facts in history:
                place.add(facts)
            check(place, ZoneInfo(zone_name), kind)
            transaction.set_rollback(True)

    whatever_has_happened()


def check(place: Place, zone: ZoneInfo, kind: str) -> None:
    now = NOW.astimezone(zone)
    then = datetime.combine(now.date() - timedelta(days=7), now.time(), zone)
    for member, group in ((place.admin, None), (place.lead, place.groups[0])):
        found = overview.comparison(member, zone, kind=kind)
        for day, until in ((found.today, now), (found.before, then)):
            begin = datetime.combine(until.date(), datetime.min.time(), zone)
            assert day.figures == expected(begin, until, group, kind)
            assert day.hours == by_hour(until.date(), zone, group, kind)


def by_hour(day: date, zone: ZoneInfo, group: SkillGroup | None, kind: str) -> dict[int, overview.Hour]:
    """Each hour of the drawing counts what began in it, the whole day long."""
    statement = f"""SELECT extract(hour FROM s.started_at AT TIME ZONE %s)::int, count(DISTINCT s.id),
            avg(extract(epoch FROM r.assigned_at - r.queued_at))
        FROM service_sessions_chatsession AS s
        JOIN service_sessions_servicerecord AS r ON r.session_id = s.id {seen(group)}
        WHERE (s.started_at AT TIME ZONE %s)::date = %s AND s.engaged_at IS NOT NULL
            AND s.deleted_at IS NULL AND s.status <> 'blacklisted' {of_kind(kind)} GROUP BY 1"""
    with connection.cursor() as cursor:
        cursor.execute(statement, [str(zone), str(zone), day])
        return {hour: overview.Hour(count, approx(mean)) for hour, count, mean in cursor.fetchall()}


@pytest.fixture(scope="module")
def monkeypatch_clock():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: NOW)
        yield


QUIET = {
    "ago": 5,
    "kind": "website",
    "is_engaged": True,
    "is_deleted": False,
    "status": "abandoned_in_flow",
    "failed": "",
    "parts": [NOTHING],
    "bot": None,
}


def test_a_group_is_told_what_became_of_those_who_asked_for_it(monkeypatch_clock):
    place = Place()
    first = {"group": 1, "queued": 5}
    place.add(QUIET | {"parts": [NOTHING | first | {"assigned": 9, "accepted": 0}], "status": "normal"})
    place.add(QUIET | {"parts": [NOTHING | first], "status": "abandoned_in_queue"})
    # Who still waits counts neither way, and who was passed on counts where they were served.
    place.add(QUIET | {"parts": [NOTHING | first], "status": ""})
    passed = [NOTHING | first, NOTHING | {"group": 2, "assigned": 1, "accepted": 1}]
    place.add(QUIET | {"parts": passed, "status": "normal"})
    found = overview.handled_by_group(place.admin, ZoneInfo("UTC"))
    assert found == {
        place.groups[0].pk: overview.Handled(3, 1),
        place.groups[1].pk: overview.Handled(1, 1),
    }
    assert set(overview.handled_by_group(place.lead, ZoneInfo("UTC"))) == {place.groups[0].pk}


def test_who_may_see_nothing_gets_nothing(monkeypatch_clock):
    place = Place()
    place.add(QUIET)
    gone = make_member(Role.SUPERVISOR, deleted_at=NOW)
    found = overview.comparison(gone, ZoneInfo("UTC"))
    assert found.today.figures == overview.Figures()
    assert overview.comparison(place.admin, ZoneInfo("UTC")).today.figures.sessions == 1


def test_the_number_of_queries_does_not_grow(monkeypatch_clock, django_assert_num_queries):
    place = Place()
    for _number in range(12):
        place.add(QUIET | {"parts": [NOTHING | {"group": 1, "queued": 1, "assigned": 1, "accepted": 1}]})
    with django_assert_num_queries(5):
        overview.comparison(place.admin, ZoneInfo("UTC"))
        overview.handled_by_group(place.admin, ZoneInfo("UTC"))
