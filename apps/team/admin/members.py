"""Members in the console (T-1, T-2, T-3)."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.routing import members as routing_members
from apps.team import members, passwords, sign_in
from apps.team.abilities import Ability, may, may_delete, may_edit, may_force_offline, may_reset_password
from apps.team.adapter import address_of
from apps.team.admin import member_questions
from apps.team.admin.asking import ask
from apps.team.admin.member_files import MemberFiles
from apps.team.admin.member_form import MemberForm
from apps.team.admin.member_questions import member_acts
from apps.team.admin.memberships import GroupsInline, hold_rows
from apps.team.admin.row_acts import row_acts
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
    list_display = (
        "nickname",
        "names",
        "role_label",
        "phone",
        "staff_no",
        "group_names",
        "state",
    )
    list_filter = ("role", GroupFilter, "serves")
    search_fields = ("nickname", "account", "email", "staff_no")
    search_help_text = gettext_lazy("Nickname, account, e-mail or staff number")
    ordering = ("nickname", "pk")
    actions = None
    change_form_template = "console/member_form.html"
    change_list_template = "console/member_list.html"
    delete_confirmation_template = "console/member_delete.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        return visible_members(request.user).order_by(*self.ordering).prefetch_related("memberships__group")

    @admin.display(description=gettext_lazy("e-mail / account"), ordering="email")
    def names(self, member: Member) -> str:
        if member.account.lower() == member.email.lower():
            return member.email
        return format_html('{}<br><span class="faint">{}</span>', member.email, member.account)

    @admin.display(description=gettext_lazy("role"), ordering="role")
    def role_label(self, member: Member) -> str:
        return member.get_role_display()

    @admin.display(description=gettext_lazy("groups"))
    def group_names(self, member: Member) -> str:
        names = [(row.group.name,) for row in member.memberships.all() if row.group.deleted_at is None]
        return format_html_join(" ", '<span class="tag">{}</span>', sorted(names)) or "–"

    @admin.display(description=gettext_lazy("state"))
    def state(self, member: Member) -> str:
        if member.forced_offline_at:
            return format_html('<span class="tag late">{}</span>', _("Forced offline"))
        if member.must_change_password:
            return format_html('<span class="tag near">{}</span>', _("Not signed in yet"))
        return format_html(
            '<span class="tag">{}</span>', _("Serves") if member.serves else _("Does not serve")
        )

    def get_list_display(self, request: HttpRequest) -> tuple:
        """What can be done with a row depends on who looks; who only reads has nothing to do there."""
        if not may(request.user, self.edit_ability):
            return self.list_display

        @admin.display(description=gettext_lazy("actions"))
        def acts(member: Member) -> str:
            return row_acts(member_acts(member, request.user), member)

        return (*self.list_display, acts)

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

    def hold(self, request: HttpRequest, obj: Member) -> None:
        """Both who changes and who is changed, in one order: two may change each other at once."""
        people = Member.objects.filter(pk__in=[request.user.pk, obj.pk]).order_by("pk")
        list(people.select_for_update(no_key=True))
        hold_rows(member=obj)

    def snapshot(self, obj: Member) -> dict:
        return members.snapshot(obj)

    def save_model(self, request: HttpRequest, obj: Member, form: MemberForm, change: bool) -> None:
        if not change:
            members.add(obj, request.user, address=address_of(request), tell=_tell(request, obj))
            return
        # Only what was changed here: what somebody else changed meanwhile stays.
        values = {name: form.cleaned_data[name] for name in form.changed_data if name in members.SHOWN}
        members.change(obj, values, request.user, address=address_of(request))
        if "serves" in form.changed_data and not obj.serves:
            transaction.on_commit(lambda: routing_members.release(obj), robust=True)

    def log_addition(self, request: HttpRequest, obj: Member, message: Any) -> None:
        """`members.add` has logged the member; what follows are the groups given with it."""
        self._log_groups(request, obj, [])

    def log_change(self, request: HttpRequest, obj: Member, message: Any) -> None:
        """`members.change` has logged the fields."""
        self._log_groups(request, obj, request.console_before["groups"])

    def _log_groups(self, request: HttpRequest, obj: Member, before: list) -> None:
        groups = self.snapshot(obj)["groups"]
        if groups != before:
            self._log(request, "changed", obj, {"before": {"groups": before}, "after": {"groups": groups}})

    def delete_model(self, request: HttpRequest, obj: Member) -> None:
        members.delete(obj, request.user, address=address_of(request))
        transaction.on_commit(lambda: routing_members.release(obj), robust=True)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> None:
        """`members.delete` writes the entry."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple:
        """Nothing else goes with a member: records stay readable under their name (T-3)."""
        return [str(obj) for obj in objs], {}, set(), []

    # --- acts ---

    def get_urls(self) -> list:
        acts = {
            "password": self.reset_password,
            "offline": self.force_offline,
            "restore": self.restore,
        }
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(act), name=f"team_member_{name}")
            for name, act in acts.items()
        ]
        return [*own, *MemberFiles(self).all_urls(), *super().get_urls()]

    def reset_password(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Replace the password and e-mail the new one (T-3)."""
        member = self._found(request, pk, may_reset_password)

        def act(chosen: dict[str, str]) -> None:
            passwords.reset(member, request.user, address=address_of(request), tell=_tell(request, member))

        return ask(self, request, member_questions.password(member), act)

    def force_offline(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Sign the member out everywhere until they are restored (T-4)."""
        member = self._found(request, pk, may_force_offline)

        def act(chosen: dict[str, str]) -> None:
            routing_members.force_offline(member, request.user, address=address_of(request))
            messages.success(request, _("%(name)s is signed out everywhere.") % {"name": member.nickname})

        return ask(self, request, member_questions.offline(member), act)

    def restore(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let the member sign in again (T-4)."""
        member = self._found(request, pk, may_force_offline)

        def act(chosen: dict[str, str]) -> None:
            routing_members.restore(member, request.user, address=address_of(request))
            messages.success(request, _("%(name)s may sign in again.") % {"name": member.nickname})

        return ask(self, request, member_questions.restore(member), act)

    def _found(self, request: HttpRequest, pk: int, may_do: Callable[[Member, Member], bool]) -> Member:
        member = self.get_object(request, str(pk))
        if member is None or not may_do(request.user, member):
            raise PermissionDenied
        return member

    def render_change_form(self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        if obj is not None and may(request.user, self.edit_ability):
            context["acts"] = member_acts(obj, request.user)[1:-1]
        return super().render_change_form(request, context, *args, **kwargs)


def _tell(request: HttpRequest, member: Member) -> passwords.Tell:
    """After the commit: has the e-mail with the password left?"""

    def tell(sent: bool) -> None:
        if sent:
            text = _("The password has been e-mailed to %(email)s.")
            messages.success(request, text % {"email": member.email})
        else:
            text = _("The e-mail to %(email)s could not be sent. It is tried again every few minutes.")
            messages.error(request, text % {"email": member.email})

    return tell
