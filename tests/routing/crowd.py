"""A crowd of real processes that all want the assignment at once, for the proof of R-7."""

from __future__ import annotations

import multiprocessing
import random
import time
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection, connections, transaction

from apps.routing import (
    assignment,
    availability,
    closing,
    deadlines,
    flow,
    leaving,
    offers,
    places,
    presence,
    queueing,
    transfer,
)
from apps.routing.models import DeskConnection, Offer, OfferOutcome
from apps.sessions import transitions
from apps.sessions.models import ChatSession, State
from apps.team.models import Member, SkillGroup
from csdesk.errors import DomainError
from tests import factories as make
from tests.routing import scene

PROCESS = uuid.uuid4()
DISPATCHERS = 3

# A waiting session and an agent who could have it, in one snapshot.
MISSED_PAIRS = f"""
    SELECT session.id, availability.member_id
    FROM service_sessions_chatsession AS session
    CROSS JOIN routing_availability AS availability
    JOIN team_member AS member ON member.id = availability.member_id
    WHERE session.state = 'queued' AND {places.ELIGIBLE}
        AND (
            session.group_id IS NULL
            OR EXISTS (
                SELECT 1 FROM team_membership AS membership
                WHERE membership.member_id = member.id AND membership.group_id = session.group_id
            )
        )
        AND NOT EXISTS (
            SELECT 1 FROM team_skillgroup AS capped
            WHERE capped.session_cap IS NOT NULL AND capped.session_cap <= (
                SELECT count(*) FROM service_sessions_chatsession AS taken
                WHERE taken.group_id = capped.id AND taken.state IN ('offered', 'serving')
            ) AND EXISTS (
                SELECT 1 FROM team_membership AS membership
                WHERE membership.member_id = member.id AND membership.group_id = capped.id
            )
        )
        AND NOT EXISTS (
            SELECT 1 FROM service_sessions_servicerecord AS record
            WHERE record.session_id = session.id AND record.agent_id = member.id
                AND record.status IN ('timeout_transferred', 'transferred')
                AND record.number = (
                    SELECT max(number) FROM service_sessions_servicerecord AS ended
                    WHERE ended.session_id = session.id AND ended.ended_at IS NOT NULL
                )
        )"""


_fork = multiprocessing.get_context("fork")


@dataclass
class Crowd:
    """Starts processes that each repeat one thing until enough has happened; keeps what went wrong."""

    most_seconds: float
    failures: multiprocessing.Queue = field(default_factory=_fork.Queue)
    enough: object = field(default_factory=_fork.Event)
    processes: list = field(default_factory=list)

    def start(self, number: int, act: Callable[[random.Random], None]) -> None:
        for seed in range(number):
            process = _fork.Process(target=self._repeat, args=(act, seed), daemon=True)
            self.processes.append(process)

    def run(self, is_enough: Callable[[], bool]) -> list[str]:
        """Let them all act; what they failed with, other than polite refusals."""
        connections.close_all()
        until = time.monotonic() + self.most_seconds
        for process in self.processes:
            process.start()
        while time.monotonic() < until and self.failures.empty() and not is_enough():
            time.sleep(0.5)
        self.enough.set()
        failures = []
        for process in self.processes:
            process.join(60)
            if process.exitcode != 0:
                failures.append(f"{process} ended with {process.exitcode}")
        while not self.failures.empty():
            failures.append(self.failures.get())
        return failures

    def _repeat(self, act: Callable[[random.Random], None], seed: int) -> None:
        dice = random.Random(f"{act.__name__}{seed}")
        try:
            while not self.enough.is_set():
                try:
                    act(dice)
                except DomainError:
                    pass  # somebody was first, or it was not allowed: that is what the crowd provokes
        except BaseException:
            self.failures.put(f"{act.__name__}: {traceback.format_exc()}")
        finally:
            connections.close_all()


@dataclass
class Place:
    """The team and the groups, and what each kind of process does there."""

    agents: list[Member]
    groups: list[SkillGroup]
    channel_id: int
    # How many calls of `dispatch()` have returned, over all processes.
    dispatches: object = field(default_factory=lambda: _fork.Value("i", 0))

    def customers_come(self, dice: random.Random) -> None:
        customer = make.make_customer(make.Channel.objects.get(pk=self.channel_id))
        session = flow.trigger(customer, customer.source)
        scene.says(session, "Hello")
        group = dice.choice([None, *self.groups])
        if group is None:
            flow.advance(session.id)
        else:
            with transaction.atomic():
                locked = transitions.lock(session.id)
                locked.flow_seq = locked.customer_seq
                queueing.enter(locked, group)
            assignment.soon()
        time.sleep(dice.uniform(0.01, 0.06))

    def agents_work(self, dice: random.Random) -> None:
        agent = dice.choice(self.agents)
        for session_id in leaving.open_sessions(agent.pk):
            self._handle(agent, session_id, dice)
        time.sleep(dice.uniform(0, 0.03))

    def _handle(self, agent: Member, session_id: uuid.UUID, dice: random.Random) -> None:
        roll = dice.random()
        state = ChatSession.objects.values_list("state", flat=True).get(id=session_id)
        if state == State.OFFERED:
            if roll < 0.6:
                offers.accept(agent, session_id)
            elif roll < 0.8:
                offers.decline(agent, session_id)
        elif roll < 0.6:
            closing.by_agent(agent, session_id)
        elif roll < 0.65:
            transfer.transfer(agent, session_id, user_id=dice.choice(self.agents).account)
        elif roll < 0.7:
            transfer.transfer(agent, session_id, group_id=dice.choice(self.groups).pk)

    def agents_come_and_go(self, dice: random.Random) -> None:
        agent = dice.choice(self.agents)
        status = dice.choice(["free", "free", "free", "rest", "notReady", "offline"])
        availability.set_status(agent, status, hand_over=dice.random() < 0.5)
        time.sleep(dice.uniform(0.02, 0.1))

    def offers_are_accepted_late(self, dice: random.Random) -> None:
        late = Offer.objects.filter(outcome=OfferOutcome.MISSED).order_by("?").first()
        if late:
            offers.accept(late.member, late.session_id)
        time.sleep(dice.uniform(0.05, 0.2))

    def customers_leave(self, dice: random.Random) -> None:
        someone = ChatSession.objects.exclude(state=State.CLOSED).order_by("?").first()
        if someone and dice.random() < 0.5:
            closing.by_customer(someone.id)
        elif someone:
            closing.left_queue(someone.id)
        time.sleep(dice.uniform(0.05, 0.15))

    def dispatchers(self, dice: random.Random) -> None:
        assignment.dispatch()
        with self.dispatches:
            self.dispatches.value += 1
        time.sleep(dice.uniform(0, 0.05))

    def sweeper(self, _dice: random.Random) -> None:
        deadlines.sweep()
        time.sleep(1)

    def web_process(self, _dice: random.Random) -> None:
        presence.pulse(PROCESS, DeskConnection.objects.values_list("id", flat=True))
        time.sleep(1)

    def watcher(self, _dice: random.Random) -> None:
        """Fails when a session waits for over a second beside an agent who could have it all that time.

        On a machine that lets nobody act for a second, only a pair that a whole dispatch has passed by
        counts: of so many returned calls at least one has begun after the pair was there.
        """
        first_seen: dict[tuple, tuple[float, int]] = getattr(self, "_seen", {})
        with connection.cursor() as cursor:
            cursor.execute(MISSED_PAIRS, places.parameters())
            pairs = cursor.fetchall()
        now = (time.monotonic(), self.dispatches.value)
        self._seen = {pair: first_seen.get(pair, now) for pair in pairs}
        for pair, (since, dispatches) in self._seen.items():
            passed_by = now[1] - dispatches > DISPATCHERS
            assert not (passed_by and now[0] - since > 1.0), f"waiting beside somebody free: {pair}"
        time.sleep(0.2)
