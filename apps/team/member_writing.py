"""Many members written in few statements, each with its entry in the trail (M-4, T-11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.team import due_passwords, trail
from apps.team.member_plans import FIELDS, Places, Plan, Planner
from apps.team.models import Member, Membership, SkillGroup
from csdesk import realtime
from csdesk.errors import WrongState

BATCH = 2000


def write(
    plans: Planner,
    actor: Member,
    address: str,
    tell: Callable[[float], None],
    release: Callable[[Member], object],
) -> None:
    """Write what was planned; the caller holds the names and the transaction. Raises WrongState."""
    _hold(plans, actor)
    plans.give_staff_numbers()
    for plan in plans.new:
        plan.member.password = make_password(None)
        plan.member.must_change_password = True
        # That of the file's job: who uploaded it worked in it.
        plan.member.language = get_language() or ""
    people = [plan.member for plan in plans.new]
    for start in range(0, len(people), BATCH):
        Member.objects.bulk_create(people[start : start + BATCH])
        tell(0.3 * start / len(people))
    Member.objects.bulk_update([plan.member for plan in plans.changed if plan.names], FIELDS, batch_size=500)
    tell(0.4)
    _write_places([*plans.new, *plans.changed])
    tell(0.5)
    due_passwords.ask_for(member.pk for member in people)
    tell(0.6)
    groups = dict(SkillGroup.objects.values_list("pk", "name"))
    for plan in plans.changed:
        if plan.places is not None:
            realtime.control(realtime.member(plan.member.pk), {"op": "groups"})
        if "serves" in plan.names and not plan.member.serves:
            transaction.on_commit(lambda member=plan.member: release(member), robust=True)
    # As the last thing: nobody else appends until the commit.
    trail.append_many(_entries(plans, groups), member=actor, address=address, object_type="member")


def _hold(plans: Planner, actor: Member) -> None:
    """Hold who is changed and who changes them; WrongState when somebody has changed them meanwhile."""
    wanted = {plan.member.pk: plan for plan in plans.changed}
    rows = Member.objects.filter(pk__in=[*wanted, actor.pk]).order_by("pk").select_for_update(no_key=True)
    for row in rows:
        plan = wanted.get(row.pk)
        has_changed = plan and any(getattr(row, name) != value for name, value in plan.before.items())
        if row.deleted_at or has_changed or (row.pk == actor.pk and row.role != actor.role):
            raise WrongState(_("A member was changed meanwhile. Upload the file again."))


def _write_places(plans: list[Plan]) -> None:
    """Only what differs: a place that stays keeps when its member was last given a session (R-5)."""
    moved = {plan.member.pk: dict(plan.places) for plan in plans if plan.places is not None}
    there = [plan.member.pk for plan in plans if plan.places is not None and plan.places_before]
    gone, changed = [], []
    for row in Membership.objects.filter(member__in=there, group__deleted_at__isnull=True):
        wanted = moved[row.member_id].pop(row.group_id, None)
        if wanted is None:
            gone.append(row.pk)
        elif wanted != (row.priority, row.supervises):
            row.priority, row.supervises = wanted
            changed.append(row)
    Membership.objects.filter(pk__in=gone).delete()
    Membership.objects.bulk_update(changed, ["priority", "supervises"], batch_size=BATCH)
    rows = [
        Membership(member_id=member, group_id=group, priority=priority, supervises=supervises)
        for member, places in moved.items()
        for group, (priority, supervises) in places.items()
    ]
    Membership.objects.bulk_create(rows, batch_size=BATCH)


def _entries(plans: Planner, groups: dict[int, str]) -> Iterator[tuple[str, object, dict[str, Any]]]:
    for plan in plans.new:
        after = {name: getattr(plan.member, name) for name in ("email", *FIELDS)}
        values = {"after": {**after, "groups": _named(plan.places or {}, groups)}, "by": "import"}
        yield "member.added", plan.member.pk, values
    for plan in plans.changed:
        before = {name: plan.before[name] for name in plan.names}
        after = {name: getattr(plan.member, name) for name in plan.names}
        if plan.places is not None:
            before["groups"] = _named(plan.places_before, groups)
            after["groups"] = _named(plan.places, groups)
        yield "member.changed", plan.member.pk, {"before": before, "after": after, "by": "import"}


def _named(places: Places, groups: dict[int, str]) -> list[dict[str, Any]]:
    """As `members.snapshot` has them."""
    found = [
        {"group": groups[group], "priority": priority, "supervises": supervises}
        for group, (priority, supervises) in places.items()
    ]
    return sorted(found, key=lambda place: str(place["group"]))
