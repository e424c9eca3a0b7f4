"""What each command of an agent does: one call into the domain, and the fields of its result."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext as _

from apps.desk import protocol, supervisor_frames
from apps.routing import (
    availability,
    closing,
    collisions,
    members,
    offers,
    queries,
    supervising,
    transfer,
    wrapping_up,
)
from apps.sessions import notes, ratings, reading, recall, transitions, wrap_ups
from apps.sessions.authors import Author
from apps.sessions.models import State
from apps.sessions.settings import RatingSettings
from apps.sessions.wrap_ups import Summary
from apps.team import business
from apps.team.models import Member
from csdesk.errors import NotAllowed


def run(member: Member, command: protocol.Command, address: str = "") -> dict:
    """Do it; the answer goes into the `result` frame. Raises the domain's refusals."""
    if type(command) in _LOGGED:
        return _LOGGED[type(command)](member, command, address) or {}
    return _ACTIONS[type(command)](member, command) or {}


def handles(command: protocol.Command) -> bool:
    return type(command) in _ACTIONS or type(command) in _LOGGED


def _set_status(member: Member, command: protocol.SetStatus) -> dict:
    chosen = availability.set_status(
        member, command.status, rest_reason=command.rest_reason, hand_over=command.hand_over
    )
    return {"status": str(chosen.status), "restReason": chosen.rest_reason}


def _accept(member: Member, command: protocol.Accept) -> None:
    offers.accept(member, command.session)


def _decline(member: Member, command: protocol.Decline) -> None:
    offers.decline(member, command.session)


def _end(member: Member, command: protocol.End) -> None:
    closing.by_agent(member, command.session)


def _hold(member: Member, command: protocol.Hold) -> None:
    closing.hold(member, command.session)


@transaction.atomic
def _invite_rating(member: Member, command: protocol.InviteRating) -> None:
    session = transitions.lock(command.session)
    if session.state != State.SERVING or session.agent_id != member.pk:
        raise collisions.refusal(session, member)
    if not business.read(RatingSettings).agent_invites:
        raise NotAllowed(_("Agents do not invite ratings here."))
    ratings.invite(session)


def _transfer(member: Member, command: protocol.Transfer) -> None:
    transfer.transfer(
        member,
        command.session,
        user_id=command.user,
        group_id=command.group,
        note=command.note,
        seen_with=command.seen_with,
    )


def _colleagues(member: Member, command: protocol.Colleagues) -> dict:
    return queries.colleagues(member, command.query)


def _note(member: Member, command: protocol.LeaveNote) -> dict:
    return {"n": notes.add(command.session, member, command.text).number}


def _recall(member: Member, command: protocol.Recall) -> None:
    recall.recall(command.message, Author.agent(member))


def _wrap_up(member: Member, command: protocol.WrapUp) -> dict:
    summary = Summary(command.category, command.is_resolved, command.remark)
    wrapping_up.fill(member, command.session, summary, tags=command.tags)
    return {"owed": [str(session) for session in wrap_ups.sessions_owed_by(member.pk)]}


def _take_over(member: Member, command: supervisor_frames.TakeOver) -> None:
    transfer.take_over(member, command.session, seen_with=command.seen_with)


def _force_end(member: Member, command: supervisor_frames.ForceEnd) -> None:
    closing.by_administrator(member, command.session)


def _set_agent_status(member: Member, command: supervisor_frames.SetAgentStatus, address: str) -> dict:
    row = supervising.set_agent_status(member, command.user, command.status, address=address)
    return {"userId": command.user, "status": str(row.status)}


def _force_offline(member: Member, command: supervisor_frames.ForceOffline, address: str) -> None:
    members.force_offline(supervising.agent_named(member, command.user), member, address=address)


def _read(member: Member, command: protocol.Read) -> None:
    reading.read_by_agent(command.session, member.pk, command.seq)


def _typing(member: Member, command: protocol.Typing) -> None:
    reading.typing_by_agent(command.session, member.pk)


_ACTIONS: dict[type, Callable[[Member, protocol.Command], dict | None]] = {
    protocol.SetStatus: _set_status,
    protocol.Accept: _accept,
    protocol.Decline: _decline,
    protocol.End: _end,
    protocol.Hold: _hold,
    protocol.InviteRating: _invite_rating,
    protocol.Transfer: _transfer,
    protocol.Colleagues: _colleagues,
    protocol.LeaveNote: _note,
    protocol.Recall: _recall,
    protocol.WrapUp: _wrap_up,
    supervisor_frames.TakeOver: _take_over,
    supervisor_frames.ForceEnd: _force_end,
    protocol.Read: _read,
    protocol.Typing: _typing,
}

# What is entered in the trail says from where.
_LOGGED: dict[type, Callable[[Member, protocol.Command, str], dict | None]] = {
    supervisor_frames.SetAgentStatus: _set_agent_status,
    supervisor_frames.ForceOffline: _force_offline,
}
