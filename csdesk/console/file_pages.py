"""Import and export in the console (M-4), whatever of: upload, look at what would happen, confirm, fetch."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.files.base import File
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from csdesk.console import site
from csdesk.csp import harmless
from csdesk.errors import DomainError
from csdesk.file_jobs import imports, jobs
from csdesk.file_jobs.columns import Columns
from csdesk.file_jobs.exports import TYPES, form_of
from csdesk.file_jobs.models import AbstractFileJob, Existing, JobState, Kind
from csdesk.tables import BadTable

View = Callable[..., HttpResponse]
CHUNK = 256 * 1024
RECENT = 5


class FilePages(ABC):
    """The pages of one kind of thing. Subclasses say what it is; whoever lists `urls` guards them."""

    # The addresses are named NAME_import, NAME_template, NAME_export and NAME_file….
    name: str
    model: type[AbstractFileJob]
    # What parts this kind's jobs from others in the same table.
    of: Mapping[str, str] = {}
    columns: Columns
    most_rows: int
    import_template = "console/files/import.html"
    job_template = "console/files/job.html"

    # --- what a kind of thing says ---

    @abstractmethod
    def words(self) -> dict[str, Any]:
        """`title` and `back` of the list, `when_there`, `to_list`, `written`, `in_file(count)`."""

    @abstractmethod
    def help(self) -> dict[str, str]:
        """A sentence for each column."""

    @abstractmethod
    def receive(self, request: HttpRequest, file: File, existing: str) -> AbstractFileJob:
        """Keep the uploaded file as a job that is checked; raises what is wrong with it."""

    @abstractmethod
    def confirm(self, request: HttpRequest, job: AbstractFileJob) -> None:
        """Let what was checked be written."""

    @abstractmethod
    def template(self, form: str) -> tuple[bytes, str]:
        """An empty file that shows how to fill it, and what it is called."""

    @abstractmethod
    def export(self, request: HttpRequest, form: str) -> HttpResponse:
        """What is looked at or was chosen: `sent` when it is small, `to_job` when a job writes it."""

    @abstractmethod
    def note_download(self, request: HttpRequest, job: AbstractFileJob) -> None:
        """The trail's entry for a file that is fetched now."""

    def context(self, request: HttpRequest) -> dict[str, Any]:
        """What the templates of this kind need beside."""
        return {}

    # --- addresses ---

    def urls(self, page: Callable[[str, View, str], URLPattern], prefix: str = "") -> list[URLPattern]:
        """All of them; `page` makes one from address, view and name."""
        views = {
            "import": ("import/", self.upload_page),
            "template": ("import/template.<slug:form>", require_GET(self.template_file)),
            "export": ("export/", require_POST(self.export_file)),
            "file": ("files/<int:job_id>/", require_GET(self.job_page)),
            "file_progress": ("files/<int:job_id>/progress/", require_GET(self.progress)),
            "file_confirm": ("files/<int:job_id>/confirm/", require_POST(self.confirmed)),
            "file_cancel": ("files/<int:job_id>/cancel/", require_POST(self.cancelled)),
            "file_download": ("files/<int:job_id>/download/", require_GET(self.download)),
        }
        return [
            page(f"{prefix}{address}", view, f"{self.name}_{it}") for it, (address, view) in views.items()
        ]

    def address(self, name: str, *args: object) -> str:
        return reverse(f"admin:{self.name}_{name}", args=args)

    # --- pages ---

    def upload_page(self, request: HttpRequest) -> HttpResponse:
        """What a file must look like, and the way to send one."""
        problem = ""
        if request.method == "POST":
            try:
                return self.to_job(self._received(request))
            except DomainError as error:
                problem = error.detail
        mine = self.model.objects.filter(**self.of, kind=Kind.IMPORT, member=request.user)
        context = self._context(request) | {
            "title": _("Import"),
            "problem": problem,
            "columns": self._columns(),
            "existing": Existing.choices,
            "chosen": request.POST.get("existing", Existing.CHANGE.value),
            "bytes": imports.MOST_BYTES,
            "megabytes": imports.MOST_BYTES // imports.MEGABYTE,
            "rows": f"{self.most_rows:,}",
            "recent": [(job, self.address("file", job.pk)) for job in mine.order_by("-pk")[:RECENT]],
            "forms": {form: self.address("template", form) for form in TYPES},
        }
        return render(request, self.import_template, context, status=400 if problem else 200)

    def template_file(self, request: HttpRequest, form: str) -> HttpResponse:
        if form not in TYPES:
            raise Http404
        return self.sent(*self.template(form))

    def job_page(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """How far a job is, what it has found, and what can be done now."""
        job = self._job(request, job_id)
        context = self._context(request) | {
            "title": _("Import") if job.kind == Kind.IMPORT else _("Export"),
            "job": job,
            "addresses": {
                name: self.address(f"file_{name}", job.pk)
                for name in ("progress", "confirm", "cancel", "download")
            },
            "percent": round(100 * jobs.share(job)),
            "more_wrong": max(0, job.wrong - len({problem[0] for problem in job.problems})),
            "leaves": job.existing == Existing.KEEP,
            "in_file": self.words()["in_file"](job.rows) % {"shown": f"{job.rows:,}"},
        }
        return render(request, self.job_template, context)

    def progress(self, request: HttpRequest, job_id: int) -> JsonResponse:
        """The same for the page's script."""
        job = self._job(request, job_id)
        return JsonResponse({"state": job.state, "share": jobs.share(job), "has_begun": jobs.has_begun(job)})

    def confirmed(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """Write what was checked."""
        job = self._job(request, job_id)
        try:
            self.confirm(request, job)
        except DomainError as error:
            messages.error(request, error.detail)
        return self.to_job(job)

    def cancelled(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """Stop a job; before it was confirmed that is all, else the page tells how it ended."""
        job = self._job(request, job_id)
        jobs.cancel(job)
        if job.state == JobState.CHECKED:
            return redirect(self.address("import"))
        return self.to_job(job)

    def export_file(self, request: HttpRequest) -> HttpResponse:
        # A button among those for what was chosen is an act.
        form = request.POST.get("format") or request.POST.get("act", "")
        if form not in TYPES:
            raise BadRequest("no such format")
        try:
            return self.export(request, form)
        except DomainError as error:
            messages.warning(request, error.detail)
            return redirect(self.words()["back"])

    def download(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """The file of an export that is done."""
        job = self._job(request, job_id)
        if job.kind != Kind.EXPORT or job.state != JobState.DONE or not job.stored:
            raise Http404
        try:
            opened = job.opened()
        except FileNotFoundError:
            raise Http404 from None
        self.note_download(request, job)
        response = StreamingHttpResponse(_chunks(opened))
        response["Content-Length"] = job.size
        return _file(response, job.name)

    def to_job(self, job: AbstractFileJob) -> HttpResponse:
        return redirect(self.address("file", job.pk))

    def sent(self, content: bytes, name: str) -> HttpResponse:
        return _file(HttpResponse(content), name)

    # --- within ---

    def _received(self, request: HttpRequest) -> AbstractFileJob:
        existing = request.POST.get("existing", "")
        if existing not in Existing.values:
            raise BadRequest("no such choice")
        file = request.FILES.get("file")
        if file is None:
            raise BadTable(_("Choose a file first."))
        return self.receive(request, file, existing)

    def _columns(self) -> list[dict[str, Any]]:
        help, needed = self.help(), self.columns.needed
        return [
            {"title": title, "help": help[name], "is_needed": name in needed}
            for name, title in self.columns.titles.items()
        ]

    def _job(self, request: HttpRequest, job_id: int) -> Any:
        """One's own job; of others one learns nothing."""
        return get_object_or_404(self.model, pk=job_id, member=request.user, **self.of)

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **site.each_context(request),
            "words": self.words(),
            "again": self.address("import"),
            **self.context(request),
        }


async def _chunks(opened: File) -> AsyncIterator[bytes]:
    try:
        while chunk := await asyncio.to_thread(opened.read, CHUNK):
            yield chunk
    finally:
        opened.close()


def _file(response: HttpResponse, name: str) -> HttpResponse:
    response["Content-Type"] = TYPES[form_of(name)]
    response["Content-Disposition"] = content_disposition_header(True, name)
    return harmless(response)
