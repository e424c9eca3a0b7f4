"""How sessions end (R-15): by the agent, the customer, a time-out or an administrator; and hold."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.routing import (
    assignment,
    collisions,
    events,
    pending,
    places,
    prompts,
    queueing,
    wrapping_up,
)
from apps.routing.models import OfferOutcome
from apps.sessions import posting, transitions
from apps.sessions.models import ChatSession, ClosedBy, DeadlineKind, ServiceStatus, State
from apps.sessions.settings import ClosingSettings
from apps.team import business
from apps.team.models import Member
from csdesk import clock
from csdesk.errors import NotAllowed


def by_agent(member: Member, session_id: UUID) -> ChatSession:
    """The serving agent ends it. NotFound, NotYours, WrongState."""
    with collisions.counted(member, session_id), transaction.atomic():
        session = _lock_served_by(member, session_id)
        _end(session, ServiceStatus.NORMAL, ClosedBy.SEAT, actor=member)
    assignment.soon()
    return session


def by_customer(session_id: UUID) -> ChatSession:
    """The customer ends it, in any open state (S-1)."""
    with transaction.atomic():
        session = transitions.lock(session_id)
        _end(session, _left_as(session), ClosedBy.CLIENT)
    assignment.soon()
    return session


def as_another_goes_on(session_id: UUID) -> None:
    """A known visitor's other session goes on, so this one ends (X-4). The caller holds the row."""
    session = transitions.lock(session_id)
    _end(session, ServiceStatus.CUSTOMER_ENDED, ClosedBy.CLIENT)
    assignment.soon()


def left_queue(session_id: UUID) -> ChatSession:
    """The customer leaves the queue; an offer is withdrawn. WrongState when not waiting.

    Where the bot answers or groups can be chosen, it goes on; else nothing is left: the session ends (S-1).
    """
    with transaction.atomic():
        session = transitions.lock(session_id)
        transitions.expect_state(session, State.QUEUED, State.OFFERED)
        if queueing.goes_on(session):
            agent, state = session.agent, session.state
            queueing.back_to_flow(session, ServiceStatus.ABANDONED_IN_QUEUE, "left_queue")
            _give_back(session, agent, state, ClosedBy.CLIENT)
        else:
            _end(session, ServiceStatus.ABANDONED_IN_QUEUE, ClosedBy.CLIENT)
    assignment.soon()
    return session


def by_administrator(member: Member, session_id: UUID) -> ChatSession:
    """An administrator ends any open session: `forced`. NotAllowed, NotFound, WrongState."""
    if not (member.is_active and member.is_administrator):
        raise NotAllowed(_("Only administrators may do this."))
    with transaction.atomic():
        session = transitions.lock(session_id)
        _end(session, ServiceStatus.FORCED, ClosedBy.ADMIN, actor=member)
    assignment.soon()
    return session


def as_blacklisted(session: ChatSession, actor: Member | None) -> None:
    """The customer is not served any more (S-14): the notice, and no rating. The caller holds the row."""
    status = ServiceStatus.BLACKLISTED
    _end(session, status, ClosedBy.ADMIN, actor=actor, words="blacklisted", invites=False)


def hold(member: Member, session_id: UUID) -> ChatSession:
    """The reply clock stands still until the agent's next message (R-15). NotFound, NotYours, WrongState."""
    with collisions.counted(member, session_id), transaction.atomic():
        session = _lock_served_by(member, session_id)
        transitions.hold(session, member)
    return session


def reply_missing(session: ChatSession) -> None:
    """The customer has not answered the agent's last message in time. The caller holds the row."""
    _end(session, ServiceStatus.CUSTOMER_TIMEOUT, ClosedBy.TIMER, words="timeout_close", timed_out=True)


def flow_inactive(session: ChatSession) -> None:
    """Nothing happened in the flow for too long. The caller holds the row.

    Who only looked and never spoke gets no last words (S-17).
    """
    words = "timeout_close" if session.engaged_at else None
    _end(session, _left_as(session), ClosedBy.TIMER, words=words, timed_out=True)


def remind(session: ChatSession) -> None:
    """Ask whether the customer is still there, and arm the time-out (R-15). The caller holds the row."""
    rules = business.read(ClosingSettings)
    text = rules.reminder.text(session.language)
    if text:
        posting.say(session, "reminder", text)
    rest = max(1, rules.reply_seconds - rules.reminder_seconds)
    if rules.reply_seconds:
        transitions.set_deadline(session, DeadlineKind.REPLY, clock.now() + timedelta(seconds=rest))
    else:
        transitions.set_deadline(session, "", None)
    transitions.save_deadline(session)


def _lock_served_by(member: Member, session_id: UUID) -> ChatSession:
    session = transitions.lock(session_id)
    if session.state != State.SERVING or session.agent_id != member.pk:
        raise collisions.refusal(session, member)
    return session


def _left_as(session: ChatSession) -> str:
    """The status of a session that the customer leaves in this state (S-1)."""
    if session.state == State.FLOW:
        return session.failed_status or ServiceStatus.ABANDONED_IN_FLOW
    return {
        State.QUEUED: ServiceStatus.ABANDONED_IN_QUEUE,
        State.OFFERED: ServiceStatus.AGENT_NO_ANSWER,
    }.get(session.state, ServiceStatus.CUSTOMER_ENDED)


def _end(
    session: ChatSession,
    status: str,
    closed_by: str,
    *,
    actor: Member | None = None,
    words: str | None = "active_close",
    invites: bool = True,
    timed_out: bool = False,
) -> None:
    """Close, withdraw a pending offer, give the agent's place back and tell them (S-18)."""
    agent, state = session.agent, session.state
    transitions.close(
        session,
        status=status,
        closed_by=closed_by,
        actor=actor,
        words=prompts.closing_words(session, words) if words else None,
        invite=invites,
        timed_out=timed_out,
    )
    _give_back(session, agent, state, closed_by)


def _give_back(session: ChatSession, agent: Member | None, state: str, closed_by: str) -> None:
    """The session has left the agent who had it in this state: their place, their offer, their list."""
    if state == State.OFFERED:
        pending.end(session, OfferOutcome.WITHDRAWN)
    if agent and state in (State.OFFERED, State.SERVING):
        places.release(agent.pk)
        is_owed = state == State.SERVING and wrapping_up.session_ended(session, agent)
        events.session_ended(session, agent, closed_by, is_owed=is_owed)
