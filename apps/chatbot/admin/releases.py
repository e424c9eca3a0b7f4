"""Releases in the console: list, comparison, publishing, going back (B-8, M-3)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from apps.chatbot import comparing
from apps.chatbot import releases as publishing
from apps.chatbot.models import Release, ReleaseState
from apps.team.adapter import address_of
from csdesk.console import site
from csdesk.errors import DomainError, WrongState

PAGE = 30
# Changes that the publish dialog names; the rest stands on the page of changes.
NAMED = 6


def listing(request: HttpRequest) -> HttpResponse:
    """All releases, newest first."""
    publishing.notice_lost()
    start = _start(request)
    rows = list(
        Release.objects.select_related("made_by", "same_as").order_by("-pk")[start : start + PAGE + 1]
    )
    newest = publishing.newest()
    context = {
        "title": _("Releases"),
        "releases": rows[:PAGE],
        "live": newest,
        **_pager(start, PAGE, len(rows) > PAGE),
    }
    return _render(request, "releases.html", context)


def detail(request: HttpRequest, number: int) -> HttpResponse:
    """A release, and what it changed against the one published before it."""
    release = get_object_or_404(Release.objects.select_related("made_by", "same_as"), pk=number)
    before = None
    if release.state == ReleaseState.PUBLISHED:
        older = Release.objects.filter(state=ReleaseState.PUBLISHED, live_from__lt=release.live_from)
        before = older.order_by("-live_from", "-pk").first()
    context = {"title": release.number, "release": release, "live": publishing.newest()}
    if release.state == ReleaseState.PUBLISHED:
        context |= _comparison(request, release, before)
    return _render(request, "release.html", context)


def changes(request: HttpRequest) -> HttpResponse:
    """What publishing would change now: the draft against the live release."""
    newest = publishing.newest()
    context = {"title": _("Changes not published"), "live": newest, **_comparison(request, None, newest)}
    return _render(request, "changes.html", context)


def publish(request: HttpRequest) -> HttpResponse:
    """The dialog with description and changes, and publishing itself; `part` asks for its inside only."""
    newest = publishing.newest()
    error, description = "", request.POST.get("description", "").strip()
    if request.method == "POST":
        try:
            _expect_changes(newest)
            release = publishing.publish(request.user, description, address=address_of(request))
        except DomainError as refused:
            error = refused.detail
        else:
            if "part" in request.GET:
                return JsonResponse({"number": release.number})
            return redirect("admin:bot_releases")
    counts = comparing.counts(None, newest)
    building = publishing.being_built()
    context = {
        "title": _("Publish"),
        "building": building,
        "may_publish": building is None and not (newest and not counts.total),
        "live": newest,
        "counts": counts,
        "named": comparing.changes(None, newest, limit=NAMED),
        "more": max(0, counts.total - NAMED),
        "error": error,
        "description": description,
        "limit": publishing.DESCRIPTION_LIMIT,
    }
    status = 409 if error else 200
    if "part" in request.GET:
        return render(request, "admin/chatbot/publish_form.html", context, status=status)
    return _render(request, "publish.html", context, status)


def _expect_changes(live: Release | None) -> None:
    """WrongState when a release would hold what the live one does."""
    if live and not publishing.being_built() and not comparing.unpublished(live).total:
        raise WrongState(_("Nothing has changed since the live release, so there is nothing to publish."))


def roll_back(request: HttpRequest, number: int) -> HttpResponse:
    """Bring an older release back."""
    if request.method != "POST":
        return redirect("admin:bot_releases")  # an address typed, or loaded again
    release = get_object_or_404(Release, pk=number)
    try:
        publishing.roll_back(request.user, release, address=address_of(request))
    except DomainError as refused:
        messages.error(request, refused.detail)
    else:
        origin = release.same_as or release
        messages.success(request, _("Back to %s: live within two seconds.") % origin.number)
    return redirect("admin:bot_releases")


def _comparison(request: HttpRequest, after: Release | None, before: Release | None) -> dict:
    kind = request.GET.get("kind", "")
    if kind not in ("", *comparing.KINDS):
        raise Http404
    start = _start(request)
    counts = comparing.counts(after, before)
    rows = comparing.changes(after, before, kind=kind, start=start, limit=comparing.PAGE + 1)
    names = {"added": _("added"), "changed": _("changed"), "removed": _("removed")}
    kinds = [(name, names[name], getattr(counts, name)) for name in comparing.KINDS]
    return {
        "before": before,
        "counts": counts,
        "kinds": kinds,
        "kind": kind,
        "changes": rows[: comparing.PAGE],
        **_pager(start, comparing.PAGE, len(rows) > comparing.PAGE),
    }


def _start(request: HttpRequest) -> int:
    text = request.GET.get("from", "0")
    return min(int(text), 10_000_000) if text.isascii() and text.isdigit() else 0


def _pager(start: int, size: int, has_more: bool) -> dict:
    return {
        "start": start,
        "previous": max(0, start - size) if start else None,
        "next": start + size if has_more else None,
    }


def _render(request: HttpRequest, template: str, context: dict, status: int = 200) -> HttpResponse:
    return render(
        request, f"admin/chatbot/{template}", {**site.each_context(request), **context}, status=status
    )
