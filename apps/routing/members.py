"""What happens to sessions when a member or a group goes (T-3, T-4, T-5)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from apps.routing import assignment, availability, leaving, transfer
from apps.routing.models import Status
from apps.sessions.models import ChatSession, State
from apps.team import forced_offline
from apps.team.models import Member, SkillGroup
from csdesk import clock
from csdesk.errors import WrongState


def release(member: Member, *, cause: str = "forced") -> int:
    """Take a member offline and return their open sessions to the queue head; how many.

    Call it after `deleted_at`, `forced_offline_at` or `serves=False` has been saved: it commits the
    availability first, then moves each session in a transaction of its own.
    """
    with transaction.atomic():
        availability.change(availability.lock(member.pk), Status.OFFLINE, cause=cause)
    returned = leaving.return_sessions(member.pk)
    assignment.soon()
    return returned


def force_offline(member: Member, actor: Member, *, address: str = "") -> int:
    """Sign a member out everywhere, refuse their sign-in, return their sessions (T-4); how many returned.

    Calling it again changes nothing more. Raises NotAllowed: oneself, the super administrator, or one
    whom `actor` may not change. The members' workbenches are told why.
    """
    forced_offline.force(member, actor, address=address)
    return release(member)


def restore(member: Member, actor: Member, *, address: str = "") -> bool:
    """Let a member who was forced offline sign in again (T-4); whether they were. Raises NotAllowed."""
    return forced_offline.lift(member, actor, address=address)


@dataclass(frozen=True)
class OpenSessions:
    """The sessions of a group that are not over: waiting (offered ones too) and served."""

    waiting: int
    serving: int


def open_sessions_of(group: SkillGroup) -> OpenSessions:
    """How many sessions wait in the group and how many are served in it."""
    serving = Count("pk", filter=Q(state=State.SERVING))
    counted = _open_in(group).aggregate(waiting=Count("pk") - serving, serving=serving)
    return OpenSessions(**counted)


def move_waiting(group: SkillGroup, target: SkillGroup, member: Member) -> int:
    """Let all that wait in the group wait in another one, their places kept (T-5, R-12); how many moved.

    Each in a transaction of its own. WrongState when nobody of the target is signed in.
    """
    moved = 0
    for session_id in _open_in(group).exclude(state=State.SERVING).values_list("pk", flat=True):
        transfer.transfer(member, session_id, group_id=target.pk)
        moved += 1
    return moved


@transaction.atomic
def delete_group(group: SkillGroup) -> None:
    """Take a group out of the team (T-5): its records keep the name, its supervisors keep the records.

    Refused with WrongState (`waiting`, `serving` in `extra`) while sessions wait or are served in it.
    """
    SkillGroup.objects.select_for_update().get(pk=group.pk)
    there = open_sessions_of(group)
    if there.waiting or there.serving:
        words = _("%(waiting)s customers wait in this group and %(serving)s are served in it.")
        numbers = {"waiting": there.waiting, "serving": there.serving}
        raise WrongState(words % numbers, **numbers)
    group.deleted_at = clock.now()
    group.save(update_fields=["deleted_at"])
    group.memberships.filter(supervises=False).delete()


def _open_in(group: SkillGroup) -> QuerySet[ChatSession]:
    states = [State.QUEUED, State.OFFERED, State.SERVING]
    return ChatSession.objects.filter(group=group, state__in=states).order_by("queued_at", "pk")
