"""The rule of assignment over facts in memory: who gets each of many waiting sessions (R-5a, R-6, R-9).

A round reads who is eligible once and gives many sessions away. What it has given counts at once:
loads, rooms of groups and who was given something last are kept here as it goes. The keys by which
the best is chosen are `ordering.AGENT_KEYS`.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from apps.routing.ordering import AGENT_KEYS, AgentFacts, sort_key
from apps.team.models import Strategy

# Of somebody who gets a session for any agent, whichever group it comes through.
ANY_PRIORITY = 3


@dataclass
class Agent:
    """An eligible agent: how many sessions they have and may have, and their priority in each group.

    The groups stand in the order in which a session for any agent comes through them.
    """

    member_id: int
    load: int
    session_limit: int
    last_assigned_at: datetime | None
    priorities: dict[int, int]
    # When they were last given a session of each group.
    given_at: dict[int, datetime | None] = field(default_factory=dict)


@dataclass(frozen=True)
class GroupRules:
    """What groups have of their own: how many sessions those with a cap may still take, and strategies."""

    rooms: dict[int, int] = field(default_factory=dict)
    strategies: dict[int, str] = field(default_factory=dict)

    def strategy(self, target: int | None) -> str:
        return self.strategies.get(target, Strategy.LONGEST_IDLE)


@dataclass(frozen=True)
class Waiting:
    """A session that waits for a group, or for any agent."""

    session_id: UUID
    group_id: int | None
    # Who passed it on last, and whether they may have it again.
    last_one: int | None = None
    last_one_may: bool = False
    # How often each agent has missed or declined it.
    misses: Counter[int] = field(default_factory=Counter)
    # Who served the customer last, where the group's strategy asks for them.
    familiar: int | None = None


@dataclass(frozen=True)
class Pair:
    """A session, who gets it, and through which group."""

    session_id: UUID
    member_id: int
    group_id: int | None


class Choice:
    """Chooses for one session after the other; sessions come in queue order."""

    def __init__(self, agents: Iterable[Agent], rules: GroupRules) -> None:
        self._agents = {agent.member_id: agent for agent in agents}
        self._rules = rules
        self._rooms = dict(rules.rooms)
        self.targets: set[int | None] = {None} if self._agents else set()
        for agent in self._agents.values():
            self.targets.update(agent.priorities)
        # For each target a heap of its agents by their keys. Keys only grow while a round gives, so an
        # entry is brought up to date when it comes to the top.
        self._lines: dict[int | None, list[tuple[tuple, int]]] = {}

    def free_places(self) -> int:
        """How many more sessions these agents could take."""
        return sum(agent.session_limit - agent.load for agent in self._agents.values())

    def give(self, waiting: Waiting, at: datetime) -> Pair | None:
        """Give the session to the best agent, if there is one; `at` is later at each call.

        A target for which nobody is left is taken out of `targets`.
        """
        if waiting.group_id not in self.targets:
            return None
        member_id = self._best(waiting)
        if member_id is None:
            # Only who passed it on may still be there for others.
            if waiting.last_one is None:
                self.targets.discard(waiting.group_id)
            return None
        agent = self._agents[member_id]
        group_id, _priority = self._place(agent, waiting.group_id)
        agent.load += 1
        agent.last_assigned_at = at
        agent.given_at[group_id] = at
        if group_id in self._rooms:
            self._rooms[group_id] -= 1
        return Pair(waiting.session_id, member_id, group_id)

    def _best(self, waiting: Waiting) -> int | None:
        known = {*waiting.misses, waiting.last_one, waiting.familiar} - {None}
        found = [entry for member_id in known if (entry := self._entry_of_known(member_id, waiting))]
        first = self._first(waiting.group_id, known)
        if first:
            found.append(first)
        return min(found)[1] if found else None

    def _entry_of_known(self, member_id: int, waiting: Waiting) -> tuple[tuple, int] | None:
        """Of an agent who has had, missed or declined this very session, or served its customer last."""
        was_last = member_id == waiting.last_one
        if member_id not in self._agents or (was_last and not waiting.last_one_may):
            return None
        known = {
            "misses": waiting.misses[member_id],
            "was_last": was_last,
            "is_familiar": member_id == waiting.familiar,
        }
        return self._entry(self._agents[member_id], waiting.group_id, **known)

    def _first(self, target: int | None, without: set[int]) -> tuple[tuple, int] | None:
        """The best of a target's agents for a session that none of them has had."""
        line = self._line(target)
        aside = []
        found = None
        while line and not found:
            kept = line[0]
            now = self._entry(self._agents[kept[1]], target)
            if now is None:
                heapq.heappop(line)
            elif now != kept:
                heapq.heapreplace(line, now)
            elif kept[1] in without:
                aside.append(heapq.heappop(line))
            else:
                found = kept
        for entry in aside:
            heapq.heappush(line, entry)
        return found

    def _line(self, target: int | None) -> list[tuple[tuple, int]]:
        line = self._lines.get(target)
        if line is None:
            entries = (self._entry(agent, target) for agent in self._agents.values())
            line = self._lines[target] = [entry for entry in entries if entry]
            heapq.heapify(line)
        return line

    def _entry(self, agent: Agent, target: int | None, **known: int | bool) -> tuple[tuple, int] | None:
        """The agent's key for a session of the target; None when they have no place for it.

        `known`: what is known of the agent and this very session.
        """
        place = self._place(agent, target)
        if place is None or agent.load >= agent.session_limit:
            return None
        facts = AgentFacts(
            agent.member_id,
            place[1],
            agent.last_assigned_at,
            used=agent.load / agent.session_limit,
            last_given_at=agent.given_at.get(target),
            **known,
        )
        return sort_key(AGENT_KEYS[self._rules.strategy(target)], facts), agent.member_id

    def _place(self, agent: Agent, target: int | None) -> tuple[int | None, int] | None:
        """The group through which the agent gets a session of the target, with their priority there."""
        if target is not None:
            there = target in agent.priorities and self._has_room(target)
            return (target, agent.priorities[target]) if there else None
        if not agent.priorities:
            return None, ANY_PRIORITY
        return next(((group, ANY_PRIORITY) for group in agent.priorities if self._has_room(group)), None)

    def _has_room(self, group_id: int) -> bool:
        return self._rooms.get(group_id, 1) > 0
