"""A client's frames straight to their connection, where the server is ours.

ASGI's `send` costs a coroutine, two look-ups, a copy and several log texts that nobody reads for each
frame, and Twisted then asks the event loop twice to watch a socket that could have taken the
frame at once: two thirds of what the delivery of a message cost (docs/benchmarks.md). So the web
process hands each WebSocket's scope a `Wire` as an extension, and the outbox writes through it.
Under any other server there is none, and ASGI's `send` is used.
"""

from __future__ import annotations

import struct
from typing import Any

EXTENSION = "csdesk.wire"

# RFC 6455, section 5.2: the last frame of a text message; a server's frames are not masked.
_TEXT = 0x81


class Wire:
    """One client's open connection under Daphne."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol

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
