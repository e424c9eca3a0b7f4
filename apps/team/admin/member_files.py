"""Import and export of members in the console (M-4, T-2)."""

from __future__ import annotations

from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.core.files.base import File
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.routing import tasks
from apps.team import member_exports, member_imports, sign_in
from apps.team.abilities import Ability, may
from apps.team.adapter import address_of
from apps.team.admin.asking import Question, ask
from apps.team.member_columns import COLUMNS
from apps.team.models import FileJob
from csdesk.console.file_pages import FilePages, View
from csdesk.file_jobs import exports, imports

if TYPE_CHECKING:
    from apps.team.admin.members import MemberAdmin

LIST = "admin:team_member_changelist"
HELP = {
    "nickname": gettext_lazy("Needed. What colleagues and customers see."),
    "email": gettext_lazy("Needed. Says which member it is, in any case; a new one gets a password there."),
    "account": gettext_lazy("What they sign in with beside the e-mail. Empty: the e-mail."),
    "role": gettext_lazy("Administrator, Supervisor or Agent. Empty: agent."),
    "phone": gettext_lazy("Digits, blanks and + - ( )."),
    "staff_no": gettext_lazy("Empty: the next free one."),
    "groups": gettext_lazy(
        "Names, one per line or with commas; with a priority from 1 (first) to 5 such as After sales:1."
    ),
    "supervises": gettext_lazy("Those of the groups that the member supervises."),
    "serves": gettext_lazy("Yes or No. Empty: yes for agents and supervisors."),
    "session_limit": gettext_lazy("1 to 100. Empty: as for the groups, else as for all."),
}


class MemberFiles(FilePages):
    name = "team_member"
    model = FileJob
    of = {"subject": member_imports.SUBJECT}
    columns = COLUMNS
    most_rows = member_imports.MOST_ROWS

    def __init__(self, admin: MemberAdmin) -> None:
        self.admin = admin

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Members"),
            "back": reverse(LIST),
            "when_there": _("When a member is there already"),
            "to_list": _("To the members"),
            "written": _("Written. New members get their passwords by e-mail, about a hundred a minute."),
            "in_file": lambda count: ngettext(
                "%(shown)s member is in the file. It is kept for a day.",
                "%(shown)s members are in the file. It is kept for a day.",
                count,
            ),
        }

    def help(self) -> dict[str, str]:
        return {name: str(words) for name, words in HELP.items()}

    def receive(self, request: HttpRequest, file: File, existing: str) -> FileJob:
        job = FileJob(**self.of, member=request.user, address=address_of(request), existing=existing)
        imports.receive(job, file, tasks.check_members)
        return job

    def confirm(self, request: HttpRequest, job: FileJob) -> None:
        imports.confirm(job, tasks.write_members, address=address_of(request))

    def template(self, form: str) -> tuple[bytes, str]:
        return member_exports.template(form), member_exports.file_name(form, template=True)

    def export(self, request: HttpRequest, form: str) -> HttpResponse:
        """Those that the list shows: its search and filters stand in the address."""
        ids = list(
            self.admin.get_changelist_instance(request).get_queryset(request).values_list("pk", flat=True)
        )
        who = {"member": request.user, "address": address_of(request)}
        if len(ids) > member_exports.AT_ONCE:
            job = member_exports.new_job(ids, form, **who)
            exports.begin(job, tasks.export_members)
            return self.to_job(job)
        return self.sent(member_exports.at_once(ids, form, **who), member_exports.file_name(form))

    def note_download(self, request: HttpRequest, job: FileJob) -> None:
        member_exports.note_download(job, member=request.user, address=address_of(request))

    def all_urls(self) -> list[URLPattern]:
        """For those who may manage members, with their own password typed lately (X-6)."""
        site = self.admin.admin_site

        def page(address: str, view: View, name: str) -> URLPattern:
            return path(address, site.admin_view(_guarded(view)), name=name)

        confirm = path(
            "confirm/", site.admin_view(partial(_confirm, self.admin)), name="team_member_confirmed"
        )
        return [confirm, *self.urls(page)]


def _guarded(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not may(request.user, Ability.MANAGE_MEMBERS):
            raise PermissionDenied
        if sign_in.is_confirmed(request.session) or request.headers.get("Accept") == "application/json":
            return view(request, *args, **kwargs)
        # What was posted is asked for again there: a file can't be kept meanwhile.
        back = request.path if request.method == "GET" else request.headers.get("Referer", "")
        return redirect(f"{reverse('admin:team_member_confirmed')}?{urlencode({'next': back})}")

    return guarded


def _confirm(admin: MemberAdmin, request: HttpRequest) -> HttpResponse:
    """One's own password once more, then back to where one was."""
    if not may(request.user, Ability.MANAGE_MEMBERS):
        raise PermissionDenied
    wanted, host = request.GET.get("next", ""), request.get_host()
    back = wanted if url_has_allowed_host_and_scheme(wanted, {host}, request.is_secure()) else reverse(LIST)
    if sign_in.is_confirmed(request.session):
        return redirect(back)
    question = Question(
        _("Your own password"),
        _("Members"),
        reverse(LIST),
        [_("Files of members give roles and hold personal details.")],
        _("Continue"),
    )
    return ask(admin, request, question, lambda chosen: redirect(back))
