"""Named reads about the queue and the agents that sockets and pages need."""

from __future__ import annotations

from uuid import UUID

from apps.routing.models import Availability
from apps.sessions.models import ChatSession
from apps.team.models import Member


def queue_counts(member: Member | None = None) -> list[dict]:
    """`[{id, name, waiting, oldest}]` per group, of the member's groups or of all; `oldest` in ms or None.

    The first entry, with `id` None, is of the sessions that wait for any agent.
    """
    raise NotImplementedError


def position(session: ChatSession) -> int | None:
    """The session's place among those that wait for the same group, from 1; None when not waiting."""
    raise NotImplementedError


def customer_state(session: ChatSession) -> dict:
    """The `state` frame with the place in the queue."""
    raise NotImplementedError


def colleagues(member: Member, query: str = "") -> dict:
    """For the transfer dialog (D-6): `{"agents": [...], "groups": [...]}` as D-16 has them.

    Agents: `{userId, nickname, email, staffNo, status, load, limit, groups}` without the member, matched by
    nickname, e-mail or staff number; `status` may be the derived `busy`; `choosable` says whether a
    transfer would be taken. Groups: `{id, name, waiting, free, choosable}`.
    """
    raise NotImplementedError


def availability_of(member: Member) -> Availability:
    """The member's availability; an unsaved offline one when they never had any."""
    raise NotImplementedError


def limit_of(member: Member) -> int:
    """How many sessions at once: the member's own, else the largest of their groups', else the global one."""
    raise NotImplementedError


def offers_of(member: Member) -> dict[UUID, int]:
    """When each session offered to the member stops being offered, in ms."""
    raise NotImplementedError
