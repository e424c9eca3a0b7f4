"""What happens to sessions when a member or a group goes (T-3, T-4, T-5)."""

from __future__ import annotations

from apps.team.models import Member, SkillGroup


def release(member: Member, *, cause: str = "forced") -> int:
    """Take a member offline and return their open sessions to the queue head; how many.

    Call it after `deleted_at`, `forced_offline_at` or `serves=False` has been saved: it commits the
    availability first, then moves each session in a transaction of its own.
    """
    raise NotImplementedError


def before_group_removed(group: SkillGroup) -> None:
    """Refuse with WrongState (`waiting` in `extra`) while sessions wait in the group (T-5)."""
    raise NotImplementedError
