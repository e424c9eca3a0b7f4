"""Records that a member has starred (C-5, D-8)."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef

from apps.records.models import Star
from apps.sessions.models import ServiceRecord
from apps.team.models import Member


def star(member: Member, record: ServiceRecord) -> None:
    """Mark it; marked already is fine."""
    Star.objects.get_or_create(member_id=member.pk, record_id=record.pk)


def unstar(member: Member, record: ServiceRecord) -> None:
    """Take the mark off; none there is fine."""
    Star.objects.filter(member=member, record=record).delete()


def starred_by(member: Member) -> Exists:
    """The condition that a record is starred by this member."""
    return Exists(Star.objects.filter(member=member, record_id=OuterRef("id")))


def among(member: Member, records: list[UUID]) -> set[UUID]:
    """Which of these records the member has starred."""
    found = Star.objects.filter(member=member, record_id__in=records)
    return set(found.values_list("record_id", flat=True))
