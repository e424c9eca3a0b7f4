"""The categories of a library in the console (B-1, B-2): order, names, switches."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.chatbot import knowledge, listing
from apps.chatbot.admin.libraries import choices
from apps.chatbot.knowledge.categories import DEPTH, NAME_LIMIT, Node
from apps.chatbot.models import Library
from apps.team.adapter import address_of
from csdesk.console import site
from csdesk.errors import DomainError


@require_safe
def listing_page(request: HttpRequest, library: str) -> HttpResponse:
    """All categories as a tree."""
    return _shown(request, library)


def _shown(
    request: HttpRequest, library: str, *, wrong: str = "", typed: dict | None = None, status: int = 200
) -> HttpResponse:
    """The page, with what is wrong beside the form it was typed into."""
    known = knowledge.tree(library)
    _total, below, in_none = listing.counts(library, known)
    rows = [_row(node, below) for node in known.walk()]
    for siblings in [known.roots, *(node.children for node in known.nodes.values())]:
        for place, node in enumerate(siblings):
            row = next(row for row in rows if row["id"] == node.id)
            row |= {"is_first": place == 0, "is_last": place == len(siblings) - 1}
    context = {
        **site.each_context(request),
        "title": _("Categories"),
        "library": library,
        "library_name": Library(library).label,
        "rows": rows,
        "in_none": in_none,
        "parents": [one for one in choices(known) if one["depth"] < DEPTH],
        "name_limit": NAME_LIMIT,
        "wrong": wrong,
        "typed": typed or {},
        "back": reverse(f"admin:bot_{library}"),
        "act": reverse(f"admin:bot_{library}_categories_act"),
    }
    return render(request, "admin/chatbot/categories.html", context, status=status)


def _row(node: Node, below: dict[int, int]) -> dict[str, Any]:
    library = node.category.library
    return {
        "id": node.id,
        "key": str(node.id),
        "name": node.name,
        "depth": node.depth,
        "parent": node.category.parent_id or "",
        "is_preset": bool(node.category.preset),
        "is_enabled": node.category.is_enabled,
        # Off because of one that it is within.
        "is_out": node.category.is_enabled and not node.is_on,
        "count": below[node.id],
        "categories": sum(1 for _one in node.walk()),
        "address": reverse(f"admin:bot_{library}") + f"?category={node.id}",
        "inner": [one.id for one in node.walk()],
    }


@require_POST
def act(request: HttpRequest, library: str) -> HttpResponse:
    """Add, rename, move, switch or delete one; what can't be is told beside what was typed."""
    verb, _dot, number = request.POST.get("do", "").partition(".")
    if verb not in _VERBS or (verb != "add" and not _number(number)):
        raise BadRequest("no such act")
    try:
        node = None if verb == "add" else knowledge.tree(library).node(_number(number) or 0)
        who = {"member": request.user, "address": address_of(request)}
        _VERBS[verb](request, library, node, who)
    except DomainError as error:
        typed = {"do": request.POST["do"], "name": request.POST.get("name", "")}
        return _shown(request, library, wrong=error.detail, typed=typed, status=400)
    anchor = f"#category-{number}" if node and verb not in ("delete",) else ""
    return redirect(reverse(f"admin:bot_{library}_categories") + anchor)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 19 else None


def _add(request: HttpRequest, library: str, node: Node | None, who: dict) -> None:
    parent = _number(request.POST.get("parent", ""))
    made = knowledge.add_category(library, request.POST.get("name", ""), parent=parent, **who)
    messages.success(request, _("Category “%(name)s” added.") % {"name": made.name})


def _rename(request: HttpRequest, library: str, node: Node, who: dict) -> None:
    knowledge.rename_category(node.id, request.POST.get("name", ""), **who)


def _up(request: HttpRequest, library: str, node: Node, who: dict) -> None:
    _step(node, -1, who)


def _down(request: HttpRequest, library: str, node: Node, who: dict) -> None:
    _step(node, 1, who)


def _step(node: Node, by: int, who: dict) -> None:
    known = knowledge.tree(node.category.library)
    place = [one.id for one in known.siblings(node)].index(node.id)
    knowledge.move_category(node.id, parent=node.category.parent_id, place=max(0, place + by), **who)


def _within(request: HttpRequest, library: str, node: Node, who: dict) -> None:
    knowledge.move_category(node.id, parent=_number(request.POST.get("parent", "")), **who)


def _on(request: HttpRequest, library: str, node: Node, who: dict) -> None:
    knowledge.switch_category(node.id, is_enabled=True, **who)


def _off(request: HttpRequest, library: str, node: Node, who: dict) -> None:
    knowledge.switch_category(node.id, is_enabled=False, **who)


def _delete(request: HttpRequest, library: str, node: Node, who: dict) -> None:
    with_entries = request.POST.get("entries") == "delete"
    knowledge.delete_category(node.id, with_entries=with_entries, **who)
    messages.success(request, _("Category “%(name)s” deleted.") % {"name": node.name})


_VERBS = {
    "add": _add,
    "rename": _rename,
    "up": _up,
    "down": _down,
    "within": _within,
    "on": _on,
    "off": _off,
    "delete": _delete,
}
