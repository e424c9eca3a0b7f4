"""Losing politely (R-19): who comes second is told who was first and when, and it is counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.utils.translation import gettext as _

from apps.routing import assignment
from apps.sessions import permissions
from apps.sessions.models import ChatSession, SessionEvent, State
from apps.team.models import Member
from csdesk import clock
from csdesk.errors import DomainError, NotFound, NotYours, WrongState


class CameSecond(WrongState):
    """Somebody else was first; `by` and `at` (ms) are in `extra`."""


@contextmanager
def counted(member: Member, session_id: UUID) -> Iterator[None]:
    """Around a transaction: a `CameSecond` is logged as event `collision`, and the next one comes at once."""
    try:
        yield
    except CameSecond:
        state = ChatSession.objects.values_list("state", flat=True).get(id=session_id)
        SessionEvent.objects.create(
            session_id=session_id, at=clock.now(), event="collision", before=state, after=state, actor=member
        )
        assignment.soon()
        raise


def refusal(session: ChatSession, member: Member) -> DomainError:
    """Why a member cannot act on a session that is not theirs now: who was first, when (R-19)."""
    had_it = session.offers.filter(member=member).exists() or session.records.filter(agent=member).exists()
    if not had_it and not permissions.visible_to(member).filter(id=session.id).exists():
        return NotFound(_("There is no such session."))
    if session.state == State.CLOSED:
        return WrongState(_("The session has ended."), state=str(session.state))
    if session.agent_id == member.pk:
        return WrongState(_("The session is in another state now."), state=str(session.state))
    if not had_it:
        return NotYours(_("This session is somebody else's."))
    return came_second(session)


def came_second(session: ChatSession) -> CameSecond:
    """The refusal that says who has the session now and since when."""
    if session.agent is None:
        at = session.queued_at or session.started_at
        return CameSecond(
            _("The session is no longer yours. It is waiting in the queue again."),
            state=str(session.state), by="", at=clock.milliseconds(at),
        )  # fmt: skip
    at = session.assigned_at or session.started_at
    return CameSecond(
        _("%(name)s was first.") % {"name": session.agent.nickname},
        state=str(session.state), by=session.agent.nickname, at=clock.milliseconds(at),
    )  # fmt: skip
