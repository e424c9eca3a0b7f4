"""Handing a session on by hand (R-12, R-13)."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.routing import (
    assignment,
    availability,
    collisions,
    events,
    pending,
    places,
    prompts,
    queries,
    queueing,
)
from apps.routing.models import OfferOutcome, Status
from apps.sessions import notes, permissions, transitions
from apps.sessions.content import spoken
from apps.sessions.models import ChatSession, ServiceStatus, State
from apps.team import queries as team
from apps.team.models import Member, Role, SkillGroup
from csdesk.errors import AtCapacity, Invalid, NotAllowed, NotFound, WrongState

WITH_SOMEBODY = (State.OFFERED, State.SERVING)
HANDED_ON = (State.QUEUED, *WITH_SOMEBODY)


def transfer(
    member: Member, session_id: UUID, *, user_id: str = "", group_id: int | None = None, note: str = ""
) -> ChatSession:
    """Hand a session on to an agent (`user_id`: account or e-mail) or to a group, with an internal note.

    The serving agent transfers; a supervisor or administrator reassigns another's session in their
    scope. Refused, and then nothing changes: Invalid (neither or both targets, oneself), NotFound
    (session, member or group), NotYours, AtCapacity, WrongState (target not free, nobody signed in,
    not serving; when somebody else was first with `by` and `at`, R-19).
    """
    if bool(user_id) == (group_id is not None):
        raise Invalid(_("Choose an agent or a group."))
    if note:
        spoken(note)
    with collisions.counted(member, session_id), transaction.atomic():
        session = assignment.lock_session(session_id)
        status = _status_of_handing_on(session, member)
        if note:
            notes.add(session_id, member, note)
            session.refresh_from_db(fields=["note_no"])
        if user_id:
            _to_agent(session, _agent_named(user_id), member, status)
        else:
            _to_group(session, _group_with(group_id), member, status)
    assignment.soon()
    return session


def take_over(member: Member, session_id: UUID) -> ChatSession:
    """A supervisor takes an open session in their scope (R-13); needs a place, not `free`.

    NotAllowed, NotFound, AtCapacity, WrongState.
    """
    with collisions.counted(member, session_id), transaction.atomic():
        session = assignment.lock_session(session_id)
        if not _supervises(member, session):
            raise NotAllowed(_("Only the session's supervisors may do this."))
        transitions.expect_state(session, *HANDED_ON)
        if session.agent_id == member.pk:
            raise WrongState(_("You have this session already."))
        if availability.status_of(member.pk) == Status.OFFLINE:
            raise WrongState(_("You are offline."))
        if not places.claim_signed_in(member.pk):
            raise AtCapacity(_("You have as many sessions as you may have at once."))
        former, status = _take_from_agent(session), ServiceStatus.TAKEN_OVER
        transitions.serve(session, member, status=status if former else "", actor=member)
        prompts.say_connected([(session, member)])
        events.user_accessed(session, member)
        if former:
            events.transferred(session, former)
    assignment.soon()
    return session


def _status_of_handing_on(session: ChatSession, member: Member) -> str:
    """How the part so far ends, if the member may hand the session on at all."""
    if session.state == State.SERVING and session.agent_id == member.pk:
        return ServiceStatus.TRANSFERRED
    if _supervises(member, session) and session.state in HANDED_ON:
        # From the queue the record goes on: nobody had the session yet.
        return ServiceStatus.TAKEN_OVER if session.state in WITH_SOMEBODY else ""
    raise collisions.refusal(session, member)


def _supervises(member: Member, session: ChatSession) -> bool:
    if not (member.is_administrator or member.role == Role.SUPERVISOR):
        return False
    return permissions.visible_to(member).filter(id=session.id).exists()


def _agent_named(user_id: str) -> Member:
    found = team.by_identifier(user_id)
    if found is None:
        raise NotFound(_("There is no such agent."))
    return found


def _group_with(group_id: int | None) -> SkillGroup:
    found = team.held_group(group_id)
    if found is None:
        raise NotFound(_("There is no such group."))
    return found


def _to_agent(session: ChatSession, agent: Member, member: Member, status: str) -> None:
    """To a free agent; in manual reception they are offered it, and the sender gets it back (R-12)."""
    if agent.pk == session.agent_id:
        raise Invalid(_("This agent has the session already."))
    if not places.claim_free(agent.pk):
        raise _why_not(agent)
    former = _take_from_agent(session)
    sender = former if status == ServiceStatus.TRANSFERRED else None
    session.group = assignment.group_for(session, agent)
    handed = assignment.Handed(session, agent, sender)
    assignment.hand_over([handed], status=status, actor=member, detail={"from": member.pk})
    if former:
        events.transferred(session, former)


def _why_not(agent: Member) -> WrongState | AtCapacity:
    """Why this agent cannot get a session now (R-12)."""
    name = {"name": agent.nickname}
    if not agent.serves:
        return WrongState(_("%(name)s does not serve customers.") % name)
    row = queries.availability_of(agent)
    if row.status == Status.OFFLINE:
        return WrongState(_("%(name)s is offline.") % name, status=str(row.status))
    if row.status != Status.FREE:
        return WrongState(_("%(name)s is not free.") % name, status=str(row.status))
    if row.load >= queries.limit_of(agent):
        return AtCapacity(_("%(name)s has as many sessions as they may have at once.") % name)
    return WrongState(_("The workbench of %(name)s is not connected.") % name, status=str(row.status))


def _to_group(session: ChatSession, group: SkillGroup, member: Member, status: str) -> None:
    """To a group as queued, with the place of the first queueing; it does not return (R-12)."""
    if not assignment.signed_in(group.pk):
        raise WrongState(_("Nobody of %(name)s is signed in.") % {"name": group.name})
    former = _take_from_agent(session)
    transitions.to_queue(
        session,
        group=group,
        seconds=queueing.wait_seconds(group),
        at_head=True,
        status=status,
        actor=member,
        detail={"from": member.pk},
    )
    if former:
        events.transferred(session, former)
    events.place_in_queue(session, queries.position(session))


def _take_from_agent(session: ChatSession) -> Member | None:
    """Give back the place of who has the session now and withdraw an offer; who that was."""
    if session.state not in WITH_SOMEBODY:
        return None
    pending.end(session, OfferOutcome.WITHDRAWN)
    places.release(session.agent_id)
    return session.agent
