"""The access log in the console (C-9): read only, with what the check of its chain says."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.team import trail, trail_reading
from apps.team.abilities import Ability, may
from apps.team.models import TrailDetail, TrailEntry
from apps.team.templatetags.trail_words import action_words
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin


class PeriodFilter(admin.SimpleListFilter):
    title = gettext_lazy("time")
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", _("Today")), ("7", _("7 days")), ("30", _("30 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in ("1", "7", "30"):
            return queryset
        first = timezone.localdate() - timedelta(days=int(self.value()) - 1)
        return queryset.filter(at__gte=_start_of(first))


class ThingFilter(admin.SimpleListFilter):
    """By what it was done to; the list is short and fixed, so that no scan of the log is needed."""

    title = gettext_lazy("object")
    parameter_name = "thing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, thing_words(name)) for name in THINGS]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(object_type=self.value()) if self.value() in THINGS else queryset


THINGS = {
    "session": gettext_lazy("Session"),
    "record": gettext_lazy("Service record"),
    "records": gettext_lazy("Service records"),
    "member": gettext_lazy("Member"),
    "members": gettext_lazy("Members"),
    "credential": gettext_lazy("API credential"),
    "group": gettext_lazy("Group"),
    "grant": gettext_lazy("Grant"),
    "channel": gettext_lazy("Channel"),
    "customer": gettext_lazy("Customer"),
    "customers": pgettext_lazy("access log", "Customers"),
    "blacklist": gettext_lazy("Blacklist"),
    "tag": gettext_lazy("Tag"),
    "summary_category": pgettext_lazy("access log", "Summary category"),
    "file": gettext_lazy("File"),
    "access": gettext_lazy("Request for access"),
    "quick_reply": gettext_lazy("Quick reply"),
    "settings": gettext_lazy("Settings"),
    "entry": gettext_lazy("Entry of the bot"),
    "category": gettext_lazy("Category of the bot"),
    "library": gettext_lazy("Library of the bot"),
    "welcome": gettext_lazy("Card of the bot"),
    "release": gettext_lazy("Release of the bot"),
    "trail": gettext_lazy("Access log"),
}


def thing_words(name: str) -> str:
    return str(THINGS.get(name, name))


@admin.register(TrailEntry, site=site)
class AccessLogAdmin(ConsoleAdmin):
    """Nobody adds, changes or deletes an entry here."""

    view_ability = edit_ability = Ability.VIEW_TRAIL
    trail_type = "trail"
    lookups = frozenset({"period", "thing"})
    list_display = ("entry_number", "time", "who", "what", "object_label", "details", "address")
    list_display_links = None
    list_filter = (PeriodFilter, ThingFilter)
    search_fields = ("detail__member_name", "=object_id", "=detail__address")
    search_help_text = gettext_lazy("Who, object number or address")
    ordering = ("-number",)
    # Counting a log that only grows would cost more each day.
    show_full_result_count = False
    actions = None
    change_list_template = "console/access_log.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrailEntry]:
        return super().get_queryset(request).select_related("detail").order_by("-number")

    def get_urls(self) -> list:
        # An entry is read and nothing else: it has a page of our own.
        names = ("change", "delete", "add", "history")
        kept = [url for url in super().get_urls() if url.name and not url.name.endswith(names)]
        check = path("check/", self.admin_site.admin_view(self.check_view), name="team_trailentry_check")
        entry = path(
            "entry/<int:number>/", self.admin_site.admin_view(self.entry_view), name="team_trailentry_entry"
        )
        return [check, entry, *kept]

    def entry_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """One entry: who, when, from where, before → after (T-11)."""
        if not may(request.user, Ability.VIEW_TRAIL):
            raise PermissionDenied
        entry = get_object_or_404(TrailEntry.objects.select_related("detail"), pk=number)
        detail = getattr(entry, "detail", None)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Access log"),
            "opts": self.opts,
            "entry": entry,
            "detail": detail,
            "thing": self.object_label(entry),
            "history": _history(entry),
            "changes": trail_reading.changes_of(detail) if detail else [],
            "facts": trail_reading.facts_of(detail) if detail else [],
        }
        return TemplateResponse(request, "console/trail_entry.html", context)

    def check_view(self, request: HttpRequest) -> HttpResponse:
        """Has anything been altered, and is the tail complete? Two separate answers."""
        if not may(request.user, Ability.VIEW_TRAIL):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Check of the access log"),
            "opts": self.opts,
            "found": trail.verify(),
        }
        return TemplateResponse(request, "console/access_log_check.html", context)

    @admin.display(description=gettext_lazy("number"), ordering="number")
    def entry_number(self, entry: TrailEntry) -> str:
        address = reverse("admin:team_trailentry_entry", args=[entry.number])
        return format_html('<a href="{}">{}</a>', address, entry.number)

    @admin.display(description=gettext_lazy("time"))
    def time(self, entry: TrailEntry) -> str:
        return timezone.localtime(entry.at).strftime("%Y-%m-%d %H:%M:%S")

    @admin.display(description=gettext_lazy("who"))
    def who(self, entry: TrailEntry) -> str:
        detail = getattr(entry, "detail", None)
        return detail.member_name if detail else ""

    @admin.display(description=gettext_lazy("what"))
    def what(self, entry: TrailEntry) -> str:
        return action_words(entry.action)

    @admin.display(description=gettext_lazy("object"))
    def object_label(self, entry: TrailEntry) -> str:
        return f"{thing_words(entry.object_type)} {entry.object_id}".strip()

    @admin.display(description=gettext_lazy("details"))
    def details(self, entry: TrailEntry) -> str:
        detail = getattr(entry, "detail", None)
        if detail is None:
            return format_html('<span class="faint">{}</span>', _("erased"))
        return _in_one_line(detail)

    @admin.display(description=gettext_lazy("address"))
    def address(self, entry: TrailEntry) -> str:
        detail = getattr(entry, "detail", None)
        return detail.address if detail else ""


# Where a thing's own history is read, by what it is.
_HISTORIES = {
    "member": "team_member",
    "group": "team_skillgroup",
    "credential": "team_apicredential",
    "channel": "service_sessions_channel",
}


def _history(entry: TrailEntry) -> str:
    """The address of the history of what it was done to; "" where there is none."""
    name = _HISTORIES.get(entry.object_type)
    return reverse(f"admin:{name}_history", args=[entry.object_id]) if name and entry.object_id else ""


def _in_one_line(detail: TrailDetail) -> str:
    """Changed fields by name, everything else as name and value."""
    named = [change.name for change in trail_reading.changes_of(detail)]
    facts = trail_reading.facts_of(detail, without=("version",))
    plain = [f"{name}: {value}" for name, value in facts]
    text = ", ".join([*plain, *named]).replace("\n", ", ")
    return text if len(text) <= 120 else f"{text[:119]}…"


def _start_of(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
