"""The workbench's socket against the real processes: what each command does (D-16)."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from io import BytesIO

import httpx
import pytest
from django.conf import settings
from PIL import Image

from apps.routing.models import Availability, DeskConnection
from apps.sessions.models import ChatSession
from apps.team.models import Role, TrailEntry
from csdesk import realtime
from drill.clients import Visitor
from tests import factories as make
from tests.live.plain import Plain, database, desk_of

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_db")]


@contextlib.asynccontextmanager
async def customer_of(stack, desk: Plain, words: str = "人工") -> AsyncIterator[tuple[Visitor, str]]:
    """A customer who has just reached this desk, and the session; it is ended afterwards."""
    channel = await database(make.make_channel)
    async with Visitor(stack.url, channel.key) as visitor:
        await visitor.say(words)
        session = (await desk.expect("userAccessed"))["session"]
        try:
            yield visitor, session
        finally:
            await visitor.signal("27")
            await visitor.until(lambda: visitor.state["state"] == "closed")


def row(session: str) -> ChatSession:
    return ChatSession.objects.get(id=session)


def views_of(session: str, member_id: int) -> int:
    """How often the access log says that the member has looked into the session's record."""
    record = row(session).records.get()
    return TrailEntry.objects.filter(
        action="record.viewed", object_id=str(record.id), member_id=member_id
    ).count()


async def test_hello_is_answered_by_all_that_a_desk_shows(stack):
    group = await database(make.make_group)
    agent = await database(make.make_member, groups=[group], session_limit=3)
    async with desk_of(stack.url, agent) as desk:
        member = desk.ready["member"]
        assert (member["id"], member["account"], member["role"]) == (str(agent.pk), agent.account, "agent")
        assert member["groups"] == [{"id": group.pk, "name": group.name}]
        assert (desk.ready["status"], desk.ready["sessions"]) == ("free", [])
        assert [queue["id"] for queue in desk.ready["queues"]] == [None, group.pk]
        assert desk.ready["limits"] == {"sessions": 3, "recall": 120, "reply": 600}
        connection = await database(DeskConnection.objects.get, member=agent)
        assert connection.sign_in_id is not None
    for _ in range(50):
        if not await database(DeskConnection.objects.filter(member=agent).exists):
            break
        await asyncio.sleep(0.1)
    availability = await database(Availability.objects.get, member=agent)
    assert (availability.status, availability.deadline_kind) == ("free", "grace")
    assert not await database(DeskConnection.objects.filter(member=agent).exists)


async def test_other_groups_bring_their_queues_to_the_open_desk(stack):
    before, after = [await database(make.make_group) for _ in range(2)]
    agent = await database(make.make_member, groups=[before])

    def move() -> None:
        agent.memberships.update(group=after)
        realtime.control(realtime.member(agent.pk), {"op": "groups"})

    async with desk_of(stack.url, agent) as desk:
        assert [queue["id"] for queue in desk.ready["queues"]] == [None, before.pk]
        await database(move)
        groups = (await desk.expect("queue"))["groups"]
        while [group["id"] for group in groups] != [None, after.pk]:
            groups = (await desk.expect("queue"))["groups"]
        assert desk.code is None


async def test_an_assigned_session_comes_with_its_summary_and_its_messages(stack):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk, customer_of(stack, desk) as (visitor, session):
        summary = await desk.expect("session", session=session, state="serving")
        assert summary["last"]["text"] == "人工"
        told = await desk.expect("session", session=session)
        assert told["customer"]["online"] is True
        await visitor.say("第二句")
        message = await desk.expect("message", session=session)
        while message["message"].get("text") != "第二句":
            message = await desk.expect("message", session=session)
        assert message["from"]["kind"] == "customer"
        await desk.send({"op": "sync", "id": "s1", "session": session, "rev": 0, "note": 0})
        synced = await desk.expect("synced", session=session)
        assert (await desk.expect("result", id="s1"))["ok"]
        assert (synced["more"], synced["rev"]) == (False, (await database(row, session)).rev)


async def test_a_message_is_acknowledged_once_however_often_it_is_sent(stack):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk, customer_of(stack, desk) as (visitor, session):
        client_id = str(uuid.uuid4())
        first = await desk.say(session, "您好", client_id)
        again = await desk.say(session, "您好", client_id)
        assert first == again
        shown = await desk.expect("message", id=first["id"])
        assert (shown["client_id"], shown["from"]["id"]) == (client_id, str(agent.pk))
        await visitor.until(lambda: "您好" in visitor.texts(session))
        seen = next(f for f in visitor.frames if f["op"] == "message" and f["id"] == first["id"])
        assert "id" not in seen["from"]
        assert visitor.texts(session).count("您好") == 1


async def test_cards_of_the_agent_are_messages_too(stack):
    agent = await database(make.make_member)
    content = {"header": "水壶", "desc": "1.7 L", "url": "https://shop.example/kettle"}
    card = {"customerServicePlugin": 0, "src": "22", "content": content}
    async with desk_of(stack.url, agent) as desk, customer_of(stack, desk) as (visitor, session):
        frame = {"op": "send", "client_id": str(uuid.uuid4()), "session": session}
        await desk.send({**frame, "message": {"type": "custom", "data": card}})
        ack = await desk.expect("ack")
        seen = await visitor.until(lambda: visitor.seen.get(session, {}).get(ack["seq"]))
        assert seen["message"] == {"type": "custom", "data": card}
        unsafe = card | {"content": content | {"url": "javascript:alert(1)"}}
        client_id = str(uuid.uuid4())
        await desk.send({**frame, "client_id": client_id, "message": {"type": "custom", "data": unsafe}})
        assert (await desk.expect("error", client_id=client_id))["code"] == "invalid"


async def test_a_picture_is_uploaded_sent_and_addressed_to_each_reader(stack):
    agent = await database(make.make_member)
    picture = BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    async with desk_of(stack.url, agent) as desk, customer_of(stack, desk) as (visitor, session):
        answer = await upload(stack, desk, picture.getvalue(), "壶.png")
        assert answer.status_code == 201
        described = answer.json()
        assert (described["name"], described["type"]) == ("壶.png", "image/png")
        message = {"type": "image", "upload": described["upload"]}
        await desk.send(
            {"op": "send", "client_id": str(uuid.uuid4()), "session": session, "message": message}
        )
        ack = await desk.expect("ack")
        mine = (await desk.expect("message", id=ack["id"]))["message"]["file"]
        theirs = await visitor.until(lambda: visitor.seen.get(session, {}).get(ack["seq"]))
        theirs = theirs["message"]["file"]
        assert mine["id"] == theirs["id"] == described["upload"]
        assert mine["url"] != theirs["url"]
        async with httpx.AsyncClient(base_url=stack.url) as http:
            assert (await http.get(theirs["url"])).status_code == 200
            assert (await http.get(mine["url"])).status_code == 404
            assert (await http.get(mine["url"], headers={"Cookie": desk.cookie})).status_code == 200
        again = str(uuid.uuid4())
        await desk.send({"op": "send", "client_id": again, "session": session, "message": message})
        assert (await desk.expect("error", client_id=again))["code"] == "upload_gone"


async def upload(stack, desk: Plain, content: bytes, name: str, *, csrf: bool = True) -> httpx.Response:
    cookies = dict(part.split("=", 1) for part in desk.cookie.split("; "))
    headers = {"Cookie": desk.cookie, "Origin": stack.url}
    if csrf:
        headers["X-CSRFToken"] = cookies[settings.CSRF_COOKIE_NAME]
    async with httpx.AsyncClient(base_url=stack.url, timeout=30) as http:
        return await http.post("/api/desk/upload", files={"file": (name, content)}, headers=headers)


async def test_uploads_ask_for_the_sign_in_the_page_and_a_file(stack):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk:
        refused = await upload(stack, desk, b"text", "a.txt", csrf=False)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
        empty = await upload(stack, desk, b"", "a.txt")
        assert (empty.status_code, empty.json()["code"]) == (400, "invalid")
        program = await upload(stack, desk, b"MZ\x90\x00" + b"\0" * 600, "photo.png")
        assert (program.status_code, program.json()["code"]) == (400, "invalid")
    async with httpx.AsyncClient(base_url=stack.url) as http:
        assert (await http.get("/api/desk/upload")).status_code == 405
        assert (await http.post("/api/desk/upload")).json()["code"] == "not_allowed"


async def test_recall_replaces_the_message_on_both_sides(stack):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk, customer_of(stack, desk) as (visitor, session):
        ack = await desk.say(session, "打错了")
        assert (await desk.command("recall", message=ack["id"]))["ok"]
        await desk.expect("message", id=ack["id"], rev=ack["rev"])
        recalled = await desk.expect("message", id=ack["id"])
        assert recalled["message"] == {"type": "recalled"}
        await visitor.until(lambda: visitor.seen[session][ack["seq"]]["message"]["type"] == "recalled")
        theirs = next(f for f in visitor.frames if f["op"] == "message" and f["from"]["kind"] == "customer")
        assert (await desk.command("recall", message=theirs["id"]))["code"] == "not_found"
        assert (await desk.command("recall", message=f"{uuid.uuid4()}.1"))["code"] == "not_found"


async def test_read_marks_and_typing_reach_the_other_side(stack):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk, customer_of(stack, desk) as (visitor, session):
        await desk.send({"op": "typing", "session": session})
        await visitor.until(
            lambda: any(f["op"] == "signal" and f["data"]["src"] == "12" for f in visitor.frames)
        )
        await desk.send({"op": "read", "session": session, "seq": 2})
        await visitor.until(lambda: any(f["op"] == "read" and f["by"] == "agent" for f in visitor.frames))
        await desk.expect("read", session=session, by="agent", seq=2)
        assert (await database(row, session)).unread == 0
        await visitor.signal("12")
        assert (await desk.expect("signal", session=session))["data"]["src"] == "12"
        ack = await desk.say(session, "好的")
        await visitor.order("read", session=session, seq=ack["seq"])
        await desk.expect("read", session=session, by="customer", seq=ack["seq"])


async def test_notes_have_numbers_of_their_own_and_never_reach_the_customer(stack):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk, customer_of(stack, desk) as (visitor, session):
        result = await desk.command("note", session=session, text="老客户，注意态度")
        assert (result["ok"], result["n"]) == (True, 1)
        note = await desk.expect("note", session=session)
        assert (note["n"], note["text"], note["from"]["id"]) == (1, "老客户，注意态度", str(agent.pk))
        await desk.send({"op": "ping"})
        assert (await desk.expect("pong"))["sessions"][session][1] == 1
        await desk.send({"op": "sync", "session": session, "rev": 10_000, "note": 0})
        assert (await desk.expect("note", session=session))["n"] == 1
        await desk.expect("synced", session=session)
        assert not any(f["op"] == "note" or "老客户" in str(f) for f in visitor.frames)


async def test_hold_stops_the_clock_until_the_agent_writes(stack):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk, customer_of(stack, desk) as (_visitor, session):
        await desk.say(session, "请稍等")
        assert (await database(row, session)).deadline_kind == "reply"
        assert (await desk.command("hold", session=session))["ok"]
        assert (await desk.expect("session", session=session, held=True))["state"] == "serving"
        assert (await database(row, session)).deadline_kind == ""
        await desk.say(session, "查到了")
        assert (await database(row, session)).deadline_kind == "reply"


async def test_a_rating_is_asked_for_once_at_a_time(stack):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk, customer_of(stack, desk) as (visitor, session):
        assert (await desk.command("invite_rating", session=session))["ok"]
        invitation = await visitor.until(
            lambda: next(
                (f for f in visitor.frames if f.get("message", {}).get("data", {}).get("src") == "9"), 0
            )
        )
        assert (await desk.command("invite_rating", session=session))["code"] == "wrong_state"
        rating = invitation["message"]["data"]["menuContent"]
        chosen = rating["menu"][4] | {"sessionId": rating["sessionId"]}
        await visitor.signal("10", menuSelected=chosen)
        rated = await desk.expect("message", id=invitation["id"])
        while "selected" not in rated["message"]["data"]["menuContent"]:
            rated = await desk.expect("message", id=invitation["id"])
        assert rated["message"]["data"]["menuContent"]["selected"]["id"] == "105"


async def test_the_agent_ends_and_then_nothing_more_goes(stack):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk, customer_of(stack, desk) as (_visitor, session):
        assert (await desk.command("end", session=session))["ok"]
        assert (await desk.expect("sessionEnded", session=session))["closeBy"] == "seat"
        assert (await desk.expect("session", session=session, state="closed"))["status"] == "normal"
        for op in ("end", "hold", "invite_rating", "accept", "decline"):
            assert (await desk.command(op, session=session))["code"] == "wrong_state", op
        client_id = str(uuid.uuid4())
        message = {"type": "text", "text": "?"}
        await desk.send({"op": "send", "client_id": client_id, "session": session, "message": message})
        assert (await desk.expect("error", client_id=client_id))["code"] == "wrong_state"
        late = await desk.hello(last={session: 1})
        assert [summary["state"] for summary in late["sessions"]] == ["closed"]


async def test_the_customers_end_is_told(stack):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk, customer_of(stack, desk) as (visitor, session):
        await visitor.signal("27")
        assert (await desk.expect("sessionEnded", session=session))["closeBy"] == "client"


async def test_status_with_reason_reload_and_hand_over(stack):
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk, customer_of(stack, desk) as (visitor, session):
        result = await desk.command("set_status", status="rest", restReason="用餐")
        assert (result["ok"], result["status"], result["restReason"]) == (True, "rest", "meal")
        assert (await desk.expect("statusChanged", status="rest"))["restReason"] == "meal"
        assert (await desk.command("set_status", status="rest", restReason="钓鱼"))["code"] == "invalid"
        async with desk_of(stack.url, agent, cookie=desk.cookie) as second:
            assert (second.ready["status"], second.ready["restReason"]) == ("rest", "meal")
            assert [summary["session"] for summary in second.ready["sessions"]] == [session]
        refused = await desk.command("set_status", status="offline")
        assert (refused["code"], refused["sessions"]) == ("wrong_state", 1)
        assert (await desk.command("set_status", status="offline", hand_over=True))["ok"]
        assert (await desk.expect("transfer", session=session))["op"] == "transfer"
        await visitor.until(lambda: visitor.state["state"] == "queued")
        gone = await database(row, session)
        assert (gone.state, gone.agent_id) == ("queued", None)
        await desk.send({"op": "ping"})
        assert (await desk.expect("pong"))["sessions"] == {}


async def test_history_goes_over_the_customers_earlier_sessions_and_is_logged(stack):
    agent = await database(make.make_member)
    channel = await database(make.make_channel)
    async with desk_of(stack.url, agent) as desk, Visitor(stack.url, channel.key) as visitor:
        sessions = []
        for words in ("人工", "人工"):
            await visitor.say(words)
            sessions.append((await desk.expect("userAccessed"))["session"])
            await desk.say(sessions[-1], f"回复 {len(sessions)}")
            if len(sessions) == 1:
                await desk.command("end", session=sessions[0])
                await visitor.until(lambda: visitor.state["state"] == "closed")
        old, new = sessions
        await asyncio.sleep(0.3)
        desk.unread.clear()
        await desk.send({"op": "history", "id": "h1", "session": new, "before": f"{new}.1", "limit": 3})
        end = await desk.expect("history_end")
        assert (await desk.expect("result", id="h1"))["ok"]
        shown = [frame["id"] for frame in desk.unread if frame["op"] == "message"]
        seq = (await database(row, old)).seq
        assert shown == [f"{old}.{n}" for n in range(seq - 2, seq + 1)]
        assert end["before"] == shown[0]
        await desk.send({"op": "history", "session": new, "before": end["before"]})
        assert (await desk.expect("history_end"))["before"] is None
        customer = str((await database(row, new)).customer_id)
        desk.unread.clear()
        await desk.send({"op": "history", "customer": customer, "limit": 200})
        await desk.expect("history_end", customer=customer)
        assert {f["session"] for f in desk.unread if f["op"] == "message"} == {old, new}
        assert await database(views_of, old, agent.pk) == 1
        await desk.command("end", session=new)


async def test_transfer_to_a_colleague_with_a_note(stack):
    one, other = [await database(make.make_member) for _ in range(2)]
    async with (
        desk_of(stack.url, one) as desk,
        customer_of(stack, desk) as (visitor, session),
        desk_of(stack.url, other) as second,
    ):
        found = (await desk.command("colleagues", query=other.nickname))["agents"]
        assert [(agent["userId"], agent["status"], agent["load"]) for agent in found] == [
            (other.account, "free", 0)
        ]
        result = await desk.command("transfer", session=session, userId=other.email, note="要退货")
        assert result["ok"]
        await desk.expect("transfer", session=session)
        await second.expect("userAccessed", session=session)
        summary = await second.expect("session", session=session, state="serving")
        assert (summary["agent"], summary["note"]) == (other.pk, 1)
        await second.send({"op": "sync", "session": session, "rev": 0, "note": 0})
        assert (await second.expect("note", session=session))["text"] == "要退货"
        await visitor.until(lambda: (visitor.state["agent"] or {}).get("name") == other.nickname)
        desk.unread.clear()
        await second.say(session, "我来处理")
        await visitor.until(lambda: "我来处理" in visitor.texts(session))
        # Who has handed it on gets nothing more of it and can say nothing more in it.
        assert not desk.has("message", session=session)
        client_id = str(uuid.uuid4())
        message = {"type": "text", "text": "还有"}
        await desk.send({"op": "send", "client_id": client_id, "session": session, "message": message})
        assert (await desk.expect("error", client_id=client_id))["code"] == "not_yours"
        late = await desk.command("end", session=session)
        assert (late["code"], late["by"]) == ("wrong_state", other.nickname)
        assert late["at"] > 0


async def test_transfers_that_cannot_be_done_leave_the_session_where_it_is(stack):
    agent, resting = [await database(make.make_member) for _ in range(2)]
    group = await database(make.make_group)
    full = await database(make.make_member, session_limit=1)
    manager = await database(make.make_member, Role.ADMINISTRATOR, serves=False)
    async with desk_of(stack.url, agent) as desk, customer_of(stack, desk) as (_visitor, session):
        async with desk_of(stack.url, resting) as second, desk_of(stack.url, full):
            await second.command("set_status", status="rest")
            await database(Availability.objects.filter(member=full).update, load=1)
            for target, code in (
                ({"userId": resting.account}, "wrong_state"),
                ({"userId": full.account}, "at_capacity"),
                ({"userId": manager.account}, "wrong_state"),
                ({"userId": "nobody@example.com"}, "not_found"),
                ({"userId": agent.account}, "invalid"),
                ({"skillGroupId": str(group.pk)}, "wrong_state"),
                ({"skillGroupId": "999999999"}, "not_found"),
                ({}, "invalid"),
            ):
                refused = await desk.command("transfer", session=session, **target)
                assert (refused["ok"], refused["code"]) == (False, code), (target, refused)
                assert refused["detail"]
            await database(Availability.objects.filter(member=full).update, load=0)
        still = await database(row, session)
        assert (still.state, still.agent_id, still.note_no) == ("serving", agent.pk, 0)
