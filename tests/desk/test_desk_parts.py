"""The parts of a web process that serve all its workbenches: queue counts, and the sign of life."""

import asyncio
import json
import uuid

import pytest

from apps.desk import presence, queues
from csdesk import hub


class Desk:
    def __init__(self) -> None:
        self.said: list[dict] = []

    def say(self, frame: dict) -> None:
        self.said.append(frame)


class Joined:
    """A hub that only remembers who is in it."""

    def __init__(self) -> None:
        self.sockets: set = set()

    async def join(self, recipient: str, socket) -> None:
        assert recipient == "desks"
        self.sockets.add(socket)

    def leave(self, socket) -> None:
        self.sockets.discard(socket)


def counts(**waiting: int) -> list[dict]:
    groups = [{"id": None, "name": "", "waiting": waiting.get("any", 0), "oldest": None}]
    return groups + [
        {"id": number, "name": name, "waiting": waiting[name], "oldest": 5}
        for number, name in enumerate(("sales", "service"), 1)
        if name in waiting
    ]


@pytest.fixture
def joined(monkeypatch):
    found = Joined()
    monkeypatch.setattr(hub, "shared", lambda: found)
    return found


async def push(board: queues.Board, groups: list[dict]) -> None:
    board.deliver(json.dumps({"op": "queue", "groups": groups}))
    await asyncio.sleep(0)


async def test_each_desk_is_shown_its_own_groups_and_only_what_has_changed(joined):
    board, sales, service = queues.Board(), Desk(), Desk()
    await board.add(sales, counts(sales=0))
    await board.add(service, [counts()[0], *counts(sales=0, service=0)[2:]])
    await push(board, counts(sales=1, service=0))
    await asyncio.sleep(0.05)
    assert sales.said == [{"op": "queue", "groups": counts(sales=1)}]
    assert service.said == []
    board.remove(sales)
    assert joined.sockets == {board}
    board.remove(service)
    assert joined.sockets == set()


async def test_counts_come_at_most_once_a_second_and_the_newest_wins(joined, monkeypatch):
    monkeypatch.setattr(queues, "EVERY", 0.3)
    board, desk = queues.Board(), Desk()
    await board.add(desk, counts(sales=0))
    for waiting in range(1, 6):
        await push(board, counts(sales=waiting))
        await asyncio.sleep(0.02)
    assert [frame["groups"][1]["waiting"] for frame in desk.said] == [1]
    await asyncio.sleep(0.4)
    assert [frame["groups"][1]["waiting"] for frame in desk.said] == [1, 5]


async def test_without_redis_the_counts_are_read(joined, monkeypatch):
    monkeypatch.setattr(queues.queries, "queue_counts", lambda: counts(sales=3))
    board, desk = queues.Board(), Desk()
    await board.add(desk, counts(sales=0))
    await queues.refresh([board])
    await asyncio.sleep(0.05)
    assert desk.said[0]["groups"][1]["waiting"] == 3


class Member:
    sign_in_id = uuid.uuid4()


async def until(condition) -> None:
    """Wait for what a loop in the background brings about; 10 s are for the machine."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
def life(monkeypatch):
    """What presence asks of routing, as (what, …)."""
    asked: list[tuple] = []
    unknown: list[uuid.UUID] = []

    def pulse(process_id, connection_ids):
        asked.append(("pulse", sorted(connection_ids)))
        return [one for one in unknown if one in connection_ids]

    monkeypatch.setattr(presence.presence, "pulse", pulse)
    monkeypatch.setattr(
        presence.presence, "process_ended", lambda process_id: asked.append(("ended", process_id))
    )
    monkeypatch.setattr(
        presence.availability, "desk_connected", lambda *given: asked.append(("connected", given[1]))
    )
    monkeypatch.setattr(presence.availability, "desk_lost", lambda one: asked.append(("lost", one)))
    monkeypatch.setattr(presence, "PULSE_EVERY", 0.1)
    asked_of = type("Asked", (), {"of": lambda self, what: [a[1] for a in asked if a[0] == what]})()
    asked_of.unknown = unknown
    return asked_of


async def test_the_pulse_beats_without_any_workbench(life):
    desks = presence.Presence()
    desks.start()
    desks.start()
    await until(lambda: len(life.of("pulse")) >= 3)
    assert set(map(tuple, life.of("pulse"))) == {()}
    await desks.stop()
    assert life.of("ended") == [desks.process_id]
    beats = len(life.of("pulse"))
    await asyncio.sleep(0.25)
    assert len(life.of("pulse")) == beats


async def test_workbenches_are_renewed_and_announced_again_when_forgotten(life):
    desks, one = presence.Presence(), uuid.uuid4()
    await desks.add(one, Member())
    await until(lambda: [one] in life.of("pulse"))
    assert life.of("connected") == [one]
    life.unknown.append(one)
    await until(lambda: len(life.of("connected")) > 1)
    await desks.remove(one)
    await desks.remove(one)
    assert life.of("lost") == [one]
    await until(lambda: life.of("pulse")[-1] == [])
    await desks.stop()


async def test_a_database_that_is_away_does_not_end_the_pulse(life, monkeypatch):
    failing = {"on": True}

    def pulse(process_id, connection_ids):
        if failing["on"]:
            raise ConnectionError
        beats.append(1)
        return []

    beats: list[int] = []
    monkeypatch.setattr(presence.presence, "pulse", pulse)
    desks = presence.Presence()
    desks.start()
    await asyncio.sleep(0.25)
    failing["on"] = False
    await asyncio.sleep(0.25)
    assert beats
    await desks.stop()
