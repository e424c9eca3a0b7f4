"""What can be done with a member, and what is asked before (T-3, T-4)."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.team.abilities import may_delete, may_edit, may_force_offline, may_reset_password
from apps.team.admin.asking import Question
from apps.team.admin.row_acts import RowAct
from apps.team.models import Member, Role

NAME = "admin:team_member"


def member_acts(member: Member, actor: Member) -> list[RowAct]:
    """Edit, reset the password, force offline or restore, delete: in this order, with why not."""

    def to(name: str) -> str:
        return reverse(f"{NAME}_{name}", args=[member.pk])

    if member.forced_offline_at:
        presence = RowAct(_("Restore"), to("restore"), _why_not(member, actor, may_force_offline))
    else:
        presence = RowAct(_("Force offline"), to("offline"), _why_not(member, actor, may_force_offline))
    return [
        RowAct(_("Edit"), to("change"), _why_not(member, actor, may_edit)),
        RowAct(_("Reset password"), to("password"), _why_not(member, actor, may_reset_password)),
        presence,
        RowAct(_("Delete"), to("delete"), _why_not(member, actor, may_delete), is_danger=True),
    ]


def _why_not(member: Member, actor: Member, may_do: object) -> str:
    """The reason as the table of abilities has it; "" when it may be done."""
    if may_do(actor, member):  # type: ignore[operator]
        return ""
    if member.pk == actor.pk:
        own = {
            may_reset_password: _("This is you: change your password in the menu at the top right."),
            may_force_offline: _("You can't force yourself offline."),
            may_delete: _("You can't delete yourself."),
        }
        return own.get(may_do, _("You can't do this with yourself."))
    if member.role == Role.SUPER:
        return _("Nobody but the super administrator themselves changes this account.")
    return _("Only administrators may do this.")


def password(member: Member) -> Question:
    words = _(
        "The old password stops working at once and %(email)s gets a new one. The member is signed out "
        "everywhere and chooses a password of their own at the next sign-in."
    )
    title = _("Reset password")
    return Question(title, member, _page(member), [words % {"email": member.email}], _("Reset and e-mail"))


def offline(member: Member) -> Question:
    words = [
        _("The member is signed out everywhere within a second, and their browser says why."),
        _("Open sessions go back to the head of the queue. They can't sign in again until you restore them."),
    ]
    title = _("Force offline")
    return Question(title, member, _list(), words, title, is_danger=True, needs_confirmation=False)


def restore(member: Member) -> Question:
    words = [_("The member may sign in again, with the password they have.")]
    return Question(_("Restore"), member, _list(), words, _("Restore"), needs_confirmation=False)


def _page(member: Member) -> str:
    return reverse(f"{NAME}_change", args=[member.pk])


def _list() -> str:
    return reverse(f"{NAME}_changelist")
