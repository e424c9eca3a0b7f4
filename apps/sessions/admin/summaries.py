"""The categories of the summary in the console (S-15): order, names, what is offered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from apps.sessions import summaries
from apps.sessions.models import SummaryCategory
from apps.sessions.summaries import Node, Tree
from apps.team.abilities import Ability
from apps.team.adapter import address_of
from apps.team.models import Member
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin
from csdesk.errors import DomainError

INDENT = "\u2003"
LIST = "admin:service_sessions_summarycategory_changelist"


@admin.register(SummaryCategory, site=site)
class SummaryCategoryAdmin(ConsoleAdmin):
    """One page: the tree, and each change of it a press."""

    view_ability = edit_ability = Ability.MANAGE_SUMMARIES
    trail_type = "summary_category"

    def get_urls(self) -> list[URLPattern]:
        pages = {"changelist": ("", self.changelist_view), "act": ("act/", self.act)}
        return [
            path(address, self.admin_site.admin_view(view), name=f"service_sessions_summarycategory_{name}")
            for name, (address, view) in pages.items()
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """All categories as a tree."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return _shown(request)

    def act(self, request: HttpRequest) -> HttpResponse:
        """Add, rename, move, switch or delete one; what can't be is told beside what was typed."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        verb, _dot, written = request.POST.get("do", "").partition(".")
        number = _number(written)
        if request.method != "POST" or verb not in _VERBS or (verb != "add" and number is None):
            raise BadRequest("no such act")
        try:
            _VERBS[verb](request, number or 0, {"address": address_of(request)})
        except DomainError as error:
            typed = {"do": request.POST["do"], "name": request.POST.get("name", "")}
            return _shown(request, wrong=error.detail, typed=typed, status=400)
        anchor = f"#category-{number}" if verb not in ("add", "delete") else ""
        return redirect(reverse(LIST) + anchor)


def _shown(
    request: HttpRequest, *, wrong: str = "", typed: dict | None = None, status: int = 200
) -> HttpResponse:
    """The page, with what is wrong beside the form it was typed into."""
    known, uses = summaries.tree(), summaries.uses()
    context = {
        **site.each_context(request),
        "title": _("Summary categories"),
        "rows": [_row(known, node, uses) for node in known.walk()],
        "parents": [
            {"id": node.id, "name": f"{INDENT * (node.depth - 1)}{node.category.name}"}
            for node in known.walk()
            if node.depth < summaries.DEPTH
        ],
        "name_limit": summaries.NAME_LIMIT,
        "wrong": wrong,
        "typed": typed or {},
        "act": reverse("admin:service_sessions_summarycategory_act"),
    }
    return render(request, "console/summary_categories.html", context, status=status)


def _row(known: Tree, node: Node, uses: dict[int, int]) -> dict[str, Any]:
    beside = known.siblings(node)
    inner = [one.id for one in node.walk()]
    return {
        "id": node.id,
        "key": str(node.id),
        "name": node.category.name,
        "depth": node.depth,
        "parent": node.category.parent_id or "",
        "is_active": node.category.is_active,
        # Offered no more because of one that it is within.
        "is_out": node.category.is_active and not node.is_on,
        "count": sum(uses.get(one, 0) for one in inner),
        "inner": inner,
        "is_first": beside[0] is node,
        "is_last": beside[-1] is node,
        "address": f"{reverse('records')}?summary={node.id}&period=all",
    }


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 19 else None


def _add(request: HttpRequest, number: int, where: dict) -> None:
    parent = _number(request.POST.get("parent", ""))
    made = summaries.add(_member(request), request.POST.get("name", ""), parent=parent, **where)
    messages.success(request, _("Category “%(name)s” added.") % {"name": made.name})


def _rename(request: HttpRequest, number: int, where: dict) -> None:
    summaries.rename(_member(request), number, request.POST.get("name", ""), **where)


def _up(request: HttpRequest, number: int, where: dict) -> None:
    _step(request, number, -1, where)


def _down(request: HttpRequest, number: int, where: dict) -> None:
    _step(request, number, 1, where)


def _step(request: HttpRequest, number: int, by: int, where: dict) -> None:
    known = summaries.tree()
    node = known.node(number)
    place = max(0, known.siblings(node).index(node) + by)
    summaries.move(_member(request), number, parent=node.category.parent_id, place=place, **where)


def _within(request: HttpRequest, number: int, where: dict) -> None:
    summaries.move(_member(request), number, parent=_number(request.POST.get("parent", "")), **where)


def _on(request: HttpRequest, number: int, where: dict) -> None:
    summaries.switch(_member(request), number, is_active=True, **where)


def _off(request: HttpRequest, number: int, where: dict) -> None:
    summaries.switch(_member(request), number, is_active=False, **where)


def _delete(request: HttpRequest, number: int, where: dict) -> None:
    name = summaries.tree().node(number).category.name
    summaries.delete(_member(request), number, **where)
    messages.success(request, _("Category “%(name)s” deleted.") % {"name": name})


def _member(request: HttpRequest) -> Member:
    return request.user


_VERBS: dict[str, Callable[[HttpRequest, int, dict], None]] = {
    "add": _add,
    "rename": _rename,
    "up": _up,
    "down": _down,
    "within": _within,
    "on": _on,
    "off": _off,
    "delete": _delete,
}
