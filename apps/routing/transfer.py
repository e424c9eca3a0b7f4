"""Handing a session on by hand (R-12, R-13)."""

from __future__ import annotations

from typing import Final
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
from apps.sessions import notes, supervision, transitions
from apps.sessions.content import spoken
from apps.sessions.models import ChatSession, ServiceStatus, State
from apps.team import queries as team
from apps.team.abilities import Ability, may
from apps.team.models import Member, SkillGroup
from csdesk.errors import AtCapacity, Invalid, NotAllowed, NotFound, WrongState

WITH_SOMEBODY = (State.OFFERED, State.SERVING)
HANDED_ON = (State.QUEUED, *WITH_SOMEBODY)
# The supervisor does not say with whom they saw the session: then it is looked up before the lock.
NOT_SAID: Final = -1


def transfer(
    member: Member,
    session_id: UUID,
    *,
    user_id: str = "",
    group_id: int | None = None,
    note: str = "",
    seen_with: int | None = NOT_SAID,
) -> ChatSession:
    """Hand a session on to an agent (`user_id`: account or e-mail) or to a group, with an internal note.

    The serving agent transfers; a supervisor or administrator reassigns another's session in their
    scope, and says with whom (member id, None = nobody) they saw it, for who comes second is told who
    was first. Refused, and then nothing changes: Invalid (neither or both targets, oneself), NotFound
    (session, member or group), NotYours, AtCapacity, WrongState (target not free, nobody signed in,
    not serving; when somebody else was first with `by` and `at`, R-19).
    """
    if bool(user_id) == (group_id is not None):
        raise Invalid(_("Choose an agent or a group."))
    if note:
        spoken(note)
    seen_with = _agent_of(session_id) if seen_with == NOT_SAID else seen_with
    with collisions.counted(member, session_id), transaction.atomic():
        session = assignment.lock_session(session_id)
        status = _status_of_handing_on(session, member, seen_with)
        if note:
            notes.add(session_id, member, note)
            session.refresh_from_db(fields=["note_no"])
        if user_id:
            _to_agent(session, _agent_named(user_id), member, status)
        else:
            _to_group(session, _group_with(group_id), member, status)
    assignment.soon()
    return session


def take_over(member: Member, session_id: UUID, *, seen_with: int | None = NOT_SAID) -> ChatSession:
    """A supervisor takes an open session in their scope (R-13); needs a place, not `free`, not `serves`.

    `seen_with` as in `transfer`. NotAllowed, NotFound, NotYours, AtCapacity, WrongState.
    """
    if not may(member, Ability.MONITOR):
        raise NotAllowed(_("Only supervisors may do this."))
    seen_with = _agent_of(session_id) if seen_with == NOT_SAID else seen_with
    with collisions.counted(member, session_id), transaction.atomic():
        session = assignment.lock_session(session_id)
        if not supervision.supervises(member, session):
            raise collisions.refusal(session, member)
        transitions.expect_state(session, *HANDED_ON)
        if session.agent_id == member.pk:
            raise WrongState(_("You have this session already."))
        _expect_seen(session, seen_with)
        if availability.status_of(member.pk) == Status.OFFLINE:
            raise WrongState(_("You are offline."))
        if not places.claim_signed_in(member.pk):
            raise AtCapacity(_("You have as many sessions as you may have at once."))
        former = _take_from_agent(session)
        # What waited for anybody has a group from here on, as with every other assignment (S-2).
        session.group = session.group or assignment.group_for(session, member)
        status = ServiceStatus.TAKEN_OVER if former else ""
        transitions.serve(session, member, status=status, actor=member)
        prompts.say_connected([(session, member)])
        events.user_accessed(session, member)
        if former:
            events.transferred(session, former)
    assignment.soon()
    return session


def _agent_of(session_id: UUID) -> int | None:
    return ChatSession.objects.filter(id=session_id).values_list("agent_id", flat=True).first()


def _expect_seen(session: ChatSession, seen_with: int | None) -> None:
    """Who got the session after the supervisor looked was first (R-19); what waits may be taken."""
    if session.agent_id not in (None, seen_with):
        raise collisions.came_second(session)


def _status_of_handing_on(session: ChatSession, member: Member, seen_with: int | None) -> str:
    """How the part so far ends, if the member may hand the session on at all."""
    if session.state == State.SERVING and session.agent_id == member.pk:
        return ServiceStatus.TRANSFERRED
    if session.state in HANDED_ON and supervision.supervises(member, session):
        _expect_seen(session, seen_with)
        # From the queue the record goes on: nobody had the session yet.
        return ServiceStatus.TAKEN_OVER if session.state in WITH_SOMEBODY else ""
    raise collisions.refusal(session, member)


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
