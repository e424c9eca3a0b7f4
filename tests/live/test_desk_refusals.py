"""What the workbench's socket refuses: foreign pages, stale sign-ins, bad frames, other people's sessions."""

from __future__ import annotations

import asyncio
import json
import uuid

import pytest
from django.conf import settings
from websockets.exceptions import InvalidStatus

from apps.routing import members
from apps.sessions.models import ChatSession, Message
from apps.team.models import Member, Role
from csdesk import clock
from drill.clients import sign_in
from tests import factories as make
from tests.live.plain import Plain, database, desk_of, socket_to

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_db")]


async def cookie_of(stack, member) -> str:
    return await asyncio.to_thread(sign_in, stack.url, member.account, make.PASSWORD)


@pytest.mark.parametrize(
    "origin", ["", "https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "file://"]
)
async def test_only_our_own_pages_may_open_the_socket(stack, origin):
    agent = await database(make.make_member)
    cookie = await cookie_of(stack, agent)
    with pytest.raises(InvalidStatus) as refused:
        async with socket_to(stack.url, cookie=cookie, origin=origin):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("cookie", ["", "forged", "x" * 3000, "../../etc/passwd"])
async def test_without_a_valid_sign_in_hello_is_unauthorized(stack, cookie):
    header = f"{settings.SESSION_COOKIE_NAME}={cookie}" if cookie else ""
    async with socket_to(stack.url, cookie=header) as plain:
        await plain.send({"op": "hello"})
        assert (await plain.expect("error"))["code"] == "unauthorized"
        assert await plain.closed() == 4003


async def test_a_socket_that_says_nothing_is_closed(stack):
    async with socket_to(stack.url) as plain:
        await plain.send({"op": "ping"})
        assert (await plain.expect("error"))["code"] == "unauthorized"
        assert await plain.closed(8) == 4001


async def test_agents_who_do_not_serve_have_no_desk(stack):
    agent = await database(make.make_member, serves=False)
    async with socket_to(stack.url, cookie=await cookie_of(stack, agent)) as plain:
        await plain.send({"op": "hello"})
        assert (await plain.expect("error"))["code"] == "not_allowed"
        assert await plain.closed() == 4003


async def test_a_mailed_password_must_be_changed_first(stack):
    agent = await database(make.make_member)
    cookie = await cookie_of(stack, agent)
    await database(Member.objects.filter(pk=agent.pk).update, must_change_password=True)
    async with socket_to(stack.url, cookie=cookie) as plain:
        await plain.send({"op": "hello"})
        assert (await plain.expect("error"))["code"] == "unauthorized"


async def test_a_second_sign_in_ends_the_first_within_a_second(stack):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as first:
        async with desk_of(stack.url, agent, cookie=first.cookie) as tab:
            cookie = await cookie_of(stack, agent)
            for plain in (first, tab):
                assert (await plain.expect("kicked", seconds=1))["reason"] == "signed_in_elsewhere"
                assert await plain.closed(2) == 4009
        async with desk_of(stack.url, agent, cookie=cookie) as second:
            await second.still_works()
            async with socket_to(stack.url, cookie=first.cookie) as stale:
                await stale.send({"op": "hello"})
                assert (await stale.expect("error"))["code"] == "unauthorized"
            await second.still_works()


async def test_forced_offline_says_why(stack):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk:
        admin = await database(make.make_member, Role.ADMINISTRATOR)
        await database(members.force_offline, agent, admin)
        assert (await desk.expect("kicked", seconds=1))["reason"] == "forced_offline"
        assert await desk.closed(2) == 4009


async def test_who_is_deleted_or_no_longer_serves_can_do_nothing_more(stack):
    agent, other = [await database(make.make_member) for _ in range(2)]
    async with desk_of(stack.url, agent) as desk, desk_of(stack.url, other) as second:
        # Nobody has told the sockets: the right is read anew for each command.
        await database(Member.objects.filter(pk=agent.pk).update, deleted_at=clock.now())
        await desk.send({"op": "colleagues", "id": "c1"})
        assert (await desk.expect("kicked"))["reason"] == "deleted"
        assert not desk.has("result")
        await database(Member.objects.filter(pk=other.pk).update, serves=False)
        await second.send({"op": "set_status", "id": "c2", "status": "rest"})
        assert (await second.expect("kicked"))["reason"] == "forced_offline"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "invalid"),
        ("{", "invalid"),
        ("[]", "invalid"),
        ("null", "invalid"),
        (b"\x00\x01\xff", "invalid"),
        ("[" * 10_000, "invalid"),
        ({"op": "dance"}, "unknown_op"),
        ({}, "unknown_op"),
        ({"op": ["send"]}, "unknown_op"),
        ({"op": "send", "client_id": "x"}, "invalid"),
        ({"op": "accept", "session": str(uuid.uuid4())}, "invalid"),
        ({"op": "sync", "session": "1 OR 1=1", "rev": 0}, "invalid"),
        ({"op": "note", "text": "x" * 70_000}, "too_large"),
        ({"op": "note", "text": "x" * 900_000}, "too_large"),
    ],
)
async def test_bad_frames_get_an_error_and_the_socket_stays(stack, agent_desk, frame, code):
    desk: Plain = agent_desk
    await desk.send(frame)
    error = await desk.expect("error")
    assert error["code"] == code
    assert error["detail"]
    await desk.still_works()


@pytest.fixture
async def agent_desk(stack, live_db):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk:
        yield desk


@pytest.mark.parametrize("op", ["take"])
async def test_commands_of_later_work_are_unknown(agent_desk, op):
    result = await agent_desk.command(op, session=str(uuid.uuid4()))
    assert (result["ok"], result["code"]) == (False, "unknown_op")


async def test_details_are_in_the_language_of_the_browser(stack):
    agent = await database(make.make_member)
    cookie = await cookie_of(stack, agent)
    details = {}
    for language in ("en", "zh-hans"):
        async with desk_of(stack.url, agent, cookie=f"{cookie}; django_language={language}") as desk:
            details[language] = (await desk.command("accept", session=str(uuid.uuid4())))["detail"]
    assert details["en"] == "There is no such session."
    assert details["zh-hans"].isascii() is False


async def test_a_flood_is_refused_and_the_rest_of_it_forgiven(agent_desk):
    desk: Plain = agent_desk
    for _ in range(150):
        await desk.send({"op": "ping"})
    refused = await desk.expect("error")
    assert refused["code"] == "rate_limited"
    await asyncio.sleep(1)
    desk.unread.clear()
    await desk.still_works()


async def test_abuse_that_does_not_stop_is_shown_the_door(agent_desk):
    desk: Plain = agent_desk
    for _ in range(400):
        if desk.code is not None:
            break
        await desk.send("{")
    assert (await desk.expect("bye"))["code"] == "abuse"
    assert await desk.closed() == 4008


async def test_other_peoples_sessions_are_out_of_reach(stack, agent_desk):
    desk: Plain = agent_desk
    owner = await database(make.make_member)
    session = await database(make.make_served_session, owner)
    foreign = str(session.id)
    before = await database(ChatSession.objects.filter(id=session.id).values().get)
    for name in (foreign, str(uuid.uuid4())):
        for op, fields in (
            ("accept", {}),
            ("decline", {}),
            ("end", {}),
            ("hold", {}),
            ("invite_rating", {}),
            ("transfer", {"userId": owner.account}),
            ("note", {"text": "I was here"}),
            ("recall", {"message": f"{name}.1"}),
            ("sync", {"rev": 0, "note": 0}),
            ("history", {}),
            ("read", {"seq": 1}),
        ):
            result = await desk.command(op, session=name, **fields)
            assert (result["ok"], result["code"]) == (False, "not_found"), op
        client_id = str(uuid.uuid4())
        message = {"type": "text", "text": "hello"}
        await desk.send({"op": "send", "client_id": client_id, "session": name, "message": message})
        assert (await desk.expect("error", client_id=client_id))["code"] in ("not_found", "not_yours")
        await desk.send({"op": "typing", "session": name})
    result = await desk.command("history", customer=str(session.customer_id))
    assert result["code"] == "not_found"
    assert not any(frame["op"] == "message" for frame in desk.unread)
    assert await database(ChatSession.objects.filter(id=session.id).values().get) == before
    assert await database(Message.objects.filter(session_id=session.id).count) == 1


async def test_a_supervisor_sees_the_sessions_of_the_groups_but_does_not_write_in_them(stack):
    group = await database(make.make_group)
    lead = await database(make.make_member, Role.SUPERVISOR, groups=[group])
    await database(lead.memberships.update, supervises=True)
    owner = await database(make.make_member)

    def serve():
        session = make.make_served_session(owner)
        session.group = group
        session.save()
        session.records.update(group=group)
        return session

    session = str((await database(serve)).id)
    async with desk_of(stack.url, lead) as desk:
        assert (await desk.command("sync", session=session, rev=0))["ok"]
        assert desk.has("message", session=session)
        # What is served by somebody else must not look like one's own.
        assert not desk.has("session", session=session)
        client_id = str(uuid.uuid4())
        message = {"type": "text", "text": "hello"}
        await desk.send({"op": "send", "client_id": client_id, "session": session, "message": message})
        assert (await desk.expect("error", client_id=client_id))["code"] == "not_yours"
        assert (await desk.command("end", session=session))["code"] == "not_yours"
        assert (await desk.command("note", session=session, text="Offer him a refund."))["ok"]


async def test_scripts_in_text_travel_as_text(stack, agent_desk):
    desk: Plain = agent_desk
    hostile = '<script>alert("x")</script>\u2028</textarea>'
    result = await desk.command("colleagues", query=hostile)
    assert (result["ok"], result["agents"]) == (True, [])
    await desk.send(json.dumps({"op": hostile[:60], "id": hostile[:27]}))
    assert (await desk.expect("result", id=hostile[:27]))["code"] == "unknown_op"
