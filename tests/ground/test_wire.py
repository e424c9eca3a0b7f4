"""Frames straight to the connection: what the outbox writes is what a client's library reads."""

import asyncio

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from csdesk import sockets, wire


class Transport:
    """Twisted's, as far as a wire looks at it: takes at most `room` bytes at once, keeps the rest."""

    def __init__(self, room: int = 10**9) -> None:
        self.room = room
        self.written = b""
        self.dataBuffer, self.offset, self._tempDataLen = b"", 0, 0

    def writeSomeData(self, data: bytes) -> int:
        done = min(self.room, len(data))
        self.written += data[:done]
        self.room -= done
        return done

    def write(self, data: bytes) -> None:
        self.dataBuffer += data

    def drain(self) -> None:
        self.written += self.dataBuffer
        self.dataBuffer, self.room = b"", 10**9


class Protocol:
    STATE_OPEN = 3

    def __init__(self, transport: Transport) -> None:
        self.transport, self.state = transport, self.STATE_OPEN


def texts_in(data: bytes) -> list[str]:
    """What a client's library reads from the bytes."""
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    found = []
    while reader.buffer:
        parsing = Frame.parse(reader.read_exact, mask=False)
        try:
            while True:
                next(parsing)
        except StopIteration as ended:
            assert ended.value.opcode is Opcode.TEXT and ended.value.fin
            found.append(ended.value.data.decode())
    return found


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_text_of_any_length_is_one_frame(size: int):
    text = "é" + "x" * (size - 2) if size > 1 else "x" * size

    assert texts_in(wire.text_frame(text)) == [text]


def test_what_the_connection_does_not_take_at_once_follows_in_order():
    transport = Transport(room=5)
    line = wire.Wire(Protocol(transport))

    for text in ("first", "second", "third"):
        line.send(text)

    assert line.unsent() > 0
    transport.drain()
    assert texts_in(transport.written) == ["first", "second", "third"]


def test_after_the_close_has_begun_nothing_is_written():
    protocol = Protocol(Transport())
    protocol.state = 2

    wire.Wire(protocol).send("too late")

    assert protocol.transport.written + protocol.transport.dataBuffer == b""


async def test_a_slow_reader_gets_everything_in_order_and_then_the_close(monkeypatch):
    monkeypatch.setattr(sockets, "MOST_UNSENT", 20)
    transport, closed = Transport(room=4), []

    async def send(message):
        closed.append(message)

    outbox = sockets.Outbox(send, lambda: None, wire.Wire(Protocol(transport)))
    said = [f"number {n}" for n in range(30)]
    for text in said:
        outbox.put(text)
    await asyncio.sleep(0.2)
    assert len(texts_in(transport.written + transport.dataBuffer)) < 30
    transport.drain()
    outbox.close(4012)
    outbox.put("too late")
    await outbox.emptied(5)

    assert texts_in(transport.written + transport.dataBuffer) == said
    assert closed == [{"type": "websocket.close", "code": 4012}]
