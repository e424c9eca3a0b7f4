"""What of today's work the socket does not carry: sessions that have ended, and those handed on."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from apps.sessions import personal, queries
from apps.sessions.authors import member_key
from apps.sessions.frames import summary_frame, time_of
from apps.sessions.models import ChatSession, ServiceRecord, ServiceStatus
from apps.sessions.permissions import visible_to
from apps.team.models import Member

HANDED_ON = (ServiceStatus.TRANSFERRED, ServiceStatus.TAKEN_OVER)
MOST_HANDED_ON = 50
# Records are found by when they began; what one handed on today one has not had for longer.
LONGEST_PART = timedelta(days=2)


def ended(member: Member, since: datetime, before: UUID | None) -> dict:
    """`{sessions, more}`: a page of the member's sessions that ended since, newest first.

    The first page brings those handed on too, as `handed`.
    """
    sessions, more = queries.ended_since(member.pk, since, before)
    page = {"sessions": [_row(session, member) for session in sessions], "more": more}
    if before is None:
        page["handed"] = handed_on(member, since)
    return page


def _row(session: ChatSession, member: Member) -> dict:
    return personal.for_reader(summary_frame(session), member_key(member.pk))


def handed_on(member: Member, since: datetime) -> list[dict]:
    """Summaries of what the member has served and handed on since, newest first, with `handed {to, at}`."""
    given = ServiceRecord.objects.filter(
        agent=member,
        status__in=HANDED_ON,
        accepted_at__isnull=False,
        started_at__gte=since - LONGEST_PART,
        ended_at__gte=since,
    )
    last: dict[UUID, ServiceRecord] = {}
    for record in given.order_by("-ended_at")[: 2 * MOST_HANDED_ON]:
        last.setdefault(record.session_id, record)
    there = visible_to(member).filter(id__in=last).values("id")
    receivers = _receivers(last.values())
    # What has come back stands among one's own again.
    sessions = [one for one in queries.whole().filter(id__in=there) if one.agent_id != member.pk]
    sessions.sort(key=lambda session: last[session.id].ended_at, reverse=True)
    return [
        _row(session, member)
        | {"handed": {"to": receivers.get(session.id, ""), "at": time_of(last[session.id].ended_at)}}
        for session in sessions[:MOST_HANDED_ON]
    ]


def _receivers(given: Collection[ServiceRecord]) -> dict[UUID, str]:
    """To whom each went: the agent of the part that follows, else its group."""
    after = {record.session_id: record.number + 1 for record in given}
    parts = ServiceRecord.objects.filter(session_id__in=after, number__in=set(after.values()))
    return {
        part.session_id: part.agent.nickname if part.agent else part.group.name if part.group else ""
        for part in parts.select_related("agent", "group")
        if part.number == after[part.session_id]
    }


def served_since(member: Member, session_ids: Collection[UUID]) -> dict[UUID, int]:
    """Since when (ms) the member serves those of these that were handed on and came back unaccepted."""
    parts: dict[UUID, list[ServiceRecord]] = {}
    for part in ServiceRecord.objects.filter(session_id__in=session_ids).order_by("session_id", "-number"):
        parts.setdefault(part.session_id, []).append(part)
    found = {session_id: _began(member.pk, newest_first) for session_id, newest_first in parts.items()}
    return {session_id: time_of(began) for session_id, began in found.items() if began}


def _began(member_id: int, newest_first: list[ServiceRecord]) -> datetime | None:
    """The beginning of the service that the newest part goes on with; None where it began with that part."""
    began = None
    for newer, part in itertools.pairwise(newest_first):
        # Through the queue it would be a new service, even by the same agent.
        if newer.queued_at or (part.agent_id != member_id and part.accepted_at):
            break
        if part.agent_id == member_id and part.accepted_at:
            began = part.assigned_at
    return began
