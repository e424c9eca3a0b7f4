"""What the rows of a file would do to the team, before anything is written (M-4, T-1, T-2)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.team.abilities import assignable_roles, may_edit
from apps.team.member_columns import GroupNames, Line, folded
from apps.team.models import Member, Membership, Role, SkillGroup
from apps.team.queries import next_staff_no
from apps.team.setting_fields import bare_name, name_key
from csdesk.file_jobs.models import Existing

# What a file may change of a member, beside groups.
FIELDS = ("nickname", "account", "role", "phone", "staff_no", "serves", "session_limit")
# Who serves unless one says otherwise (T-1).
_SERVING = (Role.AGENT, Role.SUPERVISOR)
# What can't be judged while another cell can't be read.
_RESTING = {"role": "supervises", "groups": "supervises"}

# Priority and whether they supervise, by group.
Places = dict[int, tuple[int, bool]]
Problem = tuple[str, str]


@dataclass
class Plan:
    """One member as they will be; `places` None: their groups stay."""

    member: Member
    names: list[str]
    places: Places | None
    before: dict[str, Any]
    places_before: Places


class Planner:
    """Takes row after row; says what is wrong with each, else what becomes of it."""

    def __init__(self, actor: Member, fields: Collection[str], existing: Existing) -> None:
        self.actor, self.fields, self.existing = actor, set(fields), existing
        self.new: list[Plan] = []
        self.changed: list[Plan] = []
        self.unchanged = 0
        self.groups = GroupNames({folded(group.name): group.pk for group in SkillGroup.objects.present()})
        self.roles = {None: assignable_roles(actor)}
        self._there = {member.email.lower(): member for member in Member.objects.present()}
        supers = (member for member in self._there.values() if member.role == Role.SUPER)
        self._super_names = {bare_name(member.nickname): member.pk for member in supers}
        self._places = _places()
        # Whose each name is: of a member (their number) or of a row of the file (below zero).
        self._names: dict[str, int] = {}
        for member in self._there.values():
            self._names |= {name_key(member.email): member.pk, name_key(member.account): member.pk}
        self._staff_nos = dict(Member.objects.values_list("staff_no", "pk"))
        self._emails: dict[str, int] = {}

    def add(self, number: int, line: Line, unread: Collection[str] = ()) -> Iterator[Problem]:
        """What is wrong with this row beside cells that can't be read; when nothing is, it is planned."""
        if "email" in unread:
            # Nobody can say whose row it is.
            return
        problems = list(self._problems_of_email(number, line))
        member = self._there.get(line.email.lower())
        if not problems and member is not None:
            if self.existing == Existing.REFUSE:
                problems.append(("email", _("This member is there already.")))
            elif self.existing == Existing.KEEP:
                self.unchanged += 1
                return
        left_out = {*unread, *(_RESTING[name] for name in unread if name in _RESTING)}
        if problems and not line.account:
            # The account would be the e-mail, of which that is told already.
            left_out.add("account")
        yield from problems
        is_wrong = bool(problems or unread)
        yield from (
            (name, detail)
            for name, detail in self._planned(number, line, member, is_wrong=is_wrong)
            if name not in left_out
        )

    def _problems_of_email(self, number: int, line: Line) -> Iterator[Problem]:
        email = line.email.lower()
        if email in self._emails:
            yield "email", _("Row %(number)s has this e-mail already.") % {"number": self._emails[email]}
            return
        self._emails[email] = number
        owner = self._names.get(name_key(line.email))
        if owner is not None and email not in self._there:
            yield "email", self._taken(owner)

    def _planned(
        self, number: int, line: Line, member: Member | None, *, is_wrong: bool
    ) -> Iterator[Problem]:
        """What is wrong beside; the row is planned when nothing is, and `is_wrong` says of nothing else."""
        values = self._wanted_values(line, member)
        places, problems = self._wanted_places(line, member, values["role"])
        owner = member.pk if member else -number
        problems += list(self._problems_of_role(values, member))
        problems += list(self._problems_of_names(values, owner))
        if problems or is_wrong:
            yield from problems
            return
        before = self._places.get(member.pk, {}) if member else {}
        plan = Plan(
            member or Member(email=line.email),
            [name for name in values if member is None or values[name] != getattr(member, name)],
            places if places != before else None,
            {name: getattr(member, name) for name in values} if member else {},
            before,
        )
        if (
            member is not None
            and (plan.names or plan.places is not None)
            and not may_edit(self.actor, member)
        ):
            yield "", _("Nobody but the super administrator themselves changes this account.")
            return
        for name in plan.names:
            setattr(plan.member, name, values[name])
        self._reserve(plan.member, owner)
        if member is None:
            self.new.append(plan)
        elif plan.names or plan.places is not None:
            self.changed.append(plan)
        else:
            self.unchanged += 1

    def _wanted_values(self, line: Line, member: Member | None) -> dict[str, Any]:
        """The fields as they will be: an empty cell means the usual for who is new, else that it stays."""
        role = line.role or (member.role if member else Role.AGENT.value)
        values: dict[str, Any] = {
            "nickname": line.nickname,
            "account": line.account or (member.account if member else line.email),
            "role": role,
            "staff_no": line.staff_no or (member.staff_no if member else ""),
            "serves": line.serves
            if line.serves is not None
            else (member.serves if member else role in _SERVING),
        }
        # These can be emptied by a file that has a column for them.
        for name in ("phone", "session_limit"):
            if member is None or name in self.fields:
                values[name] = getattr(line, name)
        return values

    def _wanted_places(self, line: Line, member: Member | None, role: str) -> tuple[Places, list[Problem]]:
        before = self._places.get(member.pk, {}) if member else {}
        problems: list[Problem] = []
        priorities = {group: priority for group, (priority, _supervises) in before.items()}
        supervised = {group for group, (_priority, supervises) in before.items() if supervises}
        if "groups" in self.fields:
            try:
                priorities = self.groups.priorities(line.groups)
            except ValueError as error:
                problems.append(("groups", str(error)))
        if "supervises" in self.fields:
            try:
                supervised = self.groups.ids(line.supervises)
            except ValueError as error:
                problems.append(("supervises", str(error)))
            strange = supervised - set(priorities)
            if strange and not problems:
                problems.append(("supervises", _("They must be in a group to supervise it.")))
            already = {group for group, (_priority, supervises) in before.items() if supervises}
            if supervised - already and role == Role.AGENT:
                problems.append(("supervises", _("An agent supervises no group: give them another role.")))
        places = {group: (priority, group in supervised) for group, priority in priorities.items()}
        return places, problems

    def _problems_of_role(self, values: dict[str, Any], member: Member | None) -> Iterator[Problem]:
        role = values["role"]
        if member is not None and role == member.role:
            return
        if member is not None and member.pk == self.actor.pk:
            yield "role", _("One's own role is for somebody else to change.")
        elif role not in assignable_roles(self.actor, member):
            yield "role", _("You can't give this role.")

    def _problems_of_names(self, values: dict[str, Any], owner: int) -> Iterator[Problem]:
        bare = bare_name(values["nickname"])
        if bare and self._super_names.get(bare, owner) != owner:
            yield "nickname", _("This is the super administrator's name.")
        account = name_key(values["account"])
        if self._names.get(account, owner) != owner:
            yield "account", self._taken(self._names[account])
        staff_no = values["staff_no"]
        if staff_no and self._staff_nos.get(staff_no, owner) != owner:
            yield "staff_no", _("Another member has, or had, this staff number.")

    def _reserve(self, member: Member, owner: int) -> None:
        self._names |= {name_key(member.email): owner, name_key(member.account): owner}
        if member.staff_no:
            self._staff_nos[member.staff_no] = owner

    def _taken(self, owner: int) -> str:
        if owner < 0:
            return _("Row %(number)s has this e-mail or account already.") % {"number": -owner}
        return _("Another member has this as their e-mail or account already.")

    def give_staff_numbers(self) -> None:
        """To those who are new and have none, in the order of the file."""
        following = int(next_staff_no())
        taken = {int(number) for number in self._staff_nos if number.isdecimal()}
        for plan in self.new:
            if plan.member.staff_no:
                continue
            while following in taken:
                following += 1
            plan.member.staff_no = f"{following:05d}"
            following += 1


def _places() -> dict[int, Places]:
    found: dict[int, Places] = {}
    rows = Membership.objects.filter(group__deleted_at__isnull=True)
    for member, group, priority, supervises in rows.values_list(
        "member_id", "group_id", "priority", "supervises"
    ):
        found.setdefault(member, {})[group] = (priority, supervises)
    return found
