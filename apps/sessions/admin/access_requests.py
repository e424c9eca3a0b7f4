"""Requests for records that are locked to a member, answered in the console (C-8)."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from apps.sessions import access
from apps.sessions.models import AccessRequest, AccessState
from apps.sessions.settings import PermissionSettings
from apps.team import business
from apps.team.abilities import Ability, may
from apps.team.adapter import address_of
from csdesk import clock
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin
from csdesk.errors import DomainError


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return AccessState.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(state=self.value()) if self.value() in AccessState.values else queryset


class AnswerForm(forms.Form):
    hours = forms.IntegerField(
        label=gettext_lazy("Open for"), min_value=1, max_value=access.MOST_HOURS, required=False
    )
    answer = forms.CharField(
        label=gettext_lazy("Answer to the member"),
        required=False,
        max_length=access.REASON_LIMIT,
        help_text=gettext_lazy("Shown to the member."),
        widget=forms.Textarea(attrs={"rows": 3, "class": "input"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.fields["hours"].initial = business.read(PermissionSettings).access_hours


@admin.register(AccessRequest, site=site)
class AccessRequestAdmin(ConsoleAdmin):
    view_ability = edit_ability = Ability.MANAGE_GRANTS
    trail_type = "access"
    lookups = frozenset({"state"})
    list_display = ("who", "about", "reason", "time", "state_label")
    list_display_links = ("who",)
    list_filter = (StateFilter,)
    search_fields = ("member__nickname", "reason")
    search_help_text = gettext_lazy("Member or reason")
    ordering = ("-asked_at", "-pk")
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessRequest]:
        there = super().get_queryset(request).filter(session__deleted_at__isnull=True)
        return there.select_related("member", "session__customer", "decided_by")

    def get_urls(self) -> list:
        names = ("delete", "add", "history")
        return [url for url in super().get_urls() if not (url.name and url.name.endswith(names))]

    @admin.display(description=gettext_lazy("member"), ordering="member__nickname")
    def who(self, request: AccessRequest) -> str:
        return request.member.nickname

    @admin.display(description=gettext_lazy("session"))
    def about(self, request: AccessRequest) -> str:
        return f"{request.session.customer.display_name} · {_moment(request.session.started_at)}"

    @admin.display(description=gettext_lazy("asked"), ordering="asked_at")
    def time(self, request: AccessRequest) -> str:
        return _moment(request.asked_at)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, request: AccessRequest) -> str:
        tone, words = state_of(request)
        return format_html('<span class="tag {}">{}</span>', tone, words)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What is asked for and why, with the answer to give."""
        if not may(request.user, Ability.MANAGE_GRANTS):
            raise PermissionDenied
        asked = self.get_object(request, object_id)
        if asked is None:
            raise Http404
        form = AnswerForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and self._answer(request, asked, form):
            return redirect("admin:service_sessions_accessrequest_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Request for access"),
            "opts": self.opts,
            "asked": asked,
            "record": asked.session.records.order_by("number").first(),
            "state": state_of(asked),
            "waits": asked.state == AccessState.ASKED,
            "is_open": _is_open(asked),
            "form": form,
        }
        return TemplateResponse(request, "console/access_request.html", context)

    def _answer(self, request: HttpRequest, asked: AccessRequest, form: AnswerForm) -> bool:
        """Whether it could be done; else the form tells why not."""
        who, where = request.user, address_of(request)
        hours, answer = form.cleaned_data["hours"], form.cleaned_data["answer"]
        try:
            match request.POST.get("do"):
                case "grant":
                    hours = hours or business.read(PermissionSettings).access_hours
                    access.grant(asked.pk, who, hours=hours, answer=answer, address=where)
                    messages.success(
                        request, _("%(name)s can read it now.") % {"name": asked.member.nickname}
                    )
                case "refuse":
                    access.refuse(asked.pk, who, answer=answer, address=where)
                    messages.success(request, _("Refused."))
                case "end":
                    access.end(asked.pk, who, address=where)
                    messages.success(request, _("It is locked again."))
        except DomainError as error:
            form.add_error(None, error.detail)
            return False
        return True


def state_of(request: AccessRequest) -> tuple[str, str]:
    """The tone and the words of where a request stands."""
    if request.state == AccessState.ASKED:
        return "near", _("Waits for a decision")
    if request.state == AccessState.REFUSED:
        return "", pgettext("request for access", "Refused")
    if _is_open(request):
        return "ok", _("Open until %(time)s") % {"time": _moment(request.until)}
    return "", _("Ended at %(time)s") % {"time": _moment(request.until)}


def _is_open(request: AccessRequest) -> bool:
    return request.state == AccessState.GRANTED and request.until > clock.now()


def _moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "Y-m-d H:i")
