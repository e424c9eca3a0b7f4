"""What an agent has done on one day (D-14)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Aggregate, Avg, Count, F

from apps.sessions.models import ServiceRecord
from apps.team.models import Member

# A record is accepted within this time of its beginning; it lets the index by agent and start be used.
LONGEST_WAIT = timedelta(days=2)


class Median(Aggregate):
    """The middle of the values, between the two middle ones of an even number."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


@dataclass(frozen=True)
class Numbers:
    """Counts and times (s) of one day; None where there is nothing to take a middle of."""

    sessions: int
    first_reply: float | None
    service: float | None
    rating: float | None
    ratings: int

    def as_dict(self) -> dict:
        return asdict(self)


def my_numbers(member: Member, day: date, zone: ZoneInfo) -> Numbers:
    """The member's own part of all that they accepted on this day in the zone.

    `sessions` counts a session once, however often it came back. `first_reply`: median from the
    acceptance to the first answer. `service`: mean of the own parts that have ended, from the
    assignment on (S-2), so a transferred session counts with each agent's part only. `rating`: mean
    level of the `ratings` given to these parts.
    """
    begins, ends = (datetime.combine(day + timedelta(days=n), time.min, zone) for n in (0, 1))
    found = ServiceRecord.objects.filter(
        agent=member,
        started_at__gte=begins - LONGEST_WAIT,
        accepted_at__gte=begins,
        accepted_at__lt=ends,
        session__deleted_at__isnull=True,
        session__engaged_at__isnull=False,
    ).aggregate(
        sessions=Count("session_id", distinct=True),
        first_reply=Median(F("first_reply_at") - F("accepted_at")),
        service=Avg(F("ended_at") - F("assigned_at")),
        rating=Avg("rating_level"),
        ratings=Count("rating_level"),
    )
    for name in ("first_reply", "service"):
        found[name] = None if found[name] is None else found[name].total_seconds()
    found["rating"] = None if found["rating"] is None else float(found["rating"])
    return Numbers(**found)
