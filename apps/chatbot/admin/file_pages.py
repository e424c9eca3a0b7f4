"""Import and export of the libraries in the console (M-4): upload, look at what would happen, confirm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.files.base import File
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.chatbot import exports, file_jobs, imports
from apps.chatbot.admin.libraries import look_of
from apps.chatbot.job_models import FileJob, JobState, Kind
from apps.chatbot.knowledge import Existing
from apps.chatbot.models import ANSWERS_LIMIT, SIMILAR_LIMIT, TAGS_LIMIT, Library
from apps.chatbot.resources import NEEDED, TITLES
from apps.team.adapter import address_of
from csdesk.console import site
from csdesk.csp import harmless
from csdesk.errors import DomainError

View = Callable[..., HttpResponse]
CHUNK = 256 * 1024
# Chosen entries that an export takes by their numbers; more are taken by what they have in common.
MOST_CHOSEN = 10_000
RECENT = 5

EXISTING = {
    Existing.CHANGE: gettext_lazy("change it to what the file says"),
    Existing.KEEP: gettext_lazy("leave it as it is"),
    Existing.REFUSE: gettext_lazy("refuse the file"),
}
HELP = {
    "category": gettext_lazy("Names from the top with / between them, such as After sales / Refunds."),
    "question": gettext_lazy("Needed. Says which entry it is: each question stands in a library once."),
    "similar": gettext_lazy("One per line in the cell, up to %(similar)s."),
    "answer": gettext_lazy("Needed."),
    "format": gettext_lazy("Plain text or Rich text (Markdown). Empty: plain text."),
    "is_enabled": gettext_lazy("Yes or No. Empty: yes."),
    "valid_from": gettext_lazy("Like 2026-07-15 18:00, time in %(zone)s. Empty: from now on."),
    "valid_to": gettext_lazy("The same. Empty: without end."),
    "tags": gettext_lazy("With commas or one per line, up to %(tags)s."),
    "more_answers": gettext_lazy("Columns “Other answer 1”, “2” …: said in turn with it, up to %(others)s."),
}


def urls(page: Callable[[str, View, str], URLPattern]) -> list[URLPattern]:
    """All of them; `page` makes one from address, view and name."""
    views = {
        "import": ("import/", upload),
        "template": ("import/template.<slug:form>", template),
        "export": ("export/", export),
        "file": ("files/<int:job_id>/", job_page),
        "file_progress": ("files/<int:job_id>/progress/", progress),
        "file_confirm": ("files/<int:job_id>/confirm/", confirm),
        "file_cancel": ("files/<int:job_id>/cancel/", cancel),
        "file_download": ("files/<int:job_id>/download/", download),
    }
    return [
        page(f"{library}/{address}", partial(view, library=library), f"bot_{library}_{name}")
        for library in Library.values
        for name, (address, view) in views.items()
    ]


def upload(request: HttpRequest, library: str) -> HttpResponse:
    """What a file must look like, and the way to send one."""
    problem = ""
    if request.method == "POST":
        try:
            return _to(_received(request, library))
        except DomainError as error:
            problem = error.detail
    mine = FileJob.objects.filter(library=library, kind=Kind.IMPORT, member=request.user)
    context = _context(request, library) | {
        "title": _("Import"),
        "problem": problem,
        "columns": _columns(),
        "existing": [(value.value, words) for value, words in EXISTING.items()],
        "chosen": request.POST.get("existing", Existing.CHANGE.value),
        "bytes": imports.MOST_BYTES,
        "megabytes": imports.MOST_BYTES // imports.MEGABYTE,
        "rows": f"{imports.MOST_ROWS:,}",
        "recent": mine.order_by("-pk")[:RECENT],
        "forms": {form: reverse(f"admin:bot_{library}_template", args=[form]) for form in exports.TYPES},
    }
    return render(request, "admin/chatbot/import.html", context, status=400 if problem else 200)


def _received(request: HttpRequest, library: str) -> FileJob:
    existing = request.POST.get("existing", "")
    if existing not in list(Existing):
        raise BadRequest("no such choice")
    file = request.FILES.get("file")
    if file is None:
        raise imports.BadTable(_("Choose a file first."))
    return imports.receive(library, file, existing=existing, member=request.user, address=address_of(request))


def _columns() -> list[dict[str, Any]]:
    numbers = {
        "similar": SIMILAR_LIMIT,
        "tags": TAGS_LIMIT,
        "others": ANSWERS_LIMIT - 1,
        "zone": timezone.get_default_timezone_name(),
    }
    return [
        {"title": title, "help": HELP[name] % numbers, "is_needed": name in NEEDED}
        for name, title in TITLES.items()
    ]


@require_GET
def template(request: HttpRequest, library: str, form: str) -> HttpResponse:
    """An empty file that shows how to fill it."""
    if form not in exports.TYPES:
        raise Http404
    content = exports.template(library, form)
    return _file(HttpResponse(content), exports.file_name(library, form, template=True))


@require_GET
def job_page(request: HttpRequest, library: str, job_id: int) -> HttpResponse:
    """How far a job is, what it has found, and what can be done now."""
    job = _job(request, library, job_id)
    context = _context(request, library) | {
        "title": _("Import") if job.kind == Kind.IMPORT else _("Export"),
        "job": job,
        "addresses": {
            name: reverse(f"admin:bot_{library}_file_{name}", args=[job.pk])
            for name in ("progress", "confirm", "cancel", "download")
        },
        "percent": round(100 * file_jobs.share(job)),
        "more_wrong": max(0, job.wrong - len({problem[0] for problem in job.problems})),
        "leaves": Existing(job.existing) == Existing.KEEP,
    }
    return render(request, "admin/chatbot/file.html", context)


@require_GET
def progress(request: HttpRequest, library: str, job_id: int) -> JsonResponse:
    """The same for the page's script."""
    job = _job(request, library, job_id)
    return JsonResponse(
        {"state": job.state, "share": file_jobs.share(job), "has_begun": file_jobs.has_begun(job)}
    )


@require_POST
def confirm(request: HttpRequest, library: str, job_id: int) -> HttpResponse:
    """Write what was checked."""
    job = _job(request, library, job_id)
    try:
        imports.confirm(job, address=address_of(request))
    except DomainError as error:
        messages.error(request, error.detail)
    return _to(job)


@require_POST
def cancel(request: HttpRequest, library: str, job_id: int) -> HttpResponse:
    """Stop a job; before it was confirmed that is all, else the page tells how it ended."""
    job = _job(request, library, job_id)
    file_jobs.cancel(job)
    if job.state == JobState.CHECKED:
        return redirect(f"admin:bot_{library}_import")
    return _to(job)


@require_POST
def export(request: HttpRequest, library: str) -> HttpResponse:
    """What is looked at, or what was chosen of it: small as the answer, large by a job."""
    # A button among those for what was chosen is an act.
    form = request.POST.get("format") or request.POST.get("act", "")
    if form not in exports.TYPES:
        raise BadRequest("no such format")
    who = {"member": request.user, "address": address_of(request)}
    try:
        wanted = _wanted(request, library)
        if exports.entries_of(library, wanted).count() > exports.AT_ONCE:
            return _to(exports.begin(library, wanted, form, **who))
        content = exports.at_once(library, wanted, form, **who)
    except DomainError as error:
        messages.warning(request, error.detail)
        return redirect(look_of(request.POST, library).address())
    return _file(HttpResponse(content), exports.file_name(library, form))


def _wanted(request: HttpRequest, library: str) -> dict[str, Any]:
    """The filters of the page, or the numbers that were chosen on it."""
    chosen = request.POST.getlist("chosen")
    if chosen and request.POST.get("all") != "1":
        ids = [int(one) for one in chosen[:MOST_CHOSEN] if one.isascii() and one.isdigit() and len(one) < 19]
        return {"ids": ids}
    look = look_of(request.POST, library)
    return {"text": look.text, "category": look.category, "state": look.state, "tag": look.tag}


@require_GET
def download(request: HttpRequest, library: str, job_id: int) -> HttpResponse:
    """The file of an export that is done."""
    job = _job(request, library, job_id)
    if job.kind != Kind.EXPORT or job.state != JobState.DONE or not job.stored:
        raise Http404
    try:
        opened = job.opened()
    except FileNotFoundError:
        raise Http404 from None
    exports.note_download(job, member=request.user, address=address_of(request))
    response = StreamingHttpResponse(_chunks(opened))
    response["Content-Length"] = job.size
    return _file(response, job.name)


async def _chunks(opened: File) -> AsyncIterator[bytes]:
    try:
        while chunk := await asyncio.to_thread(opened.read, CHUNK):
            yield chunk
    finally:
        opened.close()


def _job(request: HttpRequest, library: str, job_id: int) -> FileJob:
    """One's own job; of others one learns nothing."""
    return get_object_or_404(FileJob, pk=job_id, library=library, member=request.user)


def _to(job: FileJob) -> HttpResponse:
    return redirect(f"admin:bot_{job.library}_file", job.pk)


def _context(request: HttpRequest, library: str) -> dict[str, Any]:
    return {
        **site.each_context(request),
        "library": library,
        "library_name": Library(library).label,
        "back": reverse(f"admin:bot_{library}"),
        "again": reverse(f"admin:bot_{library}_import"),
    }


def _file(response: HttpResponse, name: str) -> HttpResponse:
    response["Content-Type"] = exports.TYPES[name.rpartition(".")[2]]
    response["Content-Disposition"] = content_disposition_header(True, name)
    return harmless(response)
