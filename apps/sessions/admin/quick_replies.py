"""The shared quick replies in the console."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.sessions.models import QuickReply
from apps.team.abilities import Ability
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin, ConsoleForm, NameField


class CategoryFilter(admin.SimpleListFilter):
    title = gettext_lazy("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        shared = QuickReply.objects.filter(owner__isnull=True).exclude(category="")
        return [
            (name, name) for name in shared.order_by("category").values_list("category", flat=True).distinct()
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(category=self.value()) if self.value() else queryset


class QuickReplyForm(ConsoleForm):
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[("", gettext_lazy("Any")), ("zh-hans", "中文"), ("en", "English")],
    )

    class Meta:
        model = QuickReply
        fields = ("category", "title", "text", "language", "position")
        field_classes: ClassVar = {"category": NameField, "title": NameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "text" in self.fields:
            names = "${CustomerName} ${StaffName} ${StaffNo}"
            self.fields["text"].help_text = _("You may use %s.") % names


@admin.register(QuickReply, site=site)
class QuickReplyAdmin(ConsoleAdmin):
    """Shared quick replies; personal ones belong to their owners and are edited at the workbench (D-5)."""

    view_ability = edit_ability = Ability.EDIT_SHARED_REPLIES
    trail_type = "quick_reply"
    lookups = frozenset({"language__exact", "category"})
    form = QuickReplyForm
    list_display = ("title", "category", "start", "language_name", "uses")
    list_filter = (CategoryFilter,)
    search_fields = ("title", "text", "category")
    ordering = ("category", "position", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuickReply]:
        return super().get_queryset(request).filter(owner__isnull=True)

    @admin.display(description=gettext_lazy("reply"))
    def start(self, reply: QuickReply) -> str:
        return reply.text if len(reply.text) <= 60 else f"{reply.text[:59]}…"

    @admin.display(description=gettext_lazy("language"), ordering="language")
    def language_name(self, reply: QuickReply) -> str:
        return {"zh-hans": "中文", "en": "English"}.get(reply.language, _("Any"))
