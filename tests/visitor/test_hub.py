"""The hub: from Redis to this process's sockets, and without it (architecture.md)."""

import asyncio
import json
import tempfile
import time
from pathlib import Path

import pytest
import redis

from csdesk import hub as hubs
from csdesk import realtime, sockets
from csdesk.embedded import Place, Redis


class Ear:
    """A socket that remembers what it was given."""

    def __init__(self):
        self.texts, self.frames, self.orders = [], [], []

    def deliver(self, text):
        self.texts.append(text)

    def deliver_personal(self, frame):
        self.frames.append(frame)

    async def control(self, order):
        self.orders.append(order)


class BrokenEar(Ear):
    def deliver(self, text):
        raise RuntimeError("gone")


async def until(condition, seconds=8.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.02)


@pytest.fixture
def own_redis(settings):
    """A Redis that a test may stop."""
    with tempfile.TemporaryDirectory(prefix="csdesk-hub-") as folder:
        server = Redis(Place.prepare(Path(folder)))
        server.start()
        settings.REDIS_URL = server.url
        yield server
        server.stop()


@pytest.fixture
async def hub(own_redis, monkeypatch):
    monkeypatch.setattr(hubs, "_refreshers", {})
    running = hubs.Hub()
    yield running
    await running.drain(1)


def publish(url, recipient, payload):
    with redis.Redis.from_url(url) as client:
        return client.publish(realtime.PREFIX + recipient, payload)


async def test_a_joined_socket_gets_its_recipients_frames_as_they_were_written(hub, own_redis):
    ear, other = Ear(), Ear()
    await hub.join("member.1", other)
    await until(lambda: hub.connected)
    await hub.join("customer.a.1", ear)
    text = '{"op":"message","text":"你好 <b>"}'
    assert publish(own_redis.url, "customer.a.1", "F" + text) == 1
    publish(own_redis.url, "customer.a.1", 'P{"op":"message","file":1}')
    publish(own_redis.url, "customer.a.1", 'C{"op":"kicked"}')
    await until(lambda: ear.orders)
    assert (ear.texts, ear.frames, ear.orders) == ([text], [{"op": "message", "file": 1}], [{"op": "kicked"}])
    assert not other.texts


async def test_frames_come_in_the_order_they_were_published(hub, own_redis):
    ear = Ear()
    await hub.join("member.1", ear)
    await until(lambda: hub.connected)
    with redis.Redis.from_url(own_redis.url) as client:
        for number in range(500):
            client.publish(f"{realtime.PREFIX}member.1", f"F{number}")
    await until(lambda: len(ear.texts) == 500)
    assert ear.texts == [str(number) for number in range(500)]


async def test_one_broken_socket_does_not_stop_the_others(hub, own_redis):
    broken, ear = BrokenEar(), Ear()
    await hub.join("desks", broken)
    await hub.join("desks", ear)
    await until(lambda: hub.connected)
    publish(own_redis.url, "desks", "F1")
    await until(lambda: ear.texts)


async def test_who_has_left_gets_nothing_and_costs_no_subscription(hub, own_redis):
    ear = Ear()
    await hub.join("member.1", ear)
    await hub.join("watch.x", ear)
    await until(lambda: hub.connected)
    hub.leave(ear, "watch.x")
    await asyncio.sleep(0.2)
    assert publish(own_redis.url, "watch.x", "F1") == 0
    assert publish(own_redis.url, "member.1", "F2") == 1
    await until(lambda: ear.texts)
    hub.leave(ear)
    await asyncio.sleep(0.2)
    assert publish(own_redis.url, "member.1", "F3") == 0
    assert ear.texts == ["2"]


async def test_leaving_and_joining_again_at_once_keeps_the_subscription(hub, own_redis):
    ear = Ear()
    await hub.join("member.1", ear)
    await until(lambda: hub.connected)
    for _ in range(20):
        hub.leave(ear, "member.1")
        await hub.join("member.1", ear)
    await asyncio.sleep(0.2)
    assert publish(own_redis.url, "member.1", "F1") == 1


async def test_present_are_those_with_a_socket_in_any_process(hub, own_redis, monkeypatch):
    elsewhere = hubs.Hub()
    await hub.join("customer.here.1", Ear())
    await elsewhere.join("customer.there.1", Ear())
    await until(lambda: hub.connected and elsewhere.connected)
    everybody = ["customer.here.1", "customer.there.1", "customer.gone.1"]
    assert await hub.present(everybody) == {"customer.here.1", "customer.there.1"}
    await elsewhere.drain(1)


async def test_without_redis_sockets_join_at_once_and_are_told_from_the_database(hub, own_redis):
    told = []

    async def refresh(ears):
        told.append((time.monotonic(), ears))

    hubs.refresh_with("customer", refresh)
    own_redis.stop()
    ear, agent = Ear(), Ear()
    began = time.monotonic()
    await hub.join("customer.a.1", ear)
    await hub.join("member.1", agent)
    assert time.monotonic() - began < 1
    await until(lambda: len(told) >= 3)
    assert all(ears == [ear] for _at, ears in told)
    assert 1.5 < told[2][0] - told[1][0] < 3
    # Back again, every socket is told once more: what was published meanwhile is lost.
    own_redis.start()
    await until(lambda: hub.connected)
    count = len(told)
    await until(lambda: len(told) > count or told[-1][0] > began)
    publish(own_redis.url, "customer.a.1", "Fback")
    await until(lambda: ear.texts == ["back"])
    settled = len(told)
    await asyncio.sleep(2.5)
    assert len(told) <= settled + 1


async def test_a_lost_connection_is_made_again_and_all_are_told(hub, own_redis):
    told = []

    async def refresh(ears):
        told.extend(ears)

    hubs.refresh_with("member", refresh)
    ear = Ear()
    await hub.join("member.1", ear)
    await until(lambda: hub.connected and told)
    told.clear()
    reader = hub._reader
    with redis.Redis.from_url(own_redis.url) as client:
        client.client_kill_filter(_type="pubsub")
    await until(lambda: hub._reader is not reader and hub.connected)
    await until(lambda: told == [ear])
    publish(own_redis.url, "member.1", "F1")
    await until(lambda: ear.texts)


async def test_a_connection_that_only_looks_alive_is_noticed(hub, own_redis, monkeypatch):
    await hub.join("member.1", Ear())
    await until(lambda: hub.connected)
    reader = hub._reader
    # Subscribed to nothing any more, as after a fail-over that left the connection open.
    await hub._connection.send_command("UNSUBSCRIBE", check_health=False)
    await until(lambda: hub._reader is not reader and hub.connected)
    assert publish(own_redis.url, "member.1", "F1") == 1


async def test_draining_says_bye_to_everybody_with_a_moment_to_come_back(hub, own_redis):
    ears = [Ear() for _ in range(20)]
    for number, ear in enumerate(ears):
        await hub.join(f"customer.{number}.1", ear)
    stranger = Ear()
    hub.enter(stranger)
    await hub.drain(2)
    orders = [order for ear in [*ears, stranger] for order in ear.orders]
    assert [(order["op"], order["code"], order["close"]) for order in orders] == [
        ("bye", "restart", 4012)
    ] * 21
    assert len({order["retry_ms"] for order in orders}) > 5


# --- The outbox of a socket --------------------------------------------------------------------------


async def test_an_outbox_keeps_order_and_closes_after_what_waits():
    sent = []

    async def send(message):
        sent.append(message)

    outbox = sockets.Outbox(send, lambda: None)
    outbox.put("1")
    outbox.put("2")
    outbox.close(4012)
    outbox.put("too late")
    await outbox.emptied(1)
    assert [message.get("text", message.get("code")) for message in sent] == ["1", "2", 4012]


async def test_a_client_that_does_not_read_costs_a_bounded_amount_and_is_closed(monkeypatch):
    monkeypatch.setattr(sockets, "MOST_FRAMES", 50)
    never = asyncio.Event()
    overflows = []

    async def send(message):
        await never.wait()

    outbox = sockets.Outbox(send, lambda: overflows.append(1))
    await asyncio.sleep(0)
    for number in range(200):
        outbox.put(json.dumps({"n": number}))
        await asyncio.sleep(0)
    assert overflows
    assert len(outbox._frames) <= 50
    outbox.stop()


async def test_one_frame_that_cannot_go_out_does_not_stop_those_behind_it():
    sent = []

    async def send(message):
        message.get("text", "").encode()
        sent.append(message.get("text"))

    outbox = sockets.Outbox(send, lambda: None)
    outbox.put("\ud800")
    outbox.put("fine")
    await until(lambda: sent == ["fine"])
    outbox.stop()
