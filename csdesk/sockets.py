"""What every socket of ours does, whatever it is for: leave in order, never hold up the others.

Both doors' consumers are built on `DoorConsumer`:

    opened()                   the socket is open
    received(text)             a text frame, at once, in the event loop (parse, ping, limits), in the
                               context that `opened` has left: language, id in the log
    later(work)                commands, one after the other, in the order given
    say(frame) / say_text(t)   put a frame into the outbox; never waits for the client
    bye(code, close, retry_ms) the last frame, then the close
    closed(code)               the socket is gone; commands under way have ended
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from csdesk import hub, realtime
from csdesk.wire import EXTENSION, Wire

log = logging.getLogger(__name__)

SLOW_CODE = 4013
# A socket whose client does not read: frames and characters that may wait for it here …
MOST_FRAMES = 2_000
MOST_CHARACTERS = 4 * 1024 * 1024
# … beside so many bytes that the server has taken over and not yet sent.
MOST_UNSENT = 512 * 1024
# Commands that one socket may have waiting.
MOST_COMMANDS = 64
# Seconds that commands under way get to finish before a good-bye.
FINISH_WITHIN = 5.0


class Outbox:
    """Frames on their way to one client, in order, bounded: a slow reader costs only itself.

    A frame goes out at once when nothing waits before it and the server says how much it still
    holds (a `Wire`); else a task writes what waits, which lives no longer than that.
    """

    def __init__(
        self, send: Callable[[dict], Awaitable[None]], overflow: Callable[[], None], wire: Wire | None = None
    ) -> None:
        self._send = send
        self._overflow = overflow
        self._wire = wire
        self._frames: deque[str] = deque()
        self._characters = 0
        self._close_code: int | None = None
        self._is_closed = False
        self._writer: asyncio.Task | None = None

    def put(self, text: str) -> None:
        if self._is_closed or self._close_code is not None:
            return
        if not self._frames and self._wire and self._wire.unsent() <= MOST_UNSENT:
            self._write_through(text)
        elif len(self._frames) >= MOST_FRAMES or self._characters + len(text) > MOST_CHARACTERS:
            self._clear()
            self._overflow()
        else:
            self._frames.append(text)
            self._characters += len(text)
            self._write_soon()

    def close(self, code: int) -> None:
        """Close after what waits has gone out; whatever comes later is dropped."""
        if not self._is_closed and self._close_code is None:
            self._close_code = code
            self._write_soon()

    def stop(self) -> None:
        self._is_closed = True
        self._clear()
        if self._writer:
            self._writer.cancel()

    async def emptied(self, within: float) -> None:
        """Wait until what waits has gone out and the close after it, at most so many seconds."""
        if self._writer:
            await asyncio.wait({self._writer}, timeout=within)

    def _clear(self) -> None:
        self._frames.clear()
        self._characters = 0

    def _write_soon(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        while self._frames:
            # Nothing tells when Twisted has sent what it holds, so look again.
            if self._wire and self._close_code is None and self._wire.unsent() > MOST_UNSENT:
                await asyncio.sleep(0.05)
                continue
            text = self._frames.popleft()
            self._characters -= len(text)
            if self._wire:
                self._write_through(text)
            else:
                await self._write_by_server(text)
        if self._close_code is not None:
            self._is_closed = True
            await self._send({"type": "websocket.close", "code": self._close_code})

    def _write_through(self, text: str) -> None:
        try:
            self._wire.send(text)
        except Exception:
            # One frame that cannot go out must not hold up those behind it.
            log.exception("a frame could not be sent")

    async def _write_by_server(self, text: str) -> None:
        try:
            await self._send({"type": "websocket.send", "text": text})
        except Exception:
            log.exception("a frame could not be sent")


class DoorConsumer(AsyncWebsocketConsumer):
    """A consumer whose frames go through an outbox and whose commands run in order."""

    # No channel layer: the hub brings the frames.
    channel_layer_alias = None

    outbox: Outbox | None = None
    _worker: asyncio.Task | None = None
    _leaving = False

    async def __call__(self, scope: dict, receive: Callable[[], Awaitable[dict]], send: Callable) -> None:
        # Not the inherited one: it makes two tasks for each event, to listen to a channel layer beside.
        self.scope, self.base_send = scope, send
        self._commands: deque[Callable[[], Awaitable[None]]] = deque()
        with suppress(StopConsumer):
            while True:
                await self.dispatch(await receive())

    async def dispatch(self, message: dict) -> None:
        # Not the inherited one: it goes through a database thread before every single frame.
        match message["type"]:
            case "websocket.receive":
                self._hear(message.get("text"))
            case "websocket.connect":
                await self.connect()
            case "websocket.disconnect":
                await self._gone(message.get("code") or 1006)

    # --- For the doors -------------------------------------------------------------------------

    async def opened(self) -> None:
        """The socket is open and known to the hub."""

    def received(self, text: str | None) -> None:
        """A frame has come; None when it was binary."""

    async def closed(self, code: int) -> None:
        """The socket is gone."""

    async def refuse(self) -> bool:
        """Whether this handshake is turned away (foreign origin): HTTP 403."""
        return False

    def say(self, frame: dict) -> None:
        self.outbox.put(realtime.encode(frame))

    def say_text(self, text: str) -> None:
        self.outbox.put(text)

    def later(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Run after the commands before it; False when too many of this socket's wait already."""
        if len(self._commands) >= MOST_COMMANDS:
            return False
        self._commands.append(work)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._work())
        return True

    def bye(self, code: str, close: int, *, retry_ms: int | None = None, **fields: Any) -> None:
        """Say the last frame and close; what comes in afterwards is not looked at."""
        if self._leaving:
            return
        self._leaving = True
        frame = {"op": "bye", "code": code, **fields}
        if retry_ms is not None:
            frame["retry_ms"] = retry_ms
        self.say(frame)
        self.outbox.close(close)

    def close_with(self, code: int) -> None:
        """Close without a word, after what waits in the outbox."""
        self._leaving = True
        self.outbox.close(code)

    async def finish_then_bye(self, order: dict) -> None:
        """The good-bye of a stopping process: commands under way are answered first."""
        await self._finish()
        self.bye(order["code"], order["close"], retry_ms=order["retry_ms"])
        await self.outbox.emptied(1)

    # --- For the hub ---------------------------------------------------------------------------

    def deliver(self, text: str) -> None:
        self.outbox.put(text)

    def deliver_personal(self, frame: dict) -> None:
        self.say(frame)

    async def control(self, order: dict) -> None:
        """An order by the hub; the doors add their own and call this for the rest."""
        if order["op"] == "bye":
            await self.finish_then_bye(order)

    # --- Inside --------------------------------------------------------------------------------

    async def connect(self) -> None:
        if await self.refuse():
            await self.close()
            return
        wire = (self.scope.get("extensions") or {}).get(EXTENSION)
        self.outbox = Outbox(self.base_send, self._too_slow, wire)
        await self.accept()
        hub.shared().enter(self)
        await self.opened()
        if wire:
            wire.listen(self._hear)

    def _hear(self, text: str | None) -> None:
        if not self._leaving:
            self.received(text)

    async def _work(self) -> None:
        """One command after the other, until none waits; a socket at rest has no task for it."""
        while self._commands:
            try:
                await self._commands[0]()
            except Exception:
                log.exception("a command failed")
            finally:
                self._commands.popleft()

    async def _finish(self) -> None:
        if self._worker:
            _done, late = await asyncio.wait({self._worker}, timeout=FINISH_WITHIN)
            if late:
                log.warning("commands of a socket did not end within %s s", FINISH_WITHIN)

    def _too_slow(self) -> None:
        log.warning("a socket's client does not read: closed")
        self.bye("slow", SLOW_CODE, retry_ms=1_000)

    async def _gone(self, code: int) -> None:
        if self.outbox is not None:
            self._leaving = True
            # A message that was sent before the connection broke is still stored.
            await self._finish()
            if self._worker:
                self._worker.cancel()
            # Only now: a sign-in that was under way may have joined meanwhile.
            hub.shared().leave(self)
            self.outbox.stop()
            await self.closed(code)
        raise StopConsumer
