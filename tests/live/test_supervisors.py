"""Supervisors over the workbench's socket against the real processes (R-13, D-11, D-16)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from apps.routing.models import Availability, DeskConnection
from apps.sessions.models import ChatSession
from apps.team.models import Membership, TrailEntry
from csdesk import realtime
from drill.clients import Visitor, sign_in
from tests import factories as make
from tests.live.plain import Plain, database, desk_of, socket_to

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_db")]


def supervisor_of(group, **fields):
    lead = make.make_member("supervisor", **({"serves": False} | fields))
    if group:
        Membership.objects.create(member=lead, group=group, supervises=True)
    return lead


@contextlib.asynccontextmanager
async def chat(stack) -> AsyncIterator[tuple[Visitor, Plain, str, object, object]]:
    """A customer and an agent of a new group who chat: both, the session, the group, the agent."""
    group = await database(make.make_group)
    agent = await database(make.make_member, groups=[group])
    channel = await database(make.make_channel)
    async with desk_of(stack.url, agent) as desk, Visitor(stack.url, channel.key) as visitor:
        await visitor.say("人工")
        session = (await desk.expect("userAccessed"))["session"]
        yield visitor, desk, session, group, agent
        await visitor.signal("27")
        await visitor.until(lambda: visitor.state["state"] == "closed")


def row(session: str) -> ChatSession:
    return ChatSession.objects.select_related("agent").get(id=session)


async def text_of(desk: Plain, session: str, words: str) -> dict:
    message = await desk.expect("message", session=session)
    while message["message"].get("text") != words:
        message = await desk.expect("message", session=session)
    return message


async def test_a_supervisor_watches_notes_and_takes_over(stack):
    async with chat(stack) as (visitor, agent_desk, session, group, agent):
        lead = await database(supervisor_of, group)
        async with desk_of(stack.url, lead) as desk:
            assert (await desk.command("watch", session=session))["ok"]
            summary = await desk.expect("session", session=session)
            assert (summary["agent"], summary["customer"]["online"]) == (agent.pk, True)
            await desk.send({"op": "sync", "id": "s", "session": session, "rev": 0, "note": 0})
            await text_of(desk, session, "人工")
            await desk.expect("synced", session=session)
            looked = TrailEntry.objects.filter(action="record.viewed", member_id=lead.pk)
            assert await database(looked.count) == 1

            await visitor.say("第二句")
            assert (await text_of(desk, session, "第二句"))["from"]["kind"] == "customer"
            await agent_desk.say(session, "我来看看")
            assert (await text_of(desk, session, "我来看看"))["from"]["id"] == str(agent.pk)

            assert (await desk.command("note", session=session, text="请先道歉"))["n"] == 1
            note = await agent_desk.expect("note", session=session)
            assert (note["text"], note["from"]["name"]) == ("请先道歉", lead.nickname)
            assert "请先道歉" not in str(visitor.frames)

            taken = await desk.command("take_over", session=session, agent=agent.pk)
            assert taken["ok"]
            await agent_desk.expect("transfer", session=session)
            await desk.expect("userAccessed", session=session)
            await visitor.until(lambda: (visitor.state["agent"] or {}).get("name") == lead.nickname)
            assert (await database(row, session)).agent == lead
            await desk.say(session, "我是主管")
            await visitor.until(lambda: "我是主管" in visitor.texts(session))


async def test_who_sees_it_elsewhere_is_told_who_was_first(stack):
    async with chat(stack) as (_visitor, _agent_desk, session, group, agent):
        first, second = [await database(supervisor_of, group) for _ in range(2)]
        async with desk_of(stack.url, first) as one, desk_of(stack.url, second) as other:
            assert (await one.command("take_over", session=session))["ok"]
            refused = await other.command("take_over", session=session, agent=agent.pk)
            assert (refused["code"], refused["by"]) == ("wrong_state", first.nickname)
            assert refused["at"] > 0


async def test_what_leaves_the_own_groups_is_watched_no_more(stack):
    async with chat(stack) as (visitor, agent_desk, session, group, _agent):
        elsewhere = await database(make.make_group)
        colleague = await database(make.make_member, groups=[elsewhere])
        lead = await database(supervisor_of, group)
        async with desk_of(stack.url, colleague), desk_of(stack.url, lead) as desk:
            await desk.command("watch", session=session)
            assert (await agent_desk.command("transfer", session=session, skillGroupId=elsewhere.pk))["ok"]
            assert (await desk.expect("unwatched", session=session))["code"] == "not_allowed"
            await visitor.say("第二句")
            await visitor.until(lambda: "第二句" in visitor.texts(session))
            await desk.still_works()
            assert not [f for f in desk.unread if f["op"] == "message" and "第二句" in str(f)]


async def test_who_supervises_the_group_no_more_watches_no_more(stack):
    async with chat(stack) as (_visitor, _agent_desk, session, group, _agent):
        lead = await database(supervisor_of, group)

        def moved() -> None:
            lead.memberships.all().delete()
            realtime.control(realtime.member(lead.pk), {"op": "groups"})

        async with desk_of(stack.url, lead) as desk:
            await desk.command("watch", session=session)
            await database(moved)
            assert (await desk.expect("unwatched", session=session))["code"] == "not_allowed"


async def test_an_end_is_watched_to_its_end(stack):
    async with chat(stack) as (_visitor, agent_desk, session, group, _agent):
        lead = await database(supervisor_of, group)
        async with desk_of(stack.url, lead) as desk:
            await desk.command("watch", session=session)
            await agent_desk.command("end", session=session)
            assert (await desk.expect("session", session=session, state="closed"))["status"] == "normal"
            # From here on it is none to be watched.
            assert (await desk.command("watch", session=session))["code"] == "not_found"


@pytest.mark.parametrize("role", ["agent", "supervisor", "administrator"])
async def test_whose_commands_are_refused_and_how(stack, role):
    async with chat(stack) as (_visitor, _agent_desk, session, _group, agent):
        member = await database(make.make_member, role)
        expected = {
            "agent": {
                "watch": "not_allowed", "take_over": "not_allowed", "force_end": "not_allowed",
                "monitor": "not_allowed", "set_agent_status": "not_allowed", "note": "not_found",
            },
            # A supervisor of other groups than this one.
            "supervisor": {
                "watch": "not_found", "take_over": "not_found", "force_end": "not_allowed",
                "monitor": "", "set_agent_status": "not_found", "note": "not_found",
            },
            "administrator": dict.fromkeys(["watch", "monitor", "note", "set_agent_status", "force_end"], ""),
        }[role]  # fmt: skip
        fields = {
            "monitor": {},
            "set_agent_status": {"userId": agent.account, "status": "notReady"},
            "note": {"session": session, "text": "x"},
        }
        async with desk_of(stack.url, member) as desk:
            for op, code in expected.items():
                result = await desk.command(op, **fields.get(op, {"session": session}))
                assert (op, result.get("code", "")) == (op, code)
            assert (await desk.command("unwatch", session=session))["ok"]
        ended = (await database(row, session)).status
        assert ended == ("forced" if role == "administrator" else "")


async def test_the_monitor_tells_what_changes(stack):
    async with chat(stack) as (visitor, agent_desk, session, group, agent):
        lead = await database(supervisor_of, group)
        async with desk_of(stack.url, lead) as desk:
            shown = await desk.command("monitor")
            assert [one["id"] for one in shown["agents"]] == [agent.pk]
            [line] = shown["sessions"]
            assert (line["session"], line["agent"], line["first_reply"]) == (session, agent.pk, None)
            await agent_desk.say(session, "您好")
            told = await desk.expect("monitor")
            assert [one["session"] for one in told["sessions"]] == [session]
            assert told["sessions"][0]["first_reply"] is not None
            assert (await desk.command("set_agent_status", userId=agent.account, status="notReady"))["ok"]
            assert (await agent_desk.expect("statusChanged", status="notReady"))["by"] == lead.nickname
            told = await desk.expect("monitor")
            assert [one["status"] for one in told["agents"]] == ["notReady"]
            await visitor.signal("27")
            told = await desk.expect("monitor")
            while not told["gone"]["sessions"]:
                told = await desk.expect("monitor")
            assert told["gone"]["sessions"] == [session]


async def test_a_quiet_socket_makes_nobody_available(stack):
    lead = await database(supervisor_of, await database(make.make_group), serves=True)
    cookie = await asyncio.to_thread(sign_in, stack.url, lead.account, make.PASSWORD)
    async with socket_to(stack.url, cookie=cookie) as desk:
        assert (await desk.hello(quiet=True))["status"] == "offline"
        assert (await desk.command("monitor"))["ok"]
        assert not await database(DeskConnection.objects.filter(member=lead).exists)
        assert not await database(Availability.objects.filter(member=lead).exclude(status="offline").exists)
