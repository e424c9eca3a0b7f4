"""A group that goes (T-5): refused while it is needed, gone from all that assigns, there for the records."""

import pytest
from django.db import transaction

from apps.routing import availability, members, queries
from apps.routing.settings import ReceptionSettings
from apps.sessions import permissions
from apps.sessions.models import ServiceRecord, State
from apps.team.models import Membership, Role
from apps.team.queries import groups_of
from csdesk.errors import NotFound, WrongState
from tests import factories as make
from tests.routing import scene
from tests.routing.scene import again, agent_at_desk, customer_asks

pytestmark = pytest.mark.usefixtures("time")


def test_a_group_cannot_go_while_customers_wait_or_are_served_in_it():
    group = make.make_group()
    agent_at_desk(group, session_limit=1)
    served, waiting = customer_asks(group), customer_asks(group)
    assert (served.state, waiting.state) == (State.SERVING, State.QUEUED)
    with pytest.raises(WrongState) as refused:
        members.delete_group(group)
    assert refused.value.extra == {"waiting": 1, "serving": 1}
    group.refresh_from_db()
    assert group.deleted_at is None


def test_those_who_wait_can_be_moved_to_another_group():
    group, other = make.make_group(), make.make_group()
    admin = make.make_member(Role.ADMINISTRATOR)
    waiting = [customer_asks(group), customer_asks(group)]
    with pytest.raises(WrongState):  # nobody is there
        members.move_waiting(group, other, admin)
    agent = agent_at_desk(other, session_limit=1)
    assert members.move_waiting(group, other, admin) == 2
    members.delete_group(group)
    assert again(waiting[0]).agent == agent
    assert (again(waiting[1]).state, again(waiting[1]).group) == (State.QUEUED, other)
    scene.check_invariants()


def test_a_deleted_group_is_gone_from_all_that_assigns():
    scene.set_rules(ReceptionSettings, sessions_at_once=2)
    group = make.make_group(member_limit=9)
    agent = agent_at_desk(group)
    lead = agent_at_desk(role=Role.SUPERVISOR)
    Membership.objects.create(member=lead, group=group, supervises=True)
    members.delete_group(group)
    assert [row["id"] for row in queries.queue_counts()] == [None]
    assert [row["id"] for row in queries.queue_counts(lead)] == [None]
    found = queries.colleagues(agent)
    assert found["groups"] == []
    assert [row["groups"] for row in found["agents"]] == [[]]
    assert queries.limit_of(lead) == 2
    assert not groups_of(lead).exists()
    # Who is in no group any more serves those who wait for anybody, under no group's name.
    assert {again(customer_asks()).group for _ in range(2)} == {None}


def test_nobody_is_sent_to_a_deleted_group():
    group = make.make_group()
    agent = agent_at_desk()
    session = customer_asks()
    members.delete_group(group)
    from apps.routing import transfer

    with pytest.raises(NotFound):
        transfer.transfer(agent, session.id, group_id=group.pk)


def test_who_had_waited_for_a_group_that_is_gone_waits_for_anybody():
    first, second = make.make_group(), make.make_group()
    admin = make.make_member(Role.ADMINISTRATOR)
    agent_at_desk(first)
    session = customer_asks(first)
    helper = agent_at_desk(second)
    from apps.routing import transfer

    transfer.transfer(admin, session.id, user_id=helper.account)
    members.delete_group(first)
    Membership.objects.filter(group=first).delete()
    with transaction.atomic():
        availability.change(availability.lock(helper.pk), "offline", cause="forced")
    members.release(helper)
    session = again(session)
    assert session.group != first
    scene.check_invariants()


def test_records_keep_the_name_and_supervisors_keep_the_records():
    group = make.make_group(name="Night shift")
    agent = agent_at_desk(group)
    lead = make.make_member(Role.SUPERVISOR)
    Membership.objects.create(member=lead, group=group, supervises=True)
    session = customer_asks(group)
    from apps.routing import closing

    closing.by_agent(agent, session.id)
    members.delete_group(group)
    record = ServiceRecord.objects.get(session=session)
    assert record.group.name == "Night shift"
    assert list(permissions.records_visible_to(lead)) == [record]
    assert list(group.memberships.values_list("member", flat=True)) == [lead.pk]


def test_the_name_of_a_deleted_group_is_free_again():
    group = make.make_group(name="Night shift")
    members.delete_group(group)
    make.make_group(name="night shift")
