"""How a record's session was summed up (D-7, S-15), as its readers see it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from apps.sessions import summaries, tags
from apps.sessions.models import ServiceRecord, SessionTag, Tag, WrapUp
from apps.sessions.summaries import Node

# What of `resolved` can be asked for (C-2); None: nothing was said.
RESOLVED: dict[str, bool | None] = {"yes": True, "no": False, "unsaid": None}


@dataclass(frozen=True)
class SummedUp:
    """Empty where nothing was filled in."""

    category: str = ""
    resolved: str = ""
    remark: str = ""
    tags: tuple[str, ...] = ()


NOTHING = SummedUp()


def of_record(record: ServiceRecord) -> SummedUp:
    """The record's own summary, and the tags of its session."""
    named = tuple(tag.name for tag in tags.of_sessions([record.session_id]).get(record.session_id, []))
    found = WrapUp.objects.filter(record=record, at__isnull=False).first()
    if found is None:
        return SummedUp(tags=named)
    node = summaries.tree().nodes.get(found.category_id) if found.category_id else None
    return SummedUp(node.path if node else "", resolved_label(found.is_resolved), found.remark, named)


def resolved_label(is_resolved: bool | None) -> str:
    return {True: _("Resolved"), False: _("Not resolved")}.get(is_resolved, "")


def with_category(node: Node) -> Q:
    """Records whose summary names this category or one within it."""
    return Q(wrap_up__category__in=[one.id for one in node.walk()])


def with_resolved(chosen: str) -> Q:
    """Records by what was said: `RESOLVED`."""
    value = RESOLVED[chosen]
    if value is not None:
        return Q(wrap_up__is_resolved=value)
    return Q(wrap_up__isnull=True) | Q(wrap_up__is_resolved__isnull=True)


def with_tag(tag: Tag) -> Exists:
    """Records whose session has this tag."""
    return Exists(SessionTag.objects.filter(session_id=OuterRef("session_id"), tag=tag))
