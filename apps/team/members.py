"""Adding and deleting members (T-2, T-3). Their sessions are `routing.members`' business."""

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.team import passwords, sign_in, trail
from apps.team.abilities import assignable_roles, may_delete
from apps.team.models import Member
from apps.team.queries import next_staff_no
from apps.team.setting_fields import bare_name, is_system_word
from csdesk import clock
from csdesk.errors import Invalid, NotAllowed

# What the trail shows of a member; never the password.
SHOWN = (
    "nickname",
    "account",
    "email",
    "role",
    "phone",
    "staff_no",
    "serves",
    "session_limit",
)


def add(member: Member, actor: Member, *, address: str = "", tell: passwords.Tell | None = None) -> None:
    """Save a new member and e-mail a random password, to be changed at the first sign-in.

    The account is the e-mail unless given. Raises NotAllowed for a role that `actor` can't give
    and Invalid with `field` for a name that is taken.
    """
    if member.role not in assignable_roles(actor):
        raise NotAllowed(_("You can't give this role."))
    with transaction.atomic():
        member.email = member.email.strip()
        member.account = member.account.strip() or member.email
        member.staff_no = member.staff_no.strip() or next_staff_no()
        check_names(member)
        passwords.give_new(member, tell)
        trail.append(
            "member.added",
            member=actor,
            address=address,
            object_type="member",
            object_id=member.pk,
            values={"after": snapshot(member)},
        )


def delete(member: Member, actor: Member, *, address: str = "") -> None:
    """Take a member out of the team: signed out everywhere, no groups; the records keep their name.

    The caller has `routing.members.release()` return their open sessions afterwards.
    """
    if not may_delete(actor, member):
        raise NotAllowed(_("You can't delete this member."))
    with transaction.atomic():
        before = snapshot(member)
        member.deleted_at = clock.now()
        member.serves = False
        member.save(update_fields=["deleted_at", "serves"])
        member.memberships.all().delete()
        sign_in.end_all(member, sign_in.DELETED)
        trail.append(
            "member.deleted",
            member=actor,
            address=address,
            object_type="member",
            object_id=member.pk,
            values={"before": before},
        )


def check_names(member: Member) -> None:
    """Account and e-mail each name one member only, in any case: also not another's other name (T-2).

    Nobody is called as the system is (X-4). Raises Invalid with `field`.
    """
    if is_system_word(member.nickname):
        raise Invalid(_("This name is the system's own."), field="nickname")
    others = Member.objects.present().exclude(pk=member.pk)
    for field in ("email", "account"):
        name = getattr(member, field)
        if others.filter(Q(account__iexact=name) | Q(email__iexact=name)).exists():
            raise Invalid(_("Another member has this name already."), field=field)
    if Member.objects.filter(staff_no=member.staff_no).exclude(pk=member.pk).exists():
        raise Invalid(_("Another member has, or had, this staff number."), field="staff_no")


def is_reserved_name(name: str, *others: str) -> bool:
    """Whether a customer of this name would pass for a member, the system or one of `others` (X-4)."""
    bare = bare_name(name)
    if is_system_word(name) or bare in {bare_name(other) for other in others} - {""}:
        return True
    nicknames = Member.objects.present().values_list("nickname", flat=True)
    return bool(bare) and any(bare == bare_name(nickname) for nickname in nicknames)


def snapshot(member: Member) -> dict:
    """A member's state for the trail, groups included."""
    there = member.memberships.filter(group__deleted_at__isnull=True)
    groups = there.select_related("group").order_by("group__name") if member.pk else []
    return {
        **{name: getattr(member, name) for name in SHOWN},
        "groups": [
            {"group": row.group.name, "priority": row.priority, "supervises": row.supervises}
            for row in groups
        ],
    }
