"""The rule of assignment as one would say it: one session after the other, everybody looked at anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from apps.routing.choice import ANY_PRIORITY, Agent, GroupRules, Pair, Waiting
from apps.routing.ordering import AGENT_KEYS, AgentFacts, sort_key


def pairs_of(
    agents: list[Agent], rules: GroupRules, queue: list[Waiting], times: list[datetime]
) -> list[Pair]:
    """Who gets which session, when each in turn goes to the best eligible agent."""
    here, rooms, found = {agent.member_id: agent for agent in agents}, dict(rules.rooms), []
    for waiting, at in zip(queue, times, strict=True):
        facts = [_facts(agent, waiting, rooms) for agent in here.values() if _is_eligible(agent, waiting)]
        keys = AGENT_KEYS[rules.strategies.get(waiting.group_id, "longest_idle")]
        among = sorted((one for one in facts if one), key=lambda one: sort_key(keys, one))
        if not among:
            continue
        agent = here[among[0].member_id]
        group_id = _through(agent, waiting, rooms)
        given_at = agent.given_at | {group_id: at}
        here[agent.member_id] = replace(agent, load=agent.load + 1, last_assigned_at=at, given_at=given_at)
        if group_id in rooms:
            rooms[group_id] -= 1
        found.append(Pair(waiting.session_id, agent.member_id, group_id))
    return found


def _is_eligible(agent: Agent, waiting: Waiting) -> bool:
    may = agent.member_id != waiting.last_one or waiting.last_one_may
    return may and agent.load < agent.session_limit


def _facts(agent: Agent, waiting: Waiting, rooms: dict[int, int]) -> AgentFacts | None:
    through = _through(agent, waiting, rooms)
    if through is None and (agent.priorities or waiting.group_id):
        return None
    return AgentFacts(
        agent.member_id,
        priority=agent.priorities[through] if waiting.group_id else ANY_PRIORITY,
        last_assigned_at=agent.last_assigned_at,
        misses=waiting.misses[agent.member_id],
        was_last=agent.member_id == waiting.last_one,
        is_familiar=agent.member_id == waiting.familiar,
        used=agent.load / agent.session_limit,
        last_given_at=agent.given_at.get(waiting.group_id),
    )


def _through(agent: Agent, waiting: Waiting, rooms: dict[int, int]) -> int | None:
    """The group the agent would get the session through; for any agent the first one with room."""
    theirs = [waiting.group_id] if waiting.group_id else sorted(agent.priorities, key=_order(agent))
    return next((g for g in theirs if g in agent.priorities and rooms.get(g, 1) > 0), None)


def _order(agent: Agent):
    return lambda group_id: (agent.priorities[group_id], group_id)
