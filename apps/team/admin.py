"""Members and groups in the console (T-1, T-2, T-3, T-5)."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.routing import members as routing_members
from apps.team import members, passwords
from apps.team.abilities import (
    Ability,
    assignable_roles,
    may,
    may_delete,
    may_edit,
    may_reset_password,
)
from apps.team.adapter import address_of
from apps.team.models import Member, Membership, Role, SkillGroup
from apps.team.queries import groups_with_counts, next_staff_no, visible_groups, visible_members
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin, ConsoleForm, without_links
from csdesk.errors import Invalid, WrongState


class MembershipInline(admin.TabularInline):
    """The groups of a member, or the members of a group, with the priority in which they are chosen."""

    model = Membership
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
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        rows = super().get_queryset(request).filter(member__in=visible_members(request.user))
        return rows.filter(group__in=visible_groups(request.user)).select_related("member", "group")


class GroupsInline(MembershipInline):
    fields = ("group", "priority", "supervises")
    autocomplete_fields = ("group",)


class MembersInline(MembershipInline):
    fields = ("member", "priority", "supervises")
    autocomplete_fields = ("member",)
    verbose_name = gettext_lazy("member")
    verbose_name_plural = gettext_lazy("members")


def _is_editable(request: HttpRequest, obj: Any) -> bool:
    return not isinstance(obj, Member) or obj.pk is None or may_edit(request.user, obj)


class MemberForm(ConsoleForm):
    """Roles and names are checked here for everything that is posted, however it came."""

    actor: Member

    class Meta:
        model = Member
        fields = ("nickname", "email", "account", "role", "phone", "staff_no", "serves", "session_limit")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        target = self.instance if self.instance.pk else None
        if role := self.fields.get("role"):
            allowed = assignable_roles(self.actor, target)
            role.choices = [(value, Role(value).label) for value in allowed]
            if target is None:
                # Who serves unless one says otherwise (T-1): the page's script follows the role.
                role.widget.attrs["data-serving"] = f"{Role.AGENT} {Role.SUPERVISOR}"
        if account := self.fields.get("account"):
            account.required = target is not None
            account.help_text = "" if target else _("Empty: the e-mail. Sign-in takes either.")
        if staff_no := self.fields.get("staff_no"):
            staff_no.required = target is not None
            staff_no.help_text = _("Empty: the next free one, %s.") % next_staff_no() if not target else ""
        if limit := self.fields.get("session_limit"):
            limit.help_text = _("Empty: the limit of the groups, else the one of the settings.")

    def clean(self) -> dict:
        cleaned = super().clean()
        if self.errors:
            return cleaned
        email = cleaned.get("email") or self.instance.email
        wanted = Member(
            pk=self.instance.pk,
            email=email,
            account=cleaned.get("account") or self.instance.account or email,
            staff_no=cleaned.get("staff_no") or self.instance.staff_no,
        )
        try:
            members.check_names(wanted)
        except Invalid as error:
            self.add_error(str(error.extra["field"]), error.detail)
        return cleaned


class GroupFilter(admin.SimpleListFilter):
    title = gettext_lazy("group")
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(group.pk), group.name) for group in visible_groups(request.user)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not (self.value() or "").isdigit():
            return queryset
        return queryset.filter(pk__in=Membership.objects.filter(group=self.value()).values("member"))


@admin.register(Member, site=site)
class MemberAdmin(ConsoleAdmin):
    view_ability, edit_ability = Ability.VIEW_MEMBERS, Ability.MANAGE_MEMBERS
    trail_type = "member"
    lookups = frozenset({"role__exact", "serves__exact", "group"})
    form = MemberForm
    inlines = (GroupsInline,)
    list_display = ("nickname", "account", "role_label", "phone", "staff_no", "group_names", "serves_label")
    list_filter = ("role", GroupFilter, "serves")
    search_fields = ("nickname", "account", "email", "staff_no")
    search_help_text = gettext_lazy("Nickname, account, e-mail or staff number")
    ordering = ("nickname", "pk")
    actions = None
    change_form_template = "console/member_form.html"
    delete_confirmation_template = "console/member_delete.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        return visible_members(request.user).order_by(*self.ordering).prefetch_related("memberships__group")

    @admin.display(description=gettext_lazy("role"), ordering="role")
    def role_label(self, member: Member) -> str:
        return member.get_role_display()

    @admin.display(description=gettext_lazy("groups"))
    def group_names(self, member: Member) -> str:
        names = [(row.group.name,) for row in member.memberships.all()]
        return format_html_join(" ", '<span class="tag">{}</span>', sorted(names)) or "–"

    @admin.display(description=gettext_lazy("serves customers"), ordering="serves")
    def serves_label(self, member: Member) -> str:
        return _("Yes") if member.serves else "–"

    # --- rights ---

    def has_change_permission(self, request: HttpRequest, obj: Member | None = None) -> bool:
        return may(request.user, self.edit_ability) if obj is None else may_edit(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Member | None = None) -> bool:
        return may(request.user, self.edit_ability) if obj is None else may_delete(request.user, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Member | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        # One's own role is for somebody else to change; the super administrator's is for nobody.
        fixed_role = obj.pk == request.user.pk or obj.role == Role.SUPER
        return ("email", "role") if fixed_role else ("email",)

    def get_fieldsets(self, request: HttpRequest, obj: Member | None = None) -> list:
        return [
            (None, {"fields": ("nickname", "email", "account", "role", "phone", "staff_no")}),
            (_("Serving customers"), {"fields": ("serves", "session_limit")}),
        ]

    def get_form(self, request: HttpRequest, obj: Member | None = None, **kwargs: Any) -> type[MemberForm]:
        form = super().get_form(request, obj, **kwargs)
        return type("MemberFormOfActor", (form,), {"actor": request.user})

    # --- changes ---

    def snapshot(self, obj: Member) -> dict:
        return members.snapshot(obj)

    def save_model(self, request: HttpRequest, obj: Member, form: MemberForm, change: bool) -> None:
        if not change:
            members.add(obj, request.user, address=address_of(request), tell=_tell(request, obj))
            return
        obj.save(update_fields=[*(name for name in form.changed_data if name in form.fields), "nickname"])
        if "serves" in form.changed_data and not obj.serves:
            transaction.on_commit(lambda: routing_members.release(obj), robust=True)

    def log_addition(self, request: HttpRequest, obj: Member, message: Any) -> None:
        """`members.add` has logged the member; what follows are the groups given with it."""
        groups = self.snapshot(obj)["groups"]
        if groups:
            self._log(request, "changed", obj, {"before": {"groups": []}, "after": {"groups": groups}})

    def delete_model(self, request: HttpRequest, obj: Member) -> None:
        members.delete(obj, request.user, address=address_of(request))
        transaction.on_commit(lambda: routing_members.release(obj), robust=True)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> None:
        """`members.delete` writes the entry."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple:
        """Nothing else goes with a member: records stay readable under their name (T-3)."""
        return [str(obj) for obj in objs], {}, set(), []

    # --- password ---

    def get_urls(self) -> list:
        own = path(
            "<int:member_id>/password/",
            self.admin_site.admin_view(self.reset_password),
            name="team_member_password",
        )
        return [own, *super().get_urls()]

    def reset_password(self, request: HttpRequest, member_id: int) -> HttpResponse:
        """Ask, then replace the password and e-mail the new one."""
        member = self.get_object(request, str(member_id))
        if member is None or not may_reset_password(request.user, member):
            raise PermissionDenied
        back = reverse("admin:team_member_change", args=[member.pk])
        if request.method == "POST":
            passwords.reset(member, request.user, address=address_of(request), tell=_tell(request, member))
            return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Reset password"),
            "opts": self.opts,
            "member": member,
            "back": back,
        }
        return TemplateResponse(request, "console/member_password.html", context)

    def render_change_form(self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        context["may_reset_password"] = obj is not None and may_reset_password(request.user, obj)
        return super().render_change_form(request, context, *args, **kwargs)


def _tell(request: HttpRequest, member: Member) -> passwords.Tell:
    """After the commit: has the e-mail with the password left?"""

    def tell(sent: bool) -> None:
        if sent:
            text = _("The password has been e-mailed to %(email)s.")
            messages.success(request, text % {"email": member.email})
        else:
            text = _("The e-mail to %(email)s could not be sent. Reset the password to send a new one.")
            messages.error(request, text % {"email": member.email})

    return tell


class GroupMembersFormSet(BaseInlineFormSet):
    """A member stands in a group once; the message says who."""

    def get_unique_error_message(self, unique_check: tuple) -> str:
        return _("This member is in the group already.")


MembersInline.formset = GroupMembersFormSet


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
