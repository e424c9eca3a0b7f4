"""The list of customers, a profile, and the form of what is noted (D-9)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.records.customers import access, filters, queries
from apps.records.customers.listing import Listing
from apps.records.customers.pages import context, form_page, page, part_of, told
from apps.records.customers.profile import Profile, profile
from apps.records.customers.queries import Page
from apps.records.pages import TooSlow, back, opened_by, place_of, searching
from apps.records.paging import Place
from apps.sessions import customer_edits, tags
from apps.sessions.customer_edits import InvalidField
from apps.sessions.masking import contact_of
from apps.sessions.models import Customer
from apps.team.adapter import address_of
from apps.team.models import Member
from csdesk.errors import DomainError, NotFound, WrongState

BLANK_ATTRIBUTES = 2


@page
def customers(request: HttpRequest) -> HttpResponse:
    """The list; with `open`, a profile beside it."""
    choices = queries.choices()
    chosen = filters.read(request.GET, choices)
    problems = list(chosen.problems)
    place = place_of(request, problems)
    found = _found(request, chosen, place, problems)
    opened = opened_by(
        request,
        queries.customer_for,
        problems,
        not_there=_("There is no such customer, or you may not see them."),
    )
    access.searched(request, chosen, len(found.customers))
    shown = _viewed(request, opened) if opened else None
    listing = Listing(request.user, chosen, found, choices, problems=problems, opened=opened)
    return render(
        request,
        "customers/list.html",
        context(request, listing=listing, profile=shown, back=back(request)),
    )


@page
def customer(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """One profile: a page of its own, or with `part=profile` what stands beside the list."""
    found = queries.customer_for(request.user, customer_id)
    if found is None:
        return told(request, 404)
    shown = _viewed(request, found)
    template = "profile" if part_of(request) == "profile" else "customer"
    values = context(request, profile=shown, back=back(request))
    return render(request, f"customers/{template}.html", values)


@form_page
def edit(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Remark, tags and attributes; with `part=form` the form alone, answered with 204 when it is saved."""
    found = queries.customer_for(request.user, customer_id)
    if found is None:
        return told(request, 404)
    if request.method != "POST":
        access.viewed(request, found)
        return _form(request, found, _noted(request.user, found))
    given = _given(request)
    try:
        customer_edits.change(
            request.user,
            found.id,
            remark=given["remark"],
            tag_ids=given["chosen"],
            attributes=given["pairs"],
            seen=given["seen"],
            address=address_of(request),
        )
    except NotFound:
        return told(request, 404)
    except InvalidField as error:
        return _form(request, found, given, problem=(error.field, error.detail), status=400)
    except WrongState as error:
        # What they see beside the message is the colleague's.
        found.refresh_from_db()
        return _form(request, found, _noted(request.user, found), problem=("", error.detail), status=409)
    if part_of(request):
        return HttpResponse(status=204)
    messages.success(request, _("Saved."))
    return redirect("customer", found.id)


def _viewed(request: HttpRequest, found: Customer) -> Profile:
    access.viewed(request, found)
    return profile(request.user, found)


def _noted(reader: Member, found: Customer) -> dict:
    """The form as it is filled from what is noted now, as far as the reader sees it."""
    contact = contact_of(reader, found)
    return {
        "remark": contact.text(found.remark),
        "chosen": set(found.labels.values_list("tag_id", flat=True)),
        "pairs": [(name, contact.value(name, value)) for name, value in found.attributes.items()],
        "seen": customer_edits.version(found),
    }


def _given(request: HttpRequest) -> dict:
    """The form as it was sent; what is no number of a tag chooses none."""
    sent = request.POST
    numbers = sent.getlist("tag")[:1000]
    chosen = {int(one) for one in numbers if one.isascii() and one.isdecimal() and len(one) < 19}
    return {
        "remark": sent.get("remark", ""),
        "chosen": chosen,
        "pairs": list(zip(sent.getlist("name")[:200], sent.getlist("value")[:200], strict=False)),
        "seen": sent.get("seen", ""),
    }


def _form(
    request: HttpRequest,
    found: Customer,
    filled: dict,
    *,
    problem: tuple[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    there = [label.tag for label in found.labels.select_related("tag")]
    field, detail = problem or ("", "")
    values = context(
        request,
        customer=found,
        filled=filled,
        pairs=[*filled["pairs"], *[("", "")] * BLANK_ATTRIBUTES],
        tags=tags.offered(there),
        problem_field=field,
        problem=detail,
    )
    template = "edit_form" if part_of(request) else "edit"
    return render(request, f"customers/{template}.html", values, status=status)


def _found(request: HttpRequest, chosen: filters.Filters, place: Place | None, problems: list[str]) -> Page:
    """The page, or an empty one with the reason when the search was refused or took too long."""
    try:
        # Outside the transaction: what it writes into the trail stays, and nobody waits for its lock.
        found = queries.narrowed(request.user, chosen, address=address_of(request))
        with searching():
            return queries.page(found, place)
    except DomainError as error:
        problems.append(error.detail)
    except TooSlow:
        problems.append(_("The search took too long. Your filters are kept."))
    return Page([])
