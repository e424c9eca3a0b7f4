"""The list of a library in the console (B-1, B-2): tree, search, pages, and acts on a selection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from apps.chatbot import knowledge, listing
from apps.chatbot.knowledge import Wanted
from apps.chatbot.knowledge.categories import Tree
from apps.chatbot.knowledge.finding import STATES
from apps.chatbot.models import Entry, Library
from apps.team.adapter import address_of
from csdesk.console import site
from csdesk.errors import DomainError, NotFound

STATE_NAMES = {
    "on": pgettext_lazy("entry", "Enabled"),
    "off": pgettext_lazy("entry", "Disabled"),
    "ended": gettext_lazy("No longer valid"),
    "ahead": gettext_lazy("Not yet valid"),
}
SEARCH_LIMIT = 100
# Questions that a page of confirmation names.
NAMED = 10


@dataclass(frozen=True)
class Look:
    """What of a library somebody looks at: the filters of an address."""

    library: str
    text: str = ""
    category: int | None = None
    state: str = ""
    tag: str = ""
    sort: str = ""

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.library, self.text, self.category, self.state, self.tag)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.state or self.tag)

    def query(self, **changes: object) -> str:
        """The filters for an address, some of them changed."""
        values = {
            "q": self.text,
            "category": "" if self.category is None else self.category,
            "state": self.state,
            "tag": self.tag,
            "sort": self.sort,
        } | changes
        return urlencode({name: value for name, value in values.items() if value not in ("", None)})

    def address(self, **changes: object) -> str:
        query = self.query(**changes)
        return reverse(f"admin:bot_{self.library}") + (f"?{query}" if query else "")


def look_of(values: Any, library: str) -> Look:
    """The filters of an address or a form; what makes no sense is left out."""
    number = values.get("category", "")
    state, sort = values.get("state", ""), values.get("sort", "")
    return Look(
        library,
        " ".join(values.get("q", "").replace("\0", " ").split())[:SEARCH_LIMIT],
        int(number) if number.isascii() and number.isdigit() and len(number) < 18 else None,
        state if state in STATES else "",
        values.get("tag", "").replace("\0", "")[:30],
        sort if sort == listing.CHANGED else "",
    )


@require_safe
def library_list(request: HttpRequest, library: str) -> HttpResponse:
    """The entries, a page at a time; no query more where there are 100,000."""
    look, known = look_of(request.GET, library), knowledge.tree(library)
    try:
        page = listing.page(
            look.wanted,
            known,
            sort=look.sort,
            before=request.GET.get("before", ""),
            after=request.GET.get("after", ""),
        )
    except NotFound:
        messages.warning(request, _("This category is gone."))
        return redirect(look.address(category=None))
    total, below, in_none = listing.counts(library, known)
    context = {
        **site.each_context(request),
        "title": Library(library).label,
        "library": library,
        "look": look,
        "page": page,
        "total": total,
        "tree": _branches(known, below, look),
        "in_none": in_none,
        "whole": {
            "is_current": look.category is None,
            "address": look.address(category=None),
            "none_is_current": look.category == 0,
            "none_address": look.address(category=0),
        },
        "states": [
            {"name": name, "address": look.address(state=state), "is_current": state == look.state}
            for state, name in [("", _("All")), *STATE_NAMES.items()]
        ],
        "state_name": STATE_NAMES.get(look.state, ""),
        "categories": choices(known),
        "addresses": {
            "clear": look.address(q="", state="", tag=""),
            "newest": look.address(sort=""),
            "changed": look.address(sort=listing.CHANGED),
            "before": look.address(before=page.before) if page.before else "",
            "after": look.address(after=page.after) if page.after else "",
            "act": reverse(f"admin:bot_{library}_act"),
            "add": reverse(f"admin:bot_{library}_add") + (f"?{look.query()}" if look.query() else ""),
            "categories": reverse(f"admin:bot_{library}_categories"),
        },
    }
    return render(request, "admin/chatbot/library.html", context)


def choices(known: Tree) -> list[dict]:
    """The categories for a list to choose from: `depth` says how far each stands in."""
    return [
        {"id": node.id, "name": node.name, "depth": node.depth, "indent": "\u2003" * (node.depth - 1)}
        for node in known.walk()
    ]


def _branches(known: Tree, below: dict[int, int], look: Look) -> list[dict]:
    return [
        {
            "name": node.name,
            "count": below[node.id],
            "depth": node.depth,
            "is_on": node.is_on,
            "is_current": node.id == look.category,
            "address": look.address(category=node.id),
        }
        for node in known.walk()
    ]


# --- Acts on a selection ---------------------------------------------------------------------------


@require_POST
def act(request: HttpRequest, library: str) -> HttpResponse:
    """Enable, disable, move or delete what was chosen: rows, one row by its own button, or all that match."""
    look = look_of(request.POST, library)
    back = redirect(look.address())
    one, _dot, number = request.POST.get("one", "").partition(".")
    verb = one or request.POST.get("act", "")
    if verb not in _VERBS:
        raise BadRequest("no such act")
    ids = _numbers([number] if one else request.POST.getlist("chosen"))
    is_all = not one and request.POST.get("all") == "1"
    if not ids and not is_all:
        messages.warning(request, _("Choose some entries first."))
        return back
    try:
        chosen = knowledge.found(look.wanted, knowledge.tree(library)) if is_all else ids
        if verb == "delete" and request.POST.get("confirmed") != "1":
            return _ask(request, look, chosen, is_all)
        messages.success(request, _VERBS[verb](request, library, chosen))
    except DomainError as error:
        messages.error(request, error.detail)
    return back


def _numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]


def _ask(request: HttpRequest, look: Look, chosen: Any, is_all: bool) -> HttpResponse:
    """Whether these are really to go (M-2): how many, and the first of them by name."""
    entries = chosen if is_all else Entry.objects.filter(library=look.library, pk__in=chosen)
    going = entries.filter(preset="")
    count = going.count()
    context = {
        **site.each_context(request),
        "title": _("Delete entries"),
        "library": look.library,
        "library_name": Library(look.library).label,
        "look": look,
        "count": count,
        "staying": entries.count() - count,
        "named": list(going.order_by("pk").values_list("question", flat=True)[:NAMED]),
        "more": max(0, count - NAMED),
        "chosen": [] if is_all else chosen,
        "is_all": is_all,
        "back": look.address(),
        "act": reverse(f"admin:bot_{look.library}_act"),
    }
    return render(request, "admin/chatbot/entries_delete.html", context)


def _switch(request: HttpRequest, library: str, chosen: Any, *, is_enabled: bool) -> str:
    count = knowledge.switch_entries(
        library, chosen, is_enabled=is_enabled, member=request.user, address=address_of(request)
    )
    if is_enabled:
        return ngettext("%(count)s entry enabled.", "%(count)s entries enabled.", count) % {"count": count}
    return ngettext("%(count)s entry disabled.", "%(count)s entries disabled.", count) % {"count": count}


def _enable(request: HttpRequest, library: str, chosen: Any) -> str:
    return _switch(request, library, chosen, is_enabled=True)


def _disable(request: HttpRequest, library: str, chosen: Any) -> str:
    return _switch(request, library, chosen, is_enabled=False)


def _move(request: HttpRequest, library: str, chosen: Any) -> str:
    target = _numbers([request.POST.get("to", "")])
    count = knowledge.move_entries(
        library,
        chosen,
        category=target[0] if target and target[0] else None,
        member=request.user,
        address=address_of(request),
    )
    return ngettext("%(count)s entry moved.", "%(count)s entries moved.", count) % {"count": count}


def _delete(request: HttpRequest, library: str, chosen: Any) -> str:
    count = knowledge.delete_entries(library, chosen, member=request.user, address=address_of(request))
    return ngettext("%(count)s entry deleted.", "%(count)s entries deleted.", count) % {"count": count}


_VERBS = {"enable": _enable, "disable": _disable, "move": _move, "delete": _delete}
