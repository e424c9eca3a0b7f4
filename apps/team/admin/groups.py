"""Groups in the console (T-5)."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.routing import members as routing_members
from apps.team.abilities import (
    Ability,
)
from apps.team.admin.memberships import MembersInline
from apps.team.models import SkillGroup
from apps.team.queries import groups_with_counts, visible_groups
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin
from csdesk.errors import WrongState


@admin.register(SkillGroup, site=site)
class GroupAdmin(ConsoleAdmin):
    view_ability, edit_ability = Ability.VIEW_MEMBERS, Ability.MANAGE_GROUPS
    trail_type = "group"
    inlines = (MembersInline,)
    list_display = ("name", "number", "member_count", "reception_label", "supervisor_names")
    list_display_links = ("name",)
    search_fields = ("name",)
    ordering = ("name",)
    actions = None
    fieldsets = (
        (None, {"fields": ("name",)}),
        (
            gettext_lazy("Own settings"),
            {
                "description": gettext_lazy("What is left empty follows the settings for all groups."),
                "fields": (
                    "reception",
                    "accept_seconds",
                    "member_limit",
                    "session_cap",
                    "queue_limit",
                    "wait_seconds",
                ),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SkillGroup]:
        visible = visible_groups(request.user).values("pk")
        return (
            groups_with_counts()
            .filter(pk__in=visible)
            .order_by("name")
            .prefetch_related("memberships__member")
        )

    @admin.display(description=gettext_lazy("group ID"), ordering="pk")
    def number(self, group: SkillGroup) -> int:
        return group.pk

    @admin.display(description=gettext_lazy("member count"), ordering="member_count")
    def member_count(self, group: SkillGroup) -> int:
        return group.member_count

    @admin.display(description=gettext_lazy("reception"), empty_value="–")
    def reception_label(self, group: SkillGroup) -> str:
        return group.get_reception_display() if group.reception else ""

    @admin.display(description=gettext_lazy("supervisors"))
    def supervisor_names(self, group: SkillGroup) -> str:
        names = [row.member.nickname for row in group.memberships.all() if row.supervises]
        return format_html("{}", ", ".join(names) or "–")

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "reception":
            field.choices = [("", _("As for all groups")), *db_field.choices]
        bounds = _GROUP_BOUNDS.get(db_field.name)
        if field is not None and bounds:
            return forms.IntegerField(
                label=field.label, required=False, min_value=bounds[0], max_value=bounds[1]
            )
        return field

    def snapshot(self, obj: SkillGroup) -> dict:
        rows = obj.memberships.select_related("member").order_by("member__nickname") if obj.pk else []
        people = [
            {"member": row.member.nickname, "priority": row.priority, "supervises": row.supervises}
            for row in rows
        ]
        return {**super().snapshot(obj), "members": people}

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Refused while sessions wait in the group (T-5)."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except WrongState as error:
            messages.error(request, error.detail or _("Sessions still wait in this group."))
            return redirect("admin:team_skillgroup_change", object_id)

    def delete_model(self, request: HttpRequest, obj: SkillGroup) -> None:
        routing_members.before_group_removed(obj)
        super().delete_model(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple:
        """Sessions and records stay; the members stay, only no longer in this group."""
        return [str(obj) for obj in objs], {}, set(), []


# As the settings for all groups have them (routing.settings).
_GROUP_BOUNDS = {
    "accept_seconds": (5, 600),
    "member_limit": (1, 100),
    "session_cap": (1, 100_000),
    "queue_limit": (0, 100_000),
    "wait_seconds": (10, 86_400),
}
