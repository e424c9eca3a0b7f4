"""The kinds of settings that name groups (R-5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.team.setting_fields import Kind, Label

MOST_GROUPS = 100
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class GroupsKind(Kind):
    """The ids of some groups, each once. Whether they are there is for the section to check."""

    def clean(self, value: Any) -> tuple[int, ...]:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise ValueError(_("A list of groups."))
        ids = tuple(dict.fromkeys(_id(one) for one in value))
        if len(ids) > MOST_GROUPS:
            raise ValueError(_("At most %(most)s groups.") % {"most": MOST_GROUPS})
        return ids

    def to_json(self, value: Iterable[int]) -> list[int]:
        return list(value)


@dataclass(frozen=True)
class GroupKind(Kind):
    """The id of one group, or 0 for none; `none` says what that means."""

    none: Label = ""

    def clean(self, value: Any) -> int:
        return _id(value or 0)


def _id(value: Any) -> int:
    plain = str(value)
    if not (plain.isascii() and plain.isdecimal() and int(plain) <= _LARGEST):
        raise ValueError(_("Choose one of the list."))
    return int(plain)


def some_groups(label: Label, help: Label = "") -> Any:
    """Some of the groups, at first none."""
    return field(default=(), metadata={"kind": GroupsKind(label, help)})


def one_group(label: Label, help: Label = "", *, none: Label) -> Any:
    """One of the groups or none, at first none."""
    return field(default=0, metadata={"kind": GroupKind(label, help, none)})
