"""The benchmark's balancer carries bytes whole, to whoever has the fewest connections."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from bench import balancer
from bench.balancer import Balancer
from bench.place import free_port

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def echoes(number: int):
    """Servers that say their number, then send back what they get; the ports."""

    def serve(name: int):
        async def echo(reader, writer):
            writer.write(b"%d\n" % name)
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
            writer.close()

        return echo

    servers = [await asyncio.start_server(serve(n), "127.0.0.1", 0) for n in range(number)]
    try:
        yield [server.sockets[0].getsockname()[1] for server in servers]
    finally:
        for server in servers:
            server.close()


@asynccontextmanager
async def balanced(ports: list[int]):
    """The port of a balancer in front of these, and itself."""
    made = Balancer(ports)
    server = await made.listen(0)
    try:
        yield server.sockets[0].getsockname()[1], made
    finally:
        server.close()


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    return reader, writer, (await asyncio.wait_for(reader.readline(), 10)).strip()


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_connections_are_spread_evenly():
    async with echoes(3) as ports, balanced(ports) as (port, made):
        opened = await asyncio.gather(*(connect(port) for _ in range(9)))
        assert sorted(name for _reader, _writer, name in opened) == [b"0"] * 3 + [b"1"] * 3 + [b"2"] * 3
        for _reader, writer, _name in opened:
            writer.close()
        await until(lambda: set(made.open.values()) == {0})


async def test_a_new_connection_goes_where_the_fewest_are():
    async with echoes(2) as ports, balanced(ports) as (port, made):
        opened = [await connect(port) for _ in range(6)]
        for _reader, writer, name in opened:
            if name == b"1":
                writer.close()
        await until(lambda: made.open[ports[1]] == 0)
        assert [(await connect(port))[2] for _ in range(3)] == [b"1"] * 3


async def test_bytes_arrive_whole_both_ways_and_the_end_is_handed_on():
    sent = bytes(range(256)) * 20_000
    async with echoes(1) as ports, balanced(ports) as (port, _made):
        reader, writer, _name = await connect(port)

        async def send() -> None:
            writer.write(sent)
            await writer.drain()
            writer.write_eof()

        sending = asyncio.ensure_future(send())
        assert await asyncio.wait_for(reader.read(-1), 30) == sent
        await sending


async def test_a_port_that_does_not_answer_is_passed_over():
    async with echoes(1) as ports, balanced([free_port(), *ports]) as (port, _made):
        assert [(await connect(port))[2] for _ in range(4)] == [b"0"] * 4


async def test_too_many_connections_are_closed_at_once(monkeypatch):
    monkeypatch.setattr(balancer, "MOST", 1)
    async with echoes(1) as ports, balanced(ports) as (port, _made):
        await connect(port)
        reader, _writer = await asyncio.open_connection("127.0.0.1", port)
        with pytest.raises(ConnectionError):
            # An abort; some systems show it as the plain end of the stream.
            if not await asyncio.wait_for(reader.read(1), 10):
                raise ConnectionResetError
