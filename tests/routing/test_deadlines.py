"""Time-outs (R-15, S-5): each fires once, survives restarts, waits out an outage of ours."""

import threading
import uuid

import pytest
from django.db import connection

from apps.routing import availability, closing, deadlines, flow, notices, offers, presence
from apps.routing.models import Availability, Offer, WebPulse
from apps.routing.settings import ReceptionSettings
from apps.sessions.models import Message, Rating, State
from apps.sessions.settings import ClosingSettings, RatingSettings
from csdesk.errors import NotFound, WrongState
from tests import factories as make
from tests.routing import scene
from tests.routing.scene import again, agent_at_desk, agent_says, codes, customer_asks, customer_comes

pytestmark = pytest.mark.usefixtures("time")


@pytest.fixture
def served(time):
    scene.set_rules(ClosingSettings, reply_seconds=100)
    agent = agent_at_desk()
    return agent, customer_asks()


def test_the_reply_time_out_counts_from_the_agents_last_unanswered_message(served, time, told):
    agent, session = served
    time.move(500)
    assert again(session).state == State.SERVING
    agent_says(session, agent)
    time.move(90)
    agent_says(session, agent, "Are you there?")
    time.move(99)
    assert again(session).state == State.SERVING
    time.move(2)
    ended = again(session)
    assert (ended.status, ended.closed_by) == ("customer_timeout", "timer")
    assert codes(session)[-3:] == ["timeout_close", "src9", "src20"]
    assert told.member(agent, "sessionEnded")[-1]["closeBy"] == "timer"
    assert scene.load(agent) == 0
    scene.check_invariants()


def test_an_answer_stops_the_clock(served, time):
    agent, session = served
    agent_says(session, agent)
    time.move(90)
    scene.says(session, "Yes")
    time.move(500)
    assert again(session).state == State.SERVING


def test_the_reminder_comes_first_and_arms_the_time_out(served, time):
    scene.set_rules(ClosingSettings, reply_seconds=100, reminder_seconds=40)
    agent, session = served
    agent_says(session, agent)
    time.move(41)
    assert codes(session)[-1] == "reminder"
    assert again(session).deadline_kind == "reply"
    time.move(30)
    assert codes(session).count("reminder") == 1
    time.move(31)
    assert again(session).status == "customer_timeout"


def test_an_answer_to_the_reminder_stops_the_clock(served, time):
    scene.set_rules(ClosingSettings, reply_seconds=100, reminder_seconds=40)
    agent, session = served
    agent_says(session, agent)
    time.move(41)
    scene.says(session, "Still here")
    time.move(300)
    assert again(session).state == State.SERVING


def test_on_hold_the_clock_stands_still_until_the_agents_next_message(served, time):
    agent, session = served
    agent_says(session, agent, "One moment, I ask a colleague")
    closing.hold(agent, session.id)
    scene.says(session, "Take your time")
    time.move(1000)
    assert (again(session).state, again(session).on_hold_at is not None) == (State.SERVING, True)
    agent_says(session, agent, "Here it is")
    assert again(session).on_hold_at is None
    time.move(101)
    assert again(session).status == "customer_timeout"


def test_only_the_serving_agent_holds_or_ends(served):
    agent, session = served
    for act in (closing.hold, closing.by_agent):
        with pytest.raises(NotFound):
            act(make.make_member(), session.id)
    closing.by_agent(agent, session.id)
    for act in (closing.hold, closing.by_agent):
        with pytest.raises(WrongState):
            act(agent, session.id)


def test_switched_off_the_reply_time_out_never_comes(served, time):
    scene.set_rules(ClosingSettings, reply_seconds=0)
    agent, session = served
    agent_says(session, agent)
    time.move(86_400)
    assert again(session).state == State.SERVING


def test_the_agent_ends_with_words_rating_and_mark(served, told):
    agent, session = served
    closing.by_agent(agent, session.id)
    ended = again(session)
    assert (ended.status, ended.closed_by) == ("normal", "seat")
    assert codes(session)[-3:] == ["active_close", "src9", "src19"]
    assert Rating.objects.get(session=session).record.agent == agent
    assert told.member(agent, "sessionEnded") == [
        {"op": "sessionEnded", "session": str(session.id), "closeBy": "seat"}
    ]


def test_without_the_setting_no_rating_is_sent(served):
    scene.set_rules(RatingSettings, sent_at_end=False)
    agent, session = served
    closing.by_agent(agent, session.id)
    assert codes(session)[-2:] == ["active_close", "src19"]


def test_sweeps_at_the_same_time_fire_a_deadline_once(served, time):
    agent, session = served
    agent_says(session, agent)
    time.move(101, sweep=False)
    [due] = deadlines._due_sessions()

    def fire() -> None:
        deadlines._fire_session(due)
        connection.close()

    threads = [threading.Thread(target=fire) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert again(session).state == State.CLOSED
    assert codes(session).count("src20") == 1
    assert scene.load(agent) == 0


def test_a_deadline_that_has_moved_meanwhile_does_not_fire(served, time):
    agent, session = served
    agent_says(session, agent)
    time.move(101, sweep=False)
    [due] = deadlines._due_sessions()
    scene.says(session, "Here!")
    deadlines._fire_session(due)
    assert again(session).state == State.SERVING


def test_a_sweep_beside_another_does_nothing(served, time):
    agent, session = served
    agent_says(session, agent)
    time.move(101, sweep=False)
    held, done = threading.Event(), threading.Event()

    def other_sweep() -> None:
        with deadlines._alone() as alone:
            assert alone
            held.set()
            done.wait(10)
        connection.close()

    other = threading.Thread(target=other_sweep)
    other.start()
    held.wait(10)
    deadlines.sweep()
    assert again(session).state == State.SERVING
    done.set()
    other.join()
    deadlines.sweep()
    assert again(session).state == State.CLOSED


def test_one_bad_row_keeps_no_other_from_its_deadline(served, time, monkeypatch):
    agent, session = served
    other = customer_asks()
    agent_says(session, agent)
    agent_says(other, agent)
    time.move(101, sweep=False)
    act = deadlines._ACTIONS["reply"]

    def fails_for_one(one):
        if one.id == session.id:
            raise RuntimeError("broken")
        act(one)

    monkeypatch.setitem(deadlines._ACTIONS, "reply", fails_for_one)
    deadlines.sweep()
    assert again(session).state == State.SERVING
    assert again(other).state == State.CLOSED


# --- Outages (S-5) ---------------------------------------------------------------------------------


def test_while_no_web_process_lives_nothing_fires(served, time):
    agent, session = served
    agent_says(session, agent)
    time.move_dead(200)
    deadlines.sweep()
    assert again(session).state == State.SERVING
    assert Availability.objects.get(member=agent).deadline_at is None


def test_after_it_every_deadline_is_moved_once_by_its_length(time):
    scene.set_rules(ReceptionSettings, reception="manual", accept_seconds=20)
    scene.set_rules(ClosingSettings, reply_seconds=100)
    agent = agent_at_desk()
    session = customer_asks()
    offers.accept(agent, session.id)
    agent_says(session, agent)
    offered = customer_asks()
    in_flow = customer_comes()
    lost = agent_at_desk()
    scene.close_desk(lost)
    before = {one.id: again(one).deadline_at for one in (session, offered, in_flow)}
    grace = Availability.objects.get(member=lost).deadline_at
    expires = Offer.objects.get(session=offered).expires_at
    newest = presence.newest_pulse()
    time.move_dead(3600)
    presence.pulse(uuid.uuid4(), [])
    length = presence.newest_pulse() - newest
    assert length.total_seconds() == pytest.approx(3600, abs=1)
    for number in range(3):
        presence.pulse(uuid.uuid4(), [])
        moved = {one.id: again(one).deadline_at for one in (session, offered, in_flow)}
        for one, at in before.items():
            assert (moved[one] - at).total_seconds() == pytest.approx(3600, abs=1), number
    assert (Availability.objects.get(member=lost).deadline_at - grace).total_seconds() == pytest.approx(
        3600, abs=1
    )
    moved_expires = Offer.objects.get(session=offered).expires_at
    assert (moved_expires - expires).total_seconds() == pytest.approx(3600, abs=1)
    scene.open_desk(agent)
    deadlines.sweep()
    assert again(session).state == State.SERVING
    assert again(offered).state == State.OFFERED
    assert availability.status_of(agent.pk) == "free"
    time.move(101)
    assert again(session).status == "customer_timeout"


def test_a_short_gap_is_no_outage(served, time):
    agent, session = served
    agent_says(session, agent)
    at = again(session).deadline_at
    time.move_dead(4.5)
    presence.pulse(uuid.uuid4(), [])
    assert again(session).deadline_at == at


def test_an_outage_of_the_clock_alone_extends_nothing(served, time):
    agent, session = served
    agent_says(session, agent)
    for _ in range(60):
        time.move(2, sweep=False)
        presence.pulse(scene.PROCESS, [])
    deadlines.sweep()
    assert again(session).status == "customer_timeout"


def test_the_first_start_ever_is_no_outage(time):
    WebPulse.objects.all().delete()
    assert presence.outage_at(time.now) is None
    deadlines.sweep()
    presence.pulse(uuid.uuid4(), [])
    assert presence.is_somebody_alive()


def test_many_first_pulses_at_once_move_deadlines_once(served, time):
    agent, session = served
    agent_says(session, agent)
    at = again(session).deadline_at
    time.move_dead(600)

    def pulse() -> None:
        presence.pulse(uuid.uuid4(), [])
        connection.close()

    threads = [threading.Thread(target=pulse) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (again(session).deadline_at - at).total_seconds() == pytest.approx(600, abs=1)


# --- What the sweep tells (R-11) -------------------------------------------------------------------


def test_counts_go_to_the_desks_when_they_change(time, told):
    group = make.make_group()
    agent_at_desk(group, session_limit=1)
    customer_asks(group)
    time.move(1)
    told.clear()
    time.move(1)
    assert told.desks() == []
    waiting = scene.waits_for(customer_comes(), group)
    time.move(1)
    [frame] = told.desks()
    [row] = [row for row in frame["groups"] if row["id"] == group.pk]
    assert (row["waiting"], row["name"]) == (1, group.name)
    assert row["oldest"] == round(again(waiting).queued_at.timestamp() * 1000)
    flow.leave_queue(waiting.customer, waiting.channel)
    time.move(1)
    [row] = [row for row in told.desks()[-1]["groups"] if row["id"] == group.pk]
    assert (row["waiting"], row["oldest"]) == (0, None)


def test_places_are_told_when_they_change_at_most_every_five_seconds(time, told):
    agent_at_desk(session_limit=1)
    customer_asks()
    first, second, third = customer_asks(), customer_asks(), customer_asks()
    time.move(6)
    told.clear()
    time.move(6)
    assert not told.customer(third, "state")
    flow.leave_queue(first.customer, first.channel)
    time.move(1)
    time.move(1)
    flow.leave_queue(second.customer, second.channel)
    for _ in range(4):
        time.move(1)
    places = [frame["position"] for frame in told.customer(third, "state")]
    assert places in ([1], [2, 1])
    for _ in range(7):
        time.move(1)
    assert [frame["position"] for frame in told.customer(third, "state")][-1] == 1
    assert notices.PLACES_EVERY.total_seconds() == 5


def test_the_queueing_words_are_said_once(time):
    agent_at_desk(session_limit=1)
    customer_asks()
    session = customer_asks()
    for _ in range(10):
        time.move(1)
    assert Message.objects.filter(session=session, body__code="queueing").count() == 1
