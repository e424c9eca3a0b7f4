"""The summary after a session (D-7): who owes one gets no new sessions until it is filled in (R-10)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from apps.routing import assignment, availability, events
from apps.sessions import transitions, wrap_ups
from apps.sessions.models import ChatSession, ServiceRecord, WrapUp
from apps.sessions.tags import tag_session
from apps.sessions.wrap_ups import Summary
from apps.team.models import Member


def fill(
    member: Member,
    session_id: UUID,
    summary: Summary,
    *,
    tags: Collection[int] | None = None,
    address: str = "",
) -> WrapUp:
    """Sum a session up, or change its summary; whoever owed it and owes no other one is free again.

    `tags` are the session's from now on (None: as they are). NotFound, NotYours (`wrap_ups.record_of`);
    Invalid and TooLarge for what is filled in.
    """
    with transaction.atomic():
        record = wrap_ups.record_of(member, session_id)
        if tags is not None:
            tag_session(member, transitions.lock(session_id), tags, address=address)
        filled = wrap_ups.fill(member, record, summary, address=address)
        events.wrapped_up(session_id, record.agent_id)
        availability.wrapped_up(record.agent_id)
    assignment.soon()
    return filled


def session_ended(session: ChatSession, agent: Member) -> bool:
    """The agent's session has closed: what they owe now, and time to arrange things. Whether they owe it.

    The caller holds the session's row.
    """
    is_owed = wrap_ups.is_required() and wrap_ups.owe(
        ServiceRecord.objects.filter(session=session, agent=agent).latest("number")
    )
    availability.wrap_up(agent.pk)
    return is_owed
