"""Named reads about the team."""

from django.db.models import Count, F, IntegerField, Max, Q, QuerySet
from django.db.models.functions import Cast

from apps.team.abilities import Ability, may
from apps.team.models import Member, SkillGroup


def by_identifier(identifier: str) -> Member | None:
    """The member, not deleted, whose account or e-mail this is, in any case of letters (T-2)."""
    wanted = identifier.strip()
    if not wanted or len(wanted) > 254 or "\x00" in wanted:
        return None
    found = Member.objects.present().filter(Q(account__iexact=wanted) | Q(email__iexact=wanted))
    # An account that is somebody else's e-mail can't be made (members.check_names), so one at most.
    return found.order_by("pk").first()


def groups_of(member: Member) -> QuerySet[SkillGroup]:
    """The groups a member serves in or supervises."""
    return SkillGroup.objects.present().filter(memberships__member=member)


def groups_of_records(member: Member) -> QuerySet[SkillGroup]:
    """The groups whose records a member may look for: theirs, or all; deleted ones too, last."""
    groups = SkillGroup.objects.all()
    if not may(member, Ability.SEE_ALL_RECORDS):
        groups = groups.filter(memberships__member=member).distinct()
    return groups.order_by(F("deleted_at").asc(nulls_first=True), "name")


def held_group(group_id: int) -> SkillGroup | None:
    """The group, if it has not been deleted; it will not be before this transaction ends (T-5)."""
    statement = "SELECT * FROM team_skillgroup WHERE id = %s AND deleted_at IS NULL FOR KEY SHARE"
    return next(iter(SkillGroup.objects.raw(statement, [group_id])), None)


def supervised_groups(member: Member) -> QuerySet[SkillGroup]:
    """The groups a member supervises; for administrators all of them."""
    if may(member, Ability.SEE_ALL_RECORDS):
        return SkillGroup.objects.present()
    if not may(member, Ability.SEE_GROUP_RECORDS):
        return SkillGroup.objects.none()
    return SkillGroup.objects.present().filter(memberships__member=member, memberships__supervises=True)


def visible_members(member: Member) -> QuerySet[Member]:
    """Members this one may see in the console: all, or those of the groups they supervise (T-1)."""
    if may(member, Ability.MANAGE_MEMBERS):
        return Member.objects.present()
    if not may(member, Ability.VIEW_MEMBERS):
        return Member.objects.none()
    supervised = supervised_groups(member).values("pk")
    return Member.objects.present().filter(memberships__group__in=supervised).distinct()


def visible_groups(member: Member) -> QuerySet[SkillGroup]:
    """Groups this member may see in the console."""
    if may(member, Ability.MANAGE_GROUPS):
        return SkillGroup.objects.present()
    return supervised_groups(member)


def groups_with_counts() -> QuerySet[SkillGroup]:
    """All groups, not deleted, with `member_count`, the members that have not been deleted."""
    present = Count("memberships", filter=Q(memberships__member__deleted_at__isnull=True))
    return SkillGroup.objects.present().annotate(member_count=present)


def next_staff_no() -> str:
    """A free staff number: five digits, one above the highest ever given (deleted members too)."""
    numbers = Member.objects.filter(staff_no__regex=r"^\d{1,9}$")
    highest = numbers.aggregate(highest=Max(Cast("staff_no", IntegerField())))["highest"] or 0
    return f"{highest + 1:05d}"
