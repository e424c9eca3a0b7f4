"""The drill's balancer: goes on to the next process, and cuts lines without a word."""

import asyncio
import contextlib

import pytest

from drill.balancer import Balancer
from drill.stack import free_port


@contextlib.asynccontextmanager
async def echo(name: bytes):
    async def answer(reader, writer):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(100):
                writer.write(name + data)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def ask(port: int, reader=None, writer=None) -> tuple:
    if writer is None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"?")
    async with asyncio.timeout(2):
        return await reader.read(100), reader, writer


async def test_it_passes_over_a_process_that_is_away():
    async with echo(b"a") as alive, Balancer([free_port(), alive]) as balancer:
        answers = [(await ask(balancer.port))[0] for _ in range(3)]
    assert answers == [b"a?"] * 3


async def test_it_takes_turns():
    async with echo(b"a") as one, echo(b"b") as two, Balancer([one, two]) as balancer:
        answers = {(await ask(balancer.port))[0] for _ in range(4)}
    assert answers == {b"a?", b"b?"}


async def test_with_nobody_there_it_hangs_up():
    async with Balancer([free_port()]) as balancer:
        assert (await ask(balancer.port))[0] == b""


async def test_a_cut_line_carries_nothing_and_stays_open_while_new_ones_work():
    async with echo(b"a") as port, Balancer([port]) as balancer:
        _answer, reader, writer = await ask(balancer.port)
        assert balancer.cut() == 1
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await ask(balancer.port, reader, writer)
        assert (await ask(balancer.port))[0] == b"a?"
        assert balancer.half_open == 1
