"""Handing a session on by hand (R-12, R-13)."""

from __future__ import annotations

from uuid import UUID

from apps.sessions.models import ChatSession
from apps.team.models import Member


def transfer(
    member: Member, session_id: UUID, *, user_id: str = "", group_id: int | None = None, note: str = ""
) -> ChatSession:
    """Hand a session on to an agent (`user_id`: account or e-mail) or to a group, with an internal note.

    The serving agent transfers; a supervisor or administrator reassigns another's session in their
    scope. Refused, and then nothing changes: Invalid (neither or both targets, oneself), NotFound
    (session, member or group), NotYours, AtCapacity, WrongState (target not free, nobody signed in,
    not serving; when somebody else was first with `by` and `at`, R-19).
    """
    raise NotImplementedError


def take_over(member: Member, session_id: UUID) -> ChatSession:
    """A supervisor takes an open session in their scope (R-13); needs a place, not `free`.

    NotAllowed, NotFound, AtCapacity, WrongState.
    """
    raise NotImplementedError
