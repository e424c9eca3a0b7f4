"""Who takes part in a drill: made in the database, every name new, so that drills and tests do not meet."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from apps.sessions.models import Channel
from apps.team.models import Member, Membership, Reception, Role, SkillGroup

PASSWORD = "correct horse battery"  # noqa: S105 - of accounts that live as long as the drill
PREFIX = "drill-"
# Sessions an agent may have at once.
PLACES = 5
# Longer than any act.
ACCEPT_SECONDS = 600


@dataclass(frozen=True)
class Scene:
    """A channel, the agents of a group, and two members at rest who keep what is only looked at."""

    channel: Channel
    group: SkillGroup
    agents: tuple[Member, ...]
    # In manual reception: what they get is offered and waits for their word.
    offered: SkillGroup
    # Serves without ever answering.
    keeper: Member
    # Is offered and never accepts.
    dreamer: Member
    # Where sessions are that nobody speaks in, apart from the crowd's.
    aside: Channel
    # Ends what is left of them.
    admin: Member

    @property
    def members(self) -> tuple[Member, ...]:
        return (*self.agents, self.keeper, self.dreamer)


def make(agents: int) -> Scene:
    name = f"{PREFIX}{uuid.uuid4().hex[:6]}"
    group = SkillGroup.objects.create(name=name)
    offered = SkillGroup.objects.create(
        name=f"{name}-offered", reception=Reception.MANUAL, accept_seconds=ACCEPT_SECONDS
    )
    return Scene(
        channel=Channel.objects.create(key=name, name="Drill"),
        group=group,
        agents=tuple(_member(f"{name}-{n}", group) for n in range(agents)),
        offered=offered,
        keeper=_member(f"{name}-keeper", offered, places=100),
        dreamer=_member(f"{name}-dreamer", offered, places=100),
        aside=Channel.objects.create(key=f"{name}-aside", name="Drill"),
        admin=_member(f"{name}-admin", None, role=Role.ADMINISTRATOR),
    )


def _member(name: str, group: SkillGroup | None, *, places: int = PLACES, role: str = Role.AGENT) -> Member:
    address = f"{name}@example.com"
    member = Member(
        account=address,
        email=address,
        nickname=name,
        staff_no=name[len(PREFIX) :],
        role=role,
        session_limit=places,
    )
    member.set_password(PASSWORD)
    member.save()
    if group:
        Membership.objects.create(member=member, group=group)
    return member
