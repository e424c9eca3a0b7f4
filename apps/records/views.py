"""Pages of the service records: the list, one transcript, its download."""

from __future__ import annotations

from functools import partial, wraps
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.records import access, downloads, filters, keywords, queries, stars, transcripts
from apps.records.listing import Listing
from apps.records.pages import TooSlow, back, is_on_duty, opened_by, place_of, searching
from apps.records.paging import Place
from apps.records.queries import Page
from apps.sessions import access as locks
from apps.sessions import permissions
from apps.team.abilities import Ability, may
from apps.team.adapter import address_of
from csdesk.errors import DomainError, NotFound


def _page(view, allowed=require_safe):
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
            if _is_in_transaction():
                raise
            return _told(request, 503)

    return shown


def _is_in_transaction() -> bool:
    """Whether somebody around the view has a transaction open, which then is lost and theirs to end."""
    return transaction.get_connection().in_atomic_block


@_page
def records(request: HttpRequest) -> HttpResponse:
    """The list; with `open`, a transcript beside it."""
    choices = queries.choices(request.user)
    chosen = filters.read(request.GET, choices)
    problems = list(chosen.problems)
    place = place_of(request, problems)
    page, has_failed = _found(request, chosen, place)
    opened = opened_by(
        request,
        queries.record_for,
        problems,
        not_there=_("There is no such record, or you may not read it."),
    )
    access.searched(request, chosen, len(page.rows))
    transcript = None
    if opened:
        access.viewed(request, opened)
        transcript = transcripts.transcript(opened, request.user)
    starred = stars.among(request.user, [row.record.id for row in page.rows])
    listing = Listing(
        chosen,
        page,
        choices,
        problems=problems,
        has_failed=has_failed,
        opened=opened,
        starred=starred,
        bots=queries.bots_of(row.record for row in page.rows),
    )
    context = _context(request, listing=listing, transcript=transcript, back=back(request))
    return render(request, "records/list.html", context)


@_page
def record(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """One transcript: a page of its own, or with `part=transcript` what stands beside the list."""
    found = queries.record_for(request.user, record_id)
    if found is None:
        return _not_theirs(request, record_id)
    access.viewed(request, found)
    transcript = transcripts.transcript(found, request.user)
    template = "transcript" if request.GET.get("part") == "transcript" else "record"
    context = _context(request, transcript=transcript, back=back(request))
    return render(request, f"records/{template}.html", context)


@partial(_page, allowed=require_POST)
def star(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Star a record or take the star off (C-5); a script is answered in JSON, a form led back."""
    found = queries.record_for(request.user, record_id)
    if found is None:
        return _told(request, 404)
    is_wanted = request.POST.get("starred") == "1"
    (stars.star if is_wanted else stars.unstar)(request.user, found)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"starred": is_wanted})
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_ours else reverse("record", args=[found.id]))


@_page
def transcript_txt(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """The transcript as a text file (C-6)."""
    found = queries.record_for(request.user, record_id)
    if found is None:
        return _not_theirs(request, record_id)
    if not permissions.may_download(request.user, found):
        return _told(request, 403)
    access.downloaded(request, found, "txt")
    zone = timezone.get_current_timezone()
    lines = downloads.text_of_record(found, zone, translation.get_language())
    response = StreamingHttpResponse(lines, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(
        True, downloads.file_name(found, zone, "txt")
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


@partial(_page, allowed=require_POST)
def ask_for_access(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Ask to read a locked record (C-8)."""
    try:
        locks.ask(request.user, record_id, request.POST.get("reason", ""), address=address_of(request))
    except NotFound:
        # Open to them meanwhile, or not there at all: the record's own page tells.
        return redirect("record", record_id)
    except DomainError as error:
        return _not_theirs(request, record_id, problem=error.detail, status=400)
    return redirect("record", record_id)


def _not_theirs(
    request: HttpRequest, record_id: UUID, *, problem: str = "", status: int = 403
) -> HttpResponse:
    """Locked, with the request for access, where the setting says so; else as what does not exist (C-8)."""
    locked = locks.locked_record(request.user, record_id)
    if locked is None:
        return _told(request, 404)
    context = {
        "locked": locked,
        "asked": locks.request_of(request.user, locked.session_id),
        "problem": problem,
        "reason": request.POST.get("reason", ""),
        "longest": locks.REASON_LIMIT,
    }
    if request.GET.get("part") == "transcript":
        return render(request, "records/locked.html", context, status=status)
    return render(request, "records/locked_page.html", _context(request) | context, status=status)


def _found(request: HttpRequest, chosen: filters.Filters, place: Place | None) -> tuple[Page, bool]:
    """The page, or an empty one and True when the search took too long."""
    try:
        with searching():
            return queries.page(request.user, chosen, timezone.get_current_timezone(), place), False
    except TooSlow:
        return Page([]), True


def _context(request: HttpRequest, **values: object) -> dict:
    """What every page of the records needs, with `values`."""
    return {
        "words": transcripts.words(),
        "page": {"on_duty": is_on_duty(request), "csrf": get_token(request), "records": reverse("records")},
        "find": request.GET.get("q", "")[: keywords.LONGEST],
        "has_console": may(request.user, Ability.ENTER_CONSOLE),
        **values,
    }


def _told(request: HttpRequest, status: int) -> HttpResponse:
    """A page that says why there is nothing; what is not there and what is not theirs look the same (C-8)."""
    if request.GET.get("part") == "transcript":
        return render(request, "records/told.html", {"status": status}, status=status)
    # Without a database there is nothing more to ask for.
    context = _context(request) if status != 503 else {}
    return render(request, "records/nothing.html", context | {"status": status}, status=status)
