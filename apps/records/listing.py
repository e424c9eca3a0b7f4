"""The list of records as its page shows it: rows, filters to press, where one can go on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.records import durations, queries
from apps.records.filters import DEFAULT_PERIOD, Choices, Filters
from apps.records.keywords import Piece
from apps.records.menus import Choice, Menu, NarrowedList
from apps.records.queries import Page, Row
from apps.records.sources import source_label
from apps.sessions.models import ServiceRecord, ServiceStatus
from apps.team.models import Member, SkillGroup
from csdesk import clock

BAD, GOOD = 2, 4
INDENT = "\u2003"


@dataclass(frozen=True)
class Line:
    """One row of the list."""

    record: ServiceRecord
    hit: list[Piece]
    address: str
    is_open: bool
    is_starred: bool = False
    # Who answered when no agent served; empty when nobody did.
    bot: str = ""

    @property
    def customer(self) -> str:
        return self.record.customer.display_name

    @property
    def customer_id(self) -> str:
        """The verified user id, else the end of the visitor's own (its beginning is a time)."""
        return self.record.customer.user_id or f"v_{self.record.customer_id.hex[-8:]}"

    @property
    def status(self) -> str:
        if self.record.ended_at:
            return self.record.get_status_display()
        return self.record.session.get_state_display()

    @property
    def day(self) -> str:
        return day_label(self.record.started_at)

    @property
    def source(self) -> str:
        return source_label(self.record.channel)

    @property
    def wait(self) -> str:
        return durations.clock_label(durations.wait(self.record))

    @property
    def service(self) -> str:
        return durations.clock_label(durations.service(self.record))

    @property
    def is_rated_badly(self) -> bool:
        return (self.record.rating_level or GOOD) <= BAD


class Listing(NarrowedList):
    """Everything that `templates/records/list.html` asks for."""

    def __init__(
        self,
        filters: Filters,
        page: Page,
        choices: Choices,
        *,
        problems: Iterable[str] = (),
        has_failed: bool = False,
        opened: ServiceRecord | None = None,
        starred: Collection[UUID] = (),
        bots: Mapping[UUID, str] | None = None,
    ) -> None:
        self.filters = filters
        self.page = page
        self.choices = choices
        self.problems = list(problems)
        self.has_failed = has_failed
        self.opened = opened
        self.starred = starred
        self.bots = bots or {}

    @cached_property
    def lines(self) -> list[Line]:
        return [self._line(row) for row in self.page.rows]

    def _line(self, row: Row) -> Line:
        address = reverse("record", args=[row.record.id]) + self.filters.address()
        mine = row.record.id
        is_open = bool(self.opened and mine == self.opened.id)
        return Line(row.record, row.hit, address, is_open, mine in self.starred, self.bots.get(mine, ""))

    @property
    def periods(self) -> list[Choice]:
        names = {"today": _("Today"), "7": _("7 days"), "30": _("30 days"), "all": _("All")}
        dateless = replace(self.filters, first=None, last=None)
        return [
            Choice(
                label,
                dateless.address(period="" if period == DEFAULT_PERIOD else period),
                self.filters.period == period,
            )
            for period, label in names.items()
        ]

    @property
    def range_label(self) -> str:
        """The chosen days, such as `1 Mar – 8 Mar`; empty when none are."""
        if self.filters.period != "range":
            return ""
        ends = [short_day(day) if day else "" for day in (self.filters.first, self.filters.last)]
        return " – ".join(ends).strip()

    @property
    def menus(self) -> list[Menu]:
        people = [(str(one.pk), _agent_label(one)) for one in self.choices.agents]
        groups = [(str(one.pk), _name_of_group(one)) for one in self.choices.groups]
        # Several channels of one business often have one name.
        channels = [(str(one.pk), f"{one.name} · {source_label(one)}") for one in self.choices.channels]
        states = [("open", pgettext("state of a record", "Open")), ("ended", _("Ended"))]
        found = [self.menu("group", _("Group"), groups)]
        if people:
            found.append(self.menu("agent", _("Agent"), people))
        return [
            *found,
            self.menu("channel", _("Source"), channels),
            self.menu("rating", _("Rating"), self._ratings),
            self.menu("status", _("Service status"), ServiceStatus.choices),
            self.menu("state", _("Progress"), states),
            *self._summing_up,
        ]

    @property
    def _summing_up(self) -> list[Menu]:
        """What agents have filled in; a menu without choices is left out."""
        resolved = [("yes", _("Resolved")), ("no", _("Not resolved")), ("unsaid", _("Not said"))]
        nodes = self.choices.summaries
        summaries = [(str(node.pk), INDENT * (node.depth - 1) + node.category.name) for node in nodes]
        tags = [(str(tag.pk), tag.name) for tag in self.choices.tags]
        menus = [
            self.menu("summary", pgettext("of a session", "Summary"), summaries),
            self.menu("resolved", _("Outcome"), resolved),
            self.menu("tag", _("Tag"), tags),
        ]
        return [menu for menu in menus if menu.choices]

    @property
    def _ratings(self) -> list[tuple[str, str]]:
        return [
            ("good", _("Good (4–5)")),
            ("middle", _("Middle (3)")),
            ("bad", _("Bad (1–2)")),
            ("none", _("Not rated")),
        ]

    @property
    def starred_address(self) -> str:
        """Only what is starred, of all days: one looks for what one has put aside, however long ago."""
        if self.filters.is_starred:
            return self.filters.address(starred="")
        return self.filters.address(**{"starred": "1", "period": "all", "from": "", "to": ""})

    @property
    def kept_beside_days(self) -> list[tuple[str, str]]:
        return [
            (name, value)
            for name, value in self.filters.values().items()
            if name not in ("period", "from", "to")
        ]

    @property
    def address(self) -> str:
        return self.filters.address()

    @property
    def wider(self) -> str:
        """The same search over more days; empty when it is over all days already."""
        return self.filters.widened().address() if self.filters.period != "all" else ""

    @property
    def wider_label(self) -> str:
        return _("Search 30 days") if self.filters.period in ("today", "7") else _("Search all days")

    @property
    def without_filters(self) -> str:
        return Filters(period=self.filters.period, first=self.filters.first, last=self.filters.last).address()

    @property
    def found(self) -> str:
        """How many there are, in words."""
        count = self.page.count
        if count is None:
            return _("Newest first")
        if count > queries.COUNTED:
            return _("More than %(count)s records, newest first") % {"count": f"{queries.COUNTED:,}"}
        words = ngettext("%(count)s record, newest first", "%(count)s records, newest first", count)
        return words % {"count": count}


def day_label(moment: datetime) -> str:
    """Today, yesterday, the weekday within a week, else the day."""
    day = timezone.localtime(moment).date()
    today = timezone.localtime(clock.now()).date()
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    if today - timedelta(days=7) < day < today:
        return date_format(day, "D")
    return short_day(day)


def short_day(day) -> str:
    """`3 Mar`, with the year where it is another one."""
    if day.year == timezone.localtime(clock.now()).year:
        return date_format(day, pgettext("date format without year", "j M"))
    return date_format(day, pgettext("date format", "j M Y"))


def _agent_label(member: Member) -> str:
    name = f"{member.nickname} · {member.staff_no}"
    return _("%(name)s (deleted)") % {"name": name} if member.deleted_at else name


def _name_of_group(group: SkillGroup) -> str:
    return _("%(name)s (deleted)") % {"name": group.name} if group.deleted_at else group.name
