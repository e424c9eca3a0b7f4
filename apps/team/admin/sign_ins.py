"""The sign-in log in the console (T-8): who, when, from where, how, with what result."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.team.abilities import Ability
from apps.team.admin import member_sign_in
from apps.team.admin.access_log import PeriodFilter
from apps.team.models import Member, SignInEntry
from apps.team.templatetags.trail_words import action_words, sign_in_way
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin

RESULTS = {
    "succeeded": (gettext_lazy("Signed in"), ("sign_in.succeeded",)),
    "failed": (gettext_lazy("Failed"), ("sign_in.failed",)),
    "refused": (gettext_lazy("Refused"), ("sign_in.locked", "sign_in.password_ended", "sign_in.closed")),
    "ended": (gettext_lazy("Signed out"), ("sign_in.ended",)),
}
_TONES = {"succeeded": "ok", "failed": "near", "refused": "late", "ended": ""}


class ResultFilter(admin.SimpleListFilter):
    title = gettext_lazy("result")
    parameter_name = "result"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, str(words)) for name, (words, _actions) in RESULTS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in RESULTS:
            return queryset
        return queryset.filter(action__in=RESULTS[self.value()][1])


@admin.register(SignInEntry, site=site)
class SignInLogAdmin(ConsoleAdmin):
    """Part of the trail: nobody adds, changes or deletes an entry here."""

    view_ability = edit_ability = Ability.VIEW_TRAIL
    trail_type = "trail"
    lookups = frozenset({"period", "result"})
    list_display = ("time", "who", "result", "how", "address")
    list_display_links = None
    list_filter = (PeriodFilter, ResultFilter)
    search_fields = ("detail__member_name", "=detail__address")
    search_help_text = gettext_lazy("Member or address")
    ordering = ("-number",)
    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignInEntry]:
        member = Member.objects.present().filter(pk=OuterRef("member_id"))
        found = super().get_queryset(request).filter(action__startswith="sign_in.")
        return found.annotate(is_present=Exists(member)).select_related("detail").order_by("-number")

    def get_urls(self) -> list:
        # No page of a single entry: the list shows all there is.
        names = ("change", "delete", "add", "history")
        kept = [url for url in super().get_urls() if url.name and not url.name.endswith(names)]
        return [*member_sign_in.urls(self), *kept]

    @admin.display(description=gettext_lazy("time"))
    def time(self, entry: SignInEntry) -> str:
        return timezone.localtime(entry.at).strftime("%Y-%m-%d %H:%M:%S")

    @admin.display(description=gettext_lazy("member"))
    def who(self, entry: SignInEntry) -> str | SafeString:
        detail = getattr(entry, "detail", None)
        if detail is None:
            return format_html('<span class="faint">{}</span>', _("erased"))
        if entry.member_id is None:
            typed = detail.values.get("account") or detail.values.get("phone") or ""
            return format_html('<span class="faint">{} <bdi>{}</bdi></span>', _("unknown"), typed)
        if not entry.is_present:
            return detail.member_name
        address = reverse("admin:team_member_sign_in", args=[entry.member_id])
        return format_html('<a href="{}"><bdi>{}</bdi></a>', address, detail.member_name)

    @admin.display(description=gettext_lazy("result"))
    def result(self, entry: SignInEntry) -> SafeString:
        name = next((name for name, (_words, actions) in RESULTS.items() if entry.action in actions), "")
        return format_html('<span class="tag {}">{}</span>', _TONES.get(name, ""), action_words(entry.action))

    @admin.display(description=gettext_lazy("how"))
    def how(self, entry: SignInEntry) -> str:
        return sign_in_way(entry)

    @admin.display(description=gettext_lazy("address"))
    def address(self, entry: SignInEntry) -> str:
        detail = getattr(entry, "detail", None)
        return detail.address if detail else ""
