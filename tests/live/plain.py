"""A plain WebSocket client of the workbench protocol: sends what it is told, however wrong."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

from django.db import connections
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from drill.clients import sign_in
from tests import factories as make

SECONDS = 10


async def database(function: Callable, *args: Any, **fields: Any) -> Any:
    """Call in a thread, for Django allows no queries beside a running event loop."""

    def call() -> Any:
        try:
            return function(*args, **fields)
        finally:
            connections.close_all()

    return await asyncio.to_thread(call)


class Plain:
    """One socket and all the frames it has got; each `expect` takes the frame it found."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.unread: list[dict] = []
        self.code: int | None = None
        self._news = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                self.unread.append(json.loads(text))
                self._news.set()
        except ConnectionClosed:
            pass
        self.code = self.socket.close_code
        self._news.set()

    async def send(self, frame: Any) -> None:
        await self.socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def expect(self, op: str, seconds: float = SECONDS, **fields: Any) -> dict:
        """The next frame with this `op` and these fields; frames before it stay unread."""
        try:
            async with asyncio.timeout(seconds):
                while not (found := self._find(op, fields)):
                    self._news.clear()
                    assert self.code is None, f"closed with {self.code}; unread: {self.unread}"
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"no {op} {fields}; unread: {self.unread}") from None
        self.unread.remove(found)
        return found

    def _find(self, op: str, fields: dict) -> dict | None:
        wanted = {"op": op, **fields}.items()
        return next((frame for frame in self.unread if wanted <= _plain(frame).items()), None)

    def has(self, op: str, **fields: Any) -> bool:
        return self._find(op, fields) is not None

    async def command(self, op: str, **fields: Any) -> dict:
        """Send a command under a new id; its result."""
        name = uuid.uuid4().hex[:8]
        await self.send({"op": op, "id": name, **fields})
        return await self.expect("result", id=name)

    async def hello(self, **fields: Any) -> dict:
        await self.send({"op": "hello", **fields})
        return await self.expect("ready")

    async def say(self, session: str, text: str, client_id: str = "") -> dict:
        """Send a text; its `ack`."""
        client_id = client_id or str(uuid.uuid4())
        message = {"type": "text", "text": text}
        await self.send({"op": "send", "client_id": client_id, "session": session, "message": message})
        return await self.expect("ack", client_id=client_id)

    async def closed(self, seconds: float = SECONDS) -> int:
        """The code with which the server closes."""
        await asyncio.wait_for(asyncio.shield(self._reader), seconds)
        return self.code

    async def still_works(self) -> None:
        await self.send({"op": "ping"})
        await self.expect("pong")


def _plain(frame: dict) -> dict:
    """Only what can be compared; the rest of a frame is looked at by the test."""
    return {name: value for name, value in frame.items() if isinstance(value, str | int | float | None)}


@contextlib.asynccontextmanager
async def socket_to(url: str, *, cookie: str = "", origin: str | None = None) -> AsyncIterator[Plain]:
    """An open socket that has not said hello."""
    address = url.replace("http", "ws", 1) + "/ws/desk/"
    headers = {"Cookie": cookie} if cookie else {}
    async with connect(
        address, origin=url if origin is None else origin or None, additional_headers=headers, max_size=None
    ) as socket:
        yield Plain(socket)


@contextlib.asynccontextmanager
async def desk_of(url: str, member: Any, *, cookie: str = "") -> AsyncIterator[Plain]:
    """A signed-in workbench that is ready; `plain.ready` is what it was told."""
    cookie = cookie or await asyncio.to_thread(sign_in, url, member.account, make.PASSWORD)
    async with socket_to(url, cookie=cookie) as plain:
        plain.cookie = cookie
        plain.ready = await plain.hello()
        yield plain
