"""A client's frames straight from and to their connection, where the server is ours.

ASGI's `send` costs a coroutine, two look-ups, a copy and log texts that nobody reads for each frame,
and Twisted then asks the event loop twice to watch a socket that could have taken the frame at
once; on the way in, each frame waits in a queue for the next turn of a task. Together that was more
than half of what a message cost the web process (docs/benchmarks.md). So the server hands each
WebSocket's scope a `Wire` as an extension. Under any other server there is none, and ASGI's
`receive` and `send` are used.
"""

from __future__ import annotations

import logging
import struct
import time
from collections.abc import Callable
from contextvars import copy_context

from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

log = logging.getLogger(__name__)

EXTENSION = "csdesk.wire"

# RFC 6455, section 5.2: the last frame of a text message; a server's frames are not masked.
_TEXT = 0x81


class Wire:
    """One client's connection under Daphne."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: WiredProtocol) -> None:
        self._protocol = protocol

    def listen(self, hear: Callable[[str | None], None]) -> None:
        """Call `hear` with each frame (None: it was binary) from now on, in a copy of the caller's context.

        Frames that came before are still in ASGI's queue; while one waits there, all go that way.
        """
        context = copy_context()
        self._protocol.hear = lambda text: context.run(hear, text)

    def send(self, text: str) -> None:
        """Write a text frame behind those before it; after the close has begun, nothing. Never waits.

        Raises UnicodeEncodeError for text that is none (a lone surrogate).
        """
        data = text_frame(text)
        if self._protocol.state != self._protocol.STATE_OPEN:
            return
        transport = self._protocol.transport
        if not unsent_by(self._protocol):
            done = transport.writeSomeData(data)
            # Anything but a number says that the connection is gone; `write` finds that out in its own way.
            data = data[done:] if isinstance(done, int) and done >= 0 else data
        if data:
            transport.write(data)

    def unsent(self) -> int:
        """Bytes that the server holds for this client."""
        return unsent_by(self._protocol)


class WiredProtocol(WebSocketProtocol):
    """Daphne's WebSocket, whose frames may go to a listener instead of the application's queue."""

    hear: Callable[[str | None], None] | None = None

    def dataReceived(self, data: bytes) -> None:
        # Not autobahn's own, which composes a log text for every piece of data.
        self._dataReceived(data)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if self.hear is None or self.muted or not self.application_queue.empty():
            super().onMessage(payload, isBinary)
            return
        self.last_ping = time.time()
        try:
            self.hear(None if isBinary else payload.decode())
        except Exception as error:
            log.exception("a frame was not taken")
            self.handle_exception(error)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        self.hear = None
        super().onClose(wasClean, code, reason)


class WiredFactory(WebSocketFactory):
    """Makes such protocols."""

    protocol = WiredProtocol


def text_frame(text: str) -> bytes:
    """A text message as one frame of a server."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", _TEXT, size) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", _TEXT, 126, size) + payload
    return struct.pack("!BBQ", _TEXT, 127, size) + payload


def unsent_by(protocol: object) -> int:
    """Bytes that Daphne's server holds for one of its protocols, of sockets and pages alike.

    What a client does not read piles up in Twisted's transport, whose own bookkeeping is the only
    place to see it.
    """
    transport = getattr(protocol, "transport", None)
    held = len(getattr(transport, "dataBuffer", b"")) - getattr(transport, "offset", 0)
    return held + getattr(transport, "_tempDataLen", 0)
