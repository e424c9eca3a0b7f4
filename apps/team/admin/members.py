"""Members in the console (T-1, T-2, T-3)."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.routing import members as routing_members
from apps.team import members, passwords, sign_in
from apps.team.abilities import (
    Ability,
    may,
    may_delete,
    may_edit,
    may_reset_password,
)
from apps.team.adapter import address_of
from apps.team.admin.member_form import MemberForm, refusal
from apps.team.admin.memberships import GroupsInline
from apps.team.models import Member, Membership, Role
from apps.team.queries import visible_groups, visible_members
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin


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
        names = [(row.group.name,) for row in member.memberships.all() if row.group.deleted_at is None]
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
        main = ["nickname", "email", "account", "role", "phone", "staff_no"]
        may_give = obj is None or ("role" not in self.get_readonly_fields(request, obj))
        if may_give and self.has_change_permission(request, obj):
            main += [] if sign_in.is_confirmed(request.session) else ["confirmation"]
        return [
            (None, {"fields": main}),
            (_("Serving customers"), {"fields": ("serves", "session_limit")}),
        ]

    def get_form(self, request: HttpRequest, obj: Member | None = None, **kwargs: Any) -> type[MemberForm]:
        form = super().get_form(request, obj, **kwargs)
        return type("MemberFormOfActor", (form,), {"request": request})

    # --- changes ---

    def snapshot(self, obj: Member) -> dict:
        return members.snapshot(obj)

    def save_model(self, request: HttpRequest, obj: Member, form: MemberForm, change: bool) -> None:
        if not change:
            members.add(obj, request.user, address=address_of(request), tell=_tell(request, obj))
            return
        # Only what was changed here: what somebody else changed meanwhile stays.
        obj.save(update_fields=[name for name in form.changed_data if name in members.SHOWN])
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
        wrong = ""
        if request.method == "POST" and not (wrong := refusal(request, request.POST.get("confirmation", ""))):
            passwords.reset(member, request.user, address=address_of(request), tell=_tell(request, member))
            return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Reset password"),
            "opts": self.opts,
            "member": member,
            "back": back,
            "wrong": wrong,
            "must_confirm": not sign_in.is_confirmed(request.session),
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
