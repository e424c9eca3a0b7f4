"""The kinds of settings that working hours are made of (R-16): the zone, the week, the special days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from apps.routing import intervals
from apps.routing.intervals import Interval, SpecialDays
from apps.team.setting_fields import Kind, Label, WrongParts, plain

MOST_SPECIAL = 200
LONGEST_SPECIAL = 366  # days
Week = tuple[tuple[Interval, ...], ...]


@dataclass(frozen=True)
class ZoneKind(Kind):
    """The name of a time zone, such as Asia/Shanghai."""

    def clean(self, value: Any) -> str:
        name = plain(value)
        if name not in zones():
            raise ValueError(_("There is no such time zone. Write it like Asia/Shanghai."))
        return name


@dataclass(frozen=True)
class WeekKind(Kind):
    """The intervals of the seven weekdays, Monday first, each as a line of text or a list of texts."""

    def clean(self, value: Any) -> Week:
        if isinstance(value, str) or not isinstance(value, Iterable) or len(days := list(value)) != 7:
            raise ValueError(_("Hours for seven weekdays."))
        week, wrong = [], {}
        for number, day in enumerate(days):
            try:
                week.append(_intervals(day))
            except ValueError as error:
                wrong[str(number)] = str(error)
        if wrong:
            raise WrongParts(wrong, [f"{WEEKDAYS[int(number)]}: {why}" for number, why in wrong.items()])
        return tuple(week)

    def to_json(self, value: Week) -> list[list[str]]:
        return [[str(interval) for interval in day] for day in value]


@dataclass(frozen=True)
class SpecialDaysKind(Kind):
    """Holidays and days with other hours, each a mapping of first, last, intervals and name; in order."""

    def clean(self, value: Any) -> tuple[SpecialDays, ...]:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise ValueError(_("A list of days."))
        found = sorted((_special(one) for one in value), key=lambda one: one.first)
        if len(found) > MOST_SPECIAL:
            raise ValueError(_("At most %(most)s lines.") % {"most": MOST_SPECIAL})
        for one, other in pairwise(found):
            if other.first <= one.last:
                raise ValueError(_("%(day)s stands in two lines.") % {"day": other.first})
        return tuple(found)

    def to_json(self, value: Iterable[SpecialDays]) -> list[dict]:
        return [
            {
                "first": one.first.isoformat(),
                "last": one.last.isoformat(),
                "intervals": [str(interval) for interval in one.intervals],
                "name": one.name,
            }
            for one in value
        ]


def _special(one: Any) -> SpecialDays:
    if isinstance(one, SpecialDays):
        return one
    if not isinstance(one, Mapping):
        raise ValueError(_("A list of days."))
    first = _date(one.get("first"))
    last = _date(one.get("last") or one.get("first"))
    if last < first:
        raise ValueError(_("%(last)s is before %(first)s.") % {"first": first, "last": last})
    if (last - first).days >= LONGEST_SPECIAL:
        raise ValueError(_("At most %(most)s days in a line.") % {"most": LONGEST_SPECIAL})
    name = " ".join(plain(one.get("name") or "").split())
    if len(name) > intervals.LONGEST_NAME:
        raise ValueError(_("At most %(most)s characters.") % {"most": intervals.LONGEST_NAME})
    try:
        return SpecialDays(first, last, _intervals(one.get("intervals") or ""), name)
    except ValueError as error:
        raise ValueError(f"{first}: {error}") from None


def _date(value: Any) -> date:
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    # Room for the days around it, which are looked at too.
    if found is None or not 2000 <= found.year <= 2999:
        raise ValueError(_("“%(text)s” is no date. Write it like 2027-01-31.") % {"text": value or ""})
    return found


def _intervals(value: Any) -> tuple[Interval, ...]:
    """A line of text, a list of texts, or intervals as they are."""
    if not isinstance(value, str):
        if not isinstance(value, Iterable):
            raise ValueError(_("A text."))
        value = ", ".join(str(part) for part in value)
    return intervals.parse(value)


@cache
def zones() -> frozenset[str]:
    """The names of all time zones that this machine knows."""
    return frozenset(available_timezones())


def time_zone(label: Label, help: Label = "") -> Any:
    """A time zone, at first the deployment's."""
    return field(default_factory=lambda: settings.TIME_ZONE, metadata={"kind": ZoneKind(label, help)})


def weekly(default: Iterable[str], label: Label, help: Label = "") -> Any:
    """Hours per weekday, Monday first."""
    return field(
        default=tuple(intervals.parse(day) for day in default), metadata={"kind": WeekKind(label, help)}
    )


def special_days(label: Label, help: Label = "") -> Any:
    """Days that are not as their weekday is, at first none."""
    return field(default=(), metadata={"kind": SpecialDaysKind(label, help)})
