"""The customer's socket in this process: its clocks, and what it does when something is away."""

import asyncio
import json
import time
from contextlib import asynccontextmanager

import pytest
from channels.testing import WebsocketCommunicator
from django.db import OperationalError

from apps.visitor import commands, consumers, news, presence, tokens
from csdesk import bridge, hub
from tests import factories as make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


class Client(WebsocketCommunicator):
    """A client that can wait for one frame and for the close."""

    async def say(self, **frame):
        await self.send_to(text_data=json.dumps(frame))

    async def expect(self, op, seconds=5):
        while True:
            message = await self.receive_output(seconds)
            assert message["type"] == "websocket.send", message
            frame = json.loads(message["text"])
            if frame["op"] == op:
                return frame

    async def closed(self):
        while (message := await self.receive_output(5))["type"] != "websocket.close":
            pass
        return message["code"]


@asynccontextmanager
async def client_of(channel):
    headers = [(b"origin", b"http://localhost:8000"), (b"host", b"localhost:8000")]
    client = Client(
        consumers.VisitorConsumer.as_asgi(), f"/ws/visitor/?channel={channel.key}", headers=headers
    )
    connected, _protocol = await client.connect(5)
    assert connected
    try:
        yield client
    finally:
        await client.disconnect(timeout=5)


@pytest.fixture
async def token():
    channel = await bridge.run(make.make_channel)
    text, row = await bridge.run(tokens.issue, channel)
    row.channel = channel
    return text, row


async def test_a_silent_socket_is_closed_and_a_ping_keeps_it(token, monkeypatch):
    monkeypatch.setattr(consumers, "SILENCE_ENDS", 0.6)
    text, row = token
    async with client_of(row.channel) as client:
        await client.say(op="hello", token=text)
        await client.expect("ready")
        for _ in range(4):
            await asyncio.sleep(0.3)
            await client.say(op="ping")
            await client.expect("pong")
        assert (await client.expect("bye"))["code"] == "silence"
        assert await client.closed() == 4010


async def test_a_refused_hello_has_its_time_anew(token, monkeypatch):
    monkeypatch.setattr(consumers, "HELLO_WITHIN", 0.6)
    _text, row = token
    async with client_of(row.channel) as client:
        for _ in range(3):
            await asyncio.sleep(0.4)
            await client.say(op="hello", token="A" * 43)
            assert (await client.expect("error"))["code"] == "unauthorized"
        assert (await client.expect("bye"))["code"] == "hello_missing"
        assert await client.closed() == 4001


async def test_without_the_database_a_hello_is_told_to_come_back(token, monkeypatch):
    def gone(*_args):
        raise OperationalError

    monkeypatch.setattr(commands, "identify", gone)
    text, row = token
    async with client_of(row.channel) as client:
        await client.say(op="hello", token=text)
        assert (await client.expect("error"))["code"] == "unavailable"
        assert (await client.expect("bye"))["retry_ms"] > 0
        assert await client.closed() == 4012


async def test_without_the_database_a_message_is_refused_and_can_be_sent_again(token, monkeypatch):
    text, row = token
    come_in, calls = commands.come_in, []

    def gone_once(*args):
        calls.append(args)
        if len(calls) == 1:
            raise OperationalError
        return come_in(*args)

    monkeypatch.setattr(commands, "come_in", gone_once)
    frame = {"op": "send", "client_id": str(make.unknown_id()), "message": {"type": "text", "text": "hi"}}
    async with client_of(row.channel) as client:
        await client.say(op="hello", token=text)
        await client.expect("ready")
        await client.say(**frame)
        error = await client.expect("error")
        assert (error["code"], error["client_id"]) == ("unavailable", frame["client_id"])
        await client.say(**frame)
        assert (await client.expect("ack"))["client_id"] == frame["client_id"]
        # Nobody is there, so the flow ends it; nothing may be under way when the tables are emptied.
        while (await client.expect("state"))["state"] != "closed":
            pass


async def test_what_is_pushed_while_signing_in_comes_after_ready(token, monkeypatch):
    text, row = token
    standing = commands.standing
    loop, running = asyncio.get_running_loop(), hub.shared()

    def pushed_meanwhile(visitor, last):
        recipient = f"customer.{visitor.id}.{visitor.channel.pk}"
        [socket] = running.sockets(recipient)
        loop.call_soon_threadsafe(socket.deliver, '{"op":"read","seq":1}')
        return standing(visitor, last)

    monkeypatch.setattr(commands, "standing", pushed_meanwhile)
    async with client_of(row.channel) as client:
        await client.say(op="hello", token=text)
        first = json.loads((await client.receive_output(5))["text"])
        second = json.loads((await client.receive_output(5))["text"])
        assert [first["op"], second["op"]] == ["ready", "read"]


async def test_a_refresh_tells_only_what_is_news(token):
    text, row = token
    async with client_of(row.channel) as client:
        await client.say(op="hello", token=text)
        await client.expect("ready")
        sockets = hub.shared().sockets(f"customer.{row.visitor_id}.{row.channel_id}")
        await news.tell(sockets)
        assert (await client.expect("pong"))["sessions"] == {}
        await news.tell(sockets)
        assert await client.receive_nothing(0.2)
        customer = await bridge.run(make.make_customer, row.channel, id=row.visitor_id)
        session = await bridge.run(make.make_session, customer)
        await news.tell(sockets)
        assert (await client.expect("pong"))["sessions"] == {str(session.id): session.rev}


async def test_a_client_that_leaves_while_signing_in_leaves_nothing_behind(token, monkeypatch):
    text, row = token
    standing = commands.standing

    def slowly(visitor, last):
        time.sleep(0.5)
        return standing(visitor, last)

    monkeypatch.setattr(commands, "standing", slowly)
    async with client_of(row.channel) as client:
        await client.say(op="hello", token=text)
        await asyncio.sleep(0.1)
    assert hub.shared().sockets(f"customer.{row.visitor_id}.{row.channel_id}") == []
    assert not hub.shared()._joined


async def test_an_order_to_sign_out_is_for_its_token_only(token):
    text, row = token
    async with client_of(row.channel) as client:
        await client.say(op="hello", token=text)
        await client.expect("ready")
        [socket] = hub.shared().sockets(f"customer.{row.visitor_id}.{row.channel_id}")
        await socket.control({"op": "signed_out", "token": "another's"})
        await client.say(op="ping")
        assert await client.expect("pong")
        await socket.control({"op": "signed_out", "token": row.hash})
        assert (await client.expect("bye"))["code"] == "signed_out"
        assert await client.closed() == 4003


async def test_a_visitor_who_is_merged_does_not_leave_the_session_that_is_a_users_now(monkeypatch):
    # the user's own window may be open; the agent must not read that the customer has gone.
    session = await bridge.run(make.make_served_session)
    told = []
    monkeypatch.setattr(presence.realtime, "publish", lambda _recipient, frame: told.append(frame))
    monkeypatch.setattr(presence, "GONE_AFTER", 0)
    former = f"customer.{make.unknown_id()}.{session.channel_id}"
    await presence._tell_if_gone(former, session.id)
    assert told == []
    await presence._tell_if_gone(f"customer.{session.customer_id}.{session.channel_id}", session.id)
    assert [frame["customer"]["online"] for frame in told] == [False]


async def test_a_window_whose_token_has_ended_while_pushes_were_lost_is_shown_out(token):
    text, row = token
    async with client_of(row.channel) as client:
        await client.say(op="hello", token=text)
        await client.expect("ready")
        sockets = hub.shared().sockets(f"customer.{row.visitor_id}.{row.channel_id}")
        await bridge.run(tokens.revoke, row.visitor_id)
        await news.tell(sockets)
        assert (await client.expect("bye"))["code"] == "signed_out"
        assert await client.closed() == 4003
