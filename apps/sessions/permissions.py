"""Who may see which session and record (T-9): the one place, used by pages, sockets and files."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.sessions.authors import customer_key
from apps.sessions.models import ChatSession, Customer, ServiceRecord, State
from apps.sessions.supervision import WAITS_FOR_ANYBODY
from apps.team.abilities import Ability, may
from apps.team.models import Member, Membership, Role


def visible_to(member: Member) -> QuerySet[ChatSession]:
    """The sessions a member may see.

    Administrators all; supervisors those with a part in a group they supervise, those that wait for
    anybody, and their own; agents those with a part of theirs, and the earlier sessions of whom they
    serve now.
    """
    sessions = ChatSession.objects.filter(deleted_at__isnull=True)
    if not member.is_active:
        return sessions.none()
    if member.is_administrator:
        return sessions
    parts = ServiceRecord.objects.filter(session_id=OuterRef("id"))
    allowed = Q(agent=member) | Exists(parts.filter(_parts_of(member)))
    if may(member, Ability.MONITOR):
        allowed |= WAITS_FOR_ANYBODY
    served_now = ChatSession.objects.filter(
        customer_id=OuterRef("customer_id"), agent=member, state__in=[State.OFFERED, State.SERVING]
    )
    return sessions.filter(allowed | Exists(served_now))


def records_visible_to(member: Member) -> QuerySet[ServiceRecord]:
    """The service records a member finds in the list: their own, their groups', or all."""
    records = ServiceRecord.objects.filter(session__deleted_at__isnull=True)
    if not member.is_active:
        return records.none()
    if member.is_administrator:
        return records
    return records.filter(_parts_of(member))


def customers_visible_to(member: Member) -> QuerySet[Customer]:
    """The customers a member may see: those with a record in `records_visible_to`, or all (D-9)."""
    if not member.is_active:
        return Customer.objects.none()
    if member.is_administrator:
        return Customer.objects.all()
    # As ids, not as EXISTS: the planner then starts from the few records, not from all customers.
    return Customer.objects.filter(id__in=records_visible_to(member).order_by().values("customer_id"))


def may_read(reader: str, session_id: UUID) -> bool:
    """Whether a reader, `c:<customer id>` or `m:<member id>`, may see the session now."""
    kind, _colon, number = reader.partition(":")
    if kind == "m":
        member = Member.objects.filter(pk=number).first() if number.isdecimal() else None
        return member is not None and visible_to(member).filter(id=session_id).exists()
    session = ChatSession.objects.filter(id=session_id, deleted_at__isnull=True).only("customer_id").first()
    return session is not None and customer_key(session.customer_id) == reader


def _parts_of(member: Member) -> Q:
    if member.role == Role.SUPERVISOR:
        groups = Membership.objects.filter(member=member, supervises=True).values("group_id")
        return Q(agent=member) | Q(group_id__in=groups)
    return Q(agent=member)
