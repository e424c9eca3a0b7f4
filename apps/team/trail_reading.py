"""What an entry of the trail changed, in words: fields by their labels, values as people read them (T-11)."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.team import business
from apps.team.models import TrailDetail

# Whose fields the trail writes of, by how it calls them.
_MODELS = {
    "member": "team.Member",
    "group": "team.SkillGroup",
    "credential": "team.ApiCredential",
    "grant": "team.Grant",
    "channel": "service_sessions.Channel",
    "quick_reply": "service_sessions.QuickReply",
    "tag": "service_sessions.Tag",
    "customer": "service_sessions.Customer",
}
# What stands in no table under this name.
_OTHERS = {
    "groups": gettext_lazy("groups"),
    "members": gettext_lazy("members"),
    "former_ends_at": gettext_lazy("the former key counts until"),
    "pre_chat": gettext_lazy("Form before the chat"),
    "hours": pgettext_lazy("access log", "Hours"),
    "tags": gettext_lazy("Tags"),
    "status": pgettext_lazy("access log", "State"),
    "session": gettext_lazy("Session"),
    "from": pgettext_lazy("access log", "From"),
    "by": pgettext_lazy("access log", "By way of"),
    "form": pgettext_lazy("access log", "Format"),
    "format": pgettext_lazy("access log", "Format"),
    "file": gettext_lazy("File"),
    "library": pgettext_lazy("access log", "Library"),
    "rows": pgettext_lazy("access log", "Rows"),
    "entries": pgettext_lazy("access log", "Entries"),
    "shown": pgettext_lazy("access log", "Shown"),
    "added": pgettext_lazy("access log", "New"),
    "changed": pgettext_lazy("access log", "Altered"),
    "active": pgettext_lazy("access log", "In use"),
    "name": gettext_lazy("Name"),
    "nickname": gettext_lazy("Nickname"),
    "account": gettext_lazy("Account"),
    "member": gettext_lazy("Member"),
    "phone": gettext_lazy("Phone"),
    "credential": gettext_lazy("API credential"),
    "reason": gettext_lazy("Reason"),
    "number": pgettext_lazy("access log", "Number"),
    "numbers": pgettext_lazy("access log", "Numbers of the entries"),
    "lost": pgettext_lazy("access log", "Lost entries"),
    "description": pgettext_lazy("access log", "Description"),
    "version": pgettext_lazy("access log", "Version"),
    "view": pgettext_lazy("access log", "View"),
    "secrets": pgettext_lazy("access log", "Keys"),
    "period": gettext_lazy("Period"),
    "q": gettext_lazy("Search"),
    "how": pgettext_lazy("access log", "Way"),
    "second_factor": gettext_lazy("Second factor"),
}
# The parts of a form before the chat, which are told one by one.
_PARTS = {
    "is_on": gettext_lazy("Switched on"),
    "title": gettext_lazy("Title"),
    "questions": pgettext_lazy("access log", "Questions"),
    "consent": gettext_lazy("Consent"),
    "notice": pgettext_lazy("access log", "Notice"),
    "label": pgettext_lazy("access log", "Question"),
    "key": pgettext_lazy("access log", "Variable"),
    "kind": pgettext_lazy("access log", "Kind"),
    "required": pgettext_lazy("access log", "Needed"),
    "options": pgettext_lazy("access log", "Choices"),
}


@dataclass(frozen=True)
class Change:
    """One field; `before` or `after` is "" where there was, or is, nothing."""

    name: str
    before: str
    after: str


def changes_of(detail: TrailDetail) -> list[Change]:
    """Before → after, one for each field that differs."""
    before, after = detail.values.get("before") or {}, detail.values.get("after") or {}
    thing, object_id = detail.entry.object_type, detail.entry.object_id
    return [
        Change(
            _label(thing, object_id, name),
            _shown(thing, name, before.get(name)),
            _shown(thing, name, after.get(name)),
        )
        for name in dict.fromkeys([*before, *after])
        if before.get(name) not in (None, "", [], {}) or after.get(name) not in (None, "", [], {})
    ]


def facts_of(detail: TrailDetail, *, without: Container[str] = ()) -> list[tuple[str, str]]:
    """What it says beside, save these facts: what was searched, how many were exported …"""
    thing = detail.entry.object_type
    return [
        (str(_OTHERS.get(name, name.replace("_", " "))), _shown(thing, name, value))
        for name, value in detail.values.items()
        if name not in ("before", "after") and name not in without and value not in (None, "", [], {})
    ]


def _label(thing: str, object_id: str, name: str) -> str:
    if name in ("groups", "members", "former_ends_at", "pre_chat"):
        return str(_OTHERS[name])
    if (thing, name) == ("group", "hours"):
        return _("Working hours")
    if thing == "settings":
        section = business.section_named(object_id)
        found = {field.name: field for field in fields(section)}.get(name) if section else None
        kind = found.metadata.get("kind") if found else None
        return str(kind.label) if kind else name
    field = _field(thing, name)
    label = str(field.verbose_name if field else _OTHERS.get(name, name.replace("_", " ")))
    return label[:1].upper() + label[1:]


@cache
def _field(thing: str, name: str) -> Field | None:
    try:
        return apps.get_model(_MODELS[thing])._meta.get_field(name)
    except (KeyError, LookupError, FieldDoesNotExist):
        return None


def _shown(thing: str, name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(_shown(thing, "", part) for part in value)
    if isinstance(value, dict):
        return _place(value) if "priority" in value else _pairs(thing, value)
    field = _field(thing, name)
    choices = dict(field.flatchoices) if field and field.choices else {}
    if value in choices:
        return str(choices[value])
    moment = _moment(value)
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else str(value)


def _place(value: dict[str, Any]) -> str:
    """Who stands in which group: "After sales (1, supervises)"."""
    who = str(value.get("group") or value.get("member") or "")
    words = [str(value["priority"]), *([_("supervises")] if value.get("supervises") else [])]
    return f"{who} ({', '.join(words)})"


def _pairs(thing: str, value: dict[str, Any]) -> str:
    """Texts per language and the like."""
    return "\n".join(
        f"{_PARTS.get(name, name)}: {_shown(thing, '', one)}"
        for name, one in value.items()
        if one not in (None, "")
    )


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str) or len(value) < 19 or value[4:5] != "-" or value[10:11] != "T":
        return None
    try:
        found = parse_datetime(value)
    except ValueError:
        return None
    return found if found and timezone.is_aware(found) else None
