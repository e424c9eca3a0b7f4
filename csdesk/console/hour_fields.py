"""The form's fields for working hours (R-16): a line per weekday, a row per holiday, a zone by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.dates import WEEKDAYS

from apps.routing import intervals
from apps.routing.hour_fields import SpecialDaysKind, WeekKind, ZoneKind, zones
from apps.routing.intervals import SpecialDays

_PARTS = ("first", "last", "intervals", "name")


def mark(parts: Mapping[Any, dict], wrong: Collection[Any]) -> None:
    """Of a widget's parts mark those that are wrong, and no other, when it is known which they are."""
    for key, part in parts.items():
        if wrong:
            part["attrs"].pop("aria-invalid", None)
        if key in wrong:
            part["attrs"]["aria-invalid"] = "true"


class WeekWidget(forms.MultiWidget):
    """One line of text per weekday."""

    template_name = "console/week_widget.html"
    # Of which weekdays, by their numbers, the hours can't be taken, and why.
    wrong_parts: Mapping[str, str] = MappingProxyType({})

    def __init__(self) -> None:
        attrs = {"class": "input hours", "autocomplete": "off", "spellcheck": "false", "maxlength": 200}
        super().__init__({str(day): forms.TextInput(attrs=attrs) for day in range(7)})

    def decompress(self, value: Any) -> list[str]:
        return lines_of(value) if value else [""] * 7

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        parts = context["widget"]["subwidgets"]
        mark(dict(enumerate(parts)), [int(number) for number in self.wrong_parts])
        context["days"] = [(WEEKDAYS[number], part) for number, part in enumerate(parts)]
        return context


class WeekField(forms.Field):
    def __init__(self, kind: WeekKind) -> None:
        super().__init__(required=False, widget=WeekWidget())

    def prepare_value(self, value: Any) -> Any:
        return lines_of(value) if value else value

    def clean(self, value: Any) -> list[str]:
        return [line or "" for line in value]


def lines_of(week: Any) -> list[str]:
    """Each weekday's hours as a line: as it was typed, or as it is kept."""
    return [day if isinstance(day, str) else intervals.written(day or ()) for day in week]


class SpecialDaysWidget(forms.Widget):
    """Rows of first day, last day, hours and name; an empty one stands at the end for another."""

    template_name = "console/special_days_widget.html"

    def value_from_datadict(self, data: Mapping, files: Any, name: str) -> list[dict]:
        read = data.getlist if isinstance(data, QueryDict) else lambda _key: []
        columns = [read(f"{name}_{part}") for part in _PARTS]
        rows = [dict(zip(_PARTS, row, strict=True)) for row in zip(*columns, strict=False)]
        return [row for row in rows if any(text.strip() for text in row.values())]

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        context["rows"] = [_row(one) for one in value or []]
        context["empty"] = dict.fromkeys(_PARTS, "")
        return context


def _row(one: SpecialDays | dict) -> dict[str, str]:
    """A row as it was typed, or as it is kept."""
    if isinstance(one, dict):
        return one
    last = one.last.isoformat() if one.last != one.first else ""
    hours = intervals.written(one.intervals)
    return {"first": one.first.isoformat(), "last": last, "intervals": hours, "name": one.name}


class SpecialDaysField(forms.Field):
    def __init__(self, kind: SpecialDaysKind) -> None:
        super().__init__(required=False, widget=SpecialDaysWidget())


class ZoneWidget(forms.TextInput):
    """A zone by its name, with all names to choose from."""

    template_name = "console/zone_widget.html"

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        # Those of places: the others are historic names and offsets.
        context["zones"] = sorted(zone for zone in zones() if "/" in zone and not zone.startswith("Etc/"))
        return context


def zone_field(kind: ZoneKind) -> forms.Field:
    attrs = {"class": "input", "autocomplete": "off", "spellcheck": "false"}
    return forms.CharField(max_length=60, widget=ZoneWidget(attrs=attrs))
