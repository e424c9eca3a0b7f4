"""The list of customers as its page shows it: rows, filters to press, where one can go on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.records.customers import queries
from apps.records.customers.faces import sign_of, tone_of
from apps.records.customers.filters import Choices, Filters
from apps.records.customers.queries import Page
from apps.records.listing import day_label
from apps.records.menus import Menu, NarrowedList
from apps.records.sources import source_label
from apps.sessions import tags
from apps.sessions.masking import Contact, contact
from apps.sessions.models import Customer, Tag
from apps.sessions.permissions import may_see_unmasked
from apps.team.models import Member

SHOWN_TAGS = 3


@dataclass(frozen=True)
class Line:
    """One row of the list."""

    customer: Customer
    contact: Contact
    tags: list[Tag]
    address: str
    is_open: bool

    @property
    def number(self) -> str:
        """The verified user id, else the end of the visitor's own (its beginning is a time)."""
        return self.customer.user_id or f"v_{self.customer.id.hex[-8:]}"

    @property
    def tone(self) -> str:
        return tone_of(self.customer)

    @property
    def sign(self) -> str:
        return sign_of(self.customer)

    @property
    def few_tags(self) -> list[Tag]:
        return self.tags[:SHOWN_TAGS]

    @property
    def more_tags(self) -> int:
        return max(0, len(self.tags) - SHOWN_TAGS)

    @property
    def day(self) -> str:
        return day_label(self.customer.last_seen_at)

    @property
    def source(self) -> str:
        return source_label(self.customer.source)


class Listing(NarrowedList):
    """Everything that `templates/customers/list.html` asks for."""

    def __init__(
        self,
        reader: Member,
        filters: Filters,
        page: Page,
        choices: Choices,
        *,
        problems: Iterable[str] = (),
        opened: Customer | None = None,
    ) -> None:
        self.reader = reader
        self.filters = filters
        self.page = page
        self.choices = choices
        self.problems = list(problems)
        self.opened = opened

    @cached_property
    def lines(self) -> list[Line]:
        labels = tags.of_customers(customer.id for customer in self.page.customers)
        is_masked = not may_see_unmasked(self.reader)
        return [
            Line(
                customer,
                contact(customer, is_masked=is_masked),
                labels.get(customer.id, []),
                reverse("customer", args=[customer.id]) + self.filters.address(),
                bool(self.opened and customer.id == self.opened.id),
            )
            for customer in self.page.customers
        ]

    @property
    def menus(self) -> list[Menu]:
        standings = [
            ("known", pgettext("customers", "Signed in by an app")),
            ("visitor", pgettext("customers", "Visitors")),
        ]
        channels = [(str(one.pk), f"{one.name} · {source_label(one)}") for one in self.choices.channels]
        found = [
            self.menu("channel", _("Source"), channels),
            self.menu("standing", pgettext("customers", "Identity"), standings),
        ]
        labels = [(str(one.pk), one.name) for one in self.choices.tags]
        return [self.menu("tag", _("Tag"), labels), *found] if labels else found

    @property
    def blacklisted_address(self) -> str:
        return self.filters.address(blacklisted="" if self.filters.is_blacklisted else "1")

    @property
    def found(self) -> str:
        """How many there are, in words."""
        count = self.page.count
        if count > queries.COUNTED:
            return _("More than %(count)s customers, last seen first") % {"count": f"{queries.COUNTED:,}"}
        words = ngettext("%(count)s customer, last seen first", "%(count)s customers, last seen first", count)
        return words % {"count": count}
