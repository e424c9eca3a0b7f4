"""The proof of R-7: many processes, many customers and agents, and then the history is audited."""

import threading
import time
from collections import defaultdict
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from apps.routing import assignment, availability, deadlines, places
from apps.routing.models import Availability
from apps.sessions import transitions
from apps.sessions.models import ChatSession, ServiceRecord, SessionEvent, State
from apps.team.models import Membership
from tests import factories as make
from tests.routing import crowd, scene

# Ends with `ENOUGH` assignments, or after `SECONDS` with `LEAST`, for which a busy machine takes longer.
ENOUGH, LEAST = 250, 100
SECONDS, MOST_SECONDS = 25, 90
# What was queued for less may not have been committed when the round looked.
SEEN_FOR = timedelta(seconds=0.5)
WITH_SOMEBODY = {State.OFFERED, State.SERVING}


@pytest.fixture
def place(transactional_db):
    scene.alive()
    open_group = make.make_group()
    manual = make.make_group(reception="manual", accept_seconds=1)
    capped = make.make_group(session_cap=3)
    groups = [open_group, manual, capped]
    agents = []
    for number in range(8):
        member = make.make_member(session_limit=1 + number % 2)
        theirs = [groups[number % 3], groups[0]] if number % 4 == 0 else [groups[number % 3]]
        for group in {group.pk: group for group in theirs}.values():
            Membership.objects.create(member=member, group=group)
        scene.open_desk(member)
        agents.append(member)
    # More than can be served at once, so that there is an order to keep.
    for number in range(60):
        scene.waits_for(scene.customer_comes(), [None, *groups][number % 4])
    for agent in agents:
        availability.set_status(agent, "free")
    return crowd.Place(agents, groups, make.make_channel().pk)


def test_the_assignment_is_right_whoever_acts_at_once(place):
    people = crowd.Crowd(MOST_SECONDS)
    for number, act in [
        (2, place.customers_come),
        (3, place.agents_work),
        (1, place.agents_come_and_go),
        (1, place.offers_are_accepted_late),
        (1, place.customers_leave),
        (crowd.DISPATCHERS, place.dispatchers),
        (1, place.sweeper),
        (1, place.web_process),
        (1, place.watcher),
    ]:
        people.start(number, act)
    until = time.monotonic() + SECONDS
    failures = people.run(lambda: given_so_far() >= (LEAST if time.monotonic() > until else ENOUGH))
    assert not failures, "\n".join(failures)
    deadlines.sweep()
    assert assignment.dispatch() == 0
    scene.check_invariants()
    history = History()
    assert len(history.assignments) >= LEAST, "too little has happened to prove anything"
    history.check_states()
    history.check_limits()
    history.check_caps(place.groups)
    history.check_order()
    nobody_waits_beside_somebody_free()


def given_so_far() -> int:
    return SessionEvent.objects.filter(before=State.QUEUED, after__in=WITH_SOMEBODY).count()


class Assignment:
    """A session that left the queue for an agent."""

    def __init__(self, event: SessionEvent, wait: "Wait") -> None:
        self.at, self.agent_id, self.wait = event.at, event.agent_id, wait


class Wait:
    """One stretch of a session in the queue."""

    def __init__(self, event: SessionEvent, place: tuple[int, datetime], last_one: int | None) -> None:
        self.session_id, self.since, self.group_id = event.session_id, event.at, event.group_id
        self.place, self.last_one = place, last_one
        self.until: datetime | None = None


class History:
    """What the events say has happened, in the order in which it did."""

    def __init__(self) -> None:
        self.events = defaultdict(list)
        for event in SessionEvent.objects.exclude(event="collision").order_by("session_id", "id"):
            self.events[event.session_id].append(event)
        self.sessions = {session.id: session for session in ChatSession.objects.all()}
        self.passed_on = {
            (record.session_id, record.number): record.agent_id
            for record in ServiceRecord.objects.filter(status__in=assignment.PASSED_ON)
        }
        self.waits: list[Wait] = []
        self.assignments: list[Assignment] = []
        for session_id, events in self.events.items():
            self._walk(self.sessions[session_id], events)

    def _walk(self, session: ChatSession, events: list[SessionEvent]) -> None:
        wait, parts, order_at = None, 0, None
        for event in events:
            if wait:
                wait.until = event.at
                if event.after in WITH_SOMEBODY and event.actor_id is None:
                    self.assignments.append(Assignment(event, wait))
                wait = None
            if event.before in WITH_SOMEBODY and event.event in ("queued", "offered", "serving"):
                # Accepting goes on with the same part; everything else ends it.
                parts += not (event.event == "serving" and event.before == State.OFFERED and is_accept(event))
            if event.after == State.QUEUED:
                order_at = order_at or event.at
                wait = Wait(event, (-session.priority, order_at), self.passed_on.get((session.id, parts)))
                self.waits.append(wait)

    def check_states(self) -> None:
        """Each change starts where the last one ended, and at most one agent has a session."""
        for session_id, events in self.events.items():
            state = ""
            for event in events:
                assert event.before == state, f"{session_id}: {event.event} from {event.before} in {state}"
                assert (event.agent_id is not None) == (
                    event.after in WITH_SOMEBODY
                ) or event.after == "closed"
                state = event.after
            assert state == self.sessions[session_id].state

    def check_limits(self) -> None:
        """At no moment has anybody had more sessions than their limit."""
        changes = []
        for events in self.events.values():
            holder = None
            for event in events:
                now = event.agent_id if event.after in WITH_SOMEBODY else None
                if now != holder:
                    changes += [(event.at, holder, -1)] * (holder is not None)
                    changes += [(event.at, now, +1)] * (now is not None)
                holder = now
        limits = dict(Availability.objects.values_list("member_id", "member__session_limit"))
        load: dict[int, int] = defaultdict(int)
        for at, member_id, change in sorted(changes):
            load[member_id] += change
            assert 0 <= load[member_id] <= limits[member_id], f"{member_id} has {load[member_id]} at {at}"
        assert {m: c for m, c in load.items() if c} == {
            row.member_id: row.load for row in Availability.objects.filter(load__gt=0)
        }

    def check_caps(self, groups) -> None:
        """Dispatch fills no group over its cap; by hand a group may get more."""
        caps = {group.pk: group.session_cap for group in groups if group.session_cap}
        by_hand = SessionEvent.objects.filter(group__in=caps, actor__isnull=False, event="serving").exists()
        for group_id, cap in caps.items():
            held = ChatSession.objects.filter(group=group_id, state__in=WITH_SOMEBODY).count()
            assert held <= cap or by_hand

    def check_order(self) -> None:
        """Nobody was overtaken by somebody later in the queue for the same agents."""
        by_group = defaultdict(list)
        for wait in self.waits:
            by_group[wait.group_id].append(wait)
        for given in self.assignments:
            for other in by_group[given.wait.group_id]:
                overtaken = (
                    other.session_id != given.wait.session_id
                    and other.place < given.wait.place
                    and other.since < given.at - SEEN_FOR
                    and (other.until is None or other.until > given.at + SEEN_FOR)
                    and other.last_one != given.agent_id
                )
                assert not overtaken, (
                    f"{given.wait.session_id} got {given.agent_id} at {given.at} before {other.session_id}, "
                    f"which waits since {other.since}"
                )


def is_accept(event: SessionEvent) -> bool:
    return event.actor_id == event.agent_id and not event.detail


def nobody_waits_beside_somebody_free() -> None:
    with connection.cursor() as cursor:
        cursor.execute(crowd.MISSED_PAIRS, places.parameters())
        assert cursor.fetchall() == []


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_a_sessions_row_sees_its_agent_of_now():
    agent = make.make_member()
    session = make.make_session()
    seen, locked, waiting = [], threading.Event(), threading.Event()

    def look() -> None:
        locked.wait(10)
        waiting.set()
        with transaction.atomic():
            seen.append(transitions.lock(session.id).agent)
        connection.close()

    looker = threading.Thread(target=look)
    looker.start()
    with transaction.atomic():
        held = transitions.lock(session.id)
        locked.set()
        waiting.wait(10)
        wait_for_a_blocked_process()
        transitions.to_queue(held, group=None, seconds=60)
        transitions.serve(held, agent)
    looker.join(10)
    assert seen == [agent]


def wait_for_a_blocked_process() -> None:
    """Return once some other connection of this database waits for a lock."""
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")
