"""The floor's web process: the least any program on this stack must do for a message.

A bare consumer of Channels on the same Daphne, the channel layer of channels_redis that loses
nothing (pub/sub) on the same Redis, one hand-written INSERT through psycopg's async connections
into a bare table of the same PostgreSQL, one `group_send` to whom it is for, one acknowledgement.
No sign-in, no rights, no numbers, no idempotency, no limits, no state.

`/echo/` sends back what it gets and stores nothing: the most this server can do at all.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from urllib.parse import parse_qs

import django
import psycopg
from django.conf import settings

settings.configure(
    DATABASES={},
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [os.environ["REDIS_URL"]]},
        }
    },
)
django.setup()

# First, for it chooses the event loop of both, before Daphne does.
from csdesk.serve import LARGEST_FRAME, PING_EVERY, PING_LOST  # noqa: E402

# isort: split
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from daphne.server import Server  # noqa: E402
from django.urls import path  # noqa: E402

# More than the event loop can keep busy.
CONNECTIONS = 8
INSERT = "INSERT INTO bench.message (session, sender, text) VALUES (%s, %s, %s) RETURNING id"

_free: asyncio.LifoQueue | None = None


async def store(session: int, sender: str, text: str) -> int:
    """One INSERT, one commit; the message's id."""
    global _free
    if _free is None:
        _free = asyncio.LifoQueue()
        for _ in range(CONNECTIONS):
            connection = await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"], autocommit=True)
            connection.prepare_threshold = 0
            _free.put_nowait(connection)
    connection = await _free.get()
    try:
        async with connection.cursor() as cursor:
            await cursor.execute(INSERT, (session, sender, text))
            return (await cursor.fetchone())[0]
    finally:
        _free.put_nowait(connection)


class Bare(AsyncWebsocketConsumer):
    """One customer or agent; `me` is their group."""

    async def connect(self) -> None:
        self.me = parse_qs(self.scope["query_string"].decode())["me"][0]
        await self.channel_layer.group_add(self.me, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.me, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        said = json.loads(text_data)
        number = await store(said["session"], self.me, said["text"])
        text = json.dumps({"id": number, "session": said["session"], "from": self.me, "text": said["text"]})
        await self.channel_layer.group_send(said["to"], {"type": "chat.message", "frame": text})
        await self.send(f'{{"ack":{number}}}')

    async def chat_message(self, event: dict) -> None:
        await self.send(event["frame"])


class WithoutHop:
    """Spares Channels' way through a thread before every event, which only Django's own database needs."""

    async def dispatch(self, message: dict) -> None:
        await getattr(self, message["type"].replace(".", "_"))(message)


class Lean(WithoutHop, Bare):
    """The bare consumer as somebody would write it who has measured it."""


class Echo(WithoutHop, AsyncWebsocketConsumer):
    """Sends back what it gets."""

    channel_layer_alias = None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data)


routes = [
    path("bare/", Bare.as_asgi()),
    path("floor/", Lean.as_asgi()),
    path("echo/", Echo.as_asgi()),
]
application = ProtocolTypeRouter({"websocket": URLRouter(routes)})


def main(port: int) -> None:
    """Serve with the settings of our own web process."""
    Server(
        application,
        endpoints=[f"tcp:port={port}:interface=127.0.0.1"],
        verbosity=0,
        ping_interval=PING_EVERY,
        ping_timeout=PING_LOST,
        websocket_max_message_size=LARGEST_FRAME,
        websocket_max_frame_size=LARGEST_FRAME,
    ).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
