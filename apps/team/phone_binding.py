"""The number that signs a member in: bound by a code, given up, or passed over at the first sign-in (T-6)."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.team import phone_codes, phones, trail
from apps.team.abilities import may_reset_password
from apps.team.models import Member
from csdesk.errors import Invalid, NotAllowed


def bind(member: Member, code_id: int, typed: str, *, address: str = "") -> bool:
    """Bind the number that this code was sent to, if it is the member's code; whether it was.

    Raises Invalid when the code is over or somebody else has bound the number.
    """
    row = phone_codes.check(code_id, phone_codes.Purpose.BIND, typed)
    if row is None or row.member_id != member.pk:
        return False
    try:
        with transaction.atomic():
            _save(member, row.number)
            _log("phone.bound", member, member, address, row.number)
    except IntegrityError:
        # Told only now: whoever reads the code has the phone in their hand.
        raise Invalid(_("This number signs another member in already.")) from None
    return True


def unbind(member: Member, actor: Member, *, address: str = "") -> None:
    """Let the number sign in no more. Raises NotAllowed: one's own, or a member's one may change."""
    if member.pk != actor.pk and not may_reset_password(actor, member):
        raise NotAllowed(_("You can't change how this member signs in."))
    with transaction.atomic():
        former = Member.objects.select_for_update().get(pk=member.pk).bound_phone
        if former:
            _save(member, "")
            _log("phone.unbound", member, actor, address, former)


def propose(member: Member) -> None:
    """Ask the member for a number, until they have bound one or passed it over."""
    member.asks_for_phone = True
    member.save(update_fields=["asks_for_phone"])


def pass_over(member: Member) -> None:
    """The member does not want to bind a number now; not asked again."""
    Member.objects.filter(pk=member.pk).update(asks_for_phone=False)
    member.asks_for_phone = False


def _save(member: Member, number: str) -> None:
    member.bound_phone, member.asks_for_phone = number, False
    member.save(update_fields=["bound_phone", "asks_for_phone"])


def _log(action: str, member: Member, actor: Member, address: str, number: str) -> None:
    trail.append(
        action,
        member=actor,
        address=address,
        object_type="member",
        object_id=member.pk,
        values={"phone": phones.masked(number)},
    )
