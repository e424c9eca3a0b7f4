"""Offers, transfers that come back, places at the desk: what members see of them (R-9, R-10, R-12, R-19)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from apps.routing.models import Availability, WebPulse
from apps.sessions.models import ChatSession
from csdesk import clock
from drill.clients import Visitor
from tests import factories as make
from tests.live.plain import Plain, database, desk_of

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_db")]

ACCEPT_SECONDS = 3


class Room:
    """One agent who serves a customer, and two colleagues in a group that must accept."""

    sender: Plain
    one: Plain
    two: Plain
    visitor: Visitor
    session: str

    async def offered_to(self) -> tuple[Plain, Plain, dict]:
        """Who is offered the session, who is not, and the `callIn`."""
        for _ in range(100):
            for desk, other in ((self.one, self.two), (self.two, self.one)):
                if desk.has("callIn", session=self.session):
                    return desk, other, await desk.expect("callIn", session=self.session)
            await asyncio.sleep(0.05)
        raise AssertionError(f"nobody was offered the session: {self.one.unread} {self.two.unread}")


@contextlib.asynccontextmanager
async def room_of(stack) -> AsyncIterator[Room]:
    group = await database(make.make_group, reception="manual", accept_seconds=ACCEPT_SECONDS)
    sender = await database(make.make_member)
    one, two = [await database(make.make_member, groups=[group]) for _ in range(2)]
    channel = await database(make.make_channel)
    room = Room()
    room.group, room.members = group, {"sender": sender, "one": one, "two": two}
    async with contextlib.AsyncExitStack() as open_sockets:
        room.sender = await open_sockets.enter_async_context(desk_of(stack.url, sender))
        room.visitor = await open_sockets.enter_async_context(Visitor(stack.url, channel.key))
        await room.visitor.say("人工")
        room.session = (await room.sender.expect("userAccessed"))["session"]
        room.one = await open_sockets.enter_async_context(desk_of(stack.url, one))
        room.two = await open_sockets.enter_async_context(desk_of(stack.url, two))
        for desk, member in ((room.sender, sender), (room.one, one), (room.two, two)):
            desk.member = member
        yield room
        await room.visitor.signal("27")
        await room.visitor.until(lambda: room.visitor.state["state"] == "closed")


async def test_an_offer_is_called_in_and_accepted_once(stack):
    async with room_of(stack) as room:
        to_group = {"skillGroupId": room.group.pk, "note": "Be quick"}
        assert (await room.sender.command("transfer", session=room.session, **to_group))["ok"]
        await room.sender.expect("transfer", session=room.session)
        desk, other, call = await room.offered_to()
        assert (call["type"], call["timeout"], call["channelName"]) == ("im", ACCEPT_SECONDS, "Shop")
        assert call["nickname"].startswith(("Visitor_", "访客_"))
        handed_by = {"name": room.sender.member.nickname, "note": "Be quick"}
        assert call["handedBy"] == handed_by
        summary = await desk.expect("session", session=room.session, state="offered")
        assert summary["offer_ends"] > clock.milliseconds(clock.now())
        again = await desk.hello()
        assert [(s["state"], s["offer_ends"]) for s in again["sessions"]] == [
            ("offered", summary["offer_ends"])
        ]
        assert [s["handed_by"] for s in again["sessions"]] == [handed_by]
        # A session that is offered to somebody else is nobody's business.
        assert (await other.command("accept", session=room.session))["code"] == "not_found"
        assert (await desk.command("end", session=room.session))["code"] == "wrong_state"
        first, second = await asyncio.gather(
            desk.command("accept", session=room.session), desk.command("accept", session=room.session)
        )
        assert sorted((first["ok"], second["ok"])) == [False, True]
        await desk.expect("userAccessed", session=room.session)
        await desk.say(room.session, "您好")
        await room.visitor.until(lambda: "您好" in room.visitor.texts(room.session))


async def test_who_misses_an_offer_is_told_who_was_first(stack):
    async with room_of(stack) as room:
        await room.sender.command("transfer", session=room.session, skillGroupId=room.group.pk)
        slow, quick, _call = await room.offered_to()
        assert (await slow.expect("autoTransfer", seconds=ACCEPT_SECONDS + 3))["session"] == room.session
        await quick.expect("callIn", session=room.session)
        assert (await quick.command("accept", session=room.session))["ok"]
        late = await slow.command("accept", session=room.session)
        assert (late["code"], late["by"]) == ("wrong_state", quick.member.nickname)
        assert abs(late["at"] - clock.milliseconds(clock.now())) < 10_000
        records = await database(
            lambda: list(
                ChatSession.objects.get(id=room.session).records.order_by("number").values_list("status")
            )
        )
        assert records == [("transferred",), ("timeout_transferred",), ("",)]


async def test_declined_means_the_next_one_is_asked(stack):
    async with room_of(stack) as room:
        await room.sender.command("transfer", session=room.session, skillGroupId=room.group.pk)
        desk, other, _call = await room.offered_to()
        assert (await desk.command("decline", session=room.session))["ok"]
        await desk.expect("autoTransfer", session=room.session)
        await other.expect("callIn", seconds=3, session=room.session)
        assert (await desk.command("decline", session=room.session))["code"] == "wrong_state"


async def test_a_transfer_that_is_not_accepted_comes_back_to_the_sender(stack):
    async with room_of(stack) as room:
        result = await room.sender.command("transfer", session=room.session, userId=room.one.member.account)
        assert result["ok"]
        await room.sender.expect("transfer", session=room.session)
        await room.one.expect("callIn", session=room.session)
        back = await room.sender.expect("userAccessed", seconds=ACCEPT_SECONDS + 3, session=room.session)
        assert back["returned"] == {"by": room.one.member.nickname, "outcome": "missed"}
        assert not room.two.has("callIn")
        await room.sender.say(room.session, "还是我")


async def test_a_customer_who_goes_takes_the_offer_along(stack):
    async with room_of(stack) as room:
        await room.sender.command("transfer", session=room.session, skillGroupId=room.group.pk)
        desk, _other, _call = await room.offered_to()
        await room.visitor.signal("27")
        assert (await desk.expect("sessionEnded", session=room.session))["closeBy"] == "client"
        assert (await desk.command("accept", session=room.session))["code"] == "wrong_state"


async def test_queue_counts_come_to_the_members_of_the_group(stack):
    async with room_of(stack) as room:
        for desk in (room.one, room.two):
            assert (await desk.command("set_status", status="notReady"))["ok"]
        await room.sender.command("transfer", session=room.session, skillGroupId=room.group.pk)
        for desk in (room.one, room.two):
            frame = await desk.expect("queue", seconds=4)
            counts = {group["id"]: group["waiting"] for group in frame["groups"]}
            assert set(counts) == {None, room.group.pk}
            assert counts[room.group.pk] == 1
        assert not any(
            room.group.pk in [g["id"] for g in f["groups"]] for f in room.sender.unread if f["op"] == "queue"
        )
        assert (await room.one.command("set_status", status="free"))["ok"]
        await room.one.expect("callIn", seconds=2, session=room.session)


async def test_the_web_process_is_alive_without_any_workbench(stack):
    seen = await database(lambda: WebPulse.objects.latest("seen_at").seen_at)
    await asyncio.sleep(2.5)
    assert await database(lambda: WebPulse.objects.latest("seen_at").seen_at) > seen


async def test_two_tabs_are_one_place_and_the_last_one_starts_the_grace(stack):
    agent = await database(make.make_member)

    async def deadline(kind: str) -> Availability:
        for _ in range(60):
            found = await database(Availability.objects.get, member=agent)
            if found.deadline_kind == kind:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"{found.status} {found.deadline_kind!r}")

    async with desk_of(stack.url, agent) as first:
        await first.command("set_status", status="rest", restReason="会议")
        async with desk_of(stack.url, agent, cookie=first.cookie) as second:
            await second.command("set_status", status="notReady")
            # Both show the same; one of them going changes nothing.
            assert (await first.expect("statusChanged", status="notReady"))["restReason"] == ""
        await asyncio.sleep(0.5)
        assert (await deadline("")).status == "notReady"
    lost = await deadline("grace")
    assert lost.status == "notReady"
    async with desk_of(stack.url, agent, cookie=first.cookie) as back:
        assert back.ready["status"] == "notReady"
        await deadline("")


async def test_a_desk_that_stays_away_gives_its_sessions_back(stack):
    agent = await database(make.make_member)
    channel = await database(make.make_channel)
    async with Visitor(stack.url, channel.key) as visitor:
        async with desk_of(stack.url, agent) as desk:
            await visitor.say("人工")
            session = (await desk.expect("userAccessed"))["session"]
        for _ in range(60):
            row = await database(Availability.objects.get, member=agent)
            if row.deadline_kind == "grace":
                break
            await asyncio.sleep(0.05)
        over = clock.now() - timedelta(seconds=1)
        await database(Availability.objects.filter(member=agent).update, deadline_at=over)
        await visitor.until(
            lambda: visitor.state["session"] == session and visitor.state["state"] == "queued", 5
        )
        async with desk_of(stack.url, agent, cookie=desk.cookie) as back:
            assert (back.ready["status"], back.ready["sessions"]) == ("offline", [])
            assert (await back.command("set_status", status="free"))["ok"]
            assert (await back.expect("userAccessed", seconds=3))["session"] == session
        await visitor.signal("27")
        await visitor.until(lambda: visitor.state["state"] == "closed")
