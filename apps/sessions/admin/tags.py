"""Tags in the console (S-15): one list for customers and sessions."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.sessions.models import CustomerTag, SessionTag, Tag
from apps.team.abilities import Ability
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin, ConsoleForm, NameField


class TagForm(ConsoleForm):
    class Meta:
        model = Tag
        fields = ("name", "colour", "is_active")
        field_classes: ClassVar = {"name": NameField}
        help_texts: ClassVar = {
            "is_active": gettext_lazy("One that is not offered any more stays where it was put."),
        }

    def clean_name(self) -> str:
        """Once in any case of letters."""
        name = self.cleaned_data["name"]
        if Tag.objects.exclude(pk=self.instance.pk).filter(name__iexact=name).exists():
            raise forms.ValidationError(_("Another tag has this name already."))
        return name


@admin.register(Tag, site=site)
class TagAdmin(ConsoleAdmin):
    view_ability = edit_ability = Ability.MANAGE_TAGS
    trail_type = "tag"
    lookups = frozenset({"is_active__exact"})
    form = TagForm
    list_display = ("shown", "is_active", "on_customers", "on_sessions")
    list_filter = ("is_active",)
    search_fields = ("name",)
    ordering = ("name", "pk")
    actions = None
    delete_confirmation_template = "console/tag_delete.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        return (
            super()
            .get_queryset(request)
            .annotate(customers=_counted(CustomerTag), sessions=_counted(SessionTag))
        )

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def shown(self, tag: Tag) -> SafeString:
        return format_html('<span class="tag toned {}" dir="auto">{}</span>', tag.colour, tag.name)

    @admin.display(description=gettext_lazy("customers"), ordering="customers")
    def on_customers(self, tag: Any) -> int:
        return tag.customers

    @admin.display(description=gettext_lazy("sessions"), ordering="sessions")
    def on_sessions(self, tag: Any) -> int:
        return tag.sessions

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple:
        """The tag goes from everywhere it was put; customers and sessions stay."""
        return [str(obj) for obj in objs], {}, set(), []


def _counted(labels: type[CustomerTag] | type[SessionTag]) -> Coalesce:
    """On how many a tag is, counted apart, so that two joins do not multiply each other."""
    counted = labels.objects.filter(tag=OuterRef("pk")).order_by().values("tag").annotate(count=Count("pk"))
    return Coalesce(Subquery(counted.values("count")), 0)
