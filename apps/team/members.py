"""Adding, changing and deleting members (T-1, T-2, T-3). Their sessions are `routing.members`' business.

Who changes members, and who is changed, are read again with their rows held. Nobody deletes or demotes
themselves, so of two administrators who do it to each other at the same moment one is left.
"""

from typing import Any

from django.db import connection, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.team import passwords, sign_in, trail
from apps.team.abilities import assignable_roles, may_delete, may_edit
from apps.team.models import Member, Role
from apps.team.queries import next_staff_no
from apps.team.setting_fields import bare_name, is_system_word, name_key
from csdesk import clock
from csdesk.errors import Invalid, NotAllowed

# One at a time gives names and staff numbers: each is checked against all others.
_NAMES_LOCK = (0x7EA1, 2)
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

    The account is the e-mail unless given, the language that of now: who adds them works in it. Raises
    NotAllowed for a role that `actor` can't give and Invalid with `field` for a name that is taken.
    """
    with transaction.atomic():
        if member.role not in assignable_roles(_held(actor)[0]):
            raise NotAllowed(_("You can't give this role."))
        member.email = member.email.strip()
        member.account = member.account.strip() or member.email
        member.language = member.language or get_language() or ""
        hold_names()
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


def change(member: Member, values: dict[str, Any], actor: Member, *, address: str = "") -> Member:
    """Change some of a member's fields (`SHOWN` without the e-mail); the member as they are then.

    Raises NotAllowed for who may not be changed or a role that `actor` can't give, Invalid with `field`
    for a name that is taken.
    """
    with transaction.atomic():
        actor, held = _held(actor, member)
        if not may_edit(actor, held):
            raise NotAllowed(_("You can't change this member."))
        before = snapshot(held)
        names = [name for name in SHOWN if name in values and values[name] != getattr(held, name)]
        if "email" in names:
            raise Invalid(_("The e-mail can't be changed."), field="email")
        if "role" in names:
            _check_role(held, str(values["role"]), actor)
        for name in names:
            setattr(held, name, values[name])
        if names:
            hold_names()
            check_names(held)
            held.save(update_fields=names)
            after = snapshot(held)
            trail.append(
                "member.changed",
                member=actor,
                address=address,
                object_type="member",
                object_id=held.pk,
                values={"before": {n: before[n] for n in names}, "after": {n: after[n] for n in names}},
            )
    return held


def delete(member: Member, actor: Member, *, address: str = "") -> None:
    """Take a member out of the team: signed out everywhere, no groups; the records keep their name.

    The caller has `routing.members.release()` return their open sessions afterwards. Raises NotAllowed: for
    the super administrator and oneself always, so that there is always somebody who manages members.
    """
    with transaction.atomic():
        actor, held = _held(actor, member)
        if not may_delete(actor, held):
            raise NotAllowed(_("You can't delete this member."))
        before = snapshot(held)
        held.deleted_at = clock.now()
        held.serves = False
        held.save(update_fields=["deleted_at", "serves"])
        held.memberships.all().delete()
        sign_in.end_all(held, sign_in.DELETED)
        trail.append(
            "member.deleted",
            member=actor,
            address=address,
            object_type="member",
            object_id=member.pk,
            values={"before": before},
        )
    member.deleted_at, member.serves, member.sign_in_id = held.deleted_at, False, None


def hold_names() -> None:
    """Nobody else gives a name or a staff number until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _NAMES_LOCK)


def _held(actor: Member, *others: Member) -> tuple[Member, ...]:
    """`actor` and `others` as they are now, held until the transaction ends."""
    people = [actor, *others]
    rows = Member.objects.filter(pk__in=[person.pk for person in people])
    rows = rows.order_by("pk").select_for_update(no_key=True)
    found = {row.pk: row for row in rows}
    if any(person.pk not in found for person in people):
        raise NotAllowed(_("This member is gone."))
    return tuple(found[person.pk] for person in people)


def _check_role(member: Member, role: str, actor: Member) -> None:
    """Whether `actor` may give `member` this role: one's own is for somebody else to change (T-1)."""
    if member.pk == actor.pk or role not in assignable_roles(actor, member):
        raise NotAllowed(_("You can't give this role."))


def check_names(member: Member) -> None:
    """Raises Invalid with `field` for the first of `wrong_names`."""
    for field, detail in wrong_names(member).items():
        raise Invalid(detail, field=field)


def wrong_names(member: Member) -> dict[str, str]:
    """What is wrong with a member's names, by field; one that is empty is not looked at.

    Account and e-mail name one member only, in any case and width: also not another's other name (T-2).
    Nobody is called as the system or the super administrator is (X-4).
    """
    wrong = {}
    others = Member.objects.present().exclude(pk=member.pk)
    supers = others.filter(role=Role.SUPER).values_list("nickname", flat=True)
    if is_system_word(member.nickname):
        wrong["nickname"] = _("This name is the system's own.")
    elif bare_name(member.nickname) in {bare_name(nickname) for nickname in supers} - {""}:
        wrong["nickname"] = _("This is the super administrator's name.")
    taken = {name_key(name) for pair in others.values_list("account", "email") for name in pair}
    for field in ("email", "account"):
        name = getattr(member, field)
        # An account that is the e-mail is told once.
        if name_key(name) in taken and not (wrong.get("email") and name_key(name) == name_key(member.email)):
            wrong[field] = _("Another member has this as their e-mail or account already.")
    numbers = Member.objects.filter(staff_no=member.staff_no).exclude(staff_no="").exclude(pk=member.pk)
    if numbers.exists():
        wrong["staff_no"] = _("Another member has, or had, this staff number.")
    return wrong


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
