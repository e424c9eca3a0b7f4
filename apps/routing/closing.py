"""How sessions end (R-15): by the agent, the customer, a time-out or an administrator; and hold."""

from __future__ import annotations

from uuid import UUID

from apps.sessions.models import ChatSession
from apps.team.models import Member


def by_agent(member: Member, session_id: UUID) -> ChatSession:
    """The serving agent ends it. NotFound, NotYours, WrongState."""
    raise NotImplementedError


def by_customer(session_id: UUID) -> ChatSession:
    """The customer ends it, in any open state (S-1)."""
    raise NotImplementedError


def by_administrator(member: Member, session_id: UUID) -> ChatSession:
    """An administrator ends any open session: `forced`. NotAllowed, NotFound, WrongState."""
    raise NotImplementedError


def hold(member: Member, session_id: UUID) -> ChatSession:
    """The reply clock stands still until the agent's next message (R-15). NotFound, NotYours, WrongState."""
    raise NotImplementedError
