"""Who gets which session (R-5a, R-6, R-7)."""

from datetime import datetime

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.routing import assignment, availability, closing, ordering, places, queries
from apps.routing.models import Availability, DeskConnection
from apps.routing.settings import ReceptionSettings
from apps.sessions.models import State
from apps.team.models import Membership
from tests import factories as make
from tests.routing import scene
from tests.routing.scene import again, agent_at_desk, asks, customer_asks, customer_comes

pytestmark = pytest.mark.usefixtures("time")


def served_by(session):
    return again(session).agent


def test_the_one_who_has_gone_longest_without_a_session_gets_it():
    first, second, third = agent_at_desk(), agent_at_desk(), agent_at_desk()
    got = [served_by(customer_asks()) for _ in range(6)]
    assert got == [first, second, third, first, second, third]


def test_in_a_group_priority_comes_before_idleness():
    group = make.make_group()
    busy, helper = agent_at_desk(group), agent_at_desk(group)
    Membership.objects.filter(member=busy).update(priority=1)
    got = [served_by(customer_asks(group)) for _ in range(6)]
    assert got == [busy] * 5 + [helper]


def test_only_members_of_the_target_group_are_eligible():
    group = make.make_group()
    outsider, insider = agent_at_desk(), agent_at_desk(group)
    assert served_by(customer_asks(group)) == insider
    assert scene.load(outsider) == 0


@pytest.mark.parametrize("status", ["notReady", "rest", "arrange", "offline"])
def test_who_is_not_free_gets_nothing(status):
    agent = agent_at_desk()
    Availability.objects.filter(member=agent).update(status=status)
    session = scene.waits_for(customer_comes(), None)
    assert session.state == State.QUEUED


def test_who_does_not_serve_is_deleted_or_forced_offline_gets_nothing(time):
    for fields in ({"serves": False}, {"deleted_at": time()}, {"forced_offline_at": time()}):
        agent_at_desk(**fields)
    assert scene.waits_for(customer_comes(), None).state == State.QUEUED


def test_a_workbench_of_a_dead_process_gets_nothing(time):
    agent = agent_at_desk()
    DeskConnection.objects.filter(member=agent).update(seen_at=time.now - places.FRESH)
    assert customer_asks().state == State.QUEUED


def test_the_limit_is_the_members_own_else_the_largest_of_the_groups_else_the_global_one():
    small, large = make.make_group(member_limit=2), make.make_group(member_limit=3)
    scene.set_rules(ReceptionSettings, sessions_at_once=4)
    own = make.make_member(groups=[small, large], session_limit=1)
    by_group = make.make_member(groups=[small, large])
    by_all = make.make_member(groups=[make.make_group()])
    limits = queries.limits_of([own.pk, by_group.pk, by_all.pk])
    assert limits == {own.pk: 1, by_group.pk: 3, by_all.pk: 4}


def test_nobody_gets_more_than_the_limit():
    agent = agent_at_desk(session_limit=2)
    sessions = [customer_asks() for _ in range(4)]
    assert [again(one).state for one in sessions] == ["serving", "serving", "queued", "queued"]
    assert scene.load(agent) == 2


def test_a_capped_group_takes_no_more_than_its_cap():
    group = make.make_group(session_cap=2)
    agent_at_desk(group), agent_at_desk(group)
    sessions = [customer_asks(group) for _ in range(3)]
    assert [again(one).state for one in sessions] == ["serving", "serving", "queued"]


def test_who_waits_for_any_agent_comes_through_a_group_with_room():
    full, open_group = make.make_group(session_cap=1), make.make_group()
    agent_at_desk(full, open_group)
    assert again(customer_asks(full)).group == full
    assert again(customer_asks()).group == open_group


def test_a_group_with_nobody_eligible_is_passed_over():
    empty, staffed = make.make_group(), make.make_group()
    agent_at_desk(empty, session_limit=1)
    customer_asks(empty)
    waiting = [customer_asks(empty) for _ in range(25)]
    agent = agent_at_desk(staffed)
    session = customer_asks(staffed)
    assert served_by(session) == agent
    assert {again(one).state for one in waiting} == {State.QUEUED}


def test_the_queue_is_served_by_priority_then_by_time():
    waiting = [scene.waits_for(customer_comes(), None) for _ in range(3)]
    urgent = scene.waits_for(customer_comes(), None, priority=5)
    waiting.append(scene.waits_for(customer_comes(), None))
    order = []
    for _ in range(5):
        agent = agent_at_desk(session_limit=1)
        order.append(agent.chat_sessions.get(state=State.SERVING).id)
    assert order == [urgent.id, *(one.id for one in waiting)]


def test_one_call_serves_more_than_one_transaction_holds():
    group = make.make_group()
    sessions = [scene.waits_for(customer_comes(), group) for _ in range(45)]
    members = [agent_at_desk(session_limit=100) for _ in range(2)]
    for member in members:
        Membership.objects.create(member=member, group=group)
    assert assignment.dispatch() == 45
    assert {again(one).state for one in sessions} == {State.SERVING}
    assert sorted(scene.load(member) for member in members) == [22, 23]


def test_a_freed_place_is_taken_at_once():
    agent = agent_at_desk(session_limit=1)
    first, second = customer_asks(), customer_asks()
    closing.by_agent(agent, first.id)
    assert served_by(second) == agent


def test_becoming_free_brings_the_next_customer_at_once():
    agent = agent_at_desk()
    availability.set_status(agent, "notReady")
    session = customer_asks()
    assert session.state == State.QUEUED
    availability.set_status(agent, "free")
    assert served_by(session) == agent


def test_the_recorded_group_is_the_one_the_agent_serves_in():
    group = make.make_group()
    agent_at_desk(group)
    session = asks(customer_comes())
    assert session.group == group
    assert session.records.get().group == group


# --- The rule, written once: SQL and Python agree (R-20) ---------------------------------------

_agents = st.lists(
    st.builds(
        ordering.AgentFacts,
        member_id=st.integers(1, 50),
        priority=st.integers(1, 5),
        last_assigned_at=st.none() | st.datetimes(min_value=datetime(2020, 1, 1)),
        misses=st.integers(0, 3),
        was_last=st.booleans(),
        is_familiar=st.booleans(),
        used=st.floats(0, 1),
        last_given_at=st.none() | st.datetimes(min_value=datetime(2020, 1, 1)),
    ),
    max_size=12,
    unique_by=lambda facts: facts.member_id,
)
_waiting = st.lists(
    st.builds(
        ordering.WaitingFacts,
        id=st.uuids(),
        priority=st.integers(-3, 3),
        queue_order_at=st.datetimes(
            min_value=datetime(2026, 1, 1),
            max_value=datetime(2026, 1, 2),
        ),
    ),
    max_size=12,
    unique_by=lambda facts: facts.id,
)


def _sorted_in_sql(keys, columns: dict[str, str], rows: list[tuple]) -> list:
    if not rows:
        return []
    one = "(" + ", ".join(f"%s::{kind}" for kind in columns.values()) + ")"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {next(iter(columns))} FROM (VALUES {', '.join([one] * len(rows))})"
            f" AS facts ({', '.join(columns)}) ORDER BY {ordering.order_by(keys, 'facts')}",
            [value for row in rows for value in row],
        )
        return [row[0] for row in cursor.fetchall()]


@settings(max_examples=60, deadline=None)
@given(facts=_agents, strategy=st.sampled_from(list(ordering.AGENT_KEYS)))
def test_agents_are_ordered_alike_in_sql_and_in_python(facts, strategy):
    columns = {
        "member_id": "bigint",
        "priority": "int",
        "last_assigned_at": "timestamp",
        "misses": "int",
        "was_last": "boolean",
        "is_familiar": "boolean",
        "used": "float8",
        "last_given_at": "timestamp",
    }
    rows = [tuple(getattr(one, column) for column in columns) for one in facts]
    keys = ordering.AGENT_KEYS[strategy]
    in_python = sorted(facts, key=lambda one: ordering.sort_key(keys, one))
    assert _sorted_in_sql(keys, columns, rows) == [one.member_id for one in in_python]


@settings(max_examples=60, deadline=None)
@given(facts=_waiting)
def test_the_queue_is_ordered_alike_in_sql_and_in_python(facts):
    columns = {"id": "uuid", "priority": "int", "queue_order_at": "timestamp"}
    rows = [(f.id, f.priority, f.queue_order_at) for f in facts]
    in_python = sorted(facts, key=lambda one: ordering.sort_key(ordering.QUEUE_KEYS, one))
    assert _sorted_in_sql(ordering.QUEUE_KEYS, columns, rows) == [one.id for one in in_python]
