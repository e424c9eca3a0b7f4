"""The flow with a bot: welcome, answers, cards, bad input, many at once (R-1, B-3 … B-6, B-11)."""

import asyncio
import threading
import uuid

import pytest
from django.db import connection

from apps.chatbot import answering, questions
from apps.chatbot.models import AskedQuestion
from apps.chatbot.settings import AnswerSettings, SwitchSettings
from apps.routing import bot, flow, purging
from apps.routing.settings import FlowSettings
from apps.sessions import recall
from apps.sessions.authors import Author
from apps.sessions.models import ChatSession, Message, State
from apps.sessions.posting import Post, post
from apps.sessions.settings import ClosingSettings, MessageSettings
from csdesk import bridge, realtime
from tests import factories as make
from tests.routing import knower, scene
from tests.routing.knower import by_bot, kept, words_of
from tests.routing.scene import again, asks, codes, customer_comes

FALLBACK = "Sorry, I don't know that one yet. Could you put it another way?"


@pytest.fixture(autouse=True)
def _bot(time, monkeypatch):
    knower.publish(monkeypatch)


def comes(**kwargs) -> ChatSession:
    return customer_comes(language="en", **kwargs)


def welcome_cards(session) -> list[dict]:
    cards = Message.objects.filter(session=session, body__data__subtype="welcome_msg")
    return [card.body["data"]["content"] for card in cards]


def test_a_conversation_begins_with_the_welcome_words_and_the_card_once():
    session = comes()
    flow.trigger(session.customer, session.channel, language="en")
    assert codes(session) == ["welcome"]
    [card] = welcome_cards(session)
    assert card["items"] == [{"content": "How do I return a parcel?"}, {"content": "Anything else"}]
    assert card["title"] == "Popular questions"
    session = again(session)
    assert (session.engaged_at, session.state, session.unread) == (None, State.FLOW, 0)
    message = Message.objects.get(session=session, seq=2)
    assert (message.author_kind, message.author_name) == ("bot", "Assistant")


def test_the_card_is_in_the_customers_language():
    [card] = welcome_cards(customer_comes(language="zh-CN"))
    assert (card["title"], card["items"]) == ("猜你想问", [{"content": "退货"}])


def test_each_conversation_begins_with_its_card():
    session = comes()
    flow.customer_end(session.customer, session.channel)
    assert welcome_cards(flow.trigger(session.customer, session.channel, language="en"))


def test_a_card_that_cannot_be_made_keeps_nobody_out(monkeypatch):
    monkeypatch.setattr(answering, "welcome", lambda _language: 1 / 0)
    session = comes()
    assert (codes(session), welcome_cards(session)) == (["welcome"], [])


def test_a_question_is_answered_and_kept(told):
    session = asks(comes(), "send it back")
    assert (session.state, session.flow_seq) == (State.FLOW, session.customer_seq)
    [answer] = by_bot(session)
    assert (answer.kind, answer.body) == ("text", {"text": "Within 7 days.", "helpful": None})
    assert (answer.author_kind, answer.author_name) == ("bot", "Assistant")
    [question] = kept(session)
    assert (question.text, question.decision, question.entry_id) == ("send it back", "direct", knower.RETURN)
    assert (question.seq, question.answer_seq) == (session.customer_seq, answer.seq)
    assert (question.channel, question.language) == (session.channel_id, "en")
    # Nobody owes this customer anything, and no agent will have to read it.
    assert (session.waiting_since, session.unread) == (None, 0)
    assert told.customer(session, "message")[-1]["message"]["helpful"] is None


def test_a_rich_answer_is_src_30():
    session = asks(comes(), "costs of sending back")
    [answer] = by_bot(session)
    assert answer.body["data"] == {"customerServicePlugin": 0, "src": "30", "content": "**We do**, mostly."}
    assert answer.body["helpful"] is None


def test_small_talk_is_varied_and_asks_for_no_thumb():
    session = comes()
    for _ in range(2):
        asks(session, "thx")
    assert [answer.body for answer in by_bot(session)] == [
        {"text": "You are welcome."},
        {"text": "Any time."},
    ]


def test_a_guided_question_is_a_card_whose_lines_are_matched_exactly():
    session = asks(comes(), "return")
    [card] = by_bot(session)
    assert card.body["data"]["subtype"] == "clarify_msg"
    assert card.body["data"]["content"]["items"] == [
        {"content": "How do I return a parcel?"},
        {"content": "Who pays for a return?"},
    ]
    asks(session, "Who pays for a return?")
    assert words_of(session) == ["Did you mean one of these?", "**We do**, mostly."]
    guided, picked = kept(session)
    assert (guided.decision, guided.clicked_entry_id) == ("guide", knower.WHO_PAYS)
    assert (picked.decision, picked.score) == ("menu", 1.0)


def test_what_it_does_not_know_gets_the_fallback_with_a_button():
    session = asks(comes(), "Do you sell bicycles?")
    [card] = by_bot(session)
    assert card.body["data"] == {
        "customerServicePlugin": 0,
        "src": "15",
        "content": {"header": FALLBACK, "items": [{"content": "Talk to a person", "desc": ""}], "tail": ""},
    }


def test_the_fallback_may_be_words_alone():
    scene.set_rules(AnswerSettings, fallback="words", misses=0)
    [answer] = by_bot(asks(comes(), "Do you sell bicycles?"))
    assert answer.body == {"text": FALLBACK}


def test_several_messages_are_answered_one_by_one_in_order():
    session = comes()
    for text in ("send it back", "thx", "costs of sending back"):
        scene.says(session, text)
    assert flow.advance(session.id)
    assert words_of(session) == ["Within 7 days.", "You are welcome.", "**We do**, mostly."]
    assert not flow.advance(session.id)
    assert [question.seq for question in kept(session)] == [3, 4, 5]


def test_many_processes_answer_each_message_once(monkeypatch):
    session = comes()
    together = threading.Barrier(4, timeout=20)
    # All look the first question up before anybody answers it.
    knower.publish(monkeypatch, lambda _text: together.wait() if not by_bot(session) else None)
    scene.says(session, "send it back")
    failures = []

    def go_on() -> None:
        try:
            flow.advance(session.id)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=go_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert words_of(session) == ["Within 7 days."]
    assert len(kept(session)) == 1
    scene.check_invariants()


def test_who_writes_while_others_answer_gets_every_answer_once_and_in_order():
    session = comes()
    wanted = ["send it back", "costs of sending back"] * 10
    is_over = threading.Event()
    failures = []

    def answer() -> None:
        try:
            while not is_over.is_set():
                flow.advance(session.id)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=answer) for _ in range(3)]
    for thread in threads:
        thread.start()
    for text in wanted:
        scene.says(session, text)
    flow.advance(session.id)
    is_over.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert words_of(session) == ["Within 7 days.", "**We do**, mostly."] * 10
    assert [question.text for question in kept(session)] == wanted
    scene.check_invariants()


def test_a_question_that_a_crash_left_unanswered_is_answered_by_the_sweep(time):
    session = comes()
    scene.says(session, "send it back")
    time.move(2)
    assert by_bot(session) == []
    time.move(2)
    assert words_of(session) == ["Within 7 days."]
    time.move(5)
    assert words_of(session) == ["Within 7 days."]


@pytest.mark.asyncio
async def test_the_answer_follows_the_message_without_being_waited_for(time):
    customer = await bridge.run(make.make_customer)
    say = flow.on_customer_message
    for text in ("send it back", "thx", "return"):
        await say(customer, customer.source, "text", {"text": text}, client_id=uuid.uuid4(), language="en")
    while flow._advancing:
        await next(iter(flow._advancing))
    session = await bridge.run(lambda: ChatSession.objects.get(customer=customer))
    assert await bridge.run(words_of, session) == [
        "Within 7 days.",
        "You are welcome.",
        "Did you mean one of these?",
    ]
    assert not flow._more


@pytest.mark.asyncio
async def test_who_waits_noticeably_sees_the_bot_typing(time, told, monkeypatch):
    is_seen = threading.Event()
    monkeypatch.setattr(flow, "NOTICEABLE", 0.01)
    knower.publish(monkeypatch, lambda _text: is_seen.wait(20))
    customer = await bridge.run(make.make_customer)
    await flow.on_customer_message(customer, customer.source, "text", {"text": "thx"}, language="en")
    session = await bridge.run(lambda: ChatSession.objects.get(customer=customer))
    async with asyncio.timeout(20):
        while not told.customer(session, "signal"):
            await asyncio.sleep(0.005)
    is_seen.set()
    while flow._advancing:
        await next(iter(flow._advancing))
    signals = told.customer(session, "signal")
    assert signals[0]["data"] == {"customerServicePlugin": 0, "src": "12"}
    # Once answered, nobody is typing any more.
    bot.tell_thinking(session.id, realtime.customer(session.customer_id, session.channel_id))
    assert told.customer(session, "signal") == signals


@pytest.mark.parametrize(
    "text",
    [
        "?",
        "!" * 5_000,
        "😀😀😀",
        "\u200b.\u202e",
        "\x01\x02a\x7f",
        "ﷺ" * 200,
        "SELECT 1; --",
        "x" * 5_000,
        "\n\n.\t",
    ],
)
def test_whatever_is_said_gets_an_answer(text):
    session = asks(comes(), text)
    assert words_of(session) == [FALLBACK]
    assert kept(session)[0].text == text


def test_what_is_no_text_gets_words_and_a_button():
    session = comes()
    data = {"customerServicePlugin": 0, "src": "22", "content": {"header": "A kettle", "desc": "Blue"}}
    post(Post(session.id, Author.customer(session.customer), "custom", {"data": data}))
    flow.advance(session.id)
    [card] = by_bot(session)
    assert "words" in card.body["data"]["content"]["header"]
    assert card.body["data"]["content"]["items"] == [{"content": "Talk to a person", "desc": ""}]
    assert again(session).state == State.FLOW


def test_what_was_taken_back_is_not_answered():
    scene.set_rules(MessageSettings, customer_recalls=True)
    session = comes()
    said = scene.says(session, "send it back")
    recall.recall(said.address, Author.customer(session.customer))
    scene.says(session, "thx")
    flow.advance(session.id)
    assert words_of(session) == ["You are welcome."]


@pytest.mark.parametrize("broken", [(answering, "answer"), (questions, "note")])
def test_a_bot_in_trouble_says_so_and_offers_a_human(monkeypatch, caplog, broken):
    def fails(*_args, **_kwargs):
        raise RuntimeError("the release is broken")

    monkeypatch.setattr(*broken, fails)
    session = asks(comes(), "send it back")
    [card] = by_bot(session)
    assert card.body["data"]["content"]["header"] == FALLBACK
    assert card.body["data"]["content"]["items"][0]["content"] == "Talk to a person"
    assert session.flow_seq == session.customer_seq
    assert "the release is broken" in caplog.text


def test_silence_ends_a_talk_with_the_bot_and_what_comes_then_begins_anew(time):
    scene.set_rules(ClosingSettings, flow_seconds=60)
    session = asks(comes(), "send it back")
    time.move(50)
    asks(session, "thx")
    time.move(50)
    assert again(session).state == State.FLOW
    assert len(welcome_cards(session)) == 1
    time.move(11)
    ended = again(session)
    assert (ended.status, ended.closed_by) == ("abandoned_in_flow", "timer")
    assert codes(session) == ["welcome", "timeout_close", "src20"]


@pytest.mark.parametrize("where", ["everywhere", "on this channel"])
def test_switched_off_the_next_words_ask_for_a_human_at_once(where):
    agent = scene.agent_at_desk()
    session = asks(comes(), "send it back")
    if where == "everywhere":
        scene.set_rules(SwitchSettings, is_on=False)
    else:
        type(session.channel).objects.filter(pk=session.channel_id).update(has_bot=False)
    session = asks(session, "send it back")
    assert (session.agent, words_of(session)) == (agent, ["Within 7 days."])
    channel = make.make_channel(has_bot=where == "everywhere")
    assert welcome_cards(flow.trigger(make.make_customer(channel), channel, language="en")) == []


def test_questions_go_with_their_session():
    session, other = asks(comes(), "send it back"), asks(comes(), "send it back")
    purging.delete([session.id])
    assert not kept(session)
    assert AskedQuestion.objects.get().conversation == other.id


def test_the_words_of_the_button_are_known_in_every_language():
    assert bot.to_human_words("zh-CN") == "转人工"
    assert bot.is_button(" talk to a PERSON ") and bot.is_button("转人工")
    assert not bot.is_button("talk")
    assert not flow.asks_for_human(bot.to_human_words("en"))
    assert FlowSettings().match == "exact"
