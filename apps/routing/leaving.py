"""Sessions of an agent who is gone go back to the queue head (S-1: `agent_lost`)."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from apps.routing import events, pending, places, prompts, queueing
from apps.routing.models import Availability, OfferOutcome, Status
from apps.sessions import transitions
from apps.sessions.models import ChatSession, ServiceStatus, State


def return_sessions(member_id: int) -> int:
    """Return all open sessions of a member who is offline to the queue head, one by one; how many."""
    return sum(return_one(session_id) for session_id in open_sessions(member_id))


def open_sessions(member_id: int) -> list[UUID]:
    """What is offered to or served by the member, longest queued first."""
    found = ChatSession.objects.filter(agent_id=member_id, state__in=[State.OFFERED, State.SERVING])
    return list(found.order_by("-priority", "queue_order_at", "id").values_list("id", flat=True))


@transaction.atomic
def return_one(session_id: UUID) -> bool:
    """Return one session to the queue head if its agent is offline now; whether it was.

    Who was served hears of it; who was only about to be reads as queued all along.
    """
    session = transitions.lock(session_id)
    agent, state = session.agent, session.state
    if agent is None or state not in (State.OFFERED, State.SERVING):
        return False
    if Availability.objects.filter(member=agent).exclude(status=Status.OFFLINE).exists():
        return False
    pending.end(session, OfferOutcome.WITHDRAWN)
    places.release(agent.pk)
    queueing.back_to_head(session, status=ServiceStatus.AGENT_LOST, detail={"agent": agent.pk})
    if state == State.SERVING:
        prompts.say(session, "returned")
    events.transferred(session, agent)
    return True
