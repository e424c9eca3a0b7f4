"""The blacklist's pages (S-14): the list, putting somebody on it, deciding, taking somebody off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.records.customers import queries
from apps.records.customers.pages import act, context, form_page, page, part_of, told
from apps.records.customers.profile import whom
from apps.records.menus import Choice
from apps.routing import barring
from apps.sessions import blacklist, networks
from apps.sessions.blacklist import InvalidEnd, InvalidReason
from apps.sessions.models import BlacklistEntry, BlacklistState, Customer
from apps.team import trail
from apps.team.adapter import address_of
from apps.team.models import Member
from csdesk import clock
from csdesk.errors import DomainError, Invalid

SHOWN = 200
VIEWED = "blacklist.viewed"
VIEWS = ("active", "proposed", "ended")
DAYS = {"1": 1, "7": 7, "30": 30, "365": 365}


@dataclass(frozen=True)
class Row:
    entry: BlacklistEntry
    whom: str
    kind: str
    # Where the customer's profile is; empty for who is no single customer.
    address: str
    may_decide: bool
    may_lift: bool
    is_over: bool


@page
def entries(request: HttpRequest) -> HttpResponse:
    """Who is on the blacklist, who is proposed, who was."""
    waiting = blacklist.visible_entries(request.user).filter(state=BlacklistState.PROPOSED).exists()
    asked = request.GET.get("view", "")
    view = asked if asked in VIEWS else "proposed" if waiting else "active"
    found = _of_view(blacklist.visible_entries(request.user), view)
    shown = list(found.select_related("customer", "added_by", "decided_by", "lifted_by")[: SHOWN + 1])
    trail.append(
        VIEWED,
        member=request.user,
        address=address_of(request),
        object_type="blacklist",
        values={"view": view, "shown": len(shown)},
    )
    names = {
        "active": pgettext("blacklist", "In force"),
        "proposed": pgettext("blacklist", "Proposed"),
        "ended": pgettext("blacklist", "Ended or declined"),
    }
    values = context(
        request,
        rows=_rows(request.user, shown[:SHOWN]),
        has_more=len(shown) > SHOWN,
        view=view,
        views=[Choice(label, f"?view={name}", name == view) for name, label in names.items()],
        tab="blacklist",
    )
    return render(request, "customers/blacklist.html", values)


def _of_view(found: QuerySet[BlacklistEntry], view: str) -> QuerySet[BlacklistEntry]:
    over = Q(until__isnull=False, until__lte=clock.now())
    if view == "proposed":
        return found.filter(state=BlacklistState.PROPOSED).order_by("added_at", "pk")
    if view == "active":
        return found.filter(state=BlacklistState.ACTIVE).exclude(over).order_by("-added_at", "-pk")
    ended = Q(state__in=[BlacklistState.LIFTED, BlacklistState.DECLINED])
    return found.filter(ended | Q(over, state=BlacklistState.ACTIVE)).order_by("-added_at", "-pk")


def _rows(reader: Member, entries: list[BlacklistEntry]) -> list[Row]:
    """The entries with what the reader may do about each: asked once for all."""
    numbers = [entry.pk for entry in entries]
    theirs, liftable = (
        set(found.filter(pk__in=numbers).values_list("pk", flat=True))
        for found in (blacklist.to_decide(reader), blacklist.to_lift(reader))
    )
    return [_row(entry, entry.pk in theirs, entry.pk in liftable) for entry in entries]


def _row(entry: BlacklistEntry, decides: bool, may_lift: bool) -> Row:
    waits = decides and entry.state == BlacklistState.PROPOSED
    return Row(
        entry=entry,
        whom=whom(entry),
        kind=_("Customer") if entry.customer_id else _("User ID") if entry.user_id else _("Address"),
        address=reverse("customer", args=[entry.customer_id]) if entry.customer_id else "",
        may_decide=waits,
        may_lift=may_lift and not waits,
        is_over=bool(entry.until and entry.until <= clock.now()),
    )


@form_page
def bar_customer(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Put a customer on the blacklist or propose it: themselves, their user ID or their address."""
    found = queries.customer_for(request.user, customer_id)
    return told(request, 404) if found is None else _bar(request, found)


@form_page
def bar(request: HttpRequest) -> HttpResponse:
    """Put a user ID or an address on the blacklist, or propose an address; only for who decides on some."""
    if not blacklist.may_decide(request.user):
        return told(request, 404)
    return _bar(request, None)


def _bar(request: HttpRequest, customer: Customer | None) -> HttpResponse:
    if request.method != "POST":
        return _form(request, customer, {"by": "customer" if customer else "address", "days": "7"})
    given = {
        name: request.POST.get(name, "") for name in ("by", "user_id", "address", "reason", "days", "day")
    }
    try:
        entry = barring.add(
            request.user,
            _target(customer, given),
            reason=given["reason"],
            until=_until(given),
            address=address_of(request),
        )
    except DomainError as error:
        return _form(request, customer, given, field=_field(error), problem=error.detail)
    if part_of(request):
        return HttpResponse(status=204)
    is_proposed = entry.state == BlacklistState.PROPOSED
    messages.success(request, _("Proposed.") if is_proposed else _("Put on the blacklist."))
    return redirect("customer", customer.id) if customer else redirect("blacklist")


def _target(customer: Customer | None, given: dict) -> blacklist.Target:
    if given["by"] == "user_id":
        return blacklist.target(user_id=(customer.user_id if customer else given["user_id"]) or " ")
    if given["by"] == "address":
        return blacklist.target(address=str(customer.address or "") if customer else given["address"])
    if customer is None:
        raise Invalid(_("Choose one of the list."))
    return blacklist.target(customer=customer)


def _until(given: dict) -> datetime | None:
    """The end that was chosen: none, in so many days, or the end of a day in the reader's zone."""
    if given["days"] in DAYS:
        return clock.now() + timedelta(days=DAYS[given["days"]])
    if given["days"] != "day":
        return None
    try:
        day = datetime.strptime(given["day"], "%Y-%m-%d")
        return timezone.make_aware(day + timedelta(days=1))
    except (ValueError, OverflowError):
        raise InvalidEnd(_("Choose the day.")) from None


def _field(error: DomainError) -> str:
    """At which field of the form a refusal is told."""
    if isinstance(error, InvalidReason):
        return "reason"
    return "until" if isinstance(error, InvalidEnd) else "whom"


def _form(
    request: HttpRequest, customer: Customer | None, filled: dict, *, field: str = "", problem: str = ""
) -> HttpResponse:
    address = ""
    if customer and customer.address:
        try:
            address = networks.shown(networks.read(customer.address))
        except Invalid:
            address = ""
    values = context(
        request,
        customer=customer,
        filled=filled,
        address=address,
        neighbours=queries.neighbours_of(customer) if address else 0,
        problem_field=field,
        problem=problem,
        tab="blacklist",
    )
    template = "bar_form" if part_of(request) else "bar"
    return render(request, f"customers/{template}.html", values, status=400 if problem else 200)


@act
def decide(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Accept a proposal or decline it."""
    accepts = request.POST.get("accept") == "1"
    done = _("Put on the blacklist.") if accepts else _("Declined.")
    return _do(request, done, lambda address: _decide(request.user, entry_id, accepts, address))


def _decide(member: Member, entry_id: int, accepts: bool, address: str) -> None:
    barring.decide(member, entry_id, accepts=accepts, address=address)


@act
def lift(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Take somebody off the blacklist, or one's own proposal back."""
    done = _("Taken off the blacklist.")
    return _do(request, done, lambda address: blacklist.lift(request.user, entry_id, address=address))


def _do(request: HttpRequest, done: str, what) -> HttpResponse:
    try:
        what(address_of(request))
        messages.success(request, done)
    except DomainError as error:
        messages.error(request, error.detail)
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_ours else "blacklist")
