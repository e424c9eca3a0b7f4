"""Settings of the business: typed sections, saved as versions, read through a cache of at most a second.

A section is a frozen dataclass whose fields are made with the functions of `setting_fields`; that
is all the console needs to build its form. Being in the database with a one-second cache alone
gives "applied within 2 s on every process".
"""

import time
from collections.abc import Container, Mapping
from dataclasses import Field, dataclass, fields, replace
from inspect import ismethod
from types import MethodType
from typing import Any, ClassVar, Self, TypeVar

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.team import trail
from apps.team.models import Member, SettingsVersion
from csdesk.errors import Invalid, WrongState

CACHE_SECONDS = 1.0
# First key of the two-key advisory locks that keep two saves of one section apart.
_LOCK = 0x5E77


class InvalidSetting(Invalid):
    """A value that a field of a section can't take; `field` says which, `parts` why, by part of its value."""

    def __init__(self, field: str, detail: str, parts: Mapping[str, str] | None = None) -> None:
        super().__init__(detail, field=field)
        self.field, self.parts = field, dict(parts or {})


class Section:
    """Base of the sections: subclasses are frozen dataclasses with `name`, `title` and fields."""

    name: ClassVar[str] = ""
    title: ClassVar[Any] = ""
    # Shown under the title: what the section is about.
    help: ClassVar[Any] = ""
    # Under which heading of the console it stands: "settings" or "bot".
    menu: ClassVar[str] = "settings"
    # Place in the console's list of settings.
    order: ClassVar[int] = 100
    # Which saved version these values are; 0 = nothing saved yet, the defaults.
    version: int = 0

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.name:
            _sections[cls.name] = cls

    def check(self) -> None:
        """Raise `InvalidSetting(field, detail)` when values do not fit together."""

    def with_version(self, version: int) -> Self:
        object.__setattr__(self, "version", version)
        return self


@dataclass(frozen=True)
class _Cached:
    section: Section
    until: float


S = TypeVar("S", bound=Section)
_sections: dict[str, type[Section]] = {}
_cache: dict[str, _Cached] = {}


def sections(menu: str = "settings") -> list[type[Section]]:
    """The sections that have been defined for this heading, in the order of the console."""
    found = (section for section in _sections.values() if section.menu == menu)
    return sorted(found, key=lambda section: (section.order, section.name))


def section_named(name: str) -> type[Section] | None:
    return _sections.get(name)


def read(section: type[S]) -> S:
    """The section as it was saved last, at most a second old; its `version` says which."""
    cached = _cache.get(section.name)
    if cached is None or cached.until < time.monotonic():
        cached = _Cached(current(section), time.monotonic() + CACHE_SECONDS)
        _cache[section.name] = cached
    return cached.section  # type: ignore[return-value]


def current(section: type[S]) -> S:
    """The section as the database has it now; for forms, which must not show a second-old copy."""
    found = (
        SettingsVersion.objects.filter(section=section.name)
        .order_by("-version")
        .values_list("version", "values")
        .first()
    )
    version, values = found or (0, {})
    return from_stored(section, values).with_version(version)


def save(
    section: type[S],
    values: dict,
    member: Member | None,
    *,
    version: int | None = None,
    address: str = "",
) -> S:
    """Save changed values as the next version, with an entry in the trail (T-11).

    `values` may name some of the fields only. Nothing happens when nothing changes. Raises
    `InvalidSetting` naming the field, and `WrongState` when `version` (what the form was
    filled from) is no longer the newest.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, section.name])
        before = current(section)
        if version is not None and version != before.version:
            raise WrongState(_("Somebody else has saved these settings meanwhile. Look at theirs first."))
        after = changed(before, values)
        if after == before:
            return before
        after.with_version(before.version + 1)
        SettingsVersion.objects.create(
            section=section.name, version=after.version, values=to_json(after), member=member
        )
        trail.append(
            "settings.changed",
            member=member,
            address=address,
            object_type="settings",
            object_id=section.name,
            values={"version": after.version, **_difference(before, after)},
        )
        forget(section)
        transaction.on_commit(lambda: forget(section), robust=True)
    return after


def changed(section: S, values: dict) -> S:
    """The section with some values replaced, checked; raises `InvalidSetting`."""
    known = {field.name: field for field in fields(section)}
    for name in values:
        if name not in known:
            raise InvalidSetting(name, _("There is no such setting."))
    after = replace(section, **{name: clean(known[name], value) for name, value in values.items()})
    after.check()
    return after


def contradiction(section: Section, without: Container[str]) -> InvalidSetting | None:
    """What does not fit together, unless one of the fields that are left out has to do with it."""
    watched = _Watched(section)
    try:
        type(section).check(watched)  # type: ignore[arg-type]
    except InvalidSetting as error:
        return None if any(name in without for name in watched.seen) else error
    return None


class _Watched:
    """A section that notes which of its fields are looked at."""

    def __init__(self, section: Section) -> None:
        self._section, self.seen = section, set[str]()

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._section, name)
        if ismethod(value):
            return MethodType(value.__func__, self)
        self.seen.add(name)
        return value


def clean(field: Field, value: Any) -> Any:
    """A value as this field keeps it; raises `InvalidSetting`."""
    kind = field.metadata.get("kind")
    if kind is None:
        return value
    try:
        return kind.clean(value)
    except ValueError as error:
        raise InvalidSetting(field.name, str(error), getattr(error, "parts", None)) from error


def to_json(section: Section) -> dict:
    """The values as they are stored."""
    return {field.name: _stored(field, getattr(section, field.name)) for field in fields(section)}


def forget(section: type[Section] | None = None) -> None:
    """Read anew at the next `read()`: one section, or all of them."""
    if section is None:
        _cache.clear()
    else:
        _cache.pop(section.name, None)


def from_stored(section: type[S], values: dict) -> S:
    """Stored values over the defaults; what a field no longer takes falls back to its default."""
    taken = {}
    for field in fields(section):
        if field.name in values:
            try:
                taken[field.name] = clean(field, values[field.name])
            except InvalidSetting:
                continue
    return section(**taken)


def _stored(field: Field, value: Any) -> Any:
    kind = field.metadata.get("kind")
    return kind.to_json(value) if kind else value


def _difference(before: Section, after: Section) -> dict:
    old, new = to_json(before), to_json(after)
    names = [name for name in new if old[name] != new[name]]
    return {"before": {name: old[name] for name in names}, "after": {name: new[name] for name in names}}
