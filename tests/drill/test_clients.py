"""The drill's clients keep the protocol's rule of numbers, else the audit would say nothing."""

import asyncio

import pytest

from drill.chatter import Chatter

SESSION = "s"


class Quiet(Chatter):
    """A client without a socket; what it sends is kept."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1")
        self.sent: list[dict] = []

    async def _send(self, frame: dict) -> None:
        self.sent.append(frame)

    @property
    def asked(self) -> list[int]:
        return [frame["rev"] for frame in self.sent if frame["op"] == "sync"]


@pytest.fixture
async def client(monkeypatch):
    monkeypatch.setattr("drill.chatter.GAP_SECONDS", 0.01)
    quiet = Quiet()
    yield quiet
    await quiet.close()


def message(seq: int, rev: int) -> dict:
    return {"op": "message", "session": SESSION, "seq": seq, "rev": rev, "message": {"text": f"words {seq}"}}


async def test_a_gap_is_asked_for_from_where_it_begins(client):
    for frame in (message(1, 1), message(2, 2), message(4, 4)):
        await client._take(frame)
    await asyncio.sleep(0.05)
    assert (client.asked, client.revs[SESSION]) == ([2], 2)


async def test_what_comes_a_little_late_is_not_asked_for(client):
    for frame in (message(1, 1), message(3, 3), message(2, 2)):
        await client._take(frame)
    await asyncio.sleep(0.05)
    assert (client.asked, client.revs[SESSION]) == ([], 3)


async def test_a_number_only_heard_of_is_never_taken_for_seen(client):
    await client._take(message(1, 1))
    await client._take({"op": "pong", "sessions": {SESSION: 3}})
    await client._take(message(2, 2))
    await asyncio.sleep(0.05)
    assert (client.asked, client.revs[SESSION]) == ([2], 2)


async def test_a_summary_of_messages_that_are_not_there_is_not_taken_for_them(client):
    await client._take({"op": "session", "session": SESSION, "seq": 1, "rev": 1})
    await asyncio.sleep(0.05)
    assert client.asked == [0]


async def test_a_page_of_a_sync_closes_the_gap(client):
    for frame in (message(1, 1), message(4, 4), message(2, 2), message(3, 3)):
        await client._take(frame)
    await client._take({"op": "synced", "session": SESSION, "seq": 4, "rev": 5, "more": False})
    assert (client.revs[SESSION], client.texts(SESSION)) == (5, [f"words {n}" for n in (1, 2, 3, 4)])


async def test_what_was_refused_for_now_goes_again_and_is_acknowledged_once(client, monkeypatch):
    monkeypatch.setattr("drill.chatter.RETRY_SECONDS", 0.01)
    saying = asyncio.create_task(client.say("hello"))
    await asyncio.sleep(0.01)
    [first] = client.sent
    await client._take({"op": "error", "code": "unavailable", "client_id": first["client_id"]})
    await asyncio.sleep(0.05)
    assert client.sent == [first, first]
    await client._take({"op": "ack", "client_id": first["client_id"], "id": "s.1"})
    assert await saying == "s.1"
    assert (client.outbox, client.counts.resent, client.counts.refused) == ([], 1, 1)


async def test_a_state_that_is_only_repeated_is_not_taken_for_a_message(client):
    state = {"op": "state", "session": SESSION, "rev": 2, "changed": False, "state": "queued"}
    for frame in (message(1, 1), state):
        await client._take(frame)
    await asyncio.sleep(0.05)
    assert (client.asked, client.revs[SESSION]) == ([1], 1)
    await client._take(state | {"changed": True})
    assert client.revs[SESSION] == 2
