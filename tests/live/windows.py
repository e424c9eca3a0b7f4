"""A plain WebSocket client of the customer's protocol: sends what it is told, however wrong."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
from websockets.asyncio.client import connect

from tests.live.plain import Plain


class Window(Plain):
    """One socket of a customer."""

    url = token = ""

    async def signal(self, src: str, **fields: Any) -> None:
        await self.send({"op": "signal", "data": {"customerServicePlugin": 0, "src": src, **fields}})

    async def post(self, message: dict, client_id: str = "") -> str:
        """Send a message without waiting; its client_id."""
        client_id = client_id or str(uuid.uuid4())
        await self.send({"op": "send", "client_id": client_id, "message": message})
        return client_id

    async def say(self, text: str, client_id: str = "") -> dict:
        """Send a text; its `ack`."""
        client_id = await self.post({"type": "text", "text": text}, client_id)
        return await self.expect("ack", client_id=client_id)

    async def refused(self, frame: Any, code: str, **fields: Any) -> dict:
        """Send a frame that is refused with this code; the socket works on."""
        await self.send(frame)
        error = await self.expect("error", code=code, **fields)
        assert error["detail"]
        await self.still_works()
        return error

    async def text(self, session: str, text: str) -> dict:
        """The message with this text."""
        while True:
            frame = await self.expect("message", session=session)
            if frame["message"].get("text") == text:
                return frame

    async def card(self, src: str, **fields: Any) -> dict:
        """The message that is the service message `src`."""
        while True:
            frame = await self.expect("message", **fields)
            if frame["message"].get("data", {}).get("src") == src:
                return frame

    async def told(self, src: str) -> dict:
        """The content of the signal `src`."""
        while True:
            frame = await self.expect("signal")
            if frame["data"]["src"] == src:
                return frame["data"]

    async def ended(self, session: str) -> dict:
        """End the session (src 27) and wait until it has."""
        await self.signal("27")
        return await self.expect("state", session=session, state="closed")


async def ask_token(url: str, channel: str, *, origin: str | None = None, **body: Any) -> httpx.Response:
    """POST /api/visitor/token as a page of ours, or of another origin."""
    headers = {"Origin": url if origin is None else origin}
    async with httpx.AsyncClient() as http:
        return await http.post(f"{url}/api/visitor/token", json={"channel": channel, **body}, headers=headers)


async def new_token(url: str, channel: str) -> str:
    return (await ask_token(url, channel)).json()["token"]


async def upload(url: str, token: str, name: str, content: bytes) -> httpx.Response:
    """POST /api/visitor/upload."""
    headers = {"Authorization": f"Bearer {token}", "Origin": url}
    async with httpx.AsyncClient(timeout=30) as http:
        return await http.post(f"{url}/api/visitor/upload", files={"file": (name, content)}, headers=headers)


@contextlib.asynccontextmanager
async def socket_to(
    url: str, channel: str, *, origin: str | None = None, **headers: str
) -> AsyncIterator[Window]:
    """An open socket that has not said hello."""
    address = f"{url.replace('http', 'ws', 1)}/ws/visitor/?channel={channel}"
    options = {"origin": url if origin is None else origin or None, "additional_headers": headers}
    async with connect(address, max_size=None, **options) as socket:
        window = Window(socket)
        window.url = url
        yield window


@contextlib.asynccontextmanager
async def window_of(
    url: str, channel: str, token: str = "", last: dict | None = None, **headers: str
) -> AsyncIterator[Window]:
    """A signed-in window that is ready; `window.ready` is what it was told."""
    token = token or await new_token(url, channel)
    async with socket_to(url, channel, **headers) as window:
        window.token = token
        window.ready = await window.hello(token=token, language="en", **({"last": last} if last else {}))
        yield window


def frame_text(**frame: Any) -> str:
    return json.dumps(frame)
