"""Bad and hostile input on the customer's door: a code, nothing stored, the socket usable (V-6, Q-7)."""

from __future__ import annotations

import asyncio
import json
import uuid

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from apps.sessions.models import Attachment, Channel, ChatSession, Customer, Message
from tests import factories as make
from tests.live.plain import database, desk_of
from tests.live.windows import Window, ask_token, new_token, socket_to, upload, window_of

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_db")]
ID = str(uuid.uuid4())
SHOP = "https://shop.example"
# What a proxy of ours would say of a caller; the test run's own address has no limits.
ELSEWHERE = "203.0.113.{}"


@pytest.fixture
async def channel(stack) -> str:
    return (await database(make.make_channel, allowed_sites=[SHOP])).key


async def stored_by(window: Window) -> int:
    visitor = window.ready["customer"]["id"]
    return await database(Message.objects.filter(session__customer_id=visitor).count)


def text(words: object, client_id: object = ID) -> dict:
    return {"op": "send", "client_id": client_id, "message": {"type": "text", "text": words}}


def signal(src: object, **fields) -> dict:
    return {"op": "signal", "data": {"customerServicePlugin": 0, "src": src, **fields}}


def card(src: str, **content) -> dict:
    data = {"customerServicePlugin": 0, "src": src, "content": content}
    return {"op": "send", "client_id": ID, "message": {"type": "custom", "data": data}}


# --- Signing in ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", f"{SHOP}.evil.example", "http://shop.example"]
)
async def test_a_foreign_origin_gets_no_socket(stack, channel, origin):
    with pytest.raises(InvalidStatus) as refused:
        async with socket_to(stack.url, channel, origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_an_allowed_site_gets_a_token_and_a_socket(stack, channel):
    answer = await ask_token(stack.url, channel, origin=SHOP)
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    async with socket_to(stack.url, channel, origin=SHOP) as window:
        await window.hello(token=answer.json()["token"])


async def test_a_site_of_one_channel_gets_no_socket_on_another(stack, channel):
    other = await database(make.make_channel)
    with pytest.raises(InvalidStatus):
        async with socket_to(stack.url, other.key, origin=SHOP):
            pass


@pytest.mark.parametrize("name", ["nobody", "", "..%2f..%2fetc", "%00", "x" * 3_000])
async def test_an_unknown_channel_is_told_and_closed(stack, name):
    async with socket_to(stack.url, name) as window:
        assert (await window.expect("bye"))["code"] == "not_found"
        assert await window.closed() == 4004


async def test_without_a_hello_the_socket_is_closed(stack, channel):
    async with socket_to(stack.url, channel) as window:
        await window.refused(text("hi"), "unauthorized", client_id=ID)
        assert (await window.expect("bye", seconds=7))["code"] == "hello_missing"
        assert await window.closed() == 4001


async def test_a_forged_token_is_refused_and_a_good_one_is_taken_on_the_same_socket(stack, channel):
    foreign = await new_token(stack.url, (await database(make.make_channel)).key)
    async with socket_to(stack.url, channel) as window:
        for token in ("A" * 43, "", "' or 1=1", foreign, "\u202e"):
            await window.refused({"op": "hello", "token": token}, "unauthorized")
        await window.refused({"op": "hello", "token": {"x": 1}}, "invalid")
        await window.refused({"op": "hello", "token": "A" * 43, "last": {"x": 1}}, "invalid")
        await window.hello(token=await new_token(stack.url, channel))


async def test_every_command_needs_a_hello(stack, channel):
    async with socket_to(stack.url, channel) as window:
        for frame in (
            {"op": "request_agent"},
            {"op": "leave_queue"},
            {"op": "sync", "session": ID, "rev": 0},
            {"op": "history"},
            {"op": "read", "session": ID, "seq": 1},
            {"op": "recall", "message": f"{ID}.1"},
            signal("7"),
            signal("27"),
        ):
            await window.refused(frame, "unauthorized")


# --- Frames ----------------------------------------------------------------------------------------


async def test_what_makes_no_sense_is_refused_and_breaks_nothing(stack, channel):
    async with window_of(stack.url, channel) as window:
        for odd in ("not json", "[]", "null", "{", '"x"', "[" * 30_000, b"\x00\xff", '{"op":1}'):
            await window.send(odd)
            assert (await window.expect("error"))["code"] in ("invalid", "unknown_op")
        await window.refused({"op": "nope"}, "unknown_op")
        await window.refused({"no": "op"}, "unknown_op")
        assert (await window.say("still here"))["seq"]


@pytest.mark.parametrize(
    "frame",
    [
        text(""),
        text("  \n "),
        text(7),
        text(None),
        text("nul \0"),
        text("\ud800"),
        text("hi", "not-a-uuid"),
        text("hi", None),
        {"op": "send", "client_id": ID},
        {"op": "send", "client_id": ID, "message": {"type": "html", "html": "<b>"}},
        {"op": "send", "client_id": ID, "message": {"type": "image", "upload": "../../etc/passwd"}},
        card("22"),
        card("22", header="x", desc="y", url="javascript:alert(1)"),
        card("22", header="x", desc="y", pic="data:image/svg+xml,<svg onload=alert(1)>"),
        card("22", header="x" * 501, desc="y"),
        card("28", name="x", customField="no list"),
        card("9", head="rate me"),
        card("19"),
        signal("99"),
        signal(7),
        signal("9"),
        signal("10"),
        signal("10", menuSelected={"id": "105", "content": "x", "sessionId": "no id"}),
        signal("23"),
        {"op": "signal", "data": {"src": "7"}},
        {"op": "sync", "session": "x", "rev": 0},
        {"op": "sync", "session": ID, "rev": -1},
        {"op": "history", "before": "x"},
        {"op": "history", "limit": 0},
        {"op": "read", "session": ID, "seq": "1"},
        {"op": "recall", "message": "x"},
    ],
)
async def test_missing_and_wrong_content_is_invalid_and_nothing_is_stored(stack, channel, frame):
    async with window_of(stack.url, channel) as window:
        await window.refused(frame, "invalid")
        assert await stored_by(window) == 0
        assert not await database(Customer.objects.filter(id=window.ready["customer"]["id"]).exists)


async def test_long_text_and_large_frames_are_too_large(stack, channel):
    async with window_of(stack.url, channel) as window:
        await window.refused(text("x" * 5_001), "too_large", client_id=ID)
        await window.refused(json.dumps(text("界" * 25_000), ensure_ascii=False), "too_large")
        await window.refused("x" * 900_000, "too_large")
        assert (await window.say("界" * 5_000))["seq"]


async def test_above_a_mebibyte_only_this_socket_is_cut(stack, channel):
    async with window_of(stack.url, channel) as other:
        async with window_of(stack.url, channel) as window:
            await window.send("x" * 2_000_000)
            assert await window.closed() in (1006, 1009)
        await other.still_works()


async def test_a_flood_is_slowed_down_and_goes_on_afterwards(stack, channel):
    async with window_of(stack.url, channel) as window:
        ids = [await window.post({"type": "text", "text": str(number)}) for number in range(60)]
        error = await window.expect("error", code="rate_limited")
        assert error["client_id"] in ids
        await asyncio.sleep(1.5)
        assert (await window.say("slower now"))["seq"]


async def test_persistent_abuse_is_shown_out(stack, channel):
    async with window_of(stack.url, channel) as window:
        for _ in range(400):
            await window.send({"op": "ping"})
        bye = await window.expect("bye")
        assert (bye["code"], bye["retry_ms"] >= 10_000) == ("abuse", True)
        assert await window.closed() == 4008
    async with window_of(stack.url, channel) as other:
        await other.still_works()


# --- What belongs to others --------------------------------------------------------------------------


async def test_somebody_elses_session_is_not_found(stack, channel):
    async with window_of(stack.url, channel) as victim, window_of(stack.url, channel) as window:
        ack = await victim.say("my secret")
        session = ack["session"]
        for frame in (
            {"op": "sync", "session": session, "rev": 0},
            {"op": "read", "session": session, "seq": 1},
            {"op": "recall", "message": ack["id"]},
            {"op": "history", "before": ack["id"]},
            {"op": "sync", "session": str(make.unknown_id()), "rev": 0},
        ):
            await window.refused(frame, "not_found")
        await window.send({"op": "hello", "token": window.token, "last": {session: 0}})
        assert (await window.expect("ready"))["sessions"] == []
        assert not window.has("message")
        await victim.send(signal("27"))
        await victim.expect("state", session=session, state="closed")


async def test_a_session_of_the_same_visitor_on_another_channel_stays_there(stack, channel):
    other = await database(make.make_channel)
    async with window_of(stack.url, channel) as window:
        visitor = window.ready["customer"]["id"]
        await window.signal("7")
        await window.expect("state", state="flow")
        customer = await database(Customer.objects.get, id=visitor)
        elsewhere = await database(make.make_session, customer, channel=other)
        await window.refused({"op": "sync", "session": str(elsewhere.id), "rev": 0}, "not_found")
        window.unread.clear()
        await window.send({"op": "history"})
        await window.expect("history_end")
        assert {frame["session"] for frame in window.unread if frame["op"] == "message"}.isdisjoint(
            {str(elsewhere.id)}
        )


async def test_somebody_elses_upload_cannot_be_sent(stack, channel):
    async with window_of(stack.url, channel) as victim, window_of(stack.url, channel) as window:
        answer = (await upload(stack.url, victim.token, "a.txt", b"words")).json()
        frame = {"op": "send", "client_id": ID, "message": {"type": "file", "upload": answer["upload"]}}
        await window.refused(frame, "upload_gone", client_id=ID)
        nothing = {**frame, "message": {"type": "file", "upload": str(uuid.uuid4())}}
        await window.refused(nothing, "upload_gone")


async def test_a_file_is_not_what_the_message_says(stack, channel):
    async with window_of(stack.url, channel) as window:
        answer = (await upload(stack.url, window.token, "x.png", b"only words")).json()
        frame = {"op": "send", "client_id": ID, "message": {"type": "image", "upload": answer["upload"]}}
        await window.refused(frame, "invalid")


# --- Files -------------------------------------------------------------------------------------------


async def test_a_100_mb_upload_is_refused_while_it_streams(stack, channel):
    token = await new_token(stack.url, channel)
    before = await database(Attachment.objects.count)
    sent = 0

    async def endless():
        nonlocal sent
        boundary = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        yield boundary
        for _ in range(1_600):
            sent += 65_536
            yield b"x" * 65_536

    headers = {
        "Authorization": f"Bearer {token}",
        "Origin": stack.url,
        "Content-Type": "multipart/form-data; boundary=b",
        "Content-Length": str(100 * 1024 * 1024),
    }
    async with httpx.AsyncClient(timeout=30) as http:
        try:
            answer = await http.post(f"{stack.url}/api/visitor/upload", content=endless(), headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        except (httpx.WriteError, httpx.ReadError):
            # The server hung up while we were still sending: that is a refusal, too.
            assert sent < 100 * 1024 * 1024
    assert await database(Attachment.objects.count) == before
    async with window_of(stack.url, channel, token) as window:
        await window.still_works()


async def test_an_svg_with_script_is_only_ever_a_download(stack, channel):
    async with window_of(stack.url, channel) as window:
        drawing = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
        answer = (await upload(stack.url, window.token, "../../<img src=x>.svg", drawing)).json()
        assert "/" not in answer["name"]
        frame = {"op": "send", "client_id": ID, "message": {"type": "image", "upload": answer["upload"]}}
        await window.refused(frame, "invalid")
        client_id = await window.post({"type": "file", "upload": answer["upload"]})
        ack = await window.expect("ack", client_id=client_id)
        message = await window.expect("message", id=ack["id"])
        file = message["message"]["file"]
        assert file["thumbnail"] == ""
        async with httpx.AsyncClient(base_url=stack.url) as http:
            response = await http.get(file["url"])
            assert response.headers["Content-Type"] == "application/octet-stream"
            assert response.headers["Content-Disposition"].startswith("attachment")
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in response.headers["Content-Security-Policy"]
            assert (await http.get(file["url"].replace("/files/", "/files/x"))).status_code == 404
            assert (await http.get("/files/..%2f..%2fetc%2fpasswd/")).status_code == 404
        await window.ended(ack["session"])


async def test_programs_are_not_taken(stack, channel):
    token = await new_token(stack.url, channel)
    for content in (b"MZ\x90\x00" + b"\0" * 100, b"\x7fELF" + b"\0" * 100):
        answer = await upload(stack.url, token, "kettle.png", content)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


# --- Limits (X-1, X-2) -------------------------------------------------------------------------------


async def test_the_twenty_first_token_of_a_minute_is_refused(stack, channel):
    headers = {"Origin": stack.url, "X-Forwarded-For": ELSEWHERE.format(7)}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers) as http:
        codes = [
            (await http.post("/api/visitor/token", json={"channel": channel})).status_code for _ in range(22)
        ]
        assert (codes.count(200), codes[-1]) == (20, 429)
        # Whatever a caller writes further left is not believed.
        forged = {"X-Forwarded-For": f"198.51.100.9, {ELSEWHERE.format(7)}"}
        answer = await http.post("/api/visitor/token", json={"channel": channel}, headers=forged)
        assert answer.json()["code"] == "rate_limited"


async def test_the_eleventh_upload_of_a_minute_is_refused(stack, channel):
    token = await new_token(stack.url, channel)
    headers = {
        "Origin": stack.url,
        "X-Forwarded-For": ELSEWHERE.format(8),
        "Authorization": f"Bearer {token}",
    }
    async with httpx.AsyncClient(base_url=stack.url, headers=headers) as http:
        answers = [
            await http.post("/api/visitor/upload", files={"file": ("a.txt", b"words")}) for _ in range(11)
        ]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]


async def test_a_sixth_open_conversation_from_an_address_is_refused(stack, channel):
    agent = await database(make.make_member)
    address = {"X-Forwarded-For": ELSEWHERE.format(9)}
    async with desk_of(stack.url, agent) as desk:
        await desk.command("set_status", status="notReady")
        sessions = []
        tokens = [await new_token(stack.url, channel) for _ in range(6)]
        for token in tokens[:5]:
            async with window_of(stack.url, channel, token, **address) as window:
                sessions.append((await window.say("hello"))["session"])
        async with window_of(stack.url, channel, tokens[5], **address) as window:
            await window.refused(text("hello"), "rate_limited", client_id=ID)
            await window.refused({"op": "request_agent"}, "rate_limited")
            # Looking is free, and from elsewhere there is a place.
            await window.signal("7")
            await window.expect("state", state="flow")
        async with window_of(stack.url, channel, tokens[0], **address) as window:
            # One's own conversation goes on, and its end makes a place.
            assert (await window.say("again"))["session"] == sessions[0]
            await window.ended(sessions[0])
        async with window_of(stack.url, channel, tokens[5], **address) as window:
            sessions.append((await window.say("hello"))["session"])
        for token, session in zip([*tokens[1:5], tokens[5]], sessions[1:], strict=True):
            async with window_of(stack.url, channel, token) as window:
                await window.ended(session)
    assert not await database(ChatSession.objects.filter(id__in=sessions).exclude(state="closed").exists)


async def test_a_channel_that_was_stopped_is_closed_for_open_windows_too(stack, channel):
    async with window_of(stack.url, channel) as window:
        await window.say("Still here?")
        await database(lambda: Channel.objects.filter(key=channel).update(is_active=False))
        await asyncio.sleep(2)
        await window.post({"type": "text", "text": "And now?"})
        assert (await window.expect("bye"))["code"] == "not_found"
    said = Message.objects.filter(session__channel__key=channel, author_kind="customer")
    assert await database(lambda: [message.body["text"] for message in said]) == ["Still here?"]
