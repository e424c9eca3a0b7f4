"""Workbenches learn of a customer's window what nobody was left to tell them (S-9)."""

import json

import pytest

from apps.desk import windows
from csdesk import hub, realtime
from tests import factories as make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


class Workbench:
    """What the look asks of a desk's socket."""

    member = "somebody"

    def __init__(self, online: dict[str, bool] | None = None) -> None:
        self.online = online or {}
        self.told: list[bool] = []

    def shows_online(self, session: str) -> bool | None:
        return self.online.get(session)

    def deliver(self, text: str) -> None:
        frame = json.loads(text)
        self.online[frame["session"]] = frame["customer"]["online"]
        self.told.append(frame["customer"]["online"])


class Connected:
    """A hub that is connected, with one workbench here and whoever is said to be there."""

    def __init__(self, member_id: int, desk: Workbench) -> None:
        self.connected = True
        self.there: set[str] = set()
        self._desks = {realtime.member(member_id): [desk]}

    def sockets(self, recipient: str) -> list[Workbench]:
        return self._desks.get(recipient, [])

    async def present(self, recipients) -> set[str]:
        return self.there & set(recipients)


@pytest.fixture
def served(db):
    return make.make_served_session()


@pytest.fixture
def customer(served):
    return realtime.customer(served.customer_id, served.channel_id)


@pytest.fixture
def desk(served):
    return Workbench({str(served.id): True})


@pytest.fixture
def around(served, desk, monkeypatch):
    found = Connected(served.agent_id, desk)
    monkeypatch.setattr(hub, "shared", lambda: found)
    return found


async def test_a_window_that_went_with_its_process_is_told_after_the_second_look(served, desk, around):
    look = windows.Look()
    await look.at({served.agent_id})
    assert desk.told == []
    await look.at({served.agent_id})
    await look.at({served.agent_id})
    assert desk.told == [False]


async def test_a_window_that_came_back_in_between_is_not_told(served, desk, around, customer):
    look = windows.Look()
    for there in (set(), {customer}, set(), {customer}):
        around.there = there
        await look.at({served.agent_id})
    assert desk.told == []


async def test_a_window_whose_opening_was_not_told_is_told_at_once(served, desk, around, customer):
    desk.online.clear()
    around.there = {customer}
    await windows.Look().at({served.agent_id})
    assert desk.told == [True]


async def test_without_redis_nobody_knows_who_is_elsewhere(served, desk, around):
    look = windows.Look()
    await look.at({served.agent_id})
    around.connected = False
    await look.at({served.agent_id})
    around.connected = True
    await look.at({served.agent_id})
    assert desk.told == []
