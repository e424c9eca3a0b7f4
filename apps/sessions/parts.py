"""Service records kept in step with their sessions (S-2): one open part per open session.

Called by `transitions` alone, under the locks it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from apps.sessions.models import ChatSession, ServiceRecord
from csdesk import clock, rows

# Fields of a record and what they become.
Times = dict[str, datetime | None]


def open_with(session: ChatSession, at: datetime) -> None:
    """The first part of a new session."""
    ServiceRecord.objects.create(
        session=session, customer=session.customer, channel=session.channel, started_at=at
    )


def keep(sessions: Sequence[ChatSession], status: str, times: Sequence[Times]) -> None:
    """Write who has each session, and when, into its open part; with a status, end it and open the next.

    All times are of the same fields.
    """
    holders = [{"group_id": one.group_id, "agent_id": one.agent_id} for one in sessions]
    values = [holder | its for holder, its in zip(holders, times, strict=True)]
    if status:
        numbers = end(sessions, status, "")
        ServiceRecord.objects.bulk_create(
            _next(numbers[session.id] + 1, session, its)
            for session, its in zip(sessions, values, strict=True)
        )
    else:
        _update(sessions, values)


def end(sessions: Sequence[ChatSession], status: str, closed_by: str) -> dict[UUID, int]:
    """End the open parts with a status (S-3); their numbers, by session."""
    ending = {"status": str(status), "closed_by": str(closed_by)}
    return _update(
        sessions, [ending | {"ended_at": clock.now(), "last_seq": session.seq} for session in sessions]
    )


def _update(sessions: Sequence[ChatSession], values: list[dict]) -> dict[UUID, int]:
    """Each session has one open part, so that it need not be read to be written."""
    keyed = [{"session_id": session.id} | its for session, its in zip(sessions, values, strict=True)]
    found = rows.update(
        ServiceRecord,
        keyed,
        key="session_id",
        where="kept.ended_at IS NULL",
        returning="kept.session_id, kept.number",
    )
    return dict(found)


def _next(number: int, session: ChatSession, values: dict) -> ServiceRecord:
    return ServiceRecord(
        session=session,
        number=number,
        customer_id=session.customer_id,
        channel_id=session.channel_id,
        first_seq=session.seq,
        started_at=clock.now(),
        **values,
    )
