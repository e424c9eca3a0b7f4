"""Kill one process at a time in the middle of chats (Q-5): what was acknowledged stays as it was."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connections, transaction

from apps.routing.models import Availability
from apps.sessions import transitions
from apps.sessions.models import ChatSession, Message, State
from csdesk import clock
from drill.clients import Desk, Visitor, sign_in
from tests import factories as make

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_db")]

VISITORS = 5
AGENTS = 2
CHAT_SECONDS = 3.0
DOWN_SECONDS = 2.0
LETS_SAY = 0.1


async def database(function, *args):
    """Call in a thread of its own connection, which no killed server can have spoilt."""

    def call():
        try:
            return function(*args)
        finally:
            connections.close_all()

    return await asyncio.to_thread(call)


def seqs_of(session_ids: list[str]) -> dict[str, int]:
    return {
        str(key): seq for key, seq in ChatSession.objects.filter(id__in=session_ids).values_list("id", "seq")
    }


def state_of(session_id) -> str:
    return ChatSession.objects.get(id=session_id).state


@contextlib.asynccontextmanager
async def floor(stack):
    """Agents who are free and visitors who have reached them, all chatting until the end."""
    agents = [await database(make.make_member) for _ in range(AGENTS)]
    channel = await database(make.make_channel)
    async with contextlib.AsyncExitStack() as open_sockets:
        desks = []
        for agent in agents:
            cookie = await asyncio.to_thread(sign_in, stack.url, agent.account, make.PASSWORD)
            desks.append(await open_sockets.enter_async_context(Desk(stack.url, cookie)))
        for desk in desks:
            assert (await desk.command("set_status", status="free"))["ok"]
        visitors = []
        for number in range(VISITORS):
            visitor = await asyncio.to_thread(Visitor, stack.url, channel.key)
            visitors.append(await open_sockets.enter_async_context(visitor))
            await visitor.say(f"visitor {number} asks")
        for visitor in visitors:
            await visitor.until(lambda v=visitor: v.state and v.state["state"] == "serving")
        yield visitors, desks


async def keep_talking(visitors, desks, stop: asyncio.Event) -> None:
    async def visitor_talks(visitor, number):
        count = 0
        while not stop.is_set():
            await visitor.say(f"v{number} {count}")
            count += 1
            await asyncio.sleep(LETS_SAY)

    async def desk_talks(desk):
        count = 0
        while not stop.is_set():
            for session in [s for s, row in list(desk.sessions.items()) if row["state"] == "serving"]:
                # Refused when it was taken away meanwhile; what counts is what was acknowledged.
                with contextlib.suppress(AssertionError):
                    await desk.say(f"a {count}", session=session)
                count += 1
            await asyncio.sleep(LETS_SAY)

    await asyncio.gather(
        *(visitor_talks(visitor, number) for number, visitor in enumerate(visitors)),
        *(desk_talks(desk) for desk in desks),
    )


def audit(visitors, desks) -> None:
    """What the history must look like whatever was killed."""
    met = {session_id for side in (*visitors, *desks) for session_id in side.seen}
    sessions = {str(session.id): session for session in ChatSession.objects.filter(id__in=met)}
    stored = {}
    for session_id, session in sessions.items():
        rows = list(Message.objects.filter(session=session).order_by("seq"))
        assert [row.seq for row in rows] == list(range(1, session.seq + 1)), "seq has a hole"
        keys = Counter(row.client_id for row in rows if row.client_id)
        assert not [key for key, count in keys.items() if count > 1], "a message is doubled"
        stored |= {str(row.client_id): row.address for row in rows if row.client_id}
        if session.state != State.CLOSED:
            assert session.deadline_at or session.agent_id, "a session hangs without deadline and owner"
        for side in (*visitors, *desks):
            if session_id in side.seen and (side in visitors or session.agent_id):
                ours = {row.seq: row.body.get("text") for row in rows}
                for seq, frame in side.seen[session_id].items():
                    assert frame["message"].get("text") == ours[seq], (
                        "a message was delivered otherwise than stored"
                    )
    for side in (*visitors, *desks):
        for client_id, address in side.acked.items():
            assert stored.get(client_id) == address, "an acknowledged message is not stored as acknowledged"
    for availability in Availability.objects.all():
        held = ChatSession.objects.filter(
            agent_id=availability.member_id, state__in=[State.OFFERED, State.SERVING]
        ).count()
        assert availability.load == held, "an agent's load is not what they have"


async def everybody_has_everything(visitors) -> None:
    """Each customer's client holds every message of the session: what it missed it has caught up."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        wanted = await database(seqs_of, [session for visitor in visitors for session in visitor.seen])
        if all(len(visitor.seen[s]) == wanted[s] for visitor in visitors for s in visitor.seen):
            return
        await asyncio.sleep(0.2)
    raise AssertionError("a client did not catch up")


@pytest.mark.parametrize("victim", ["web", "worker", "clock", "beat", "redis", "postgres"])
async def test_nothing_acknowledged_is_lost_when_it_is_killed(stack, victim):
    async with floor(stack) as (visitors, desks):
        stop = asyncio.Event()
        talking = asyncio.create_task(keep_talking(visitors, desks, stop))
        await asyncio.sleep(CHAT_SECONDS)
        before = sum(len(side.acked) for side in visitors)
        await asyncio.to_thread(stack.kill, victim)
        await asyncio.sleep(DOWN_SECONDS)
        if victim in ("worker", "clock", "beat", "redis"):
            assert sum(len(side.acked) for side in visitors) > before, f"chats must go on without {victim}"
        await asyncio.to_thread(stack.start, victim)
        if victim == "web":
            await asyncio.to_thread(stack.wait_ready)
        again = sum(len(side.acked) for side in visitors)
        await visitors[0].until(lambda: sum(len(side.acked) for side in visitors) > again + VISITORS, 40)
        await asyncio.sleep(CHAT_SECONDS)
        stop.set()
        await asyncio.wait_for(talking, 60)
        await everybody_has_everything(visitors)
        await database(audit, visitors, desks)
        serving = [visitor.state["state"] for visitor in visitors]
        assert serving == ["serving"] * VISITORS, "nobody loses their agent by our outage"


async def test_new_sockets_connect_while_redis_is_away(stack):
    channel = await database(make.make_channel)
    await asyncio.to_thread(stack.kill, "redis")
    try:
        visitor = await asyncio.to_thread(Visitor, stack.url, channel.key)
        async with visitor:
            await visitor.say("Is anybody there?")
            await visitor.until(
                lambda: any("Is anybody" in t for s in visitor.seen for t in visitor.texts(s))
            )
    finally:
        await asyncio.to_thread(stack.start, "redis")


async def test_a_time_out_due_while_redis_was_away_fires_soon_after(stack):
    session = await database(make.make_session)
    await asyncio.to_thread(stack.kill, "redis")
    due = clock.now() + timedelta(seconds=1)
    await database(lambda: ChatSession.objects.filter(id=session.id).update(deadline_at=due))
    await asyncio.sleep(4)
    await asyncio.to_thread(stack.start, "redis")
    back = time.monotonic()
    while await database(state_of, session.id) != State.CLOSED:
        assert time.monotonic() - back < 10, "due time-outs fire within 10 s of Redis' return (S-5)"
        await asyncio.sleep(0.2)


def let_it_queue(channel, group, seconds: int):
    session = ChatSession.objects.filter(channel=channel).latest("started_at")
    with transaction.atomic():
        transitions.to_queue(transitions.lock(session.id), group=group, seconds=seconds)
    return session.id


async def test_nobody_is_thrown_out_of_the_queue_by_our_own_outage(stack):
    channel, group = await database(make.make_channel), await database(make.make_group)
    visitor = await asyncio.to_thread(Visitor, stack.url, channel.key)
    async with visitor:
        await visitor.signal("7")
        await visitor.until(lambda: visitor.state)
        session_id = await database(let_it_queue, channel, group, 7)
        await asyncio.to_thread(stack.kill, "web")
        await asyncio.sleep(9)
        assert await database(state_of, session_id) == State.QUEUED, "nobody could act, so nothing may fire"
        await asyncio.to_thread(stack.start, "web")
        await asyncio.to_thread(stack.wait_ready)
        await asyncio.sleep(2)
        fresh = await database(lambda: ChatSession.objects.get(id=session_id))
        assert fresh.state == State.QUEUED
        assert fresh.deadline_at > clock.now(), "the deadline has moved by the outage"
