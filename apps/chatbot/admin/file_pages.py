"""Import and export of the libraries in the console (M-4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.files.base import File
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.chatbot import exports, imports
from apps.chatbot.admin.libraries import look_of
from apps.chatbot.job_models import FileJob
from apps.chatbot.models import ANSWERS_LIMIT, SIMILAR_LIMIT, TAGS_LIMIT, Library
from apps.chatbot.resources import COLUMNS
from apps.team.adapter import address_of
from csdesk.console.file_pages import FilePages, View
from csdesk.errors import DomainError

# Chosen entries that an export takes by their numbers; more are taken by what they have in common.
MOST_CHOSEN = 10_000

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


class LibraryFiles(FilePages):
    """The files of one library."""

    model = FileJob
    columns = COLUMNS
    most_rows = imports.MOST_ROWS
    import_template = "admin/chatbot/import.html"
    job_template = "admin/chatbot/file.html"

    def __init__(self, library: str) -> None:
        self.library = library
        self.name = f"bot_{library}"
        self.of = {"library": library}

    def words(self) -> dict[str, Any]:
        return {
            "title": Library(self.library).label,
            "back": reverse(f"admin:bot_{self.library}"),
            "when_there": _("When a question is there already"),
            "to_list": _("To the library"),
            "written": _("Written into the draft. Customers get it once you publish."),
            "in_file": lambda count: ngettext(
                "%(shown)s entry is in the file. It is kept for a day.",
                "%(shown)s entries are in the file. It is kept for a day.",
                count,
            ),
        }

    def help(self) -> dict[str, str]:
        numbers = {
            "similar": SIMILAR_LIMIT,
            "tags": TAGS_LIMIT,
            "others": ANSWERS_LIMIT - 1,
            "zone": timezone.get_default_timezone_name(),
        }
        return {name: str(words) % numbers for name, words in HELP.items()}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"library": self.library}

    def receive(self, request: HttpRequest, file: File, existing: str) -> FileJob:
        who = {"member": request.user, "address": address_of(request)}
        return imports.receive(self.library, file, existing=existing, **who)

    def confirm(self, request: HttpRequest, job: FileJob) -> None:
        imports.confirm(job, address=address_of(request))

    def template(self, form: str) -> tuple[bytes, str]:
        return exports.template(self.library, form), exports.file_name(self.library, form, template=True)

    def export(self, request: HttpRequest, form: str) -> HttpResponse:
        who = {"member": request.user, "address": address_of(request)}
        try:
            wanted = _wanted(request, self.library)
            if exports.entries_of(self.library, wanted).count() > exports.AT_ONCE:
                return self.to_job(exports.begin(self.library, wanted, form, **who))
            content = exports.at_once(self.library, wanted, form, **who)
        except DomainError as error:
            messages.warning(request, error.detail)
            return redirect(look_of(request.POST, self.library).address())
        return self.sent(content, exports.file_name(self.library, form))

    def note_download(self, request: HttpRequest, job: FileJob) -> None:
        exports.note_download(job, member=request.user, address=address_of(request))


def urls(page: Callable[[str, View, str], URLPattern]) -> list[URLPattern]:
    """All of them; `page` makes one from address, view and name."""
    return [
        url for library in Library.values for url in LibraryFiles(library).urls(page, prefix=f"{library}/")
    ]


def _wanted(request: HttpRequest, library: str) -> dict[str, Any]:
    """The filters of the page, or the numbers that were chosen on it."""
    chosen = request.POST.getlist("chosen")
    if chosen and request.POST.get("all") != "1":
        ids = [int(one) for one in chosen[:MOST_CHOSEN] if one.isascii() and one.isdigit() and len(one) < 19]
        return {"ids": ids}
    look = look_of(request.POST, library)
    return {"text": look.text, "category": look.category, "state": look.state, "tag": look.tag}
