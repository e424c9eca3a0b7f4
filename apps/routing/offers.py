"""Offers of manual reception (R-9): accepted, declined, missed, withdrawn."""

from __future__ import annotations

from uuid import UUID

from apps.sessions.models import ChatSession
from apps.team.models import Member


def accept(member: Member, session_id: UUID) -> ChatSession:
    """The agent serves what was offered to them.

    WrongState when somebody was first, with `by` (nickname) and `at` (ms) in `extra` (R-19);
    NotYours when it is offered to or served by somebody else; NotFound.
    """
    raise NotImplementedError


def decline(member: Member, session_id: UUID) -> ChatSession:
    """The agent does not take it: it goes to the next one, or back to the sender (R-9, R-12)."""
    raise NotImplementedError
