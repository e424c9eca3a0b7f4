"""A small TCP balancer for the benchmark: each connection goes where the fewest are.

    python -m bench.balancer 8000 8001 8002     listen on 8000, hand on to 8001 and 8002

On this machine only. It knows no HTTP: it carries bytes both ways and stops reading from one side
while the other does not keep up. A port that does not answer is passed over.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

HOST = "127.0.0.1"
# Connections beyond are closed at once.
MOST = 20_000
CONNECT_WITHIN = 5.0


class Side(asyncio.Protocol):
    """One of the two connections of a pair; what comes in goes out at the other."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: Side | None = None
        self.has_ended = False
        self._early: list[bytes] = []

    def pair(self, other: Side) -> None:
        """Carry on with this other side; what came before it was there goes first."""
        self.other, other.other = other, self
        for data in self._early:
            other.transport.write(data)
        self._early.clear()
        self.transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self.other is None:
            self._early.append(data)
        else:
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        """One direction is over; the connection goes on in the other one until that is over too."""
        self.has_ended = True
        if self.other is None or self.other.has_ended:
            return False
        self.other.transport.write_eof()
        return True

    def pause_writing(self) -> None:
        if self.other:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other:
            self.other.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        if self.other:
            self.other.transport.close()


class Client(Side):
    """The side of whoever has connected to the balancer."""

    def __init__(self, balancer: Balancer) -> None:
        super().__init__()
        self._balancer = balancer
        self._port: int | None = None
        self._connecting: asyncio.Task | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # Nothing is read before there is somebody to hand it to.
        transport.pause_reading()
        self._connecting = asyncio.ensure_future(self._connect())

    def connection_lost(self, error: Exception | None) -> None:
        self._connecting.cancel()
        if self._port is not None:
            self._balancer.open[self._port] -= 1
        super().connection_lost(error)

    async def _connect(self) -> None:
        for port in self._balancer.choice():
            # Counted before it stands, so that many at once are spread as well.
            self._port = port
            self._balancer.open[port] += 1
            try:
                async with asyncio.timeout(CONNECT_WITHIN):
                    _transport, server = await asyncio.get_running_loop().create_connection(Side, HOST, port)
            except (OSError, TimeoutError):
                self._balancer.open[port] -= 1
                self._port = None
                continue
            self.pair(server)
            return
        self.transport.abort()


class Balancer:
    """Where each connection goes: to the port with the fewest, the ports in turn among equals."""

    def __init__(self, ports: list[int]) -> None:
        self.open = dict.fromkeys(ports, 0)
        self._turn = 0

    def choice(self) -> list[int]:
        """The ports in the order in which they are to be tried; none when there are too many connections."""
        if sum(self.open.values()) >= MOST:
            return []
        ports = list(self.open)
        self._turn = (self._turn + 1) % len(ports)
        return sorted(ports[self._turn :] + ports[: self._turn], key=self.open.get)

    async def listen(self, port: int) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Client(self), HOST, port, backlog=1024)


async def main(port: int, *ports: int) -> None:
    server = await Balancer(list(ports)).listen(port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(*map(int, sys.argv[1:])))
