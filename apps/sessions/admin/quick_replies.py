"""The shared quick replies in the console."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.sessions import reply_variables
from apps.sessions.admin.reply_pages import ReplyFiles
from apps.sessions.models import QuickReply
from apps.team.abilities import Ability
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin, ConsoleForm, LinesField, NameField
from csdesk.errors import Invalid


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
        field_classes: ClassVar = {"category": NameField, "title": NameField, "text": LinesField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "text" in self.fields:
            names = " ".join(f"${{{name}}}" for name in reply_variables.known())
            self.fields["text"].help_text = _("You may use %s.") % names

    def clean_text(self) -> str:
        """Unknown variables are refused: customers would read them as they stand."""
        text = self.cleaned_data["text"]
        try:
            reply_variables.check(text)
        except Invalid as error:
            raise forms.ValidationError(error.detail) from None
        return text


@admin.register(QuickReply, site=site)
class QuickReplyAdmin(ConsoleAdmin):
    """Shared quick replies; personal ones belong to their owners and are edited at the workbench (D-5)."""

    view_ability = edit_ability = Ability.EDIT_SHARED_REPLIES
    trail_type = "quick_reply"
    lookups = frozenset({"language__exact", "category"})
    form = QuickReplyForm
    list_display = ("title", "category", "start", "language_name", "uses")
    list_filter = (CategoryFilter,)
    change_list_template = "console/quick_replies.html"
    search_fields = ("title", "text", "category")
    ordering = ("category", "position", "pk")

    def get_urls(self) -> list[URLPattern]:
        return [*ReplyFiles().urls(self._file_page), *super().get_urls()]

    def _file_page(self, address: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
        """A page of the files, for who may edit shared replies."""

        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            if not self.has_change_permission(request):
                raise PermissionDenied
            return view(request, **kwargs)

        return path(address, self.admin_site.admin_view(guarded), name=name)

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuickReply]:
        return super().get_queryset(request).filter(owner__isnull=True)

    @admin.display(description=gettext_lazy("reply"))
    def start(self, reply: QuickReply) -> str:
        return reply.text if len(reply.text) <= 60 else f"{reply.text[:59]}…"

    @admin.display(description=gettext_lazy("language"), ordering="language")
    def language_name(self, reply: QuickReply) -> str:
        return {"zh-hans": "中文", "en": "English"}.get(reply.language, _("Any"))
