"""One side's connection, as careful as the real clients': it resends, syncs and remembers.

What it saw is kept for the audit: which messages were acknowledged, and which messages of which
session have arrived.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
import uuid
from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

# Seconds.
RETRY_SECONDS = 0.3
ACK_SECONDS = 60
AGAIN_SECONDS = 10
GAP_SECONDS = 0.3
PING_SECONDS = 2
# Nothing heard for so long, not even a pong: the line is dead, whatever it looks like.
SILENT_SECONDS = 6
MOST_FRAMES = 2_000

LOST = (ConnectionClosed, InvalidHandshake, OSError, TimeoutError, EOFError)
LATER = ("unavailable", "rate_limited")


class Refused(AssertionError):
    """The server has refused a message for good; nothing was stored."""

    def __init__(self, frame: dict) -> None:
        super().__init__(f"refused: {frame}")
        self.code: str = frame["code"]


class Listener(Protocol):
    """Who wants to know what the clients do, for figures."""

    def acknowledged(self) -> None: ...

    def arrived(self, frame: dict) -> None: ...


@dataclass
class Counts:
    """What a client had to do beside the plain course of things."""

    connections: int = 0
    resent: int = 0
    refused: int = 0


class Chatter:
    """One side's connection that comes back by itself and sends again what was not acknowledged."""

    def __init__(self, url: str, *, origin: str = "") -> None:
        self.url = url
        self.ws_url = url.replace("http", "ws", 1)
        self.origin = origin or url
        self.acked: dict[str, str] = {}  # client_id → message id
        self.seen: dict[str, dict[int, dict]] = {}  # session → seq → frame
        self.revs: dict[str, int] = {}
        self.frames: deque[dict] = deque(maxlen=MOST_FRAMES)
        self.counts = Counts()
        self.listener: Listener | None = None
        # What is known to be there, and what of it has come before its turn.
        self._known: dict[str, int] = {}
        self._ahead: dict[str, set[int]] = {}
        self._healing: set[str] = set()
        self._socket: ClientConnection | None = None
        self._heard = 0.0
        self._come_back = RETRY_SECONDS
        self._pending: dict[str, tuple[dict, asyncio.Future]] = {}
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task] = set()

    # --- For tests -----------------------------------------------------------------------------

    async def __aenter__(self):
        self.open()
        await self.until(lambda: self.connections > 0)
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    def open(self) -> None:
        """Connect, and stay connected until closed."""
        self._later(self._stay_connected())

    async def close(self) -> None:
        """Leave; what was not acknowledged stays in the outbox."""
        if self._socket:
            with contextlib.suppress(*LOST):
                await asyncio.wait_for(self._socket.close(), 2)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._socket = None

    @property
    def is_connected(self) -> bool:
        return self._socket is not None

    @property
    def connections(self) -> int:
        return self.counts.connections

    @property
    def outbox(self) -> list[dict]:
        """What was said and is not acknowledged."""
        return [frame for frame, _answer in self._pending.values()]

    async def say(self, text: str, **fields: Any) -> str:
        """Send a text and wait for its acknowledgement over any number of reconnects; its message id.

        Refused when the server will not have it.
        """
        client_id = str(uuid.uuid4())
        frame = {"op": "send", "client_id": client_id, "message": {"type": "text", "text": text}, **fields}
        answer = asyncio.get_running_loop().create_future()
        self._pending[client_id] = (frame, answer)
        await self._send(frame)
        async with asyncio.timeout(ACK_SECONDS):
            while not answer.done():
                await asyncio.wait({answer}, timeout=AGAIN_SECONDS)
                if not answer.done():
                    await self._resend(client_id)
        return answer.result()

    async def until(self, condition, seconds: float = 30) -> Any:
        """Wait until the condition holds, looking at every frame; its value."""

        async def wait():
            while not (value := condition()):
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.2)
            return value

        try:
            return await asyncio.wait_for(wait(), seconds)
        except TimeoutError:
            recent = [json.dumps(frame, ensure_ascii=False)[:300] for frame in [*self.frames][-15:]]
            raise AssertionError("\n".join(["waited in vain; the last frames:", *recent])) from None

    def texts(self, session: str) -> list[str]:
        """All texts of a session in the order of seq."""
        found = sorted(self.seen.get(session, {}).items())
        return [frame["message"].get("text", "") for _seq, frame in found]

    def forget(self, session: str) -> None:
        """Drop the messages of a session that is over; its number stays, so that nobody asks for it again."""
        self.seen.pop(session, None)

    async def _send(self, frame: dict) -> None:
        if self._socket:
            with contextlib.suppress(*LOST):
                await self._socket.send(json.dumps(frame))

    async def _resend(self, client_id: str) -> None:
        if client_id in self._pending:
            self.counts.resent += 1
            await self._send(self._pending[client_id][0])

    def _later(self, work) -> asyncio.Task:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # --- Staying connected -----------------------------------------------------------------------

    async def _stay_connected(self) -> None:
        while True:
            self._come_back = RETRY_SECONDS * random.uniform(0.8, 1.5)
            try:
                async with connect(
                    self._address(),
                    origin=self.origin,
                    open_timeout=5,
                    close_timeout=1,
                    ping_interval=None,
                    max_size=None,
                    **self._options(),
                ) as socket:
                    await self._talk(socket)
            except LOST:
                pass
            self._socket = None
            await asyncio.sleep(self._come_back)

    async def _talk(self, socket: ClientConnection) -> None:
        self._heard = time.monotonic()
        watching = asyncio.create_task(self._watch(socket))
        try:
            await socket.send(json.dumps(self._hello()))
            async for text in socket:
                self._heard = time.monotonic()
                frame = json.loads(text)
                if frame["op"] == "ready":
                    self._socket = socket
                await self._take(frame)
        finally:
            watching.cancel()

    async def _watch(self, socket: ClientConnection) -> None:
        """Ask for a sign of life; hang up where none comes, as the other end of a cut line never does."""
        while time.monotonic() - self._heard < SILENT_SECONDS:
            await asyncio.sleep(PING_SECONDS)
            with contextlib.suppress(*LOST):
                await asyncio.wait_for(socket.send('{"op":"ping"}'), 1)
        socket.transport.abort()

    async def _take(self, frame: dict) -> None:
        self.frames.append(frame)
        match frame["op"]:
            case "ready":
                self.counts.connections += 1
                await self._on_ready(frame)
                for client_id in list(self._pending):
                    await self._resend(client_id)
            case "ack":
                self._acknowledged(frame)
            case "error" if frame.get("client_id") in self._pending:
                self._refused(frame)
            case "message":
                self._keep(frame)
            case "state" | "session":
                self._stands(frame)
            case "synced":
                self._settled(frame["session"], frame["rev"])
                if frame["more"]:
                    await self._sync(frame["session"])
            case "pong":
                await self._on_pong(frame)
            case "bye":
                self._come_back = frame.get("retry_ms", 0) / 1000
        self._changed.set()

    def _acknowledged(self, frame: dict) -> None:
        _frame, answer = self._pending.pop(frame["client_id"], (None, None))
        known = self.acked.setdefault(frame["client_id"], frame["id"])
        assert known == frame["id"], "an acknowledgement must not change"
        if answer and not answer.done():
            answer.set_result(frame["id"])
            if self.listener:
                self.listener.acknowledged()

    def _refused(self, frame: dict) -> None:
        self.counts.refused += 1
        if frame["code"] in LATER:
            # The database is away; what was typed waits and goes again.
            self._later(self._resend_soon(frame["client_id"]))
            return
        _frame, answer = self._pending.pop(frame["client_id"])
        if not answer.done():
            answer.set_exception(Refused(frame))

    async def _resend_soon(self, client_id: str) -> None:
        await asyncio.sleep(RETRY_SECONDS)
        await self._resend(client_id)

    # --- Numbers: they move without a hole, or by a sync -----------------------------------------

    def _keep(self, frame: dict) -> None:
        known = self.seen.setdefault(frame["session"], {})
        is_new = frame["seq"] not in known
        if is_new or frame["rev"] >= known[frame["seq"]]["rev"]:
            known[frame["seq"]] = frame
        self._moved(frame["session"], frame["rev"])
        if is_new and self.listener:
            self.listener.arrived(frame)

    def _stands(self, frame: dict) -> None:
        """A state counts where it is the change itself, a summary only with the messages it speaks of."""
        session = frame["session"]
        has_all = "seq" in frame and frame["seq"] <= len(self.seen.get(session, ()))
        if frame.get("changed") or has_all:
            self._moved(session, frame["rev"])
        else:
            self._learn(session, frame["rev"])

    def _moved(self, session: str, rev: int) -> None:
        """A frame with this number has come."""
        if rev > self.revs.get(session, 0):
            self._ahead.setdefault(session, set()).add(rev)
            self._close_up(session)
            self._learn(session, rev)

    def _settled(self, session: str, rev: int) -> None:
        """A sync has brought everything up to this number."""
        self.revs[session] = max(self.revs.get(session, 0), rev)
        self._close_up(session)

    def _close_up(self, session: str) -> None:
        ahead, rev = self._ahead.pop(session, set()), self.revs.get(session, 0)
        while rev + 1 in ahead:
            rev += 1
        self.revs[session] = rev
        left = {one for one in ahead if one > rev}
        if left:
            self._ahead[session] = left

    def _learn(self, session: str, rev: int) -> None:
        """There is such a number: what lies before it is under way, or will be asked for."""
        self._known[session] = max(self._known.get(session, 0), rev)
        if self._is_behind(session) and session not in self._healing:
            self._healing.add(session)
            self._later(self._heal(session))

    def _is_behind(self, session: str) -> bool:
        return self.revs.get(session, 0) < self._known.get(session, 0)

    async def _heal(self, session: str) -> None:
        await asyncio.sleep(GAP_SECONDS)
        self._healing.discard(session)
        if self._is_behind(session):
            await self._sync(session)

    async def _sync(self, session: str) -> None:
        await self._send({"op": "sync", "session": session, "rev": self.revs.get(session, 0)})

    def _catch_up(self, newest: dict[str, int]) -> None:
        for session, rev in newest.items():
            self._learn(session, rev)

    # --- What differs ------------------------------------------------------------------------------

    def _address(self) -> str:
        raise TypeError("Visitor or Desk")

    def _options(self) -> dict:
        return {}

    def _hello(self) -> dict:
        return {"op": "hello", "last": self.revs}

    async def _on_ready(self, frame: dict) -> None:
        for session in frame["sessions"]:
            if session["rev"] > self.revs.get(session["session"], 0):
                await self._sync(session["session"])

    async def _on_pong(self, frame: dict) -> None:
        self._catch_up(frame["sessions"])
