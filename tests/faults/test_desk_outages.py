"""Workbenches while Redis or the database is away: slower or told to come back, never wrong."""

from __future__ import annotations

import asyncio

import pytest

from apps.routing import members
from apps.team.models import Role
from drill.clients import Visitor, sign_in
from tests import factories as make
from tests.live.plain import database, desk_of, socket_to

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_db")]


@pytest.fixture
def no_redis(stack):
    yield lambda: stack.kill("redis")
    stack.start("redis")


async def test_desks_go_on_from_the_database(stack, no_redis):
    agent, other = [await database(make.make_member) for _ in range(2)]
    channel = await database(make.make_channel)
    async with desk_of(stack.url, agent) as desk, Visitor(stack.url, channel.key) as visitor:
        await visitor.say("人工")
        session = (await desk.expect("userAccessed"))["session"]
        no_redis()
        await visitor.say("有人吗")
        # Unasked, within the two seconds of the hub's look and a little for the machine.
        rev = (await newest(desk, session))["rev"]
        await desk.send({"op": "sync", "session": session, "rev": 0, "note": 0})
        synced = await desk.expect("synced", session=session)
        assert synced["rev"] >= rev
        assert (await desk.say(session, "在的"))["seq"] == synced["seq"] + 1
        await visitor.until(lambda: "在的" in visitor.texts(session), 10)

        async with desk_of(stack.url, agent, cookie=desk.cookie) as tab:
            assert (await tab.command("set_status", status="rest"))["ok"]
            assert (await desk.expect("statusChanged", seconds=6, status="rest"))["op"] == "statusChanged"

        async with desk_of(stack.url, other) as first:
            await asyncio.to_thread(sign_in, stack.url, other.account, make.PASSWORD)
            assert (await first.expect("kicked", seconds=6))["reason"] == "signed_in_elsewhere"

        admin = await database(make.make_member, Role.ADMINISTRATOR)
        async with desk_of(stack.url, other) as second:
            await database(members.force_offline, other, admin)
            assert (await second.expect("kicked", seconds=6))["reason"] == "forced_offline"

        stack.start("redis")
        await pushed_again(desk, visitor, session)
        assert (await desk.command("end", session=session))["ok"]


@pytest.fixture
def no_database(stack):
    yield lambda: stack.kill("postgres")
    stack.start("postgres")


async def test_without_the_database_hello_says_when_to_come_back(stack, no_database):
    agent = await database(make.make_member)
    cookie = await asyncio.to_thread(sign_in, stack.url, agent.account, make.PASSWORD)
    async with desk_of(stack.url, agent, cookie=cookie) as desk:
        no_database()
        async with socket_to(stack.url, cookie=cookie) as plain:
            await plain.send({"op": "hello"})
            assert (await plain.expect("error"))["code"] == "unavailable"
            assert (await plain.expect("bye"))["retry_ms"] >= 1_000
            assert await plain.closed() == 4012
        refused = await desk.command("set_status", status="rest")
        assert (refused["ok"], refused["code"]) == (False, "unavailable")
        stack.start("postgres")
        # The socket that was open has lived through it.
        for _ in range(40):
            if (await desk.command("set_status", status="rest"))["ok"]:
                break
            await asyncio.sleep(0.25)
        async with desk_of(stack.url, agent, cookie=cookie) as second:
            assert second.ready["status"] == "rest"


async def newest(desk, session: str) -> dict:
    """The first pong that names the session."""
    while True:
        pong = await desk.expect("pong", seconds=8)
        if session in pong["sessions"]:
            return {"rev": pong["sessions"][session][0]}


async def pushed_again(desk, visitor, session: str) -> None:
    """Messages come by themselves again soon after Redis is back."""
    for attempt in range(20):
        await visitor.say(f"回来了 {attempt}")
        await asyncio.sleep(0.5)
        if any(f["op"] == "message" and f["message"].get("text") == f"回来了 {attempt}" for f in desk.unread):
            return
    raise AssertionError("no push since Redis is back")
