"""What became of the sessions that began on a day, beside the same weekday before (M-1).

A session belongs to the day on which it began. Counted are consultations: the customer has said something
(S-17), the session is neither deleted nor one of the blacklist, and the member may see its records. Of a
session's parts, only those that the member may see count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, QuerySet

from apps.sessions.models import ServiceRecord, ServiceStatus
from apps.sessions.permissions import records_visible_to
from apps.team.models import Member
from csdesk import clock

WEEK = timedelta(days=7)

# Whether a session asked for an agent: it queued or was given to one, or its hand-over failed (S-1), which
# empties the times of its part again.
_SESSIONS = """
WITH part AS MATERIALIZED (PARTS),
one AS (
    SELECT session_id AS id,
        begun_at,
        state = 'closed' AS ended,
        bool_or(accepted_at IS NOT NULL) AS served,
        bool_or(queued_at IS NOT NULL OR assigned_at IS NOT NULL OR accepted_at IS NOT NULL)
            OR failed <> ''
            OR outcome IN ('no_agent_online', 'off_hours', 'abandoned_in_queue', 'agent_no_answer')
            AS asked,
        begun_at <= %s AS until_now,
        extract(hour FROM begun_at AT TIME ZONE %s)::int AS hour
    FROM part GROUP BY session_id, begun_at, state, failed, outcome
)"""
_OUTCOMES = """
SELECT until_now, hour,
    count(*) AS sessions,
    count(*) FILTER (WHERE asked) AS asked,
    count(*) FILTER (WHERE served) AS served,
    count(*) FILTER (WHERE asked AND ended AND NOT served) AS missed,
    count(*) FILTER (WHERE ended) AS ended,
    count(*) FILTER (WHERE ended AND NOT asked AND EXISTS (
        SELECT FROM chatbot_askedquestion
        WHERE conversation = one.id AND decision IN ('direct', 'menu'))) AS solved,
    min(begun_at) AS first_at
FROM one GROUP BY GROUPING SETS ((until_now), (hour))"""
_TIMES = """
SELECT until_now, hour,
    extract(epoch FROM avg(assigned_at - queued_at))::float AS wait,
    extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY first_reply_at - accepted_at))::float
        AS first_reply,
    count(rating_level) AS ratings,
    count(*) FILTER (WHERE rating_level >= 4) AS good,
    avg(rating_level)::float AS rating
FROM part JOIN one ON one.id = part.session_id
GROUP BY GROUPING SETS ((until_now), (hour))"""
_BY_GROUP = """
SELECT group_id,
    count(DISTINCT session_id) AS asked,
    count(DISTINCT session_id) FILTER (WHERE accepted_at IS NOT NULL) AS served
FROM part JOIN one ON one.id = part.session_id
WHERE accepted_at IS NOT NULL OR (part.queued_at IS NOT NULL AND ended)
GROUP BY group_id"""


@dataclass(frozen=True)
class Figures:
    """Counts of sessions, and times in seconds; None where there is nothing to take a mean of."""

    sessions: int = 0
    # What the customer wanted and got: an agent was asked for, one answered, nobody did until it ended.
    asked: int = 0
    served: int = 0
    missed: int = 0
    # Over, and solved by the bot alone.
    ended: int = 0
    solved: int = 0
    # Mean from the queue to the agent, and median from the agent's acceptance to the first answer.
    wait: float | None = None
    first_reply: float | None = None
    ratings: int = 0
    good: int = 0
    rating: float | None = None

    @property
    def asked_share(self) -> float | None:
        return _share(self.asked, self.sessions)

    @property
    def solved_share(self) -> float | None:
        return _share(self.solved, self.ended)

    @property
    def good_share(self) -> float | None:
        return _share(self.good, self.ratings)


@dataclass(frozen=True)
class Hour:
    """The sessions that began in one hour, and how long (s) their customers waited for an agent."""

    sessions: int = 0
    wait: float | None = None


@dataclass(frozen=True)
class Day:
    """A day until a moment of it (`until`), and its hours: those of the whole day, if it is over."""

    until: datetime
    figures: Figures
    hours: dict[int, Hour]
    # When its first session began.
    first_at: datetime | None


@dataclass(frozen=True)
class Comparison:
    """Today until now, and the same weekday until the same time."""

    today: Day
    before: Day


@dataclass(frozen=True)
class Handled:
    """Of the sessions that asked for a group today and wait no longer: how many it served."""

    asked: int
    served: int

    @property
    def share(self) -> float | None:
        return _share(self.served, self.asked)


def comparison(member: Member, zone: ZoneInfo, *, kind: str = "") -> Comparison:
    """Today in this zone beside a week ago, as the member may see it; `kind`: on channels of that kind."""
    now = clock.now().astimezone(zone)
    # The same time by the clock on the wall, also where summer time began or ended between.
    then = datetime.combine(now.date() - WEEK, now.time(), zone)
    return Comparison(_day(member, now, kind), _day(member, then, kind))


def handled_by_group(member: Member, zone: ZoneInfo, *, kind: str = "") -> dict[int | None, Handled]:
    """What came of today's sessions in each group that was asked for; None stands for any agent."""
    now = clock.now().astimezone(zone)
    rows = _rows(_BY_GROUP, _parts(member, now, kind), now)
    return {row["group_id"]: Handled(row["asked"], row["served"]) for row in rows}


def _day(member: Member, until: datetime, kind: str) -> Day:
    parts = _parts(member, until, kind)
    whole: dict = {}
    hours: dict[int, dict] = {}
    for statement in (_OUTCOMES, _TIMES):
        for row in _rows(statement, parts, until):
            hour, is_until_now = row.pop("hour"), row.pop("until_now")
            if hour is not None:
                hours.setdefault(hour, {}).update(row)
            elif is_until_now:
                whole |= row
    first_at = min((row.pop("first_at") for row in hours.values()), default=None)
    whole.pop("first_at", None)
    each = {hour: Hour(row["sessions"], row["wait"]) for hour, row in hours.items()}
    return Day(until, Figures(**whole), each, first_at)


def _parts(member: Member, moment: datetime, kind: str) -> QuerySet[ServiceRecord]:
    """The parts this member may see of the consultations that began on this moment's day, in its zone."""
    begin, end = (
        datetime.combine(moment.date() + timedelta(days=number), time(), moment.tzinfo) for number in (0, 1)
    )
    # A session begins with its first part, and parts stand in an index by their beginning.
    firsts = ServiceRecord.objects.filter(
        number=1,
        started_at__gte=begin,
        started_at__lt=end,
    )
    parts = records_visible_to(member).filter(
        session_id__in=firsts.values("session_id"),
        session__engaged_at__isnull=False,
        session__deleted_at__isnull=True,
    )
    if kind:
        parts = parts.filter(channel__kind=kind)
    return parts.exclude(session__status=ServiceStatus.BLACKLISTED).order_by()


def _rows(statement: str, parts: QuerySet[ServiceRecord], until: datetime) -> list[dict]:
    columns = parts.values(
        "session_id",
        "group_id",
        "queued_at",
        "assigned_at",
        "accepted_at",
        "first_reply_at",
        "rating_level",
        begun_at=F("session__started_at"),
        state=F("session__state"),
        failed=F("session__failed_status"),
        outcome=F("session__status"),
    )
    try:
        text, values = columns.query.sql_with_params()
    except EmptyResultSet:  # there is nothing that this member may see
        return []
    with connection.cursor() as cursor:
        cursor.execute((_SESSIONS + statement).replace("PARTS", text), [*values, until, str(until.tzinfo)])
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
