"""Import and export of the shared quick replies in the console (M-4)."""

from __future__ import annotations

from typing import Any

from django.core.files.base import File
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.sessions import reply_files, reply_variables
from apps.sessions.reply_table import SHARED
from apps.team.adapter import address_of
from apps.team.job_models import FileJob
from csdesk.console.file_pages import FilePages


class ReplyFiles(FilePages):
    """The files of the shared quick replies."""

    name = "quick_replies"
    model = FileJob
    of = {"subject": reply_files.SUBJECT}
    columns = SHARED
    most_rows = reply_files.MOST_SHARED

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Quick replies"),
            "back": reverse("admin:service_sessions_quickreply_changelist"),
            "when_there": _("When one with this title, category and language is there already"),
            "to_list": _("To the quick replies"),
            "written": _("Written. Workbenches show it when they are opened next."),
            "in_file": lambda count: ngettext(
                "%(shown)s quick reply is in the file. It is kept for a day.",
                "%(shown)s quick replies are in the file. It is kept for a day.",
                count,
            ),
        }

    def help(self) -> dict[str, str]:
        names = " ".join(f"${{{name}}}" for name in reply_variables.known())
        return {
            "category": _("Where it stands in the list, such as Greetings."),
            "title": _("Needed. What agents look for."),
            "text": _("Needed. May hold %(names)s.") % {"names": names},
            "language": _("中文, English or Any. Empty: any."),
        }

    def receive(self, request: HttpRequest, file: File, existing: str) -> FileJob:
        return reply_files.receive(file, existing, member=request.user, address=address_of(request))

    def confirm(self, request: HttpRequest, job: FileJob) -> None:
        reply_files.confirm(job, address=address_of(request))

    def template(self, form: str) -> tuple[bytes, str]:
        return reply_files.template(form)

    def export(self, request: HttpRequest, form: str) -> HttpResponse:
        content = reply_files.exported(form, member=request.user, address=address_of(request))
        return self.sent(*content)

    def note_download(self, request: HttpRequest, job: FileJob) -> None:
        """Exports are handed out at once, and written down there: no job of this kind has a file to fetch."""
        raise Http404
