"""A WebSocket client with as little between the socket and the caller as possible.

The driver must not be what is measured, so it speaks the few bytes of RFC 6455 itself: text
frames both ways, answers to pings, the close.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
_UPGRADE = "GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n{more}" + (
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Line(asyncio.Protocol):
    """One connection; `take` gets each text frame as bytes, at once and in order."""

    def __init__(self, host: str, path: str, take: Callable[[bytes], None], cookie: str = "") -> None:
        more = f"Cookie: {cookie}\r\n" if cookie else ""
        self._request = _UPGRADE.format(path=path, host=host, more=more).encode()
        self._take = take
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._is_open = False
        self.opened: asyncio.Future = asyncio.get_running_loop().create_future()
        self.lost = asyncio.Event()

    def send(self, text: bytes) -> None:
        self._transport.write(frame(TEXT, text))

    def close(self) -> None:
        if self._transport:
            self._transport.write(frame(CLOSE, b"\x03\xe8"))
            self._transport.close()

    # --- asyncio.Protocol ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open and not self._shake_hands():
            return
        for kind, payload in frames(self._buffer):
            if kind == TEXT:
                self._take(payload)
            elif kind == PING:
                self._transport.write(frame(PONG, payload))
            elif kind == CLOSE:
                self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.set()
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError("closed during the handshake"))

    def _shake_hands(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        status = bytes(self._buffer[: self._buffer.find(b"\r\n")])
        del self._buffer[: end + 4]
        if b" 101 " not in status + b" ":
            self.opened.set_exception(ConnectionError(status.decode("latin-1")))
            self._transport.close()
            return False
        self._is_open = True
        self.opened.set_result(None)
        return True


def frame(kind: int, payload: bytes) -> bytes:
    """A client's frame. The mask is all zeros, which changes no byte and saves the driver the work."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | kind, 0x80 | size)
    else:
        head = struct.pack("!BBH", 0x80 | kind, 0x80 | 126, size)
    return head + b"\0\0\0\0" + payload


def frames(buffer: bytearray) -> list[tuple[int, bytes]]:
    """The complete frames of a server at the buffer's beginning; they are taken out of it."""
    found, start, end = [], 0, len(buffer)
    while end - start >= 2:
        size, head = buffer[start + 1] & 0x7F, 2
        if size >= 126:
            form, head = ("!H", 4) if size == 126 else ("!Q", 10)
            if end - start < head:
                break
            [size] = struct.unpack_from(form, buffer, start + 2)
        if end - start < head + size:
            break
        found.append((buffer[start] & 0x0F, bytes(buffer[start + head : start + head + size])))
        start += head + size
    del buffer[:start]
    return found


async def open_line(host: str, port: int, path: str, take: Callable[[bytes], None], cookie: str = "") -> Line:
    """A connection after its handshake; raises ConnectionError or TimeoutError."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(30):
        _transport, line = await loop.create_connection(
            lambda: Line(f"{host}:{port}", path, take, cookie), host, port
        )
        await line.opened
    return line
