"""What members may read and do beyond their role (T-9): given to one of them, or to a group of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from django.db.models import Q

from apps.team.grant_models import Grant
from apps.team.models import Member, SkillGroup


@dataclass(frozen=True)
class Rights:
    """All that a member's own grant and those of their groups add up to; `channels` … hold ids."""

    channels: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()
    tags: frozenset[int] = frozenset()
    categories: frozenset[int] = frozenset()
    may_export: bool = False
    may_see_unmasked: bool = False
    may_delete: bool = False


LISTS = ("channels", "groups", "tags", "categories")
_NAMES = tuple(field.name for field in fields(Rights))


def rights_of(member: Member) -> Rights:
    """What is granted to a member now; a group that has been deleted gives nothing."""
    own_groups = SkillGroup.objects.present().filter(memberships__member=member).values("pk")
    found = Grant.objects.filter(Q(member=member) | Q(group__in=own_groups))
    return _together(found.values(*_NAMES))


def who_sees_unmasked(member_ids: Iterable[int]) -> set[int]:
    """Those of the members whom a grant of theirs or of their groups shows contacts in full: one query."""
    ids = list(member_ids)
    own = Q(member__in=ids)
    of_groups = Q(group__deleted_at__isnull=True, group__memberships__member__in=ids)
    granted = Grant.objects.filter(own | of_groups, may_see_unmasked=True)
    pairs = granted.values_list("member_id", "group__memberships__member_id")
    return {member for pair in pairs for member in pair if member is not None}


def _together(rows: Iterable[dict]) -> Rights:
    rights = Rights()
    for row in rows:
        lists = {name: getattr(rights, name) | set(row[name]) for name in LISTS}
        flags = {name: getattr(rights, name) or row[name] for name in _NAMES if name not in LISTS}
        rights = Rights(**lists, **flags)
    return rights
