"""Named reads of the customers' pages: the list with its keyset paging, one customer, their sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from apps.records.customers.filters import Choices, Filters
from apps.records.paging import Place
from apps.sessions import blacklist
from apps.sessions.customer_search import search
from apps.sessions.models import (
    Channel,
    ChatSession,
    Customer,
    CustomerTag,
    Message,
    MessageKind,
    ServiceRecord,
    Tag,
)
from apps.sessions.permissions import customers_visible_to, records_visible_to, visible_to
from apps.team.models import Member
from csdesk import clock

PAGE = 50
COUNTED = 1_000
SESSIONS = 100
ORDERS = 20
# The card of an order (V-7).
ORDER = "28"


@dataclass(frozen=True)
class Page:
    customers: list[Customer]
    # Where the neighbouring pages begin; None where the list ends.
    older: Place | None = None
    newer: Place | None = None
    # How many there are in all, COUNTED + 1 for more.
    count: int = 0


def choices() -> Choices:
    """What the list can be narrowed down by."""
    tags, channels = Tag.objects.order_by("name", "id"), Channel.objects.order_by("name", "pk")
    return Choices(list(tags), list(channels))


def page(customers: QuerySet[Customer], place: Place | None = None) -> Page:
    """One page of these customers, last seen first, the same speed at any depth."""
    count = customers.order_by()[: COUNTED + 1].count()
    return _page(customers, place, count)


def _page(customers: QuerySet[Customer], place: Place | None, count: int) -> Page:
    is_newer = bool(place and place.is_newer)
    found = list(_beside(customers, place).select_related("source")[: PAGE + 1])
    more = len(found) > PAGE
    if is_newer and not more:
        # Nothing newer is left out, so this is the first page; show it full.
        return _page(customers, None, count)
    shown = found[:PAGE]
    if is_newer:
        shown.reverse()
    older = Place(shown[-1].last_seen_at, shown[-1].id) if shown and (more or is_newer) else None
    newer = Place(shown[0].last_seen_at, shown[0].id, is_newer=True) if shown and place else None
    return Page(shown, older, newer, count)


def narrowed(member: Member, filters: Filters, *, address: str = "") -> QuerySet[Customer]:
    """The customers a member may see, with a consultation, that fit; who only looked is nobody yet (S-17).

    Raises what `customer_search.search` raises.
    """
    sessions = ChatSession.objects.filter(
        customer_id=OuterRef("id"), engaged_at__isnull=False, deleted_at__isnull=True
    )
    found = customers_visible_to(member).filter(Exists(sessions))
    if filters.q:
        found = search(found, member, filters.q, address=address)
    if filters.tag:
        found = found.filter(id__in=CustomerTag.objects.filter(tag=filters.tag).values("customer_id"))
    if filters.channel:
        found = found.filter(source=filters.channel)
    if filters.standing:
        found = found.filter(user_id="") if filters.standing == "visitor" else found.exclude(user_id="")
    if filters.is_blacklisted:
        found = found.filter(id__in=_on_blacklist())
    return found


def _on_blacklist() -> QuerySet:
    """The ids of the customers whom an entry in force names, themselves or by their user ID."""
    entries = blacklist.in_force()
    users = Customer.objects.filter(user_id__in=entries.exclude(user_id="").values("user_id"))
    return entries.filter(customer__isnull=False).values("customer_id").union(users.values("id"))


def _beside(customers: QuerySet[Customer], place: Place | None) -> QuerySet[Customer]:
    if place is None:
        return customers.order_by("-last_seen_at", "-id")
    at, there = place.moment, place.id
    if place.is_newer:
        found = customers.filter(last_seen_at__gte=at).exclude(last_seen_at=at, id__lte=there)
        return found.order_by("last_seen_at", "id")
    found = customers.filter(last_seen_at__lte=at).exclude(last_seen_at=at, id__gte=there)
    return found.order_by("-last_seen_at", "-id")


def customer_for(member: Member, customer_id: UUID) -> Customer | None:
    """The customer, if the member may see them."""
    return customers_visible_to(member).select_related("source").filter(id=customer_id).first()


def sessions_of(member: Member, customer: Customer) -> list[ChatSession]:
    """The customer's consultations over all channels that the member may see, newest first.

    Each with `record_to_open`, a record of it that the member may see, and `served_by`, who had it last.
    """
    record = records_visible_to(member).filter(session_id=OuterRef("id")).order_by("-number")
    agent = ServiceRecord.objects.filter(session_id=OuterRef("id"), agent__isnull=False).order_by("-number")
    found = visible_to(member).filter(customer=customer, engaged_at__isnull=False).select_related("channel")
    found = found.annotate(
        record_to_open=Subquery(record.values("id")[:1]),
        served_by=Subquery(agent.values("agent__nickname")[:1]),
    )
    return list(found.order_by("-started_at", "-id")[:SESSIONS])


def orders_in(sessions: list[ChatSession]) -> list[Message]:
    """The order cards that were sent in these sessions, newest first."""
    cards = Message.objects.filter(
        session_id__in=[session.id for session in sessions],
        kind=MessageKind.CUSTOM,
        body__data__src=ORDER,
        recalled_at__isnull=True,
    )
    return list(cards.order_by("-created_at")[:ORDERS])


def neighbours_of(customer: Customer, within: timedelta = timedelta(days=30)) -> int:
    """How many customers came from the same address lately, themselves counted: who else would be barred."""
    if not customer.address:
        return 0
    lately = clock.now() - within
    return Customer.objects.filter(last_seen_at__gte=lately, address=customer.address).count()
