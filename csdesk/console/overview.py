"""The live figures of the console's first page (M-1): who waits, who is served, who can serve."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.routing.models import Availability, Status
from apps.routing.settings import ReceptionSettings, rest_reason_name
from apps.sessions.models import Channel, ChatSession, State
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


def live(request: HttpRequest) -> HttpResponse:
    """Only the figures, for the page to renew itself."""
    return render(request, "console/live.html", figures(request.user))


def figures(member: Member) -> dict[str, Any]:
    """All figures of the page; a supervisor's are those of the groups they supervise."""
    agents = _agents(member)
    groups = _groups(member, agents)
    return {
        "now": clock.now(),
        "waiting": sum(group["waiting"] for group in groups),
        "oldest": max((group["oldest"] or 0 for group in groups), default=0),
        "serving": sum(group["serving"] for group in groups),
        "places": sum(agent["limit"] for agent in agents if agent["status"] != Status.OFFLINE),
        "free_places": sum(agent["places"] for agent in agents),
        "free_agents": sum(1 for agent in agents if agent["places"]),
        "online": sum(1 for agent in agents if agent["status"] != Status.OFFLINE),
        "groups": groups,
        "agents": [agent for agent in agents if agent["status"] != Status.OFFLINE][:50],
        "agent_count": len(agents),
        "states": _states(agents),
        "has_channel": Channel.objects.filter(is_active=True).exists(),
    }


def _groups(member: Member, agents: list[dict]) -> list[dict]:
    """One row per group, and one for sessions that any agent may take, if there are any."""
    open_sessions = ChatSession.objects.filter(state__in=[State.QUEUED, State.OFFERED, State.SERVING])
    counted = {
        row["group"]: row
        for row in open_sessions.values("group").annotate(
            waiting=Count("pk", filter=~Q(state=State.SERVING)),
            serving=Count("pk", filter=Q(state=State.SERVING)),
            since=Min("queued_at", filter=~Q(state=State.SERVING)),
        )
    }
    rows = [_row(group.pk, group.name, counted, agents) for group in supervised_groups(member)]
    if may(member, Ability.SEE_ALL_RECORDS) and None in counted:
        rows.append(_row(None, _("Any agent"), counted, agents))
    return rows


def _row(key: int | None, name: str, counted: dict, agents: list[dict]) -> dict:
    facts = counted.get(key, {"waiting": 0, "serving": 0, "since": None})
    members = [agent for agent in agents if key is None or key in agent["groups"]]
    return {
        "id": key,
        "name": name,
        "waiting": facts["waiting"],
        "serving": facts["serving"],
        "oldest": _seconds_since(facts["since"]),
        "online": sum(1 for agent in members if agent["status"] != Status.OFFLINE),
        "free": sum(1 for agent in members if agent["places"]),
    }


def _agents(member: Member) -> list[dict]:
    """Members who serve, with state, load and places left; those who can take most stand first."""
    serving = visible_members(member).filter(serves=True).prefetch_related("memberships__group")
    known = {row.member_id: row for row in Availability.objects.filter(member__in=serving)}
    order = ["busy", *Status.values]
    at_once = business.read(ReceptionSettings).sessions_at_once
    agents = [_agent(agent, known.get(agent.pk), at_once) for agent in serving]
    return sorted(agents, key=lambda agent: (order.index(agent["status"]), -agent["load"], agent["name"]))


def _agent(agent: Member, availability: Availability | None, at_once: int) -> dict:
    # As `routing.queries.limit_of`, from rows that are here already: one query for all agents.
    theirs = [row for row in agent.memberships.all() if row.group.deleted_at is None]
    limits = [row.group.member_limit for row in theirs if row.group.member_limit]
    limit = agent.session_limit or max(limits, default=at_once)
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
        "bars": [place < load for place in range(min(limit, 12))],
        "places": max(0, limit - load) if status == Status.FREE else 0,
        "seconds": _seconds_since(availability.since) if availability else 0,
        "groups": {membership.group_id for membership in theirs},
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
