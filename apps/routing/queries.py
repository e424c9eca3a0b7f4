"""Named reads about the queue and the agents that sockets and pages need."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Min, Q, Window
from django.db.models.functions import RowNumber

from apps.routing import places as load
from apps.routing.models import Availability, Offer, OfferOutcome, Status
from apps.routing.settings import ReceptionSettings
from apps.sessions import standing
from apps.sessions.models import ChatSession, State
from apps.team import business
from apps.team.models import Member, Membership, SkillGroup
from csdesk import clock


def queue_counts(member: Member | None = None) -> list[dict]:
    """`[{id, name, waiting, oldest}]` per group, of the member's groups or of all; `oldest` in ms or None.

    The first entry, with `id` None, is of the sessions that wait for any agent.
    """
    counted = (
        ChatSession.objects.filter(state=State.QUEUED)
        .values("group_id")
        .annotate(waiting=Count("id"), oldest=Min("queued_at"))
        .order_by()
    )
    found = {row["group_id"]: row for row in counted}
    groups = SkillGroup.objects.present().order_by("name")
    if member is not None:
        groups = groups.filter(memberships__member=member)
    entries = [(None, ""), *groups.values_list("id", "name")]
    return [_count(group_id, name, found.get(group_id)) for group_id, name in entries]


def _count(group_id: int | None, name: str, row: dict | None) -> dict:
    return {
        "id": group_id,
        "name": name,
        "waiting": row["waiting"] if row else 0,
        "oldest": clock.milliseconds(row["oldest"]) if row else None,
    }


def position(session: ChatSession) -> int | None:
    """The session's place among those that wait for the same group, from 1; None when not waiting."""
    if session.state != State.QUEUED:
        return None
    before = ChatSession.objects.filter(state=State.QUEUED, group_id=session.group_id).filter(
        Q(priority__gt=session.priority)
        | Q(priority=session.priority, queue_order_at__lt=session.queue_order_at)
        | Q(priority=session.priority, queue_order_at=session.queue_order_at, id__lt=session.id)
    )
    return before.count() + 1


def places() -> dict[UUID, int]:
    """The place of every waiting session among those of its target, as `position` counts."""
    number = Window(
        RowNumber(),
        partition_by=F("group_id"),
        order_by=[F("priority").desc(), F("queue_order_at").asc(), F("id").asc()],
    )
    return dict(
        ChatSession.objects.filter(state=State.QUEUED).annotate(place=number).values_list("id", "place")
    )


def customer_state(session: ChatSession) -> dict:
    """The `state` frame with the place in the queue."""
    return standing.customer_state(session, position(session))


def colleagues(member: Member, query: str = "") -> dict:
    """For the transfer dialog (D-6): `{"agents": [...], "groups": [...]}` as D-16 has them.

    Agents: `{userId, nickname, email, staffNo, status, load, limit, groups}` without the member, matched by
    nickname, e-mail or staff number; `status` may be the derived `busy`; `choosable` says whether a
    transfer would be taken. Groups: `{id, name, waiting, free, choosable}`; `free` counts others only.
    """
    eligible = load.candidates()
    return {
        "agents": _agents(member, query.strip(), eligible),
        "groups": _groups(member, query.strip(), eligible),
    }


def _agents(member: Member, query: str, eligible: dict[int, list[int]]) -> list[dict]:
    found = Member.objects.present().filter(serves=True, forced_offline_at__isnull=True).exclude(pk=member.pk)
    if query:
        found = found.filter(
            Q(nickname__icontains=query) | Q(email__icontains=query) | Q(account__icontains=query)
            | Q(staff_no__istartswith=query)
        )  # fmt: skip
    agents = list(found.select_related("availability").order_by("nickname", "pk")[:200])
    limits = limits_of([agent.pk for agent in agents])
    groups = defaultdict(list)
    rows = Membership.objects.filter(member__in=agents, group__deleted_at__isnull=True)
    for row in rows.select_related("group").order_by("group__name"):
        groups[row.member_id].append(row.group.name)
    rows = [_agent(agent, limits[agent.pk], groups[agent.pk], agent.pk in eligible) for agent in agents]
    return sorted(rows, key=lambda row: (not row["choosable"], row["status"] == Status.OFFLINE))


def _agent(agent: Member, limit: int, groups: list[str], choosable: bool) -> dict:
    row = getattr(agent, "availability", None) or Availability(member=agent)
    return {
        "userId": agent.account,
        "nickname": agent.nickname,
        "email": agent.email,
        "staffNo": agent.staff_no,
        "status": shown_status(row, limit),
        "load": row.load,
        "limit": limit,
        "groups": groups,
        "choosable": choosable,
    }


def shown_status(row: Availability, limit: int) -> str:
    """The status people see: `busy` is free but at capacity."""
    return "busy" if row.status == Status.FREE and row.load >= limit else str(row.status)


def _groups(member: Member, query: str, eligible: dict[int, list[int]]) -> list[dict]:
    signed_in = Count(
        "memberships",
        filter=Q(
            memberships__member__serves=True,
            memberships__member__deleted_at__isnull=True,
            memberships__member__forced_offline_at__isnull=True,
            memberships__member__availability__isnull=False,
        )
        & ~Q(memberships__member__availability__status=Status.OFFLINE),
    )
    found = SkillGroup.objects.present().annotate(signed_in=signed_in).order_by("name")
    if query:
        found = found.filter(name__icontains=query)
    waiting = {row["id"]: row["waiting"] for row in queue_counts()}
    return [
        {
            "id": group.pk,
            "name": group.name,
            "waiting": waiting.get(group.pk, 0),
            "free": sum(group.pk in theirs for pk, theirs in eligible.items() if pk != member.pk),
            "choosable": group.signed_in > 0,
        }
        for group in found
    ]


def availability_of(member: Member) -> Availability:
    """The member's availability; an unsaved offline one when they never had any."""
    return Availability.objects.filter(member=member).first() or Availability(member=member)


def limit_of(member: Member) -> int:
    """How many sessions at once: the member's own, else the largest of their groups', else the global one."""
    return limits_of([member.pk]).get(member.pk) or business.read(ReceptionSettings).sessions_at_once


def limits_of(member_ids: list[int]) -> dict[int, int]:
    """`limit_of` of many members in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT member.id, {load.LIMIT} FROM team_member AS member"  # noqa: S608
            " WHERE member.id = ANY(%(members)s)",
            load.parameters() | {"members": member_ids},
        )
        return dict(cursor.fetchall())


def offers_of(member: Member) -> dict[UUID, int]:
    """When each session offered to the member stops being offered, in ms."""
    pending = Offer.objects.filter(member=member, outcome=OfferOutcome.PENDING)
    return {one.session_id: clock.milliseconds(one.expires_at) for one in pending}
