"""Availability (R-10): chosen, lost, graced, forced, wrapped up, logged."""

import uuid

import pytest
from django.utils import translation

from apps.routing import availability, closing, members, presence
from apps.routing.models import Availability, AvailabilityChange, DeskConnection
from apps.routing.settings import PresenceSettings, ReceptionSettings, rest_reason_name
from apps.sessions.models import State
from apps.team import business
from csdesk.errors import Invalid, WrongState
from tests import factories as make
from tests.routing import scene
from tests.routing.scene import again, agent_at_desk, codes, customer_asks, endings

pytestmark = pytest.mark.usefixtures("time")


def causes(member):
    rows = AvailabilityChange.objects.filter(member=member).order_by("at")
    return list(rows.values_list("before", "after", "cause"))


@pytest.mark.parametrize("initial", ["free", "notReady"])
def test_signing_in_gives_the_set_status(initial, told):
    scene.set_rules(ReceptionSettings, initial_status=initial)
    agent = agent_at_desk()
    assert scene.status(agent) == initial
    assert causes(agent) == [("offline", initial, "sign_in")]
    assert told.member(agent, "statusChanged")[-1]["status"] == initial


def test_a_reload_keeps_what_it_was_and_a_new_sign_in_starts_anew():
    agent = agent_at_desk()
    availability.set_status(agent, "notReady")
    scene.close_desk(agent)
    scene.open_desk(agent)
    assert scene.status(agent) == "notReady"
    availability.set_status(agent, "offline")
    scene.open_desk(agent)
    assert scene.status(agent) == "offline"
    agent.sign_in_id = uuid.uuid4()
    scene.open_desk(agent)
    assert scene.status(agent) == "free"


def test_rest_has_a_reason_from_the_list(told):
    agent = agent_at_desk()
    scene.set_rules(PresenceSettings, rest_reasons=["Lunch"])
    row = availability.set_status(agent, "rest", rest_reason="Lunch")
    assert (row.status, row.rest_reason) == ("rest", "Lunch")
    assert told.member(agent, "statusChanged")[-1]["restReason"] == "Lunch"
    availability.set_status(agent, "free", rest_reason="Lunch")
    assert Availability.objects.get(member=agent).rest_reason == ""
    with pytest.raises(Invalid):
        availability.set_status(agent, "rest", rest_reason="Nap")
    assert scene.status(agent) == "free"


@pytest.mark.parametrize("named", ["meal", "用餐", "Meal"])
def test_the_usual_reasons_are_kept_by_code_whatever_language_names_them(named):
    agent = agent_at_desk()
    assert availability.set_status(agent, "rest", rest_reason=named).rest_reason == "meal"


def test_a_reason_is_shown_in_its_readers_language_and_an_own_one_as_it_is():
    scene.set_rules(PresenceSettings, rest_reasons=["用餐", "Nap"])
    assert business.read(PresenceSettings).rest_reasons == ("meal", "Nap")
    for language, shown in (("en", ["Meal", "Nap"]), ("zh-hans", ["用餐", "Nap"])):
        with translation.override(language):
            assert [rest_reason_name(one) for one in business.read(PresenceSettings).rest_reasons] == shown


@pytest.mark.parametrize("status", ["arrange", "busy", "", "FREE"])
def test_other_statuses_cannot_be_chosen(status):
    agent = agent_at_desk()
    with pytest.raises(Invalid):
        availability.set_status(agent, status)


def test_rest_keeps_the_open_sessions_and_brings_no_new_ones():
    agent = agent_at_desk()
    session = customer_asks()
    availability.set_status(agent, "rest")
    assert again(session).agent == agent
    assert customer_asks().state == State.QUEUED


def test_going_offline_with_open_sessions_needs_hand_over(told):
    agent = agent_at_desk()
    session = customer_asks()
    with pytest.raises(WrongState) as refused:
        availability.set_status(agent, "offline")
    assert refused.value.extra["sessions"] == 1
    assert (scene.status(agent), again(session).agent) == ("free", agent)
    availability.set_status(agent, "offline", hand_over=True)
    back = again(session)
    assert (back.state, back.agent, scene.load(agent)) == (State.QUEUED, None, 0)
    assert endings(session) == ["agent_lost", ""]
    assert codes(session)[-1] == "returned"
    assert told.member(agent, "transfer")[-1]["session"] == str(session.id)
    scene.check_invariants()


def test_signing_out_is_the_same():
    agent = agent_at_desk()
    customer_asks()
    with pytest.raises(WrongState):
        availability.signed_out(agent)
    availability.signed_out(agent, hand_over=True)
    assert causes(agent)[-1] == ("free", "offline", "sign_out")


def test_handed_over_sessions_go_to_the_next_in_their_old_order():
    agent = agent_at_desk()
    first, second = customer_asks(), customer_asks()
    colleague = agent_at_desk(session_limit=1)
    availability.set_status(agent, "offline", hand_over=True)
    assert again(first).agent == colleague
    assert again(second).state == State.QUEUED


def test_it_waits_for_the_target_it_waited_for_before(time):
    group = make.make_group()
    agent = agent_at_desk(group)
    session = customer_asks()
    assert again(session).group == group
    availability.set_status(agent, "offline", hand_over=True)
    assert again(session).group is None
    helper = agent_at_desk()
    assert again(session).agent == helper


def test_a_lost_desk_is_offline_after_the_grace_and_its_sessions_return(time, told):
    agent = agent_at_desk()
    session = customer_asks()
    scene.close_desk(agent)
    time.move(59)
    assert (scene.status(agent), again(session).agent) == ("free", agent)
    time.move(2)
    assert scene.status(agent) == "offline"
    assert (again(session).state, endings(session)) == (State.QUEUED, ["agent_lost", ""])
    assert codes(session)[-1] == "returned"
    assert causes(agent)[-1] == ("free", "offline", "lost")
    scene.check_invariants()


def test_back_within_the_grace_nothing_has_happened(time):
    agent = agent_at_desk()
    session = customer_asks()
    scene.close_desk(agent)
    time.move(50)
    scene.open_desk(agent)
    time.move(50)
    assert (scene.status(agent), again(session).agent) == ("free", agent)
    assert Availability.objects.get(member=agent).deadline_at is None


def test_a_lost_desk_brings_no_new_sessions_but_counts_as_signed_in():
    agent = agent_at_desk()
    scene.close_desk(agent)
    session = customer_asks()
    assert session.state == State.QUEUED
    scene.open_desk(agent)
    assert again(session).agent == agent


def test_with_a_second_tab_open_the_desk_is_not_lost(time):
    agent = agent_at_desk()
    second = scene.open_desk(agent)
    availability.desk_lost(second)
    time.move(120)
    assert scene.status(agent) == "free"


def test_connections_of_a_killed_process_count_as_lost(time):
    agent = agent_at_desk()
    customer_asks()
    DeskConnection.objects.filter(member=agent).update(seen_at=time.now - presence.OUTAGE * 2)
    time.move(1)
    assert Availability.objects.get(member=agent).deadline_kind == "grace"
    time.move(61)
    assert scene.status(agent) == "offline"


def test_a_pulse_keeps_connections_fresh_and_names_the_forgotten(time):
    agent = agent_at_desk()
    connection_id, seen_at = DeskConnection.objects.values_list("id", "seen_at").get(member=agent)
    unknown = uuid.uuid4()
    time.now += presence.OUTAGE / 2
    assert presence.pulse(scene.PROCESS, [connection_id, unknown]) == [unknown]
    assert DeskConnection.objects.get(id=connection_id).seen_at > seen_at


def test_a_process_that_ends_in_good_order_takes_its_connections_along(time):
    agent = agent_at_desk()
    presence.process_ended(scene.PROCESS)
    assert not DeskConnection.objects.filter(member=agent).exists()
    assert presence.newest_pulse() is not None


def test_wrap_up_after_a_session_until_its_time_is_over(time, told):
    scene.set_rules(PresenceSettings, wrap_up_seconds=30)
    agent = agent_at_desk()
    session = customer_asks()
    closing.by_agent(agent, session.id)
    assert scene.status(agent) == "arrange"
    waiting = customer_asks()
    assert waiting.state == State.QUEUED
    time.move(29)
    assert scene.status(agent) == "arrange"
    time.move(2)
    assert scene.status(agent) == "free"
    assert again(waiting).agent == agent
    assert [c[1:] for c in causes(agent)] == [
        ("free", "sign_in"), ("arrange", "wrap_up"), ("free", "wrap_up"),
    ]  # fmt: skip


def test_wrap_up_until_they_say_ready(time):
    scene.set_rules(PresenceSettings, wrap_up_seconds=30)
    agent = agent_at_desk()
    closing.by_agent(agent, customer_asks().id)
    availability.set_status(agent, "free")
    assert Availability.objects.get(member=agent).deadline_at is None
    availability.set_status(agent, "notReady")
    time.move(60)
    assert scene.status(agent) == "notReady"


def test_a_lost_desk_during_wrap_up_comes_back_to_it(time):
    scene.set_rules(PresenceSettings, wrap_up_seconds=30)
    agent = agent_at_desk()
    closing.by_agent(agent, customer_asks().id)
    scene.close_desk(agent)
    time.move(20)
    scene.open_desk(agent)
    assert scene.status(agent) == "arrange"
    time.move(11)
    assert scene.status(agent) == "free"


def test_who_rests_is_not_wrapped_up():
    scene.set_rules(PresenceSettings, wrap_up_seconds=30)
    agent = agent_at_desk()
    session = customer_asks()
    availability.set_status(agent, "rest")
    closing.by_agent(agent, session.id)
    assert scene.status(agent) == "rest"


def test_forced_offline_and_deletion_return_the_sessions(time):
    for field in ("forced_offline_at", "deleted_at"):
        agent = agent_at_desk()
        session = customer_asks()
        setattr(agent, field, time())
        agent.save()
        assert members.release(agent) == 1
        assert (scene.status(agent), again(session).state) == ("offline", State.QUEUED)
        assert endings(session)[0] == "agent_lost"
        closing.by_customer(session.id)
    scene.check_invariants()


def test_the_sweep_moves_what_a_crash_left_with_an_offline_agent(time):
    agent = agent_at_desk()
    session = customer_asks()
    # As if the process had died right after the availability was committed.
    Availability.objects.filter(member=agent).update(status="offline")
    time.move(1)
    assert (again(session).state, endings(session)) == (State.QUEUED, ["agent_lost", ""])
    scene.check_invariants()
