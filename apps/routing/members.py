"""What happens to sessions when a member or a group goes (T-3, T-4, T-5)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from apps.routing import assignment, availability, leaving
from apps.routing.models import Status
from apps.sessions.models import ChatSession, State
from apps.team.models import Member, SkillGroup
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


def before_group_removed(group: SkillGroup) -> None:
    """Refuse with WrongState (`waiting` in `extra`) while sessions wait in the group (T-5)."""
    waiting = ChatSession.objects.filter(group=group, state__in=[State.QUEUED, State.OFFERED]).count()
    if waiting:
        raise WrongState(
            _("%(count)s customers wait in this group. Let them be served first.") % {"count": waiting},
            waiting=waiting,
        )
