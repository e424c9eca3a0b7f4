"""Taking a member out of service until they are restored (T-4): the team's part of it.

Their sessions are the business of `routing.members.force_offline`, which is what others call.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from apps.team import sign_in, sign_in_links, trail
from apps.team.abilities import may_force_offline
from apps.team.models import Member
from csdesk import clock
from csdesk.errors import NotAllowed


@transaction.atomic
def force(member: Member, actor: Member, *, address: str = "") -> bool:
    """Sign the member out everywhere and refuse their sign-in; whether they were not forced already.

    Raises NotAllowed: oneself, the super administrator, or one who may not be changed by `actor`.
    """
    target = _locked(member, actor)
    is_new = target.forced_offline_at is None
    if is_new:
        target.forced_offline_at = clock.now()
        target.save(update_fields=["forced_offline_at"])
        sign_in.end_all(target, sign_in.FORCED_OFFLINE)
        sign_in_links.end_all(target)
        _log("member.forced_offline", target, actor, address)
    member.forced_offline_at, member.sign_in_id = target.forced_offline_at, None
    return is_new


@transaction.atomic
def lift(member: Member, actor: Member, *, address: str = "") -> bool:
    """Let the member sign in again; whether they could not. Raises NotAllowed as `force` does."""
    target = _locked(member, actor)
    was_forced = target.forced_offline_at is not None
    if was_forced:
        target.forced_offline_at = None
        target.save(update_fields=["forced_offline_at"])
        _log("member.restored", target, actor, address)
    member.forced_offline_at = None
    return was_forced


def _locked(member: Member, actor: Member) -> Member:
    # What the caller has read may be old: who it is now decides.
    target = Member.objects.select_for_update().get(pk=member.pk)
    if not may_force_offline(actor, target):
        raise NotAllowed(_("You can't take this member offline or restore them."))
    return target


def _log(action: str, member: Member, actor: Member, address: str) -> None:
    trail.append(
        action,
        member=actor,
        address=address,
        object_type="member",
        object_id=member.pk,
        values={"nickname": member.nickname},
    )
