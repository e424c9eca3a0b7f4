"""A talk with the bot through the socket of the real processes (B-3 … B-7, R-3, R-6, V-7)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.db import connections

from apps.chatbot.models import AskedQuestion
from apps.routing.models import Availability
from apps.sessions.authors import Author
from apps.sessions.models import Channel, ChatSession
from apps.sessions.posting import Post, post
from tests import bots
from tests import factories as make
from tests.live.plain import database, desk_of
from tests.live.windows import Window, new_token, window_of

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_db", "bot", "nobody")]


@pytest.fixture(scope="module")
def bot(stack, django_db_blocker) -> Iterator[None]:
    """The bot answers everywhere; afterwards nowhere any more."""
    with django_db_blocker.unblock():
        with bots.taught():
            bots.wait_until_answering(stack.url)
            yield
        bots.wait_until_silent(stack.url)
        connections.close_all()


@pytest.fixture
async def channel(stack) -> str:
    return (await database(make.make_channel)).key


@pytest.fixture
async def nobody(stack) -> None:
    """No agent is signed in."""
    await database(Availability.objects.update, status="offline", deadline_at=None, deadline_kind="")


async def answer(window: Window) -> dict:
    """What the bot says next, but for the welcome card."""
    while True:
        frame = await window.expect("message")
        is_welcome = frame["message"].get("data", {}).get("subtype") == "welcome_msg"
        if frame["from"]["kind"] == "bot" and not is_welcome:
            return frame


async def test_a_talk_with_the_bot(stack, channel):
    async with window_of(stack.url, channel) as window:
        assert window.ready["channel"]["bot"] is True
        await window.signal("7")
        card = await window.card("29")
        assert card["message"]["data"]["subtype"] == "welcome_msg"
        items = [item["content"] for item in card["message"]["data"]["content"]["items"]]
        assert items == [bots.RETURN, bots.WHO_PAYS]
        said = await window.say("I want to send it back")
        first = await answer(window)
        assert first["message"]["data"] == {
            "customerServicePlugin": 0,
            "src": "30",
            "content": bots.RETURN_ANSWER,
        }
        assert (first["seq"], first["message"]["helpful"]) == (said["seq"] + 1, None)
        assert first["from"] == {"kind": "bot", "name": "Assistant", "avatar": ""}
        await window.say(items[1])
        assert (await answer(window))["message"]["text"] == "We do."
        await window.say("thx")
        assert (await answer(window))["message"] == {"type": "text", "text": "You are welcome."}
        questions = await database(
            lambda: list(AskedQuestion.objects.filter(conversation=first["session"]).order_by("seq"))
        )
        assert [q.decision for q in questions] == ["direct", "menu", "chitchat"]
        assert all(q.release_id for q in questions)


async def test_a_thumb_reaches_every_window_and_can_be_changed(stack, channel):
    token = await new_token(stack.url, channel)
    async with window_of(stack.url, channel, token) as window, window_of(stack.url, channel, token) as other:
        await window.say("I want to send it back")
        frame = await answer(window)
        for helpful in (True, False, None):
            await window.send({"op": "vote", "message": frame["id"], "helpful": helpful})
            for each in (window, other):
                again = await each.expect("message", id=frame["id"], rev=frame["rev"] + 1)
                assert again["message"]["helpful"] is helpful
            frame = again
        vote = {"op": "vote", "message": frame["id"], "helpful": True}
        await window.refused(vote | {"message": f"{frame['session']}.1"}, "not_found")
        await window.refused(vote | {"helpful": "yes"}, "invalid")
        async with window_of(stack.url, channel) as stranger:
            await stranger.refused(vote, "not_found")
        await window.ended(frame["session"])
        await window.refused(vote, "wrong_state")


async def test_many_messages_at_once_are_answered_in_their_order(stack, channel):
    async with window_of(stack.url, channel) as window:
        for text in ["I want to send it back", bots.WHO_PAYS, "thx"] * 3:
            await window.post({"type": "text", "text": text})
        said = [await answer(window) for _ in range(9)]
        texts = [frame["message"].get("text") or frame["message"]["data"]["content"] for frame in said]
        assert texts == [bots.RETURN_ANSWER, "We do.", "You are welcome."] * 3
        assert [frame["seq"] for frame in said] == sorted(frame["seq"] for frame in said)


async def test_the_talk_goes_along_to_the_agent(stack, channel):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk, window_of(stack.url, channel) as window:
        await window.say("I want to send it back")
        await answer(window)
        await window.say("zxqv wkjp brrf")
        card = await answer(window)
        assert card["message"]["data"]["src"] == "15"
        [button] = card["message"]["data"]["content"]["items"]
        session = (await window.say(button["content"]))["session"]
        await window.expect("state", session=session, state="serving")
        pressed = await window.card("15", id=card["id"])
        assert pressed["message"]["data"]["content"]["selected"] == {"content": button["content"]}
        accessed = await desk.expect("userAccessed", session=session)
        await desk.send({"op": "sync", "session": accessed["session"], "rev": 0})
        await desk.expect("synced", session=session)
        frames = [frame for frame in desk.unread if frame["op"] == "message" and frame["session"] == session]
        talk = {frame["seq"]: frame["from"]["kind"] for frame in frames}
        kinds = [talk[seq] for seq in sorted(talk)]
        assert kinds[:6] == ["system", "bot", "customer", "bot", "customer", "bot"]
        await window.ended(session)


async def test_with_nobody_there_the_bot_goes_on(stack, channel):
    async with window_of(stack.url, channel) as window:
        session = (await window.say("human"))["session"]
        words = await window.expect("message", session=session)
        while words["message"].get("code") != "handover_failed":
            words = await window.expect("message", session=session)
        state = await window.expect(
            "state", session=session, state="flow", changed=True, rev=words["rev"] + 1
        )
        assert "request_agent" in state["can"]
        await window.say("thx")
        assert (await window.text(session, "You are welcome."))["from"]["kind"] == "bot"
        await window.ended(session)
    assert (await database(ChatSession.objects.get, id=session)).status == "no_agent_online"


async def test_a_question_left_unanswered_by_a_crash_is_answered_by_the_sweep(stack, channel):
    async with window_of(stack.url, channel) as window:
        session = (await window.say("thx"))["session"]
        await window.text(session, "You are welcome.")

        def leave_unanswered() -> None:
            customer = ChatSession.objects.get(id=session).customer
            post(Post(uuid.UUID(session), Author.customer(customer), "text", {"text": bots.WHO_PAYS}))

        await database(leave_unanswered)
        assert (await window.text(session, "We do."))["from"]["kind"] == "bot"


async def test_switched_off_for_a_channel_it_is_silent_there(stack, channel):
    await database(lambda: Channel.objects.filter(key=channel).update(has_bot=False))
    async with window_of(stack.url, channel) as window:
        assert window.ready["channel"]["bot"] is False
        session = (await window.say("I want to send it back"))["session"]
        await window.expect("state", session=session, state="closed")
        assert not any(frame.get("from", {}).get("kind") == "bot" for frame in window.unread)
