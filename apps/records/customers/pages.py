"""What all pages of the customers share: who may come, what every template needs, pages that say no."""

from __future__ import annotations

from functools import partial, wraps

from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.records.pages import is_on_duty
from apps.sessions import blacklist
from apps.sessions.models import BlacklistState
from apps.team.abilities import Ability, may

# Parts of a page that a script puts into the page it stands in.
PARTS = ("profile", "form")


def page(view, allowed=require_safe):
    """A page for members: never cached, honest when the database is away."""

    @allowed
    @login_required
    @never_cache
    @wraps(view)
    def shown(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DatabaseError:
            # Without its entry in the trail nothing is shown, so both are one case.
            if transaction.get_connection().in_atomic_block:
                raise
            return told(request, 503)

    return shown


form_page = partial(page, allowed=require_http_methods(["GET", "HEAD", "POST"]))
act = partial(page, allowed=require_POST)


def part_of(request: HttpRequest) -> str:
    """Which part of the page is asked for; empty for all of it."""
    part = request.GET.get("part", "")
    return part if part in PARTS else ""


def context(request: HttpRequest, **values: object) -> dict:
    """What every page of the customers needs, with `values`."""
    return {
        "face": "customers",
        "words": words(),
        "page": {"on_duty": is_on_duty(request), "csrf": get_token(request)},
        "has_console": may(request.user, Ability.ENTER_CONSOLE),
        "may_decide": blacklist.may_decide(request.user),
        "proposals": _proposals(request),
        **values,
    }


def words() -> dict[str, str]:
    """The words that the scripts of these pages show."""
    return {
        "loading": _("Loading"),
        "load_failed": _("This did not load."),
        "retry": _("Retry"),
        "not_saved": _("This could not be saved. Please try again."),
        "cancel": _("Cancel"),
        "offered": _("{n} offered to you"),
        "unread": _("{n} waiting for your answer"),
    }


def told(request: HttpRequest, status: int) -> HttpResponse:
    """A page that says why there is nothing; what is not there and what is not theirs look the same (C-8)."""
    if part_of(request):
        return render(request, "customers/told.html", {"status": status}, status=status)
    # Without a database there is nothing more to ask for.
    values = context(request) if status == 404 else {}
    return render(request, "customers/nothing.html", values | {"status": status}, status=status)


def _proposals(request: HttpRequest) -> int:
    """How many proposals wait for this member's decision."""
    return blacklist.to_decide(request.user).filter(state=BlacklistState.PROPOSED).count()
