"""What a supervisor sees and does beside taking over and reassigning (R-13, D-11).

`overview` is the whole of the monitor page: agents and running sessions of the member's groups,
with moments instead of durations, so that it differs only when something has happened.
"""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet
from django.utils.translation import gettext as _

from apps.routing import assignment, availability, leaving, queries
from apps.routing.models import Availability, AvailabilityDeadline, Status
from apps.sessions.frames import time_of
from apps.sessions.models import ChatSession, ServiceRecord, State
from apps.sessions.queries import whole
from apps.sessions.supervision import supervised_by
from apps.team import queries as team
from apps.team import trail
from apps.team.abilities import Ability, may
from apps.team.models import Member, Membership, Role
from csdesk.errors import Invalid, NotAllowed, NotFound, WrongState

# What a supervisor may set for an agent; a break is the agent's own.
SETTABLE = (Status.FREE, Status.NOT_READY, Status.OFFLINE)
RUNNING = (State.QUEUED, State.OFFERED, State.SERVING)
# Rows of the monitor; more than that nobody watches at once.
MOST_SESSIONS = 500
MOST_AGENTS = 500


def may_monitor(member: Member) -> bool:
    """Whether the member watches over others at all."""
    return may(member, Ability.MONITOR)


def only_supervisors() -> NotAllowed:
    """The refusal for everybody else."""
    return NotAllowed(_("Only supervisors may do this."))


def agents_of(member: Member) -> QuerySet[Member]:
    """Who serves in the groups that the member supervises; for administrators all who serve."""
    if not may_monitor(member):
        return Member.objects.none()
    found = Member.objects.present().filter(Q(serves=True) | Q(availability__load__gt=0))
    if member.is_administrator:
        return found
    groups = team.supervised_groups(member).values("pk")
    return found.filter(pk__in=Membership.objects.filter(group__in=groups).values("member_id"))


def watched(member: Member, session_id: UUID) -> ChatSession:
    """The open session, for who may watch it now. NotAllowed, NotFound, WrongState when it has ended."""
    if not may_monitor(member):
        raise only_supervisors()
    found = whole().filter(id__in=supervised_by(member).filter(id=session_id).values("id")).first()
    if found is None:
        raise NotFound(_("This session has ended, or it is in none of your groups."))
    return found


def set_agent_status(member: Member, user_id: str, status: str, *, address: str = "") -> Availability:
    """A supervisor sets an agent's availability: `free`, `notReady`, `offline` (sessions to the queue head).

    NotAllowed (no supervisor; administrators and other supervisors only by administrators), NotFound
    (nobody of their groups), Invalid (oneself, another status), WrongState (no workbench; free while
    they owe summaries, D-7).
    """
    if status not in SETTABLE:
        raise Invalid(_("This status cannot be chosen."))
    target = agent_named(member, user_id)
    if target.pk == member.pk:
        raise Invalid(_("Your own availability is chosen at the top of the workbench."))
    if not may_set(member, target):
        raise NotAllowed(_("Only administrators may do this."))
    with transaction.atomic():
        row = availability.lock(target.pk)
        before = row.status
        _expect_possible(target, status)
        availability.change(row, status, cause="supervisor", by=member.nickname)
        if before != status:
            trail.append(
                "availability.changed",
                member=member,
                address=address,
                object_type="member",
                object_id=target.pk,
                values={"before": {"status": before}, "after": {"status": str(status)}},
            )
    if status == Status.OFFLINE:
        leaving.return_sessions(target.pk)
    assignment.soon()
    return row


def agent_named(member: Member, user_id: str) -> Member:
    """Who is called so (account or e-mail) among the agents of the member. NotAllowed, NotFound."""
    if not may_monitor(member):
        raise only_supervisors()
    target = team.by_identifier(user_id)
    if target is None or not agents_of(member).filter(pk=target.pk).exists():
        raise NotFound(_("There is no such agent."))
    return target


def _expect_possible(target: Member, status: str) -> None:
    name = {"name": target.nickname}
    if status != Status.OFFLINE and not availability.is_connected(target.pk):
        raise WrongState(_("The workbench of %(name)s is not connected.") % name)
    if status == Status.FREE and availability.owes(target.pk):
        raise WrongState(_("%(name)s has to sum up a session first.") % name)


def may_set(member: Member, target: Member) -> bool:
    """Whether the member sets this agent's availability: those above them and beside them are left alone."""
    if target.pk == member.pk:
        return False
    if member.is_administrator:
        return target.role != Role.SUPER
    return target.role == Role.AGENT


def overview(member: Member) -> dict:
    """`{agents, sessions, counts}` of the member's scope, as `monitor` of docs/protocol-desk.md has them."""
    return {
        "agents": _agents(member),
        "sessions": _sessions(member),
        "counts": _counts(member),
    }


def _agents(member: Member) -> list[dict]:
    agents = list(agents_of(member).select_related("availability").order_by("nickname", "pk")[:MOST_AGENTS])
    ids = [agent.pk for agent in agents]
    limits = queries.limits_of(ids)
    connected = availability.connected_among(ids)
    groups: dict[int, list[int]] = defaultdict(list)
    shown = team.supervised_groups(member).values("pk")
    for pk, group in Membership.objects.filter(member__in=ids, group__in=shown).values_list(
        "member_id", "group_id"
    ):
        groups[pk].append(group)
    return [
        _agent(member, agent, limits[agent.pk], sorted(groups[agent.pk]), agent.pk in connected)
        for agent in agents
    ]


def _agent(member: Member, agent: Member, limit: int, groups: list[int], connected: bool) -> dict:
    row = getattr(agent, "availability", None) or Availability(member=agent, since=None)
    return {
        "id": agent.pk,
        "userId": agent.account,
        "nickname": agent.nickname,
        "staffNo": agent.staff_no,
        "avatar": agent.avatar,
        "status": queries.shown_status(row, limit),
        "restReason": row.rest_reason,
        "since": time_of(row.since),
        "load": row.load,
        "limit": limit,
        "groups": groups,
        "connected": connected,
        # Until when a lost workbench is waited for.
        "grace": time_of(row.deadline_at) if row.deadline_kind == AvailabilityDeadline.GRACE else None,
        "settable": may_set(member, agent),
    }


def _running(member: Member) -> QuerySet[ChatSession]:
    return supervised_by(member).filter(state__in=RUNNING)


def _counts(member: Member) -> dict[str, int]:
    counted = _running(member).order_by().values_list("state").annotate(count=Count("pk"))
    return {str(state): 0 for state in RUNNING} | dict(counted)


def _sessions(member: Member) -> list[dict]:
    """What is running, those who wait first; what a row needs in one query."""
    waits = ExpressionWrapper(Q(session__agent__isnull=True), BooleanField())
    parts = (
        ServiceRecord.objects.filter(ended_at__isnull=True, session__in=_running(member))
        .select_related("session__customer", "session__channel", "session__group", "session__agent")
        .order_by(waits.desc(), "session__queued_at", "session_id")
    )
    return [_session(part) for part in parts[:MOST_SESSIONS]]


def _session(part: ServiceRecord) -> dict:
    session = part.session
    customer, channel, group, agent = session.customer, session.channel, session.group, session.agent
    return {
        "session": str(session.id),
        "state": session.state,
        "customer": {
            "id": str(customer.id),
            "name": customer.display_name,
            "visitor_no": None if customer.name else customer.visitor_no,
        },
        "channel": {"name": channel.name, "kind": channel.kind},
        "group": {"id": group.pk, "name": group.name} if group else None,
        "agent": agent.pk if agent else None,
        "agentName": agent.nickname if agent else "",
        "started": time_of(session.started_at),
        "queued": time_of(session.queued_at),
        "assigned": time_of(session.assigned_at),
        "accepted": time_of(part.accepted_at),
        "first_reply": time_of(part.first_reply_at),
        "waiting_since": time_of(session.waiting_since),
        "held": session.on_hold_at is not None,
    }
