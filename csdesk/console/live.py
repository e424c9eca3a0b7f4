"""What is going on now (M-1): who waits, who is served, who can serve."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _

from apps.records.overview import Handled
from apps.routing.models import Availability, Status
from apps.routing.queries import limits_of
from apps.routing.settings import ReceptionSettings, rest_reason_name
from apps.sessions.models import ChatSession, State
from apps.team import business
from apps.team.abilities import Ability, may
from apps.team.models import Member
from apps.team.queries import supervised_groups, visible_members
from csdesk import clock

# How the states are called in the marks of the shared look.
MARKS = {
    "free": "",
    "busy": "busy",
    "notReady": "not-ready",
    "rest": "rest",
    "arrange": "rest",
    "offline": "away",
}
SHOWN_AGENTS = 50
# How many of an agent's places are drawn one by one.
SHOWN_PLACES = 12


def figures(
    member: Member, *, kind: str = "", handled: dict[int | None, Handled] | None = None
) -> dict[str, Any]:
    """All live figures; a supervisor's are those of the groups they supervise.

    `kind`: sessions of channels of one kind only; agents are there for all of them. `handled`: what came of
    today's sessions, by group.
    """
    agents = _agents(member)
    groups = _groups(member, agents, kind, handled or {})
    online = [agent for agent in agents if agent["status"] != Status.OFFLINE]
    return {
        "now": clock.now(),
        "waiting": sum(group["waiting"] for group in groups),
        "since": min((group["since"] for group in groups if group["since"]), default=None),
        "oldest": max((group["oldest"] or 0 for group in groups), default=0),
        "serving": sum(group["serving"] for group in groups),
        "places": sum(agent["limit"] for agent in online),
        "free_places": sum(agent["places"] for agent in agents),
        "free_agents": sum(1 for agent in agents if agent["places"]),
        "online": len(online),
        "groups": groups,
        "agents": online[:SHOWN_AGENTS],
        "more_agents": max(0, len(online) - SHOWN_AGENTS),
        "agent_count": len(agents),
        "states": _states(agents),
    }


def _groups(member: Member, agents: list[dict], kind: str, handled: dict[int | None, Handled]) -> list[dict]:
    """One row per group, and one for sessions that any agent may take, if there are any."""
    open_sessions = ChatSession.objects.filter(state__in=[State.QUEUED, State.OFFERED, State.SERVING])
    if kind:
        open_sessions = open_sessions.filter(channel__kind=kind)
    counted = {
        row["group"]: row
        for row in open_sessions.values("group").annotate(
            waiting=Count("pk", filter=~Q(state=State.SERVING)),
            serving=Count("pk", filter=Q(state=State.SERVING)),
            since=Min("queued_at", filter=~Q(state=State.SERVING)),
        )
    }
    rows = [_row(group.pk, group.name, counted, agents, handled) for group in supervised_groups(member)]
    if may(member, Ability.SEE_ALL_RECORDS) and None in counted:
        rows.append(_row(None, _("Any agent"), counted, agents, handled))
    return rows


def _row(key: int | None, name: str, counted: dict, agents: list[dict], handled: dict) -> dict:
    facts = counted.get(key, {"waiting": 0, "serving": 0, "since": None})
    members = [agent for agent in agents if key is None or key in agent["groups"]]
    online = [agent for agent in members if agent["status"] != Status.OFFLINE]
    return {
        "id": key,
        "name": name,
        "waiting": facts["waiting"],
        "serving": facts["serving"],
        "since": facts["since"],
        "oldest": _seconds_since(facts["since"]),
        "online": len(online),
        "places": sum(agent["limit"] for agent in online),
        "free": sum(1 for agent in members if agent["places"]),
        "handled": handled.get(key),
    }


def _agents(member: Member) -> list[dict]:
    """Members who serve, with state, load and places left; those who have most to do stand first."""
    serving = visible_members(member).filter(serves=True).prefetch_related("memberships")
    known = {row.member_id: row for row in Availability.objects.filter(member__in=serving)}
    order = ["busy", *Status.values]
    at_once = business.read(ReceptionSettings).sessions_at_once
    limits = limits_of([agent.pk for agent in serving])
    agents = [_agent(agent, known.get(agent.pk), limits.get(agent.pk) or at_once) for agent in serving]
    return sorted(agents, key=lambda agent: (order.index(agent["status"]), -agent["load"], agent["name"]))


def _agent(agent: Member, availability: Availability | None, limit: int) -> dict:
    load = availability.load if availability else 0
    status = availability.status if availability else Status.OFFLINE
    if status == Status.FREE and load >= limit:
        status = "busy"
    return {
        "id": agent.pk,
        "name": agent.nickname,
        "status": status,
        "label": _("Full") if status == "busy" else Status(status).label,
        "reason": rest_reason_name(availability.rest_reason)
        if availability and status == Status.REST
        else "",
        "mark": MARKS[status],
        "load": load,
        "limit": limit,
        "bars": [place < load for place in range(min(limit, SHOWN_PLACES))],
        "places": max(0, limit - load) if status == Status.FREE else 0,
        "since": availability.since if availability else None,
        "seconds": _seconds_since(availability.since if availability else None),
        "groups": {one.group_id for one in agent.memberships.all()},
    }


def _states(agents: list[dict]) -> list[dict]:
    labels = [
        (Status.FREE.value, Status.FREE.label),
        ("busy", _("Full")),
        (Status.NOT_READY.value, Status.NOT_READY.label),
        (Status.REST.value, Status.REST.label),
        (Status.ARRANGE.value, Status.ARRANGE.label),
        (Status.OFFLINE.value, Status.OFFLINE.label),
    ]
    count = {state: sum(1 for agent in agents if agent["status"] == state) for state, _label in labels}
    return [{"label": label, "mark": MARKS[state], "count": count[state]} for state, label in labels]


def _seconds_since(moment: datetime | None) -> int:
    return max(0, int((clock.now() - moment).total_seconds())) if moment else 0
