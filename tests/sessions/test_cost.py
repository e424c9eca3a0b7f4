"""What a chat message costs, pinned: one statement, one push to each side, one frame to each socket."""

import asyncio
import json
import threading
import uuid
from collections import Counter

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db.backends.utils import CursorWrapper

from apps.desk import consumers as desk
from apps.sessions import customers, posting_line, writer
from apps.sessions.authors import Author
from apps.sessions.customers import Origin
from apps.sessions.models import ChatSession
from apps.sessions.posting import Post
from apps.sessions.posting_line import PostingLine
from apps.team import business, sign_in
from apps.visitor import channels, tokens
from apps.visitor import consumers as visitor
from csdesk import bridge, realtime
from tests import factories as make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

MESSAGES = 10
HEADERS = [(b"origin", b"http://localhost:8000"), (b"host", b"localhost:8000")]


@pytest.fixture
def spent(monkeypatch):
    """Counts rounds, statements of the threads that carry chat, and pushes by recipient."""
    counted = Counter()
    post, execute, put = PostingLine.post, CursorWrapper.execute, realtime._put

    async def counted_post(line, posts):
        counted["rounds"] += 1
        return await post(line, posts)

    def counted_execute(self, *args, **kwargs):
        if threading.current_thread().name.startswith("csdesk-chat"):
            counted["statements beside"] += 1
        return execute(self, *args, **kwargs)

    def counted_put(channel, payload):
        counted[channel.removeprefix(realtime.PREFIX).partition(".")[0]] += 1
        put(channel, payload)

    monkeypatch.setattr(PostingLine, "post", counted_post)
    monkeypatch.setattr(CursorWrapper, "execute", counted_execute)
    monkeypatch.setattr(realtime, "_put", counted_put)
    # What is read once a second, however many messages there are, is not counted.
    for where, name in (
        (desk, "RIGHT_KEEPS"),
        (channels, "CACHE_SECONDS"),
        (business, "CACHE_SECONDS"),
        (posting_line, "SETTINGS_KEEP"),
    ):
        monkeypatch.setattr(where, name, 3600.0)
    business.forget()
    yield counted
    business.forget()


def a_served_customer() -> tuple[str, str, str, ChatSession]:
    """The channel's key, the customer's token, the agent's cookie and the session between them."""
    channel = make.make_channel()
    text, row = tokens.issue(channel)
    agent = make.make_member()
    customer = customers.ensure_customer(row, Origin(language="en", address="127.0.0.1"))
    served = make.make_served_session(agent, customer=customer, channel=channel)
    session = SessionStore()
    session[SESSION_KEY] = str(agent.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = agent.get_session_auth_hash()
    sign_in.begin(agent, session, "127.0.0.1")
    session.save()
    return channel.key, text, f"{settings.SESSION_COOKIE_NAME}={session.session_key}", served


async def frames_until(client: WebsocketCommunicator, op: str) -> list[dict]:
    """All frames up to the next one with this `op`."""
    found = []
    while not found or found[-1]["op"] != op:
        found.append(json.loads((await client.receive_output(10))["text"]))
    return found


async def quiet(client: WebsocketCommunicator) -> list[dict]:
    """What still comes, until nothing has come for a moment."""
    found = []
    while not await client.receive_nothing(0.3, 0.02):
        found.append(json.loads((await client.receive_output(1))["text"]))
    return found


async def test_a_message_costs_one_statement_and_one_push_to_each_side(spent):
    key, text, cookie, session = await bridge.run(a_served_customer)
    customer = WebsocketCommunicator(
        visitor.VisitorConsumer.as_asgi(), f"/ws/visitor/?channel={key}", headers=HEADERS
    )
    workbench = WebsocketCommunicator(
        desk.DeskConsumer.as_asgi(), "/ws/desk/", headers=[*HEADERS, (b"cookie", cookie.encode())]
    )
    sides = {"customer": (customer, {}), "agent": (workbench, {"session": str(session.id)})}
    try:
        for client, _to in sides.values():
            assert (await client.connect(5))[0]
        await customer.send_to(text_data=json.dumps({"op": "hello", "token": text}))
        await workbench.send_to(text_data='{"op":"hello"}')
        for client, _to in sides.values():
            await frames_until(client, "ready")
        await say(customer, {})  # the first word opens and engages; what follows is the ordinary case
        await frames_until(customer, "ack")
        for client, _to in sides.values():
            await quiet(client)

        for client, to in sides.values():
            spent.clear()
            for _ in range(MESSAGES):
                await say(client, to)
                await frames_until(client, "ack")
            rest = {id(one): [frame["op"] for frame in await quiet(one)] for one, _to in sides.values()}

            assert dict(spent) == {"rounds": MESSAGES, "customer": MESSAGES, "member": MESSAGES}
            other = workbench if client is customer else customer
            assert rest[id(other)] == ["message"] * MESSAGES
    finally:
        for client, _to in sides.values():
            await client.disconnect(timeout=5)


async def say(client: WebsocketCommunicator, to: dict) -> None:
    message = {"type": "text", "text": "Where is my parcel?"}
    frame = {"op": "send", "client_id": str(uuid.uuid4()), "message": message, **to}
    await client.send_to(text_data=json.dumps(frame))


async def test_posts_that_come_together_share_the_statement(spent):
    sessions = [await bridge.run(make.make_session) for _ in range(8)]
    authors = {one.id: Author("customer", str(one.customer_id)) for one in sessions}
    said = [Post(one.id, authors[one.id], "text", {"text": f"{n}"}) for n in range(4) for one in sessions]
    posts = writer.PostWriter()
    await posts.post(said.pop())
    spent.clear()
    await asyncio.gather(*(posts.accept(post) for post in said))

    # Two rounds begin with one post each; all that waits then goes in the next two.
    assert spent["rounds"] <= 4
    assert spent["statements beside"] == 0
    assert spent["customer"] == len(said)
