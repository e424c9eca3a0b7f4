"""What every socket of ours does, whatever it is for: leave in order, never hold up the others.

Both doors' consumers are built on `DoorConsumer`:

    opened()                   the socket is open
    received(text)             a text frame, at once, in the event loop (parse, ping, limits)
    later(work)                commands, one after the other, in the order given
    say(frame) / say_text(t)   put a frame into the outbox; never waits for the client
    bye(code, close, retry_ms) the last frame, then the close
    closed(code)               the socket is gone; commands under way have ended
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from csdesk import hub, realtime

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

_CLOSE = object()


class Outbox:
    """Frames on their way to one client, in order, bounded: a slow reader costs only itself."""

    def __init__(self, send: Callable[[dict], Awaitable[None]], overflow: Callable[[], None]) -> None:
        self._send = send
        self._overflow = overflow
        self._frames: deque[str | tuple[object, int]] = deque()
        self._characters = 0
        self._more = asyncio.Event()
        self._closing = False
        self.writer = asyncio.ensure_future(self._write())

    def put(self, text: str) -> None:
        if self._closing:
            return
        if len(self._frames) >= MOST_FRAMES or self._characters + len(text) > MOST_CHARACTERS:
            self.clear()
            self._overflow()
            return
        self._frames.append(text)
        self._characters += len(text)
        self._more.set()

    def close(self, code: int) -> None:
        """Close after what waits has gone out; whatever comes later is dropped."""
        if not self._closing:
            self._closing = True
            self._frames.append((_CLOSE, code))
            self._more.set()

    def clear(self) -> None:
        self._frames.clear()
        self._characters = 0

    def stop(self) -> None:
        self._closing = True
        self.clear()
        self.writer.cancel()

    async def _write(self) -> None:
        while True:
            await self._more.wait()
            while self._frames:
                # Nothing tells when Twisted has sent what it holds, so look again.
                while unsent(self._send) > MOST_UNSENT and not self._closing:
                    await asyncio.sleep(0.05)
                if not self._frames:
                    break
                frame = self._frames.popleft()
                if not isinstance(frame, str):
                    await self._send({"type": "websocket.close", "code": frame[1]})
                    return
                self._characters -= len(frame)
                try:
                    await self._send({"type": "websocket.send", "text": frame})
                except Exception:
                    # One frame that cannot go out must not hold up those behind it.
                    log.exception("a frame could not be sent")
            self._more.clear()


def unsent(send: Callable[..., Any]) -> int:
    """Bytes that the server holds for this client.

    Daphne's send never waits: what a client does not read piles up in Twisted's transport, whose
    own bookkeeping is the only place to see it. Other servers wait in `send`, so 0 is right there.
    """
    return unsent_by(next(iter(getattr(send, "args", ())), None))


def unsent_by(protocol: object) -> int:
    """`unsent` of one of Daphne's protocols, for sockets and pages alike."""
    transport = getattr(protocol, "transport", None)
    held = len(getattr(transport, "dataBuffer", b"")) - getattr(transport, "offset", 0)
    return held + getattr(transport, "_tempDataLen", 0)


class DoorConsumer(AsyncWebsocketConsumer):
    """A consumer whose frames go through an outbox and whose commands run in order."""

    # No channel layer: the hub brings the frames.
    channel_layer_alias = None

    outbox: Outbox | None = None
    _commands: asyncio.Queue | None = None
    _worker: asyncio.Task | None = None
    _leaving = False

    async def dispatch(self, message: dict) -> None:
        # Not the inherited one: it goes through a database thread before every single frame.
        match message["type"]:
            case "websocket.receive":
                if not self._leaving:
                    await self.received(message.get("text"))
            case "websocket.connect":
                await self.connect()
            case "websocket.disconnect":
                await self._gone(message.get("code") or 1006)

    # --- For the doors -------------------------------------------------------------------------

    async def opened(self) -> None:
        """The socket is open and known to the hub."""

    async def received(self, text: str | None) -> None:
        """A frame has come; None when it was binary. Must not wait long: the next ones queue up."""

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
        try:
            self._commands.put_nowait(work)
        except asyncio.QueueFull:
            return False
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
        await asyncio.wait({self.outbox.writer}, timeout=1)

    # --- For the hub ---------------------------------------------------------------------------

    async def deliver(self, text: str) -> None:
        self.outbox.put(text)

    async def deliver_personal(self, frame: dict) -> None:
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
        self.outbox = Outbox(self.base_send, self._too_slow)
        self._commands = asyncio.Queue(MOST_COMMANDS)
        self._worker = asyncio.ensure_future(self._work())
        await self.accept()
        hub.shared().enter(self)
        await self.opened()

    async def _work(self) -> None:
        while True:
            work = await self._commands.get()
            try:
                await work()
            except Exception:
                log.exception("a command failed")
            finally:
                self._commands.task_done()

    async def _finish(self) -> None:
        if self._commands is not None:
            try:
                async with asyncio.timeout(FINISH_WITHIN):
                    await self._commands.join()
            except TimeoutError:
                log.warning("commands of a socket did not end within %s s", FINISH_WITHIN)

    def _too_slow(self) -> None:
        log.warning("a socket's client does not read: closed")
        self.bye("slow", SLOW_CODE, retry_ms=1_000)

    async def _gone(self, code: int) -> None:
        if self.outbox is not None:
            self._leaving = True
            # A message that was sent before the connection broke is still stored.
            await self._finish()
            self._worker.cancel()
            # Only now: a sign-in that was under way may have joined meanwhile.
            hub.shared().leave(self)
            self.outbox.stop()
            await self.closed(code)
        raise StopConsumer
