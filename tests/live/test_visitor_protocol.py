"""Every frame of the customer's protocol, by a plain client against the real processes (visitor.md)."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest
from PIL import Image

from apps.routing.models import Availability
from apps.sessions.models import ChatSession, Message
from apps.sessions.settings import MessageSettings
from apps.team import business
from tests import factories as make
from tests.live.plain import Plain, database, desk_of
from tests.live.windows import Window, new_token, upload, window_of

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_db")]


@pytest.fixture
async def channel(stack) -> str:
    return (await database(make.make_channel)).key


@pytest.fixture
async def nobody(stack) -> None:
    """No agent is signed in, nor within the grace of a desk that another test has closed."""
    signed_out = {"status": "offline", "deadline_at": None, "deadline_kind": ""}
    await database(Availability.objects.update, **signed_out)


@contextlib.asynccontextmanager
async def served(stack, channel: str) -> AsyncIterator[tuple[Window, Plain, str]]:
    """A window and the desk that serves it; the session is ended afterwards."""
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk, window_of(stack.url, channel) as window:
        session = (await window.say("hello"))["session"]
        await window.expect("state", session=session, state="serving")
        await desk.expect("userAccessed", session=session)
        try:
            yield window, desk, session
        finally:
            with contextlib.suppress(AssertionError):
                await window.signal("27")
                await window.expect("state", session=session, state="closed", seconds=5)


async def messages_of(session: str) -> list[Message]:
    return await database(lambda: list(Message.objects.filter(session_id=session).order_by("seq")))


async def sessions_of(window: Window) -> int:
    visitor = window.ready["customer"]["id"]
    return await database(ChatSession.objects.filter(customer_id=visitor).count)


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(buffer, "PNG")
    return buffer.getvalue()


# --- hello, ready, state ----------------------------------------------------------------------------


async def test_hello_is_answered_by_ready_and_opens_nothing(stack, channel):
    async with window_of(stack.url, channel) as window:
        assert (window.ready["session"], window.ready["sessions"]) == (None, [])
        assert window.ready["channel"]["key"] == channel
        assert window.ready["customer"]["visitor_no"] is None
        assert await sessions_of(window) == 0


async def test_a_window_that_comes_back_is_told_what_is_open_and_what_changed(stack, channel, nobody):
    async with window_of(stack.url, channel) as window:
        first = (await window.say("one"))["session"]
        await window.expect("state", session=first, state="closed")  # nobody is there
        window.unread.clear()
        await window.signal("7")
        second = (await window.expect("state", state="flow"))["session"]
        token = window.token
    async with window_of(stack.url, channel, token, {first: 1}) as window:
        assert window.ready["session"] == second
        told = {one["session"]: one for one in window.ready["sessions"]}
        assert set(told) == {first, second}
        assert (told[first]["state"], told[second]["state"]) == ("closed", "flow")
        assert (await window.expect("state"))["session"] == second
        newest = {session: one["rev"] for session, one in told.items()}
    async with window_of(stack.url, channel, token, newest) as window:
        assert [one["session"] for one in window.ready["sessions"]] == [second]
    async with window_of(stack.url, channel, token) as window:
        assert [one["session"] for one in window.ready["sessions"]] == [second]
        await window.ended(second)


async def test_a_session_begun_and_ended_meanwhile_is_told_too(stack, channel, nobody):
    token = await new_token(stack.url, channel)
    async with window_of(stack.url, channel, token) as window:
        first = (await window.say("one"))["session"]
        await window.expect("state", session=first, state="closed")
        async with window_of(stack.url, channel, token) as other:
            second = (await other.say("two"))["session"]
            await other.expect("state", session=second, state="closed")
    async with window_of(stack.url, channel, token, {first: 100}) as window:
        assert [one["session"] for one in window.ready["sessions"]] == [second]


async def test_hello_may_be_said_again_but_not_by_somebody_else(stack, channel):
    async with window_of(stack.url, channel) as window:
        await window.hello(token=window.token)
        other = await new_token(stack.url, channel)
        await window.refused({"op": "hello", "token": other}, "not_allowed")
        assert (await window.say("still me"))["seq"]


# --- src 7, messages, acknowledgements ---------------------------------------------------------------


async def test_the_trigger_is_answered_by_rules_and_seat_and_welcomes_once(stack, channel):
    async with window_of(stack.url, channel) as window:
        await window.signal("7")
        assert (await window.told("23"))["content"]["menuSendRuleFlag"] == 7
        assert (await window.told("26"))["content"] == {"command": "updateSeatStatus", "content": "outSeat"}
        state = await window.expect("state")
        assert (state["state"], state["rev"], state["agent"], state["position"]) == ("flow", 1, None, None)
        assert set(state["can"]) == {"request_agent", "end"}
        welcome = await window.expect("message")
        assert (welcome["seq"], welcome["rev"], welcome["from"]["kind"]) == (1, 2, "system")
        assert welcome["id"] == f"{state['session']}.1"
        await window.signal("7")
        await window.told("26")
        await window.still_works()
        assert not window.has("message")
        assert len(await messages_of(state["session"])) == 1
        await window.ended(state["session"])


async def test_a_text_is_acknowledged_and_reaches_every_tab_with_its_client_id(stack, channel):
    async with window_of(stack.url, channel) as window, window_of(stack.url, channel, window.token) as tab:
        text = "<script>alert('1')</script> 你好 🎉"
        ack = await window.say(text)
        assert ack["id"] == f"{ack['session']}.{ack['seq']}"
        assert ack["time"] > 1_700_000_000_000
        for each in (window, tab):
            frame = await each.text(ack["session"], text)
            assert (frame["id"], frame["rev"], frame["time"]) == (ack["id"], ack["rev"], ack["time"])
            assert frame["client_id"] == ack["client_id"]
            assert frame["from"]["kind"] == "customer"
            assert "id" not in frame["from"]
        assert await sessions_of(window) == 1


async def test_the_same_client_id_never_makes_a_second_message(stack, channel, nobody):
    client_id = str(uuid.uuid4())
    async with window_of(stack.url, channel) as window:
        first = await window.say("once", client_id)
        assert await window.say("once", client_id) == first
        await window.expect("state", session=first["session"], state="closed")
        assert await window.say("once", client_id) == first
        token = window.token
    async with window_of(stack.url, channel, token) as window:
        # Not even after the session's end and on another connection: no message, no session.
        assert await window.say("other words", client_id) == first
        assert await sessions_of(window) == 1
    texts = [message.body.get("text") for message in await messages_of(first["session"])]
    assert texts.count("once") == 1


async def test_doubled_and_concurrent_first_messages_make_one_session(stack, channel):
    token = await new_token(stack.url, channel)
    agent = await database(make.make_member)
    async with (
        desk_of(stack.url, agent) as desk,
        window_of(stack.url, channel, token) as one,
        window_of(stack.url, channel, token) as two,
    ):
        # Somebody is signed in but takes nothing: the session waits, where it would else end at once.
        await desk.command("set_status", status="rest")
        client_id = str(uuid.uuid4())
        acks = await asyncio.gather(
            one.say("first", client_id), two.say("first", client_id), one.signal("7"), two.signal("7")
        )
        assert acks[0] == acks[1]
        assert await sessions_of(one) == 1


async def test_messages_of_one_window_keep_their_order(stack, channel):
    async with served(stack, channel) as (window, _desk, session):
        ids = [await window.post({"type": "text", "text": str(number)}) for number in range(20)]
        acks = [await window.expect("ack", client_id=client_id) for client_id in ids]
        seqs = [ack["seq"] for ack in acks]
        assert seqs == sorted(seqs)
        texts = [message.body.get("text") for message in await messages_of(session)]
        assert [text for text in texts if text and text.isdigit()] == [str(number) for number in range(20)]


async def test_cards_are_stored_and_shown(stack, channel):
    product = {"header": "Kettle", "desc": "1.5 l", "pic": "https://x.example/k.png"}
    order = {"name": "Order 7", "customField": [{"name": "No", "value": "7"}]}
    async with served(stack, channel) as (window, desk, session):
        for src, content in (("22", product), ("28", order)):
            data = {"customerServicePlugin": 0, "src": src, "content": content}
            client_id = await window.post({"type": "custom", "data": data})
            await window.expect("ack", client_id=client_id)
            shown = (await window.card(src))["message"]["data"]
            # A picture comes at an address of ours beside its own.
            assert bool(shown["content"].pop("picture", "")) == ("pic" in content)
            assert shown == data
            while (frame := await desk.expect("message", session=session))["message"]["type"] != "custom":
                pass
            frame["message"]["data"]["content"].pop("picture", None)
            assert (frame["message"]["data"], frame["from"]["kind"]) == (data, "customer")


# --- files -----------------------------------------------------------------------------------------


async def test_a_picture_is_uploaded_sent_and_fetched_by_both_sides(stack, channel):
    async with served(stack, channel) as (window, desk, session):
        answer = (await upload(stack.url, window.token, "my kettle.png", picture())).json()
        assert (answer["name"], answer["type"]) == ("my kettle.png", "image/png")
        client_id = await window.post({"type": "image", "upload": answer["upload"]})
        ack = await window.expect("ack", client_id=client_id)
        while (frame := await window.expect("message", session=session))["message"]["type"] != "image":
            pass
        file = frame["message"]["file"]
        assert (frame["id"], file["width"], file["height"]) == (ack["id"], 60, 40)
        assert set(file) == {"id", "name", "size", "mime", "width", "height", "url", "thumbnail"}
        while (theirs := await desk.expect("message", session=session))["message"]["type"] != "image":
            pass
        async with httpx.AsyncClient(base_url=stack.url) as http:
            for address, kind in ((file["url"], "image/png"), (file["thumbnail"], "image/webp")):
                response = await http.get(address)
                assert (response.status_code, response.headers["Content-Type"]) == (200, kind)
                assert response.headers["Cache-Control"] == "private, no-store"
                assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
                assert Image.open(io.BytesIO(response.content)).size == (60, 40)
            # The agent's address is made for the agent.
            assert theirs["message"]["file"]["url"] != file["url"]
            assert (await http.get(theirs["message"]["file"]["url"])).status_code == 404
            cookie = {"Cookie": desk.cookie}
            assert (await http.get(theirs["message"]["file"]["url"], headers=cookie)).status_code == 200
        # A file is attached once; the same client_id is answered as before.
        await window.post({"type": "image", "upload": answer["upload"]}, client_id)
        assert (await window.expect("ack", client_id=client_id))["id"] == ack["id"]
        await window.refused(
            {
                "op": "send",
                "client_id": str(uuid.uuid4()),
                "message": {"type": "image", "upload": answer["upload"]},
            },
            "upload_gone",
        )


async def test_a_large_file_reaches_a_slow_reader_whole(stack, channel):
    content = os.urandom(6 * 1024 * 1024).hex().encode()
    async with window_of(stack.url, channel) as window:
        answer = (await upload(stack.url, window.token, "log.txt", content)).json()
        client_id = await window.post({"type": "file", "upload": answer["upload"]})
        ack = await window.expect("ack", client_id=client_id)
        file = (await window.expect("message", id=ack["id"]))["message"]["file"]
        got = bytearray()
        async with (
            httpx.AsyncClient(base_url=stack.url) as http,
            http.stream("GET", file["url"]) as response,
        ):
            async for part in response.aiter_bytes(256 * 1024):
                got += part
                # Slower than the server could send; others are answered meanwhile.
                if len(got) % (8 * 256 * 1024) == 0:
                    await window.still_works()
        assert (len(got), bytes(got) == content) == (len(content), True)
        await window.ended(ack["session"])


# --- the agent ---------------------------------------------------------------------------------------


async def test_a_customer_is_served_and_both_see_what_is_said(stack, channel):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk, window_of(stack.url, channel) as window:
        session = (await window.say("hello"))["session"]
        assert (await window.expect("state", state="serving"))["agent"] == {
            "name": agent.nickname,
            "staffNo": agent.staff_no,
            "avatar": "",
        }
        while (await window.told("26"))["content"]["content"] != "inSeat":
            pass
        await desk.expect("userAccessed", session=session)
        ack = await desk.say(session, "How can I help?")
        frame = await window.text(session, "How can I help?")
        assert frame["id"] == ack["id"]
        assert frame["from"] == {"kind": "agent", "name": agent.nickname, "avatar": ""}
        assert "client_id" not in frame
        await window.ended(session)
        while (await window.told("26"))["content"]["content"] != "outSeat":
            pass


async def test_a_queue_shows_the_place_and_can_be_left(stack, channel):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk, window_of(stack.url, channel) as window:
        assert (await desk.command("set_status", status="notReady"))["ok"]
        await window.send({"op": "request_agent"})
        state = await window.expect("state", state="queued")
        assert "leave_queue" in state["can"]
        assert (await window.expect("state", state="queued"))["position"] == 1
        await window.refused({"op": "request_agent"}, "wrong_state")
        await window.send({"op": "leave_queue"})
        await window.expect("state", session=state["session"], state="closed")
        await window.refused({"op": "leave_queue"}, "not_found")


async def test_asking_for_a_human_when_nobody_is_there_is_told(stack, channel, nobody):
    async with window_of(stack.url, channel) as window:
        await window.send({"op": "request_agent"})
        state = await window.expect("state", state="closed")
        texts = [message.body.get("code") for message in await messages_of(state["session"])]
        assert "handover_failed" in texts


async def test_typing_goes_both_ways_and_is_never_stored(stack, channel):
    async with served(stack, channel) as (window, desk, session):
        before = len(await messages_of(session))
        await window.signal("12", preview="I would like")
        data = (await desk.expect("signal"))["data"]
        assert data["src"] == "12"
        assert "preview" not in data  # switched off by default
        await desk.send({"op": "typing", "id": "t", "session": session})
        await window.told("12")
        assert len(await messages_of(session)) == before


async def test_read_marks_reach_the_other_side_and_the_other_tab(stack, channel):
    async with (
        served(stack, channel) as (window, desk, session),
        window_of(stack.url, channel, window.token) as tab,
    ):
        ack = await desk.say(session, "read me")
        await window.send({"op": "read", "session": session, "seq": ack["seq"] + 500})
        for each in (desk, tab):
            assert (await each.expect("read", by="customer"))["seq"] == ack["seq"]
        await desk.send({"op": "read", "id": "r", "session": session, "seq": ack["seq"]})
        assert (await window.expect("read", by="agent"))["session"] == session


async def test_the_desk_sees_whether_the_window_is_open(stack, channel):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk:
        async with window_of(stack.url, channel) as window:
            session = (await window.say("hello"))["session"]
            await desk.expect("userAccessed", session=session)
            while (await desk.expect("session", session=session))["customer"].get("online") is not True:
                pass
            token = window.token
        while (await desk.expect("session", session=session))["customer"].get("online") is not False:
            pass
        async with window_of(stack.url, channel, token) as window:
            while (await desk.expect("session", session=session))["customer"].get("online") is not True:
                pass
            await window.ended(session)


# --- rating, the end ---------------------------------------------------------------------------------


async def test_a_rating_is_asked_for_given_once_and_thanked_for(stack, channel):
    async with served(stack, channel) as (window, _desk, _session):
        await window.signal("24")
        invitation = await window.card("9")
        menu = invitation["message"]["data"]["menuContent"]
        assert [one["id"] for one in menu["menu"]] == ["101", "102", "103", "104", "105"]
        chosen = {"id": "105", "content": menu["menu"][4]["content"], "sessionId": menu["sessionId"]}
        await window.refused({"op": "signal", "data": signal("24")}, "wrong_state")
        await window.refused({"op": "signal", "data": signal("10", menuSelected={})}, "invalid")
        await window.refused(
            {"op": "signal", "data": signal("10", menuSelected={**chosen, "id": "999"})}, "invalid"
        )
        await window.signal("10", menuSelected={**chosen, "comment": "quick"})
        changed = await window.card("9")
        assert (changed["seq"], changed["rev"] > invitation["rev"]) == (invitation["seq"], True)
        answered = changed["message"]["data"]["menuContent"]
        assert (answered["selected"]["id"], bool(answered["thanks"])) == ("105", True)
        await window.refused({"op": "signal", "data": signal("10", menuSelected=chosen)}, "wrong_state")


def signal(src: str, **fields) -> dict:
    return {"customerServicePlugin": 0, "src": src, **fields}


async def test_a_rating_cannot_be_asked_for_without_an_agent(stack, channel):
    async with window_of(stack.url, channel) as window:
        await window.refused({"op": "signal", "data": signal("24")}, "wrong_state")
        await window.signal("7")
        session = (await window.expect("state"))["session"]
        await window.refused({"op": "signal", "data": signal("24")}, "wrong_state")
        await window.ended(session)


async def test_the_customer_ends_and_the_last_words_come_in_order(stack, channel):
    async with served(stack, channel) as (window, _desk, session):
        state = await window.ended(session)
        assert (state["agent"], state["position"]) == (None, None)
        stored = await messages_of(session)
        assert [message.body["data"]["src"] for message in stored if message.kind == "custom"] == ["9", "19"]
        assert [message.seq for message in stored] == list(range(1, len(stored) + 1))
        assert state["rev"] == stored[-1].rev + 1
        await window.refused({"op": "signal", "data": signal("27")}, "not_found")


async def test_recall_where_the_channel_allows_it(stack, channel):
    async with served(stack, channel) as (window, desk, session):
        ack = await window.say("oops")
        await window.refused({"op": "recall", "message": ack["id"]}, "not_allowed")
        await database(business.save, MessageSettings, {"customer_recalls": True}, None)
        try:
            await asyncio.sleep(1.1)
            await window.send({"op": "recall", "message": ack["id"]})
            for each in (window, desk):
                while (frame := await each.expect("message", session=session))["message"][
                    "type"
                ] != "recalled":
                    pass
                assert (frame["seq"], set(frame["message"])) == (ack["seq"], {"type"})
            theirs = await desk.say(session, "mine")
            await window.refused({"op": "recall", "message": theirs["id"]}, "not_found")
        finally:
            await database(business.save, MessageSettings, {"customer_recalls": False}, None)


# --- sync, history, ping ------------------------------------------------------------------------------


async def test_sync_brings_all_that_changed_page_by_page_and_then_the_state(stack, channel):
    async with served(stack, channel) as (window, _desk, session):
        row = await database(ChatSession.objects.select_related("customer").get, id=session)
        for number in range(210):
            await database(make.customer_says, row, f"n{number}")
        await window.still_works()
        window.unread.clear()
        await window.send({"op": "sync", "session": session, "rev": 0})
        first = await window.expect("synced", session=session)
        page = [frame for frame in window.unread if frame["op"] == "message"]
        assert (len(page), first["more"]) == (200, True)
        assert [frame["rev"] for frame in page] == sorted(frame["rev"] for frame in page)
        assert first["rev"] == page[-1]["rev"]
        window.unread.clear()
        await window.send({"op": "sync", "session": session, "rev": first["rev"]})
        last = await window.expect("synced", session=session)
        state = await window.expect("state", session=session)
        now = await database(ChatSession.objects.get, id=session)
        assert (last["more"], last["rev"], last["seq"], state["rev"]) == (False, now.rev, now.seq, now.rev)
        # What one has is not sent again, and a number from nowhere breaks nothing.
        for rev in (now.rev, 10**9):
            window.unread.clear()
            await window.send({"op": "sync", "session": session, "rev": rev})
            await window.expect("synced", session=session, more=False)
            assert not window.has("message")


async def test_history_goes_back_over_all_sessions_of_the_channel(stack, channel, nobody):
    async with window_of(stack.url, channel) as window:
        words = []
        for number in range(3):
            session = (await window.say(f"talk {number}"))["session"]
            await window.expect("state", session=session, state="closed")
            words += [(session, message.seq) for message in await messages_of(session)]
        await window.still_works()
        window.unread.clear()
        found, before = [], None
        for _ in range(20):
            await window.send({"op": "history", "limit": 4, **({"before": before} if before else {})})
            end = await window.expect("history_end")
            page = [(f["session"], f["seq"]) for f in window.unread if f["op"] == "message"]
            window.unread.clear()
            assert page == sorted(page)
            found = page + found
            before = end["before"]
            if before is None:
                break
        assert found == words


async def test_a_pong_carries_the_newest_rev_of_recent_sessions(stack, channel, nobody):
    async with window_of(stack.url, channel) as window:
        session = (await window.say("one"))["session"]
        await window.expect("state", session=session, state="closed")
        rev = (await database(ChatSession.objects.get, id=session)).rev
        window.unread.clear()
        await window.send({"op": "ping"})
        assert (await window.expect("pong"))["sessions"] == {session: rev}
