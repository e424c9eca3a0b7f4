"""A customer as their page shows them (S-13): who they are, what is noted, where they came from, what was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from apps.records.customers import queries
from apps.records.customers.faces import sign_of, tone_of
from apps.records.listing import day_label
from apps.records.sources import source_label
from apps.sessions import blacklist, networks, tags
from apps.sessions.masking import Contact, contact_of, readable
from apps.sessions.models import BlacklistEntry, BlacklistState, ChatSession, Customer, Message, Tag
from apps.team.models import Member


@dataclass(frozen=True)
class Fact:
    label: str
    value: object
    is_time: bool = False


@dataclass(frozen=True)
class Visit:
    """One of their sessions."""

    session: ChatSession
    tags: list[Tag]

    @property
    def day(self) -> str:
        return day_label(self.session.started_at)

    @property
    def source(self) -> str:
        return source_label(self.session.channel)

    @property
    def status(self) -> str:
        return self.session.get_state_display() if self.session.is_open else self.session.get_status_display()

    @property
    def address(self) -> str:
        """Where its record is read; empty where the member may not."""
        opened = self.session.record_to_open
        return reverse("record", args=[opened]) if opened else ""


@dataclass(frozen=True)
class Order:
    """An order whose card was sent in one of the sessions."""

    name: str
    facts: list[tuple[str, str]]
    sent_at: datetime

    @classmethod
    def of(cls, message: Message) -> Order:
        content = message.body["data"].get("content", {})
        fields = content.get("customField", [])
        facts = [(one.get("name", ""), one.get("customerValue") or one.get("value", "")) for one in fields]
        return cls(content.get("name", ""), facts, message.created_at)


@dataclass(frozen=True)
class Profile:
    customer: Customer
    contact: Contact
    tags: list[Tag]
    visits: list[Visit]
    orders: list[Order]
    entries: list[BlacklistEntry]
    reader: Member

    @property
    def tone(self) -> str:
        return tone_of(self.customer)

    @property
    def sign(self) -> str:
        return sign_of(self.customer)

    @property
    def standing(self) -> str:
        """`known` by a signature over their user ID, `claimed` by the page alone, or "" (X-4)."""
        if self.customer.user_id:
            return "known"
        return "claimed" if self.customer.profile_is_claimed else ""

    @property
    def who(self) -> list[Fact]:
        """How they are reached, and where they come from."""
        customer, source = self.customer, self.customer.source
        facts = [
            Fact(_("Phone"), self.contact.phone),
            Fact(_("E-mail"), self.contact.email),
            Fact(_("User ID"), customer.user_id),
            Fact(_("Source"), f"{source.name} · {source_label(source)}"),
            Fact(_("First seen"), customer.first_seen_at, is_time=True),
            Fact(_("Last seen"), customer.last_seen_at, is_time=True),
        ]
        return [fact for fact in facts if fact.value]

    @property
    def visit(self) -> list[Fact]:
        """What their browser told at the last visit."""
        customer = self.customer
        facts = [
            Fact(_("Page"), customer.page),
            Fact(_("Referrer"), customer.referrer),
            Fact(_("Language"), _language(customer.language)),
            Fact(_("Browser"), customer.browser),
            Fact(_("Address"), customer.address),
        ]
        return [fact for fact in facts if fact.value]

    @property
    def told(self) -> list[Fact]:
        """What the app or the page told beside the name."""
        told = self.contact.told(self.customer.client_data)
        return [Fact(str(name), text) for name, value in told.items() if (text := readable(value))]

    @property
    def remark(self) -> str:
        return self.contact.text(self.customer.remark)

    @property
    def attributes(self) -> list[tuple[str, str]]:
        """What the team has noted, by name."""
        noted = self.customer.attributes.items()
        return [(name, readable(self.contact.value(name, value))) for name, value in noted]

    @property
    def told_by(self) -> str:
        return _("From the page, unverified") if self.customer.profile_is_claimed else _("From the app")

    @property
    def is_barred(self) -> bool:
        """Whether they are not served now."""
        return blacklist.bars(self.customer)

    @property
    def is_proposed(self) -> bool:
        return any(entry.state == BlacklistState.PROPOSED for entry in self.entries)

    @property
    def may_decide(self) -> bool:
        return blacklist.may_decide(self.reader)


def profile(reader: Member, customer: Customer) -> Profile:
    """The profile of a customer whom the reader may see."""
    sessions = queries.sessions_of(reader, customer)
    labels = tags.of_sessions(session.id for session in sessions)
    return Profile(
        customer=customer,
        contact=contact_of(reader, customer),
        tags=tags.of_customers([customer.id]).get(customer.id, []),
        visits=[Visit(session, labels.get(session.id, [])) for session in sessions],
        orders=_once(queries.orders_in(sessions)),
        entries=entries_about(reader, customer),
        reader=reader,
    )


def entries_about(reader: Member, customer: Customer) -> list[BlacklistEntry]:
    """The proposals and the entries in force that name this customer, their user ID or their address."""
    found = blacklist.about(customer).filter(pk__in=blacklist.visible_entries(reader).values("pk"))
    return list(found.select_related("added_by", "customer").order_by("-added_at"))


def whom(entry: BlacklistEntry) -> str:
    """Whom an entry is about, as people write it."""
    if entry.customer:
        return entry.customer.display_name
    return entry.user_id or networks.shown(entry.network)


def _once(cards: list[Message]) -> list[Order]:
    """Each order once, as its newest card has it."""
    orders: dict[tuple, Order] = {}
    for card in cards:
        order = Order.of(card)
        orders.setdefault((order.name, order.facts[0] if order.facts else None), order)
    return list(orders.values())


def _language(code: str) -> str:
    try:
        return get_language_info(code)["name_local"] if code else ""
    except KeyError:
        return code
