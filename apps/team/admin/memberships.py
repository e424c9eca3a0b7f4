"""Who stands in which group, inside the forms of members and of groups (T-2, T-5)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.team.abilities import (
    Ability,
    may,
    may_edit,
)
from apps.team.models import Member, Membership, Role
from apps.team.queries import visible_groups, visible_members
from csdesk import realtime
from csdesk.console.model_admin import without_links
from csdesk.console.stale import FILLED_FROM, FreshForm, FreshFormSet


class MembershipForm(FreshForm):
    """A member's place in a group."""

    def clean(self) -> dict:
        """Nobody is made to supervise whose role does not (T-1): in a member's form the one just chosen."""
        cleaned = super().clean()
        member = cleaned.get("member") or getattr(self.instance, "member", None)
        is_new = cleaned.get("supervises") and "supervises" in self.changed_data
        if is_new and member and member.role == Role.AGENT:
            self.add_error("supervises", _("An agent supervises no group: give them another role."))
        return cleaned


class MembershipFormSet(FreshFormSet):
    """Workbenches hear at once that their member's groups are others now."""

    def save(self, commit: bool = True) -> list[Membership]:
        saved = super().save(commit)
        changed = [row for row, _fields in self.changed_objects]
        concerned = {row.member_id for row in [*self.new_objects, *changed, *self.deleted_objects]}
        # A row of a group may have been given to somebody else.
        concerned |= {form.initial["member"] for form in self.initial_forms if "member" in form.changed_data}
        for member_id in concerned:
            realtime.control(realtime.member(member_id), {"op": "groups"})
        return saved


class GroupMembersFormSet(MembershipFormSet):
    """A member stands in a group once; the message says who."""

    def get_unique_error_message(self, unique_check: tuple) -> str:
        return _("This member is in the group already.")


class MembershipInline(admin.TabularInline):
    """The groups of a member, or the members of a group, with the priority in which they are chosen."""

    model = Membership
    form = MembershipForm
    formset = MembershipFormSet
    extra = 0
    verbose_name = gettext_lazy("group")
    verbose_name_plural = gettext_lazy("groups")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, Ability.VIEW_MEMBERS)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, Ability.MANAGE_GROUPS) and _is_editable(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Who can change a row posts what it was filled from."""
        return (*self.fields, FILLED_FROM) if self.has_change_permission(request, obj) else self.fields

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "priority":
            levels = [(level, str(level)) for level in range(1, 6)]
            levels[0], levels[2] = (1, _("1 (first)")), (3, _("3 (usual)"))
            return forms.TypedChoiceField(
                label=gettext_lazy("Priority"), choices=levels, coerce=int, initial=3
            )
        return without_links(super().formfield_for_dbfield(db_field, request, **kwargs))

    def formfield_for_foreignkey(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "member":
            kwargs["queryset"] = visible_members(request.user)
        if db_field.name == "group":
            kwargs["queryset"] = visible_groups(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        rows = super().get_queryset(request).filter(member__in=visible_members(request.user))
        return rows.filter(group__in=visible_groups(request.user)).select_related("member", "group")


class GroupsInline(MembershipInline):
    fields = ("group", "priority", "supervises")
    autocomplete_fields = ("group",)


class MembersInline(MembershipInline):
    formset = GroupMembersFormSet
    fields = ("member", "priority", "supervises")
    autocomplete_fields = ("member",)
    verbose_name = gettext_lazy("member")
    verbose_name_plural = gettext_lazy("members")


def _is_editable(request: HttpRequest, obj: Any) -> bool:
    return not isinstance(obj, Member) or obj.pk is None or may_edit(request.user, obj)


def hold_rows(**whose: Any) -> None:
    """Hold the memberships of a member or a group until the form is saved."""
    list(Membership.objects.filter(**whose).order_by("pk").select_for_update(no_key=True))
