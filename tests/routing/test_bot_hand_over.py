"""From the bot to a human and back to the bot; thumbs (R-3, R-6, S-1, B-6, B-7)."""

import threading

import pytest
from django.db import connection

from apps.chatbot.models import AskedQuestion
from apps.chatbot.settings import AnswerSettings
from apps.routing import bot, closing, flow
from apps.routing.settings import FlowSettings, QueueSettings
from apps.sessions.models import Message, SessionEvent, State
from apps.sessions.settings import ClosingSettings
from csdesk.errors import NotFound, WrongState
from tests import factories as make
from tests.routing import knower, scene
from tests.routing.knower import by_bot, kept, words_of
from tests.routing.scene import again, asks, codes, customer_comes, endings

BUTTON = "Talk to a person"


@pytest.fixture(autouse=True)
def _bot(time, monkeypatch):
    knower.publish(monkeypatch)


def comes(**kwargs):
    return customer_comes(language="en", **kwargs)


def asked_by(session) -> str:
    return SessionEvent.objects.filter(session=session, event="queued").latest("id").detail["asked_by"]


def test_the_button_of_the_fallback_brings_an_agent_and_is_marked(told):
    agent = scene.agent_at_desk()
    session = asks(asks(comes(), "Do you sell bicycles?"), BUTTON)
    assert (session.state, session.agent, asked_by(session)) == (State.SERVING, agent, "button")
    [card] = by_bot(session)
    assert card.body["data"]["content"]["selected"] == {"content": BUTTON}
    assert card.rev > card.seq
    assert kept(session)[0].to_human_at is not None
    assert codes(session) == ["welcome", "connecting", "connected"]


def test_the_agent_gets_the_whole_talk_and_what_was_said_to_the_bot_is_not_unread(told):
    agent = scene.agent_at_desk()
    session = comes()
    for text in ("send it back", "return", "Who pays for a return?", "human"):
        session = asks(session, text)
    assert session.agent == agent
    kinds = Message.objects.filter(session=session).order_by("seq").values_list("author_kind", flat=True)
    assert list(kinds) == ["system", "bot", *["customer", "bot"] * 3, "customer", "system", "system"]
    summary = told.member(agent, "session")[-1]
    assert (summary["unread"], summary["last"]["text"]) == (1, "human")
    # What the agent owes is counted from the wish for a human, not from the first question to the bot.
    assert session.waiting_since > Message.objects.get(session=session, seq=8).created_at


@pytest.mark.parametrize("text", ["human", "转人工"])
def test_keywords_win_over_what_the_bot_knows(text, monkeypatch):
    monkeypatch.setitem(knower.SCORES, text, {knower.RETURN: 1.0})
    scene.agent_at_desk()
    session = asks(comes(), text)
    assert (session.state, asked_by(session), by_bot(session)) == (State.SERVING, "keyword", [])


def test_a_keyword_anywhere_in_the_words_wins_where_that_is_set(monkeypatch):
    scene.set_rules(FlowSettings, match="contained")
    monkeypatch.setitem(knower.SCORES, "a human please", {knower.RETURN: 1.0})
    scene.agent_at_desk()
    assert asks(comes(), "a human please").state == State.SERVING


def test_the_button_of_the_window_counts_the_wait_from_now():
    scene.agent_at_desk(session_limit=1)
    asks(comes(), "human")
    session = asks(comes(), "send it back")
    flow.request_agent(session.customer, session.channel)
    session = again(session)
    assert (session.state, session.unread) == (State.QUEUED, 0)
    assert session.waiting_since is not None
    assert kept(session)[0].to_human_at is not None


def test_after_enough_misses_the_hand_over_starts_by_itself():
    scene.set_rules(AnswerSettings, misses=2, after_misses="start")
    agent = scene.agent_at_desk()
    session = asks(comes(), "bicycles")
    assert session.state == State.FLOW
    session = asks(session, "and tandems")
    assert (session.agent, asked_by(session)) == (agent, "bot")
    assert [question.decision for question in kept(session)] == ["fallback", "fallback"]
    assert kept(session)[1].answer_seq is None
    assert len(by_bot(session)) == 1


def test_the_fallback_may_be_a_human_at_once():
    scene.set_rules(AnswerSettings, fallback="human")
    agent = scene.agent_at_desk()
    session = asks(comes(), "bicycles")
    assert (session.agent, by_bot(session)) == (agent, [])


def test_what_is_said_after_the_wish_for_a_human_is_the_agents():
    agent = scene.agent_at_desk()
    session = comes()
    for text in ("send it back", "human", "thx"):
        scene.says(session, text)
    flow.advance(session.id)
    session = again(session)
    assert (session.agent, words_of(session)) == (agent, ["Within 7 days."])


def test_while_an_agent_serves_the_bot_is_silent(time):
    scene.agent_at_desk()
    session = asks(comes(), "human")
    scene.says(session, "send it back")
    assert not flow.advance(session.id)
    time.move(5)
    assert by_bot(session) == []


# --- A hand-over that fails (R-6) --------------------------------------------------------------------


def test_with_nobody_signed_in_the_bot_goes_on_and_the_end_says_so(time):
    scene.set_rules(ClosingSettings, flow_seconds=60)
    session = asks(asks(comes(), "bicycles"), BUTTON)
    assert (session.state, session.failed_status) == (State.FLOW, "no_agent_online")
    assert codes(session) == ["welcome", "handover_failed"]
    session = asks(session, "send it back")
    assert words_of(session)[-1] == "Within 7 days."
    assert (session.state, session.waiting_since) == (State.FLOW, None)
    time.move(61)
    assert again(session).status == "no_agent_online"
    assert endings(session) == ["no_agent_online"]


def test_a_hand_over_that_succeeds_later_leaves_the_failed_one_behind(time):
    session = asks(comes(), "human")
    agent = scene.agent_at_desk()
    session = asks(session, "human")
    assert (session.agent, session.failed_status) == (agent, "")
    closing.by_customer(session.id)
    assert endings(session) == ["customer_ended"]


def test_what_was_asked_right_after_a_wish_in_vain_is_answered():
    session = comes()
    for text in ("human", "send it back"):
        scene.says(session, text)
    flow.advance(session.id)
    assert codes(session) == ["welcome", "handover_failed"]
    assert words_of(session) == ["Within 7 days."]


def test_when_the_bot_itself_asks_in_vain_the_customer_hears_so_each_time():
    scene.set_rules(AnswerSettings, fallback="human")
    session = asks(asks(comes(), "bicycles"), "tandems")
    assert codes(session) == ["welcome", "handover_failed", "handover_failed"]
    assert session.state == State.FLOW


def test_a_full_queue_leads_back_to_the_bot():
    scene.set_rules(QueueSettings, queue_limit=1)
    scene.agent_at_desk(session_limit=1)
    for _ in range(2):
        asks(comes(), "human")
    session = asks(comes(), "human")
    assert (session.state, session.failed_status) == (State.FLOW, "abandoned_in_queue")
    assert words_of(asks(session, "thx")) == ["You are welcome."]


def waits_in_vain(time):
    """A customer who waits while the only agent serves somebody else."""
    scene.set_rules(QueueSettings, wait_seconds=60)
    scene.agent_at_desk(session_limit=1)
    asks(comes(), "human")
    session = asks(comes(), "human")
    assert session.state == State.QUEUED
    scene.says(session, "send it back")
    return session


def test_the_waiting_limit_leads_back_to_the_bot(time, told):
    session = waits_in_vain(time)
    time.move(61)
    session = again(session)
    assert (session.state, session.failed_status) == (State.FLOW, "abandoned_in_queue")
    assert codes(session)[-1] == "handover_failed"
    assert told.customer(session, "state")[-1]["state"] == "flow"
    # What was said while waiting was said to an agent.
    time.move(5)
    assert by_bot(session) == []
    assert words_of(asks(session, "thx")) == ["You are welcome."]


def test_leaving_the_queue_leads_back_to_the_bot(time, told):
    session = waits_in_vain(time)
    flow.leave_queue(session.customer, session.channel)
    session = again(session)
    assert (session.state, session.failed_status) == (State.FLOW, "abandoned_in_queue")
    assert codes(session)[-1] == "left_queue"
    flow.customer_end(session.customer, session.channel)
    assert endings(session) == ["abandoned_in_queue"]


def test_leaving_while_offered_withdraws_the_offer(told):
    group = make.make_group(reception="manual")
    agent = scene.agent_at_desk(group)
    session = scene.waits_for(comes(), group)
    assert session.state == State.OFFERED
    flow.leave_queue(session.customer, session.channel)
    session = again(session)
    assert (session.state, session.agent, scene.load(agent)) == (State.FLOW, None, 0)
    assert told.member(agent, "sessionEnded")[-1]["closeBy"] == "client"
    scene.check_invariants()
    assert words_of(asks(session, "thx")) == ["You are welcome."]


def test_without_the_bot_a_failed_hand_over_still_ends_the_session():
    session = comes()
    type(session.channel).objects.filter(pk=session.channel_id).update(has_bot=False)
    assert asks(session, "human").status == "no_agent_online"


def test_a_wish_for_a_human_races_with_the_answer():
    """The button in the window and the answer come at the same moment: each once, whichever is first."""
    agent = scene.agent_at_desk(session_limit=100)
    for _ in range(8):
        session = comes()
        scene.says(session, "send it back")
        failures = []

        def act(what, *arguments, failures=failures) -> None:
            try:
                what(*arguments)
            except Exception as error:
                failures.append(error)
            finally:
                connection.close()

        threads = [
            threading.Thread(target=act, args=(flow.advance, session.id)),
            threading.Thread(target=act, args=(flow.request_agent, session.customer, session.channel)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        session = again(session)
        assert not failures
        assert (session.state, session.agent) == (State.SERVING, agent)
        assert len(words_of(session)) == len(kept(session)) <= 1
    scene.check_invariants()


# --- Thumbs (B-7) --------------------------------------------------------------------------------


def answered():
    session = asks(comes(), "send it back")
    return session, by_bot(session)[0].seq


def test_a_thumb_is_kept_told_and_can_be_changed(told):
    session, seq = answered()
    for given in (True, False, None, True):
        before = again(session).rev
        bot.vote(session.id, seq, given)
        message = Message.objects.get(session=session, seq=seq)
        assert (message.body["helpful"], message.rev) == (given, before + 1)
        assert again(session).rev == before + 1
        assert told.customer(session, "message")[-1]["message"]["helpful"] is given
        assert AskedQuestion.objects.get().is_helpful is given
    # The same once more changes nothing.
    bot.vote(session.id, seq, True)
    assert again(session).rev == before + 1


def test_the_agent_sees_a_thumb_as_it_comes(told):
    agent = scene.agent_at_desk()
    session, seq = answered()
    asks(session, "human")
    bot.vote(session.id, seq, False)
    assert told.member(agent, "message")[-1]["message"] == {
        "type": "text",
        "text": "Within 7 days.",
        "helpful": False,
    }


def test_only_answers_that_ask_take_a_thumb():
    session, _seq = answered()
    asks(session, "thx")
    small_talk = by_bot(session)[-1].seq
    for seq in (1, 2, 3, small_talk, 99):
        with pytest.raises(NotFound):
            bot.vote(session.id, seq, True)


def test_a_thumb_after_the_end_is_refused():
    session, seq = answered()
    flow.customer_end(session.customer, session.channel)
    with pytest.raises(WrongState):
        bot.vote(session.id, seq, True)
    assert Message.objects.get(session=session, seq=seq).body["helpful"] is None
