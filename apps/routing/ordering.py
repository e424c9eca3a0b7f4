"""The rule of assignment, written once: keys over plain facts (R-5, R-7, R-9).

Production sorts the queue in SQL (`order_by`) and agents in Python (`sort_key`); a test holds both
equal. Each key is one sentence of the answer to "why this one?" (R-18).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from apps.team.models import Strategy

Facts = TypeVar("Facts")


@dataclass(frozen=True)
class AgentFacts:
    """What the rule knows of an eligible agent for one session."""

    member_id: int
    priority: int
    last_assigned_at: datetime | None = None
    # How often they missed or declined an offer of this session.
    misses: int = 0
    # They were the last to have it and passed it on (missed, declined or transferred).
    was_last: bool = False
    # They served this customer last; known where the group's strategy asks for it.
    is_familiar: bool = False
    # The sessions they have as a share of those they may have, 0 to 1.
    used: float = 0.0
    # When they were last given a session of this very group.
    last_given_at: datetime | None = None


@dataclass(frozen=True)
class WaitingFacts:
    """What the rule knows of a waiting session."""

    id: UUID
    priority: int
    queue_order_at: datetime


@dataclass(frozen=True)
class Key(Generic[Facts]):
    """One criterion: smallest first. `sql` names columns of the facts, `of` reads the same fact."""

    name: str
    sql: str
    of: Callable[[Facts], Any]


_PASSED_ON: Sequence[Key[AgentFacts]] = (
    Key("not_the_last_one", "was_last", lambda facts: facts.was_last),
    Key("missed_least_often", "misses", lambda facts: facts.misses),
)
_FAMILIAR = Key[AgentFacts]("familiar", "is_familiar DESC", lambda facts: not facts.is_familiar)
_PRIORITY = Key[AgentFacts]("priority_in_group", "priority", lambda facts: facts.priority)
_IDLE = Key[AgentFacts](
    "longest_idle", "last_assigned_at NULLS FIRST", lambda facts: _nulls_first(facts.last_assigned_at)
)
_ROOM = Key[AgentFacts]("least_busy", "used", lambda facts: facts.used)
_TURN = Key[AgentFacts](
    "turn_in_group", "last_given_at NULLS FIRST", lambda facts: _nulls_first(facts.last_given_at)
)
_MEMBER = Key[AgentFacts]("member", "member_id", lambda facts: facts.member_id)

# Who gets the session, as the group's strategy has it; for any agent it is the first one.
AGENT_KEYS: Mapping[str, Sequence[Key[AgentFacts]]] = {
    Strategy.LONGEST_IDLE: (*_PASSED_ON, _PRIORITY, _IDLE, _MEMBER),
    Strategy.LEAST_BUSY: (*_PASSED_ON, _PRIORITY, _ROOM, _IDLE, _MEMBER),
    Strategy.ROUND_ROBIN: (*_PASSED_ON, _PRIORITY, _TURN, _MEMBER),
    Strategy.FAMILIAR: (*_PASSED_ON, _FAMILIAR, _PRIORITY, _IDLE, _MEMBER),
}

# Which session comes first; a greater priority is more urgent.
QUEUE_KEYS: Sequence[Key[WaitingFacts]] = (
    Key("priority", "priority DESC", lambda facts: -facts.priority),
    Key("queued_first", "queue_order_at", lambda facts: facts.queue_order_at),
    Key("session", "id", lambda facts: facts.id),
)


def order_by(keys: Sequence[Key], table: str = "") -> str:
    """The keys as the list of an ORDER BY, over the columns of `table`."""
    prefix = f"{table}." if table else ""
    return ", ".join(prefix + key.sql for key in keys)


def sort_key(keys: Sequence[Key[Facts]], facts: Facts) -> tuple:
    """The same as a key for `sorted()`."""
    return tuple(key.of(facts) for key in keys)


def _nulls_first(moment: datetime | None) -> tuple[bool, float]:
    return (moment is not None, moment.timestamp() if moment else 0.0)
