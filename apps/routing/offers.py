"""Offers of manual reception (R-9): accepted, declined, missed, withdrawn."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.routing import assignment, availability, collisions, events, pending, places, prompts, queueing
from apps.routing.models import OfferOutcome, Status
from apps.routing.settings import ReceptionSettings
from apps.sessions import transitions
from apps.sessions.models import ChatSession, ServiceStatus, State
from apps.team import business
from apps.team.models import Member, SkillGroup
from csdesk.errors import WrongState


def accept(member: Member, session_id: UUID) -> ChatSession:
    """The agent serves what was offered to them.

    WrongState when somebody was first, with `by` (nickname) and `at` (ms) in `extra` (R-19), or when
    the member is offline; NotYours when it never was offered to them; NotFound.
    """
    with collisions.counted(member, session_id), transaction.atomic():
        session = transitions.lock(session_id)
        _expect_offered_to(session, member)
        if availability.status_of(member.pk) == Status.OFFLINE:
            raise WrongState(_("You are offline."))
        pending.end(session, OfferOutcome.ACCEPTED)
        transitions.serve(session, member, actor=member)
        prompts.say_connected([(session, member)])
        events.user_accessed(session, member)
    return session


def decline(member: Member, session_id: UUID) -> ChatSession:
    """The agent does not take it: it goes to the next one, or back to the sender (R-9, R-12)."""
    with collisions.counted(member, session_id), transaction.atomic():
        session = assignment.lock_session(session_id)
        _expect_offered_to(session, member)
        pass_on(session, OfferOutcome.DECLINED, actor=member)
    assignment.soon()
    return session


def pass_on(session: ChatSession, outcome: str, *, actor: Member | None = None) -> None:
    """An offer that was not accepted: back to the sender of a transfer, else to the queue head.

    From the head the next dispatch offers it to who has missed it least often. The caller holds
    the advisory lock and the row, and dispatches after its commit.
    """
    transitions.expect_state(session, State.OFFERED)
    agent, offer = session.agent, pending.end(session, outcome)
    places.release(agent.pk)
    events.auto_transfer(session, agent)
    sender = offer.sender if offer else None
    detail = {"outcome": str(outcome), "agent": agent.pk}
    told = {"by": agent.nickname, "outcome": str(outcome)}
    if sender and places.claim_signed_in(sender.pk):
        transitions.serve(
            session, sender, status=ServiceStatus.TIMEOUT_TRANSFERRED, actor=actor, detail=detail
        )
        prompts.say_connected([(session, sender)])
        events.user_accessed(session, sender, returned=told)
        return
    queueing.back_to_head(session, status=ServiceStatus.TIMEOUT_TRANSFERRED, actor=actor, detail=detail)
    if sender:
        events.transferred(session, sender, unaccepted=told)


def missed(session: ChatSession) -> None:
    """The countdown has ended; an option sets the agent to `rest`, never over a lost desk (R-9, R-10)."""
    agent, group = session.agent, session.group
    pass_on(session, OfferOutcome.MISSED)
    if _rests_after_missed(group):
        availability.rest_after_missed(agent)


def _rests_after_missed(group: SkillGroup | None) -> bool:
    """The group's own rule, else that of all groups (T-5)."""
    own = group.rest_after_missed if group else None
    return business.read(ReceptionSettings).rest_after_missed if own is None else own


def _expect_offered_to(session: ChatSession, member: Member) -> None:
    if session.state != State.OFFERED or session.agent_id != member.pk:
        raise collisions.refusal(session, member)
