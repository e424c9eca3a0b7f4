"""Service records kept in step with their sessions (S-2): one open part per open session.

Called by `transitions` alone, under the locks it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from apps.sessions.models import ChatSession, ServiceRecord
from csdesk import clock, rows

_KEPT = ("group", "agent", "queued_at", "assigned_at", "accepted_at")
_ENDED = ("status", "closed_by", "ended_at", "last_seq")

# Fields of a record and what they become.
Times = dict[str, datetime | None]


def open_with(session: ChatSession, at: datetime) -> None:
    """The first part of a new session."""
    ServiceRecord.objects.create(
        session=session, customer=session.customer, channel=session.channel, started_at=at
    )


def keep(sessions: Sequence[ChatSession], status: str, times: dict[UUID, Times]) -> None:
    """Write who has each session, and when, into its open part; with a status, end it and open the next."""
    parts = _open_parts(sessions)
    if status:
        end(sessions, status, "", parts=parts)
        parts = {session.id: _next(parts[session.id], session) for session in sessions}
    for session in sessions:
        part = parts[session.id]
        part.group, part.agent = session.group, session.agent
        for name, value in times[session.id].items():
            setattr(part, name, value)
    if status:
        ServiceRecord.objects.bulk_create(parts.values())
    else:
        rows.update(list(parts.values()), _KEPT)


def end(
    sessions: Sequence[ChatSession],
    status: str,
    closed_by: str,
    *,
    parts: dict[UUID, ServiceRecord] | None = None,
) -> None:
    """End the open parts with a status (S-3)."""
    parts = _open_parts(sessions) if parts is None else parts
    for session in sessions:
        part = parts[session.id]
        part.status, part.closed_by = status, closed_by
        part.ended_at, part.last_seq = clock.now(), session.seq
    rows.update(list(parts.values()), _ENDED)


def _open_parts(sessions: Sequence[ChatSession]) -> dict[UUID, ServiceRecord]:
    found = ServiceRecord.objects.filter(session__in=[one.id for one in sessions], ended_at__isnull=True)
    return {part.session_id: part for part in found}


def _next(part: ServiceRecord, session: ChatSession) -> ServiceRecord:
    return ServiceRecord(
        session=session,
        number=part.number + 1,
        customer_id=part.customer_id,
        channel_id=part.channel_id,
        first_seq=session.seq,
        started_at=clock.now(),
    )
