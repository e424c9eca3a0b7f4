"""Who may see which session, record and customer, and what of them (T-9): the one place.

Pages, sockets and files ask here. A role gives rows, and grants add some (`team.grants`), as does
an administrator who opens one session to somebody for a time (`access`).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.sessions.authors import customer_key
from apps.sessions.models import (
    AccessRequest,
    AccessState,
    ChatSession,
    Customer,
    ServiceRecord,
    SessionTag,
    State,
    SummaryCategory,
    WrapUp,
)
from apps.sessions.supervision import WAITS_FOR_ANYBODY
from apps.team import grants
from apps.team.abilities import Ability, may
from apps.team.grants import Rights
from apps.team.models import Member, Membership, Role
from csdesk import clock

# So many ids may stand in a query themselves.
FEW = 500


class Scope:
    """What one member may see and do, asked of the database once for all questions of one request."""

    def __init__(self, member: Member) -> None:
        self.member = member

    @cached_property
    def rights(self) -> Rights:
        """What is granted to the member; nothing to whom may not sign in."""
        return grants.rights_of(self.member) if self.member.is_active else Rights()

    @property
    def sessions(self) -> QuerySet[ChatSession]:
        """See `visible_to`."""
        sessions = ChatSession.objects.filter(deleted_at__isnull=True)
        if not self.member.is_active:
            return sessions.none()
        if self.member.is_administrator:
            return sessions
        parts = ServiceRecord.objects.filter(session_id=OuterRef("id"))
        allowed = Q(agent=self.member) | Exists(parts.filter(self._parts))
        if may(self.member, Ability.MONITOR):
            allowed |= WAITS_FOR_ANYBODY
        return sessions.filter(allowed | _of_a_customer_at_hand(self.member))

    @property
    def records(self) -> QuerySet[ServiceRecord]:
        """See `records_visible_to`."""
        records = ServiceRecord.objects.filter(session__deleted_at__isnull=True)
        if not self.member.is_active:
            return records.none()
        return records if self.member.is_administrator else records.filter(self._parts)

    @property
    def customers(self) -> QuerySet[Customer]:
        """See `customers_visible_to`."""
        if not self.member.is_active:
            return Customer.objects.none()
        if self.member.is_administrator:
            return Customer.objects.all()
        # As ids, not as EXISTS: the planner then starts from the few records, not from all customers.
        return Customer.objects.filter(id__in=self.records.order_by().values("customer_id"))

    @property
    def may_see_unmasked(self) -> bool:
        return may(self.member, Ability.SEE_CONTACTS) or self.rights.may_see_unmasked

    @property
    def may_export(self) -> bool:
        return may(self.member, Ability.EXPORT_RECORDS) or self.rights.may_export

    @property
    def may_delete(self) -> bool:
        return may(self.member, Ability.DELETE_RECORDS) or self.rights.may_delete

    def may_download(self, record: ServiceRecord) -> bool:
        """See `may_download`."""
        if record.agent_id == self.member.pk or self.may_export:
            return True
        return ServiceRecord.objects.filter(session_id=record.session_id, agent=self.member).exists()

    @cached_property
    def _parts(self) -> Q:
        """The records that role and grants give.

        What is not granted adds no condition: with the agent alone the list reads one index in its order.
        """
        allowed = Q(agent=self.member)
        if self.member.role == Role.SUPERVISOR:
            groups = Membership.objects.filter(member=self.member, supervises=True).values("group_id")
            allowed |= Q(group_id__in=groups)
        if self.rights.groups:
            allowed |= Q(group_id__in=sorted(self.rights.groups))
        if self.rights.channels:
            allowed |= Q(channel_id__in=sorted(self.rights.channels))
        if self.rights.tags:
            labels = SessionTag.objects.filter(tag_id__in=sorted(self.rights.tags))
            allowed |= Q(session_id__in=_few_or_sought(labels.values_list("session_id", flat=True)))
        if self.rights.categories:
            wrap_ups = WrapUp.objects.filter(category_id__in=_with_branches(self.rights.categories))
            allowed |= Q(id__in=_few_or_sought(wrap_ups.values_list("record_id", flat=True)))
        if opened := _opened_to(self.member):
            allowed |= Q(session_id__in=opened)
        return allowed


def visible_to(member: Member) -> QuerySet[ChatSession]:
    """The sessions a member may see.

    Administrators all; supervisors those with a part in a group they supervise, those that wait for
    anybody, and their own; agents those with a part of theirs, and the earlier sessions of whom they
    serve now, until they have summed it up. Besides: what is granted to them.
    """
    return Scope(member).sessions


def records_visible_to(member: Member) -> QuerySet[ServiceRecord]:
    """The service records a member finds in the list: their own, their groups', what is granted, or all."""
    return Scope(member).records


def customers_visible_to(member: Member) -> QuerySet[Customer]:
    """The customers a member may see: those with a record in `records_visible_to`, or all (D-9)."""
    return Scope(member).customers


def may_read(reader: str, session_id: UUID) -> bool:
    """Whether a reader, `c:<customer id>` or `m:<member id>`, may see the session now."""
    kind, _colon, number = reader.partition(":")
    if kind == "m":
        member = Member.objects.filter(pk=number).first() if number.isdecimal() else None
        return member is not None and visible_to(member).filter(id=session_id).exists()
    session = ChatSession.objects.filter(id=session_id, deleted_at__isnull=True).only("customer_id").first()
    return session is not None and customer_key(session.customer_id) == reader


def may_see_unmasked(member: Member) -> bool:
    """Whether customers' phone numbers and e-mails are shown in full to a member (S-13)."""
    return Scope(member).may_see_unmasked


def who_sees_unmasked(members: Iterable[Member]) -> set[int]:
    """The ids of those to whom phone numbers and e-mails are shown in full, in one query for all."""
    able = [member for member in members if member.is_active]
    by_role = {member.pk for member in able if may(member, Ability.SEE_CONTACTS)}
    others = {member.pk for member in able} - by_role
    return by_role | (grants.who_sees_unmasked(others) if others else set())


def may_export(member: Member) -> bool:
    """Whether a member may take records that are not their own out of here as files (C-7)."""
    return Scope(member).may_export


def may_delete(member: Member) -> bool:
    """Whether a member may put records into the recycle bin (C-5)."""
    return Scope(member).may_delete


def may_download(member: Member, record: ServiceRecord) -> bool:
    """Whether a member who may read this record may save it as a file: their own always (D-8)."""
    return Scope(member).may_download(record)


def _few_or_sought(ids: QuerySet) -> list[UUID] | QuerySet:
    """Few ids themselves, so that an index leads to them; very many as the query that finds them."""
    few = list(ids[: FEW + 1])
    return few if len(few) <= FEW else ids


def _opened_to(member: Member) -> list[UUID]:
    """The sessions an administrator has opened to the member, for now (C-8)."""
    granted = AccessRequest.objects.filter(member=member, state=AccessState.GRANTED, until__gt=clock.now())
    return list(granted.values_list("session_id", flat=True))


def _with_branches(categories: frozenset[int]) -> list[int]:
    """These categories of the summary and all below them."""
    parents = dict(SummaryCategory.objects.values_list("id", "parent_id"))

    def is_within(category: int | None) -> bool:
        while category is not None and category not in categories:
            category = parents.get(category)
        return category is not None

    return sorted(category for category in parents if is_within(category))


def _of_a_customer_at_hand(member: Member) -> Q:
    """Sessions of a customer whom the member is offered or serves, or still has to sum up (T-9)."""
    served = ChatSession.objects.filter(
        customer_id=OuterRef("customer_id"), agent=member, state__in=[State.OFFERED, State.SERVING]
    )
    owed = WrapUp.objects.filter(record__customer_id=OuterRef("customer_id"), member=member, at__isnull=True)
    return Q(Exists(served)) | Q(Exists(owed))
