"""Whatever people do in whatever order, the invariants hold (R-7, S-1, S-2, S-5)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.routing import assignment, availability, closing, flow, leaving, offers, places, transfer
from apps.routing.models import Availability, Offer, OfferOutcome
from apps.routing.settings import PresenceSettings, QueueSettings, ReceptionSettings
from apps.sessions.models import ChatSession, ServiceStatus, State
from apps.sessions.settings import ClosingSettings
from csdesk.errors import DomainError
from tests import factories as make
from tests.routing import scene

ACTS = [
    "come", "say", "button", "leave", "end", "accept", "decline", "answer", "close", "hold", "pass",
    "pass_group", "status", "lose", "return", "seconds", "minute", "force",
]  # fmt: skip
steps = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 7), st.integers(0, 7)), max_size=25)


class World:
    """Three agents in two groups, and as many customers as come."""

    def __init__(self, time: scene.Time, manual: bool) -> None:
        self.time = time
        scene.set_rules(ReceptionSettings, reception="manual" if manual else "automatic")
        scene.set_rules(QueueSettings, wait_seconds=120)
        scene.set_rules(PresenceSettings, wrap_up_seconds=5)
        scene.set_rules(ClosingSettings, reply_seconds=90, reminder_seconds=30)
        self.groups = [make.make_group(), make.make_group(session_cap=2)]
        self.agents = [
            scene.agent_at_desk(self.groups[0], session_limit=2),
            scene.agent_at_desk(self.groups[1], session_limit=1),
            scene.agent_at_desk(*self.groups, session_limit=2),
        ]
        self.customers = [make.make_customer() for _ in range(4)]

    def act(self, name: str, who: int, what: int) -> None:
        try:
            getattr(self, f"_{name}")(who, what)
        except DomainError:
            pass  # refused, and nothing may have changed: the invariants say whether
        scene.check_invariants()
        self._check_waiting()

    def _check_waiting(self) -> None:
        """No place is free beside somebody who waits for it, and everybody's limit holds."""
        for row in Availability.objects.filter(member__in=self.agents).select_related("member"):
            assert row.load <= row.member.session_limit
        if ChatSession.objects.filter(state=State.QUEUED).exists():
            assert assignment.dispatch() == 0

    def _customer(self, n: int):
        return self.customers[n % len(self.customers)]

    def _agent(self, n: int):
        return self.agents[n % len(self.agents)]

    def _session_of(self, agent, n: int):
        open_ones = leaving.open_sessions(agent.pk) or [make.unknown_id()]
        return open_ones[n % len(open_ones)]

    def _come(self, who: int, what: int) -> None:
        customer = self._customer(who)
        session = flow.trigger(customer, customer.source)
        if session.state == State.FLOW and what % 2:
            scene.waits_for(session, self.groups[what // 2 % 2])

    def _say(self, who: int, _what: int) -> None:
        customer = self._customer(who)
        session = flow.trigger(customer, customer.source)
        scene.says(session, "Hello")
        flow.advance(session.id)

    def _button(self, who: int, _what: int) -> None:
        customer = self._customer(who)
        flow.request_agent(customer, customer.source)

    def _leave(self, who: int, _what: int) -> None:
        customer = self._customer(who)
        flow.leave_queue(customer, customer.source)

    def _end(self, who: int, _what: int) -> None:
        customer = self._customer(who)
        flow.customer_end(customer, customer.source)

    def _accept(self, who: int, what: int) -> None:
        agent = self._agent(who)
        offers.accept(agent, self._session_of(agent, what))

    def _decline(self, who: int, what: int) -> None:
        agent = self._agent(who)
        offers.decline(agent, self._session_of(agent, what))

    def _answer(self, who: int, what: int) -> None:
        agent = self._agent(who)
        session = ChatSession.objects.filter(id=self._session_of(agent, what)).first()
        if session:
            scene.agent_says(session, agent)

    def _close(self, who: int, what: int) -> None:
        agent = self._agent(who)
        closing.by_agent(agent, self._session_of(agent, what))

    def _hold(self, who: int, what: int) -> None:
        agent = self._agent(who)
        closing.hold(agent, self._session_of(agent, what))

    def _pass(self, who: int, what: int) -> None:
        agent = self._agent(who)
        transfer.transfer(agent, self._session_of(agent, 0), user_id=self._agent(what).email)

    def _pass_group(self, who: int, what: int) -> None:
        agent = self._agent(who)
        transfer.transfer(agent, self._session_of(agent, 0), group_id=self.groups[what % 2].pk)

    def _status(self, who: int, what: int) -> None:
        status = ["free", "rest", "notReady", "offline"][what % 4]
        availability.set_status(self._agent(who), status, hand_over=what > 3)

    def _lose(self, who: int, _what: int) -> None:
        scene.close_desk(self._agent(who))

    def _return(self, who: int, _what: int) -> None:
        scene.open_desk(self._agent(who))

    def _seconds(self, _who: int, what: int) -> None:
        self.time.move(what)

    def _minute(self, _who: int, what: int) -> None:
        self.time.move(20 * (what + 1))

    def _force(self, who: int, _what: int) -> None:
        session = ChatSession.objects.exclude(state=State.CLOSED).order_by("id").first()
        if session:
            closing.by_administrator(make.make_member("administrator"), session.id)

    def go_home(self) -> None:
        """Everybody leaves: nothing may be left open, reserved or offered."""
        for agent in self.agents:
            availability.set_status(agent, "offline", hand_over=True)
        self.time.move(3600)
        self.time.move(3600)
        scene.check_invariants()
        assert not ChatSession.objects.exclude(state=State.CLOSED).exists()
        assert not Availability.objects.filter(load__gt=0).exists()
        assert not Offer.objects.filter(outcome=OfferOutcome.PENDING).exists()
        known = set(ServiceStatus.values)
        assert {row.status for row in ChatSession.objects.all()} <= known


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(manual=st.booleans(), todo=steps)
@pytest.mark.usefixtures("transactional_db")
def test_whatever_happens_the_invariants_hold(time, manual, todo):
    world = World(time, manual)
    for step in todo:
        world.act(*step)
    world.go_home()
    assert places.candidates() == {}
