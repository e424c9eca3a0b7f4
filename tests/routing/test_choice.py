"""Many sessions given at once go to whom they would go to one by one (R-5a, R-6, R-7, R-9)."""

import copy
import threading
import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from time import sleep

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.routing import assignment, offers, places
from apps.routing.choice import Agent, Choice, GroupRules, Pair, Waiting
from apps.routing.models import Availability, Offer
from apps.routing.ordering import QUEUE_KEYS, WaitingFacts, sort_key
from apps.sessions.models import ChatSession, ServiceRecord, State
from apps.team import business
from apps.team.models import Member, Membership, SkillGroup, Strategy
from csdesk import clock
from tests import factories as make
from tests.routing import naive, scene

START = datetime(2031, 5, 6, 9, 0, tzinfo=UTC)
GROUPS = st.integers(1, 3)
MEMBERS = st.integers(1, 6)


def _agent(member_id: int, load: int, limit: int, idle: int | None, priorities: dict[int, int]) -> Agent:
    since = None if idle is None else START - timedelta(seconds=idle)
    # In the order in which `places.eligible` reads them.
    ordered = dict(sorted(priorities.items(), key=lambda one: (one[1], one[0])))
    # Given something of some groups, each at a time of its own.
    given = {group: START - timedelta(seconds=group * (idle or 0)) for group in ordered if group != idle}
    return Agent(member_id, load, load + limit, since, ordered, given)


AGENTS = st.lists(
    st.builds(
        _agent,
        MEMBERS,
        st.integers(0, 3),
        st.integers(1, 4),
        st.none() | st.integers(0, 5),
        st.dictionaries(GROUPS, st.integers(1, 5), max_size=3),
    ),
    max_size=6,
    unique_by=lambda agent: agent.member_id,
)
QUEUE = st.lists(
    st.builds(
        Waiting,
        st.uuids(version=4),
        st.none() | GROUPS,
        st.none() | MEMBERS,
        st.booleans(),
        st.lists(MEMBERS, max_size=5).map(Counter),
        st.none() | MEMBERS,
    ),
    max_size=25,
)
RULES = st.builds(
    GroupRules,
    st.dictionaries(GROUPS, st.integers(-1, 4)),
    st.dictionaries(GROUPS, st.sampled_from(Strategy.values)),
)


@settings(max_examples=500)
@given(agents=AGENTS, rules=RULES, queue=QUEUE)
def test_a_round_chooses_as_one_by_one(agents, rules, queue):
    times = [START + timedelta(milliseconds=n) for n in range(len(queue))]
    expected = naive.pairs_of(agents, rules, queue, times)
    choice = Choice(copy.deepcopy(agents), rules)
    found = [choice.give(waiting, at) for waiting, at in zip(queue, times, strict=True)]
    assert [pair for pair in found if pair] == expected


@settings(max_examples=200)
@given(agents=AGENTS, rules=RULES, queue=QUEUE)
def test_a_target_that_is_given_up_has_nobody_left(agents, rules, queue):
    choice = Choice(copy.deepcopy(agents), rules)
    for n, waiting in enumerate(queue):
        choice.give(waiting, START + timedelta(milliseconds=n))
        fresh = Choice(list(choice._agents.values()), replace(rules, rooms=choice._rooms))
        for target in {None, 1, 2, 3} - choice.targets:
            assert fresh.give(Waiting(uuid.uuid4(), target), START) is None


# --- The same with all that is around it: tables, locks, receptions ------------------------------


class Scene:
    """Sessions that wait, some of them declined before, beside agents who are not free yet."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.groups = [
            make.make_group(strategy=dice.choice(Strategy.values)),
            make.make_group(session_cap=dice.choice([1, 3, 6]), strategy=dice.choice(Strategy.values)),
            make.make_group(reception="manual", session_cap=dice.choice([None, 4])),
        ]
        for _ in range(dice.randint(1, 5)):
            self._agent_comes()
        for _ in range(dice.randint(1, 12)):
            self._session_comes()

    def _agent_comes(self) -> None:
        agent = make.make_member(session_limit=self.dice.randint(1, 5), sign_in_id=uuid.uuid4())
        for group in self.dice.sample(self.groups, self.dice.randint(0, 3)):
            given = self.dice.choice([None, clock.now() - timedelta(seconds=self.dice.randint(0, 9))])
            priority = self.dice.choice([3, 3, self.dice.randint(1, 5)])
            Membership.objects.create(member=agent, group=group, priority=priority, last_given_at=given)
        scene.open_desk(agent)

    def _session_comes(self) -> None:
        everybody("free" if self.dice.random() < 0.5 else "notReady")
        target = self.dice.choice([None, *self.groups])
        session = scene.customer_comes()
        if self.dice.random() < 0.6:
            served_before(session, self.dice.choice(Member.objects.all()))
        session = scene.waits_for(session, target, priority=self.dice.randint(0, 1))
        while session.state == State.OFFERED and self.dice.random() < 0.7:
            offers.decline(session.agent, session.id)
            session = scene.again(session)
        everybody("notReady")


def everybody(status: str) -> None:
    Availability.objects.update(status=status)


def waiting_now() -> list[Waiting]:
    """The queue as the ORM tells it, session by session."""
    found = []
    for session in ChatSession.objects.filter(state=State.QUEUED):
        ended = session.records.filter(ended_at__isnull=False).order_by("number").last()
        missed = Offer.objects.filter(session=session, outcome__in=["missed", "declined"])
        waiting = Waiting(
            session.id,
            session.group_id,
            ended.agent_id if ended and ended.status in assignment.PASSED_ON else None,
            clock.now() - session.queued_at >= assignment.LAST_ONE_WAITS,
            Counter(missed.values_list("member_id", flat=True)),
            served_last(session),
        )
        place = sort_key(QUEUE_KEYS, WaitingFacts(session.id, session.priority, session.queue_order_at))
        found.append((place, waiting))
    return [waiting for _place, waiting in sorted(found, key=lambda one: one[0])]


def served_before(session: ChatSession, agent: Member) -> None:
    """The customer of the session was here before, and the agent served them."""
    at = clock.now() - timedelta(days=1)
    ended = {"status": "normal", "ended_at": at, "closed_by": "seat"}
    whose = {"customer": session.customer, "channel": session.channel, "agent": agent}
    earlier = ChatSession.objects.create(state=State.CLOSED, started_at=at, **whose, **ended)
    ServiceRecord.objects.create(session=earlier, started_at=at, accepted_at=at, **whose, **ended)


def served_last(session: ChatSession) -> int | None:
    """Who served the customer before, where the group asks for the familiar agent (R-5)."""
    if session.group is None or session.group.strategy != Strategy.FAMILIAR:
        return None
    served = ServiceRecord.objects.filter(customer=session.customer, accepted_at__isnull=False)
    last = served.exclude(session=session).order_by("started_at", "id").last()
    return last.agent_id if last else None


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    seconds=st.sampled_from([1, 14, 16]),
    at_once=st.sampled_from([1, 3, 100]),
)
def test_dispatch_gives_as_one_by_one(time, monkeypatch, seed, seconds, at_once):
    ChatSession.objects.all().delete()
    Availability.objects.all().delete()
    monkeypatch.setattr(assignment, "PAIRS_AT_ONCE", at_once)
    monkeypatch.setattr(assignment, "FEWEST", at_once)
    Scene(Random(seed))
    time.move(seconds, sweep=False)
    everybody("free")
    queue = waiting_now()
    times = [clock.now() for _ in queue]
    expected = naive.pairs_of(places.eligible(), assignment.group_rules(), queue, times)
    assert assignment.dispatch() == len(expected)
    given_to = ChatSession.objects.in_bulk([pair.session_id for pair in expected])
    found = [Pair(one.id, one.agent_id, one.group_id) for one in given_to.values()]
    assert {pair.session_id: pair for pair in found} == {pair.session_id: pair for pair in expected}
    assert all(is_as_received(session) for session in given_to.values())
    scene.check_invariants()


def is_as_received(session: ChatSession) -> bool:
    """Served with its words, or offered with its countdown (R-9)."""
    if assignment.is_manual(session.group):
        return session.state == State.OFFERED and session.deadline_kind == "accept"
    return session.state == State.SERVING and scene.codes(session)[-1] == "connected"


def of_group(group: SkillGroup, size: int) -> list[ChatSession]:
    """So many sessions that wait for the group."""
    everybody("notReady")
    return [scene.waits_for(scene.customer_comes(), group) for _ in range(size)]


def given_now(sessions: list[ChatSession]) -> list[Member | None]:
    everybody("free")
    assignment.dispatch()
    return [scene.again(one).agent for one in sessions]


def test_the_least_busy_is_who_has_most_room_for_their_limit(time):
    group = make.make_group(strategy=Strategy.LEAST_BUSY)
    small, large = (scene.agent_at_desk(group, session_limit=limit) for limit in (2, 8))
    assert given_now(of_group(group, 1)) == [small], "both are free, and they came first"
    assert given_now(of_group(group, 4)) == [large] * 4
    assert given_now(of_group(group, 2)) == [small, large]


def test_in_turn_within_the_group_whatever_others_give(time):
    """Who was given a session elsewhere loses no turn here, as they do where the longest idle comes first."""
    group, other = make.make_group(strategy=Strategy.ROUND_ROBIN), make.make_group()
    first, second = (scene.agent_at_desk(group, session_limit=9) for _ in range(2))
    Membership.objects.create(member=second, group=other)
    assert given_now(of_group(group, 3)) == [first, second, first]
    assert given_now(of_group(other, 1)) == [second]
    assert given_now(of_group(group, 2)) == [second, first]
    SkillGroup.objects.filter(pk=group.pk).update(strategy=Strategy.LONGEST_IDLE)
    assert given_now(of_group(other, 1)) == [second]
    assert given_now(of_group(group, 1)) == [first]


def test_the_familiar_agent_comes_before_the_priority(time):
    group = make.make_group(strategy=Strategy.FAMILIAR)
    first, known = (scene.agent_at_desk(group, session_limit=2) for _ in range(2))
    Membership.objects.filter(member=known).update(priority=5)
    sessions = of_group(group, 3)
    for session in sessions:
        served_before(session, known)
    assert given_now(sessions) == [known, known, first], "and when they are full, whoever comes first else"
    SkillGroup.objects.filter(pk=group.pk).update(strategy=Strategy.LONGEST_IDLE)
    [another] = of_group(group, 1)
    served_before(another, known)
    assert given_now([another]) == [first]


def test_who_stops_being_free_while_a_round_chooses_is_not_given_anything(time, monkeypatch):
    group = make.make_group()
    leaving, staying = (scene.agent_at_desk(group, session_limit=2) for _ in range(2))
    everybody("notReady")
    sessions = [scene.waits_for(scene.customer_comes(), group) for _ in range(4)]
    everybody("free")
    really, seen = places.eligible, []

    def take_a_break() -> None:
        Availability.objects.filter(member=leaving).update(status="rest")
        connection.close()

    def eligible() -> list[Agent]:
        """What was read a moment ago, when somebody takes a break."""
        seen.append(really())
        other = threading.Thread(target=take_a_break)
        other.start()
        other.join()
        return seen[-1]

    monkeypatch.setattr(places, "eligible", eligible)
    assert assignment.dispatch() == 2
    assert [len(agents) for agents in seen] == [2, 1], "the round begins anew"
    agents = [scene.again(one).agent for one in sessions]
    assert agents == [staying, staying, None, None], "and nobody is overtaken"
    scene.check_invariants()


@pytest.mark.parametrize(("reception", "statements"), [("automatic", 17), ("manual", 18)])
def test_a_hundred_cost_as_many_statements_as_one(time, monkeypatch, reception, statements):
    monkeypatch.setattr(business, "CACHE_SECONDS", 3600)
    group = make.make_group(reception=reception)
    asked_for = []
    for number in (1, 1, 100):
        everybody("notReady")
        agent = make.make_member(groups=[group], session_limit=100)
        scene.open_desk(agent)
        everybody("notReady")
        for _ in range(number):
            scene.waits_for(scene.customer_comes(), group)
        Availability.objects.filter(member=agent).update(status="free")
        with CaptureQueriesContext(connection) as asked:
            assert assignment.dispatch() == number
        asked_for.append(len(asked))
    _with_settings, one, hundred = asked_for
    assert one == hundred == statements


def test_who_waited_for_the_lock_in_vain_reads_nothing_more(time, monkeypatch):
    group = make.make_group()
    agent = scene.agent_at_desk(group)
    everybody("notReady")
    session = scene.waits_for(scene.customer_comes(), group)
    everybody("free")
    read, given = [], []
    really = places.eligible
    monkeypatch.setattr(places, "eligible", lambda: read.append(1) or really())

    def dispatch() -> None:
        given.append(assignment.dispatch())
        connection.close()

    others = [threading.Thread(target=dispatch) for _ in range(3)]
    with transaction.atomic():
        assignment.lock()
        for one in others:
            one.start()
        wait_for_blocked(len(others))
    for one in others:
        one.join()
    assert sorted(given) == [0, 0, 1]
    assert len(read) == 1
    assert scene.again(session).agent == agent


def wait_for_blocked(number: int) -> None:
    """Return once so many other connections wait for a lock."""
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= number:
                return
            sleep(0.01)
    raise AssertionError("they do not wait")
