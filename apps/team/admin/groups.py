"""Groups in the console (T-5)."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.routing import members as routing_members
from apps.routing.settings import QueueSettings, ReceptionSettings
from apps.team import business
from apps.team.abilities import Ability, may
from apps.team.admin.memberships import MembersInline, hold_rows
from apps.team.admin.row_acts import RowAct, row_acts
from apps.team.models import Member, SkillGroup, Strategy
from apps.team.queries import groups_with_counts, visible_groups
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin, ConsoleForm, NameField
from csdesk.errors import DomainError

# Rows of members that a group's form shows.
MOST_IN_FORM = 300


class GroupForm(ConsoleForm):
    class Meta:
        model = SkillGroup
        fields = "__all__"
        field_classes: ClassVar = {"name": NameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if strategy := self.fields.get("strategy"):
            strategy.required = False
        for name, counts in _otherwise().items():
            if field := self.fields.get(name):
                field.widget.attrs["placeholder"] = counts
        if limit := self.fields.get("member_limit"):
            limit.help_text = _(
                "How many sessions each member of this group serves at once. Members with a limit of their"
                " own keep it; of several groups the largest counts."
            )

    def clean_strategy(self) -> str:
        """What is not said stays."""
        return self.cleaned_data["strategy"] or self.instance.strategy

    def clean_name(self) -> str:
        """Once among the groups that are there, in any case of letters (T-5)."""
        name = self.cleaned_data["name"]
        others = SkillGroup.objects.present().exclude(pk=self.instance.pk)
        if others.filter(name__iexact=name).exists():
            raise forms.ValidationError(_("Another group has this name already."))
        return name


def _otherwise() -> dict[str, str]:
    """What counts for all groups, shown in the fields that are empty."""
    reception, queue = business.read(ReceptionSettings), business.read(QueueSettings)
    none = _("No limit")
    return {
        "accept_seconds": str(reception.accept_seconds),
        "member_limit": str(reception.sessions_at_once),
        "session_cap": none,
        "queue_limit": str(queue.queue_limit or none),
        "wait_seconds": str(queue.wait_seconds),
    }


@admin.register(SkillGroup, site=site)
class GroupAdmin(ConsoleAdmin):
    view_ability, edit_ability = Ability.VIEW_MEMBERS, Ability.MANAGE_GROUPS
    trail_type = "group"
    form = GroupForm
    inlines = (MembersInline,)
    delete_confirmation_template = "console/group_delete.html"
    list_display = (
        "name",
        "number",
        "member_count",
        "supervisor_names",
        "strategy_label",
        "reception_label",
    )
    list_display_links = ("name",)
    search_fields = ("name",)
    ordering = ("name",)
    actions = None
    readonly_fields = ("number", "everybody", "own_hours")
    fieldsets = (
        (None, {"fields": ("name",)}),
        (
            gettext_lazy("Allocation"),
            {"classes": ("allocation",), "fields": ("strategy", "member_limit", "session_cap")},
        ),
        (
            gettext_lazy("Reception and queue"),
            {
                "description": gettext_lazy("What is left empty follows the settings for all groups."),
                "fields": ("reception", "accept_seconds", "rest_after_missed", "queue_limit", "wait_seconds"),
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

    @admin.display(description=gettext_lazy("allocation"), ordering="strategy")
    def strategy_label(self, group: SkillGroup) -> str:
        return str(_SHORT[group.strategy])

    @admin.display(description=gettext_lazy("reception"), empty_value="–")
    def reception_label(self, group: SkillGroup) -> str:
        return group.get_reception_display() if group.reception else ""

    @admin.display(description=gettext_lazy("supervisors"))
    def supervisor_names(self, group: SkillGroup) -> str:
        names = [row.member.nickname for row in group.memberships.all() if row.supervises]
        return format_html("{}", ", ".join(names) or "–")

    def get_list_display(self, request: HttpRequest) -> tuple:
        """Who only reads has nothing to do in a row."""
        if not may(request.user, self.edit_ability):
            return self.list_display

        @admin.display(description=gettext_lazy("actions"))
        def acts(group: SkillGroup) -> str:
            return row_acts(_acts(group), group)

        return (*self.list_display, acts)

    def get_inlines(self, request: HttpRequest, obj: SkillGroup | None = None) -> tuple:
        """A group of very many is not shown in one form: see `everybody`."""
        return () if _is_large(obj) else self.inlines

    def get_fieldsets(self, request: HttpRequest, obj: SkillGroup | None = None) -> list:
        sets = list(super().get_fieldsets(request, obj))
        if obj:
            sets[0] = (None, {"fields": ("name", "number")})
            sets.append((_("Working hours"), {"fields": ("own_hours",)}))
        return [*sets, (_("members"), {"fields": ("everybody",)})] if _is_large(obj) else sets

    @admin.display(description=gettext_lazy("whose hours count"))
    def own_hours(self, group: SkillGroup) -> str:
        """Whether the group has hours of its own (R-16), and the way to them."""
        state = _("As for all groups") if group.hours is None else _("Hours of its own")
        address = reverse("admin:group_hours", args=[group.pk])
        return format_html('{} <a class="button small" href="{}">{}</a>', state, address, _("Change"))

    @admin.display(description=gettext_lazy("members"))
    def everybody(self, group: SkillGroup) -> str:
        address = f"{reverse('admin:team_member_changelist')}?group={group.pk}"
        words = _("%(count)s members: too many for this form. Each member's own form has their groups.")
        return format_html(
            '{} <a class="button small" href="{}">{}</a>',
            words % {"count": group.member_count},
            address,
            _("Show them"),
        )

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "reception":
            field.choices = [("", _("As for all groups")), *db_field.choices]
        if db_field.name == "rest_after_missed":
            choices = [("", _("As for all groups")), ("True", _("Yes")), ("False", _("No"))]
            return forms.TypedChoiceField(
                label=field.label,
                required=False,
                choices=choices,
                coerce=lambda value: value == "True",
                empty_value=None,
            )
        bounds = _GROUP_BOUNDS.get(db_field.name)
        if field is not None and bounds:
            return forms.IntegerField(
                label=field.label, required=False, min_value=bounds[0], max_value=bounds[1]
            )
        return field

    def hold(self, request: HttpRequest, obj: SkillGroup) -> None:
        super().hold(request, obj)
        hold_rows(group=obj)

    def snapshot(self, obj: SkillGroup) -> dict:
        rows = obj.memberships.select_related("member").order_by("member__nickname") if obj.pk else []
        people = [
            {"member": row.member.nickname, "priority": row.priority, "supervises": row.supervises}
            for row in rows
        ]
        return {**super().snapshot(obj), "members": people}

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Refused while sessions wait or are served in the group; those that wait can be moved (T-5)."""
        group = self.get_object(request, object_id)
        if group is None or not self.has_delete_permission(request, group):
            return super().delete_view(request, object_id, extra_context)
        others = SkillGroup.objects.present().exclude(pk=group.pk).order_by("name")
        try:
            if request.method == "POST":
                _move(group, others.filter(pk=_number(request.POST.get("move_to"))).first(), request.user)
            context = {"others": others, "there": routing_members.open_sessions_of(group)}
            return super().delete_view(request, object_id, {**context, **(extra_context or {})})
        except DomainError as error:
            messages.error(request, error.detail or _("Sessions still wait in this group."))
            return redirect("admin:team_skillgroup_delete", object_id)

    def delete_model(self, request: HttpRequest, obj: SkillGroup) -> None:
        before = self.snapshot(obj)
        routing_members.delete_group(obj)
        self._log(request, "deleted", obj, {"before": before})

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> None:
        """`delete_model` writes the entry, when the group has gone."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple:
        """Sessions and records stay; the members stay, only no longer in this group."""
        return [str(obj) for obj in objs], {}, set(), []


def _move(group: SkillGroup, target: SkillGroup | None, member: Member) -> None:
    if target:
        routing_members.move_waiting(group, target, member)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 19 else 0


def _is_large(group: SkillGroup | None) -> bool:
    return group is not None and group.memberships.count() > MOST_IN_FORM


def _acts(group: SkillGroup) -> list[RowAct]:
    change = reverse("admin:team_skillgroup_change", args=[group.pk])
    return [
        RowAct(_("Edit"), change),
        RowAct(_("Allocation"), f"{change}#id_strategy"),
        RowAct(_("Delete"), reverse("admin:team_skillgroup_delete", args=[group.pk]), is_danger=True),
    ]


# What the list says of a strategy.
_SHORT = {
    Strategy.LONGEST_IDLE: gettext_lazy("Longest idle"),
    Strategy.LEAST_BUSY: gettext_lazy("Least busy"),
    Strategy.ROUND_ROBIN: gettext_lazy("In turn"),
    Strategy.FAMILIAR: gettext_lazy("Familiar agent first"),
}
# As the settings for all groups have them (routing.settings).
_GROUP_BOUNDS = {
    "accept_seconds": (5, 600),
    "member_limit": (1, 100),
    "session_cap": (1, 100_000),
    "queue_limit": (0, 100_000),
    "wait_seconds": (10, 86_400),
}
