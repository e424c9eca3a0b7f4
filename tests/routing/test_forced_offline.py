"""Forced offline and restored (T-4): signed out, sessions back, sign-in refused; and who may not."""

import pytest

from apps.routing import members
from apps.sessions.models import State
from apps.team.models import Role, TrailEntry
from csdesk.errors import NotAllowed
from tests.factories import make_member
from tests.routing import scene
from tests.routing.scene import again, agent_at_desk, customer_asks, endings

pytestmark = pytest.mark.usefixtures("time")


def test_forcing_offline_signs_out_returns_the_sessions_and_is_in_the_trail(told):
    admin, agent = make_member(Role.ADMINISTRATOR), agent_at_desk()
    session = customer_asks()
    assert members.force_offline(agent, admin, address="10.0.0.7") == 1
    agent.refresh_from_db()
    assert (agent.is_active, agent.sign_in_id) == (False, None)
    assert told.member(agent, "kicked") == [{"op": "kicked", "reason": "forced_offline", "except": ""}]
    assert (scene.status(agent), again(session).state) == ("offline", State.QUEUED)
    assert endings(session)[0] == "agent_lost"
    entry = TrailEntry.objects.get(action="member.forced_offline", object_id=str(agent.pk))
    assert (entry.member_id, entry.detail.address) == (admin.pk, "10.0.0.7")
    scene.check_invariants()


def test_forcing_twice_is_one_entry_and_restoring_lets_in_again():
    admin, agent = make_member(Role.ADMINISTRATOR), make_member()
    members.force_offline(agent, admin)
    since = agent.forced_offline_at
    members.force_offline(agent, admin)
    agent.refresh_from_db()
    assert agent.forced_offline_at == since
    assert TrailEntry.objects.filter(action="member.forced_offline", object_id=str(agent.pk)).count() == 1
    assert members.restore(agent, admin) is True
    assert members.restore(agent, admin) is False
    agent.refresh_from_db()
    assert agent.is_active
    assert TrailEntry.objects.filter(action="member.restored", object_id=str(agent.pk)).count() == 1


@pytest.mark.parametrize(
    ("actor_role", "target_role"),
    [
        (Role.AGENT, Role.AGENT),
        (Role.SUPERVISOR, Role.AGENT),
        (Role.ADMINISTRATOR, Role.SUPER),
        (Role.SUPERVISOR, Role.ADMINISTRATOR),
    ],
)
def test_who_may_not_force_whom(actor_role, target_role):
    actor, target = make_member(actor_role), make_member(target_role)
    for act in (members.force_offline, members.restore):
        with pytest.raises(NotAllowed):
            act(target, actor)
    target.refresh_from_db()
    assert target.is_active


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.SUPER])
def test_nobody_forces_themselves_offline(role):
    actor = make_member(role)
    with pytest.raises(NotAllowed):
        members.force_offline(actor, actor)


def test_an_administrator_who_was_forced_offline_meanwhile_forces_nobody():
    first, second = make_member(Role.ADMINISTRATOR), make_member(Role.ADMINISTRATOR)
    members.force_offline(second, first)
    with pytest.raises(NotAllowed):
        members.force_offline(first, second)
