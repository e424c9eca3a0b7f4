"""Every command of both sockets, sent by every role (T-9, X-6); the rules stand in `who_may.py`."""

from __future__ import annotations

import json
import uuid
from contextlib import asynccontextmanager

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from apps.desk import consumers as desk
from apps.desk import protocol as desk_protocol
from apps.sessions import transitions
from apps.sessions.models import ChatSession, Message
from apps.team import business
from apps.team.models import Member, SkillGroup
from apps.visitor import consumers as visitor
from apps.visitor import protocol as visitor_protocol
from apps.visitor import tokens
from csdesk import bridge
from tests import factories as make
from tests.ground.test_who_may import session_of, team_of
from tests.ground.who_may import CUSTOMER, NOBODY_SIGNED_IN, ROLES, WORKBENCH

HEADERS = [(b"origin", b"http://localhost:8000"), (b"host", b"localhost:8000")]
# Codes that say: not you. Others say that the command does not fit, which is no question of rights.
REFUSALS = {"unauthorized", "not_allowed", "not_found", "not_yours"}


@pytest.fixture(autouse=True)
def _fresh(tmp_path, settings):
    settings.DATA = tmp_path
    settings.LIMIT_FRAMES = 0
    cache.clear()
    business.forget()
    yield
    business.forget()


def test_every_command_of_the_workbench_has_a_rule_and_a_frame():
    there = set(desk_protocol._PARSERS)
    assert there == set(WORKBENCH), "add or take out a line of WORKBENCH in tests/ground/who_may.py"
    assert there - {"hello"} == set(FRAMES), "say here how the frame of the command looks"


def test_every_command_of_the_window_has_a_rule():
    there = {op for op in visitor_protocol._PARSERS if op != "signal"}
    there |= {f"signal {src}" for src in visitor_protocol._SIGNALS}
    assert there == set(CUSTOMER), "add or take out a line of CUSTOMER in tests/ground/who_may.py"


# --- The workbench -----------------------------------------------------------------------------------

FRAMES: dict[str, dict] = {
    "ping": {},
    "set_status": {"status": "notReady"},
    "colleagues": {},
    "monitor": {},
    "accept": {"session": "{session}"},
    "decline": {"session": "{session}"},
    "end": {"session": "{session}"},
    "hold": {"session": "{session}"},
    "invite_rating": {"session": "{session}"},
    "typing": {"session": "{session}"},
    "watch": {"session": "{session}"},
    "unwatch": {"session": "{session}"},
    "take_over": {"session": "{session}"},
    "force_end": {"session": "{session}"},
    "sync": {"session": "{session}", "rev": 0},
    "history": {"session": "{session}"},
    "read": {"session": "{session}", "seq": 1},
    "note": {"session": "{session}", "text": "psst"},
    "transfer": {"session": "{session}", "skillGroupId": "{group}"},
    "wrap_up": {"session": "{session}"},
    "recall": {"message": "{session}.2"},
    "send": {"session": "{session}", "message": {"type": "text", "text": "hello"}},
    "set_agent_status": {"userId": "{colleague}", "status": "offline"},
    "force_offline": {"userId": "{colleague}"},
}


def served_by(colleague: Member, group: SkillGroup) -> ChatSession:
    """A new session of the group that the colleague serves, with a word of theirs."""
    session = make.make_session()
    with transaction.atomic():
        locked = transitions.lock(session.id)
        transitions.to_queue(locked, group=group, seconds=1800)
        transitions.serve(locked, colleague)
    make.agent_says(session, colleague, "Hello!")
    return session


def frame_of(op: str, colleague: Member, group: SkillGroup) -> dict:
    """A frame of the command about something new, that is the colleague's."""
    session = served_by(colleague, group) if "session" in json.dumps(FRAMES[op]) else None
    text = json.dumps({"op": op, "id": uuid.uuid4().hex, **FRAMES[op]})
    for name, value in (
        ("session", session and session.id),
        ("group", group.pk),
        ("colleague", colleague.account),
    ):
        text = text.replace(f"{{{name}}}", str(value))
    frame = json.loads(text)
    return frame | ({"client_id": str(uuid.uuid4())} if op == "send" else {})


@asynccontextmanager
async def socket(consumer, address: str, headers: list[tuple[bytes, bytes]]):
    client = WebsocketCommunicator(consumer.as_asgi(), address, headers=headers)
    assert (await client.connect(5))[0]
    try:
        yield client
    finally:
        await client.disconnect(timeout=5)


async def told(client: WebsocketCommunicator, is_it) -> dict:
    """The next frame that fits; what else is said is passed over."""
    while True:
        sent = await client.receive_output(10)
        if sent["type"] == "websocket.close":
            return {"op": "closed", "code": "unauthorized"}
        if is_it(frame := json.loads(sent["text"])):
            return frame


async def outcome_at_the_workbench(client: WebsocketCommunicator, frame: dict) -> bool:
    """Whether the command was refused as none of the member's."""

    def is_the_answer(got: dict) -> bool:
        return got.get("id") == frame["id"] or (
            "client_id" in frame and got.get("client_id") == frame["client_id"]
        )

    await client.send_to(text_data=json.dumps(frame))
    if frame["op"] == "ping":
        answer = await told(client, lambda got: got["op"] == "pong" or got.get("id") == frame["id"])
        return answer["op"] != "pong"
    return (await told(client, is_the_answer)).get("code") in REFUSALS


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
@pytest.mark.parametrize("role", ROLES)
async def test_each_role_at_the_workbench(role):
    group = await bridge.run(make.make_group)
    colleague = await bridge.run(lambda: make.make_member(groups=[group]))
    members = await bridge.run(team_of, group)
    cookie = b""
    if role != NOBODY_SIGNED_IN:
        key = (await bridge.run(session_of, members[role])).session_key
        cookie = f"{settings.SESSION_COOKIE_NAME}={key}".encode()
    wrong = []
    async with socket(desk.DeskConsumer, "/ws/desk/", [*HEADERS, (b"cookie", cookie)]) as client:
        if role == NOBODY_SIGNED_IN:
            # Before `hello` nothing is answered; and `hello` is the end of it.
            for op in FRAMES:
                frame = await bridge.run(frame_of, op, colleague, group)
                assert await outcome_at_the_workbench(client, frame), op
        await client.send_to(text_data='{"op":"hello"}')
        greeted = (await told(client, lambda got: got["op"] in ("ready", "error")))["op"] == "ready"
        assert greeted == (role in WORKBENCH["hello"])
        for op in FRAMES if greeted else ():
            frame = await bridge.run(frame_of, op, colleague, group)
            refused = await outcome_at_the_workbench(client, frame)
            if refused == (role in WORKBENCH[op]):
                wrong.append(f"{op}: {'refused' if refused else 'let in'}")
    assert not wrong, "\n".join([role, *wrong])


# --- The window ----------------------------------------------------------------------------------------


def frame_of_window(op: str, session: ChatSession) -> dict:
    """A frame of the command that names something of this session."""
    name, _blank, src = op.partition(" ")
    fields = {
        "send": {"message": {"type": "text", "text": "hello"}},
        "signal": {
            "data": {
                "customerServicePlugin": 0,
                "src": src,
                "menuSelected": {"id": 5, "sessionId": str(session.id)},
                "sessionId": str(session.id),
            }
        },
        "sync": {"session": str(session.id), "rev": 0},
        "history": {"before": f"{session.id}.9"},
        "read": {"session": str(session.id), "seq": 1},
        "recall": {"message": f"{session.id}.2"},
        "pre_chat": {"answers": {}},
        "vote": {"message": f"{session.id}.2", "helpful": True},
    }.get(name, {})
    return {"op": name, "client_id": str(uuid.uuid4()), **fields}


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_without_a_token_nothing_is_answered_at_the_window():
    channel = await bridge.run(make.make_channel)
    session = await bridge.run(lambda: make.make_session(channel=channel))
    address = f"/ws/visitor/?channel={channel.key}"
    async with socket(visitor.VisitorConsumer, address, HEADERS) as client:
        # That somebody is there is all that `ping` tells.
        for op in sorted(set(CUSTOMER) - {"ping"}):
            frame = await bridge.run(frame_of_window, op, session)
            await client.send_to(text_data=json.dumps(frame | {"token": "none"}))
            answer = await told(client, lambda _got: True)
            assert answer["op"] in ("error", "closed"), op
            # Either no token that counts, or "say hello first".
            assert answer["code"] in REFUSALS | {"wrong_state"}, op


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_a_customer_reaches_nothing_of_another_one():
    channel = await bridge.run(make.make_channel)
    agent = await bridge.run(make.make_member)
    theirs = await bridge.run(lambda: make.make_served_session(agent, channel=channel))
    await bridge.run(make.agent_says, theirs, agent, "Their secret")
    before = await bridge.run(facts_of, theirs.id)
    text, _row = await bridge.run(tokens.issue, channel)
    heard: list[dict] = []

    def hears(frame: dict) -> bool:
        heard.append(frame)
        return True

    async with socket(visitor.VisitorConsumer, f"/ws/visitor/?channel={channel.key}", HEADERS) as client:
        await client.send_to(text_data=json.dumps({"op": "hello", "token": text}))
        assert (await told(client, hears))["op"] == "ready"
        # Those that name a session first: each error is the answer to what was sent last.
        for op, names_a_session in sorted(CUSTOMER.items(), key=lambda one: not one[1]):
            if op == "hello":
                continue
            frame = await bridge.run(frame_of_window, op, theirs)
            await client.send_to(text_data=json.dumps(frame))
            if names_a_session:
                refusal = await told(client, lambda got: hears(got) and got["op"] == "error")
                assert refusal["code"] in REFUSALS, op
        # Whatever still comes.
        while not await client.receive_nothing(0.5, 0.02):
            await told(client, hears)
    said = json.dumps(heard, ensure_ascii=False)
    assert str(theirs.id) not in said
    assert "Their secret" not in said
    assert await bridge.run(facts_of, theirs.id) == before


def facts_of(session_id: uuid.UUID) -> dict:
    """All there is to the session, and what was said in it."""
    session = ChatSession.objects.filter(id=session_id).values().get()
    messages = Message.objects.filter(session_id=session_id).order_by("seq")
    return session | {"messages": list(messages.values())}
