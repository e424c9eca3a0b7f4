"""From the window to the queue (R-1, R-3, R-6, R-11, S-1, S-17)."""

import threading
import uuid

import pytest
from django.db import connection

from apps.routing import closing, flow
from apps.routing.settings import FlowSettings, PromptSettings, QueueSettings
from apps.sessions.models import ChatSession, Message, SessionEvent, State
from apps.sessions.settings import ClosingSettings
from apps.team.setting_fields import Words
from csdesk import bridge
from csdesk.errors import NotFound, WrongState
from tests import factories as make
from tests.routing import scene
from tests.routing.scene import again, asks, codes, customer_comes, endings

pytestmark = pytest.mark.usefixtures("time")


def test_opening_the_window_welcomes_once_and_queues_nobody():
    scene.agent_at_desk()
    session = customer_comes()
    flow.trigger(session.customer, session.channel)
    assert again(session).state == State.FLOW
    assert codes(session) == ["welcome"]
    assert again(session).engaged_at is None


def test_two_triggers_at_once_make_one_session_with_one_welcome():
    customer = make.make_customer()

    def look() -> None:
        flow.trigger(customer, customer.source)
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [session] = ChatSession.objects.filter(customer=customer)
    assert codes(session) == ["welcome"]


def test_the_first_words_bring_an_agent(told):
    agent = scene.agent_at_desk()
    session = asks(customer_comes())
    assert (session.state, session.agent) == (State.SERVING, agent)
    assert codes(session) == ["welcome", "connecting", "connected"]
    assert told.member(agent, "userAccessed") == [{"op": "userAccessed", "session": str(session.id)}]
    connected = Message.objects.filter(session=session, body__code="connected").get()
    assert agent.nickname in connected.body["text"] and agent.staff_no in connected.body["text"]
    assert connected.body["params"] == {"StaffName": agent.nickname, "StaffNo": agent.staff_no}


def test_words_come_in_the_customers_language():
    session = customer_comes(language="en-GB")
    assert Message.objects.get(session=session).body["text"].startswith("Hello")
    other = customer_comes(language="zh-CN")
    assert Message.objects.get(session=other).body["text"].startswith("您好")


def test_switched_off_words_are_not_said():
    scene.set_rules(PromptSettings, welcome=Words({"en": "Hi"}, enabled=False))
    assert codes(customer_comes()) == []


def test_the_flow_handles_each_message_once():
    scene.agent_at_desk(session_limit=1)
    asks(customer_comes())
    session = asks(customer_comes())
    before = codes(session)
    assert not flow.advance(session.id)
    scene.says(session, "Hello?")
    assert not flow.advance(session.id)
    assert codes(session) == before == ["welcome", "connecting", "queueing"]
    assert again(session).state == State.QUEUED


def test_many_processes_that_go_on_at_once_ask_once():
    scene.agent_at_desk()
    session = customer_comes()
    scene.says(session, "Hello")
    results = []

    def go_on() -> None:
        results.append(flow.advance(session.id))
        connection.close()

    threads = [threading.Thread(target=go_on) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, False, False, True]
    assert codes(session) == ["welcome", "connecting", "connected"]


def test_a_question_that_a_crash_left_unanswered_is_taken_up_by_the_sweep(time):
    agent = scene.agent_at_desk()
    session = customer_comes()
    scene.says(session, "Hello")
    time.move(2)
    assert again(session).state == State.FLOW
    time.move(2)
    assert again(session).agent == agent


def test_the_button_asks_for_a_human_and_counts_as_an_input():
    agent = scene.agent_at_desk()
    session = customer_comes()
    answered = flow.request_agent(session.customer, session.channel)
    assert (answered.state, answered.agent_id) == (State.SERVING, agent.pk)
    assert answered.engaged_at is not None
    with pytest.raises(WrongState):
        flow.request_agent(session.customer, session.channel)


def test_the_button_without_a_session_opens_one():
    scene.agent_at_desk()
    customer = make.make_customer()
    assert flow.request_agent(customer, customer.source).state == State.SERVING


@pytest.mark.parametrize(
    ("match", "text", "asks_for_one"),
    [
        ("exact", "人工", True),
        ("exact", "  HUMAN ", True),
        ("exact", "a human please", False),
        ("contained", "a human please", True),
        ("contained", "我要转人工服务", True),
        ("contained", "hello", False),
    ],
)
def test_keywords_ask_for_a_human(match, text, asks_for_one):
    scene.set_rules(FlowSettings, match=match)
    assert flow.asks_for_human(text) is asks_for_one


def test_what_made_the_customer_ask_is_in_the_history():
    scene.agent_at_desk()
    session = asks(customer_comes(), "转人工")
    assert SessionEvent.objects.get(session=session, event="queued").detail["asked_by"] == "keyword"


def test_with_nobody_signed_in_the_hand_over_fails_with_its_words():
    session = asks(customer_comes())
    assert (session.state, session.status, session.closed_by) == (State.CLOSED, "no_agent_online", "timer")
    assert codes(session) == ["welcome", "handover_failed", "src19"]
    assert endings(session) == ["no_agent_online"]


def test_who_finds_nobody_at_work_is_not_welcomed_again_at_once(time):
    first = asks(customer_comes())
    customer, channel = first.customer, first.channel
    second = asks(flow.trigger(customer, channel))
    assert codes(second) == ["handover_failed", "src19"]
    time.move(flow.WELCOME_LASTS.total_seconds() - 60)
    assert codes(flow.trigger(customer, make.make_channel())) == ["welcome"]
    third = asks(flow.trigger(customer, channel))
    assert codes(third) == ["handover_failed", "src19"]
    time.move(120)
    assert codes(flow.trigger(customer, channel)) == ["welcome"]


def test_who_has_been_served_is_welcomed_again():
    agent = scene.agent_at_desk()
    session = asks(customer_comes())
    closing.by_customer(session.id)
    assert session.agent == agent
    assert codes(flow.trigger(session.customer, session.channel)) == ["welcome"]


def test_a_setting_lets_customers_queue_with_nobody_signed_in():
    scene.set_rules(QueueSettings, queue_without_agents=True)
    assert asks(customer_comes()).state == State.QUEUED


def test_signed_in_but_not_free_means_queue_with_the_place_told(told):
    scene.agent_at_desk(session_limit=1)
    asks(customer_comes())
    first, second = asks(customer_comes(language="en")), asks(customer_comes(language="en"))
    assert (first.state, second.state) == (State.QUEUED, State.QUEUED)
    words = Message.objects.get(session=second, body__code="queueing").body
    assert words["params"] == {"QueuePosition": 2, "WaitNo": 1}
    assert "number 2" in words["text"] and "${" not in words["text"]
    assert told.customer(second, "state")[-1]["position"] == 2


def test_members_who_do_not_serve_are_nobody():
    scene.agent_at_desk(serves=False)
    assert asks(customer_comes()).status == "no_agent_online"


def test_a_full_queue_refuses_with_words():
    scene.set_rules(QueueSettings, queue_limit=1)
    scene.agent_at_desk(session_limit=1)
    asks(customer_comes())
    assert asks(customer_comes()).state == State.QUEUED
    refused = asks(customer_comes())
    assert (refused.state, refused.status) == (State.CLOSED, "abandoned_in_queue")
    assert codes(refused)[-2:] == ["handover_failed", "src19"]


def test_the_waiting_limit_ends_the_wait_with_words(time):
    scene.set_rules(QueueSettings, wait_seconds=60)
    scene.agent_at_desk(session_limit=1)
    asks(customer_comes())
    session = asks(customer_comes())
    time.move(59)
    assert again(session).state == State.QUEUED
    time.move(2)
    ended = again(session)
    assert (ended.status, ended.closed_by) == ("abandoned_in_queue", "timer")
    assert codes(session)[-2:] == ["handover_failed", "src20"]


def test_leaving_the_queue(told):
    scene.agent_at_desk(session_limit=1)
    asks(customer_comes())
    session = asks(customer_comes())
    flow.leave_queue(session.customer, session.channel)
    ended = again(session)
    assert (ended.state, ended.status, ended.closed_by) == (State.CLOSED, "abandoned_in_queue", "client")


def test_only_who_waits_can_leave_the_queue():
    scene.agent_at_desk()
    session = customer_comes()
    with pytest.raises(WrongState):
        flow.leave_queue(session.customer, session.channel)
    served = asks(session)
    with pytest.raises(WrongState):
        flow.leave_queue(served.customer, served.channel)
    assert again(session).state == State.SERVING


def test_ending_in_each_state_and_what_it_counts_as(time):
    agent = scene.agent_at_desk(session_limit=1)
    in_flow = customer_comes()
    served = asks(customer_comes())
    queued = asks(customer_comes())
    for session, ending in [
        (in_flow, "abandoned_in_flow"),
        (queued, "abandoned_in_queue"),
        (served, "customer_ended"),
    ]:
        flow.customer_end(session.customer, session.channel)
        assert (again(session).status, again(session).closed_by) == (ending, "client")
    assert scene.load(agent) == 0
    with pytest.raises(NotFound):
        flow.customer_end(served.customer, served.channel)


def test_silence_in_the_flow_ends_it_and_a_mere_look_gets_no_last_words(time):
    scene.set_rules(ClosingSettings, flow_seconds=30)
    session = customer_comes()
    time.move(31)
    ended = again(session)
    assert (ended.status, ended.closed_by, ended.engaged_at) == ("abandoned_in_flow", "timer", None)
    assert codes(session) == ["welcome", "src20"]


def test_an_administrator_ends_any_open_session():
    lead = make.make_member("administrator")
    session = customer_comes()
    closing.by_administrator(lead, session.id)
    assert (again(session).status, again(session).closed_by) == ("forced", "admin")
    with pytest.raises(WrongState):
        closing.by_administrator(lead, session.id)


@pytest.mark.asyncio
async def test_a_message_opens_a_session_and_is_stored_once(time):
    customer = await bridge.run(make.make_customer)
    agent = await bridge.run(scene.agent_at_desk)
    client_id = uuid.uuid4()
    say = flow.on_customer_message
    first = await say(customer, customer.source, "text", {"text": "Hello"}, client_id=client_id)
    second = await say(customer, customer.source, "text", {"text": "Hello"}, client_id=client_id)
    assert (first.seq, second.seq, second.duplicate) == (2, 2, True)
    while flow._advancing:
        await next(iter(flow._advancing))
    session = await bridge.run(lambda: ChatSession.objects.get(customer=customer))
    assert (session.state, session.agent_id) == (State.SERVING, agent.pk)


@pytest.mark.asyncio
async def test_a_message_to_an_ended_session_opens_the_next(time):
    session = await bridge.run(customer_comes)
    client_id = uuid.uuid4()
    say = flow.on_customer_message
    await say(
        session.customer, session.channel, "text", {"text": "1"}, client_id=client_id, session_id=session.id
    )
    while flow._advancing:
        await next(iter(flow._advancing))
    assert (await bridge.run(again, session)).state == State.CLOSED
    next_one = await say(session.customer, session.channel, "text", {"text": "2"}, session_id=session.id)
    assert next_one.session_id != session.id
    # The first words sent once more still get their first acknowledgement.
    resent = await say(session.customer, session.channel, "text", {"text": "1"}, client_id=client_id)
    assert (resent.session_id, resent.duplicate) == (session.id, True)
    while flow._advancing:
        await next(iter(flow._advancing))
