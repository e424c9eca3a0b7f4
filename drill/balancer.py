"""A small TCP balancer between the clients and the web processes that can cut lines half-open."""

from __future__ import annotations

import asyncio
import contextlib
import itertools

HOST = "127.0.0.1"


class Line:
    """One client's connection and the one to a web process behind it."""

    def __init__(self, *writers: asyncio.StreamWriter) -> None:
        self.writers = writers
        self.is_cut = False
        self.ended = 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry what comes in one direction until its end; cut, swallow it and never tell."""
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                if not self.is_cut:
                    writer.write(data)
                    await writer.drain()
        self.ended += 1
        if self.is_cut:
            await asyncio.Event().wait()
        writer.close()

    def close(self) -> None:
        for writer in self.writers:
            writer.close()


class Balancer:
    """Each new connection goes to the next web process that takes it."""

    def __init__(self, ports: list[int], port: int = 0) -> None:
        self.ports = ports
        self.port = port
        self.lines: set[Line] = set()
        self._turn = itertools.count()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task] = set()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def __aenter__(self) -> Balancer:
        self._server = await asyncio.start_server(self._welcome, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()
        self.hang_up()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> int:
        """Let every line there is carry nothing any more, without closing either end; how many."""
        for line in self.lines:
            line.is_cut = True
        return len(self.lines)

    @property
    def half_open(self) -> int:
        """Lines that are cut and that only one end, or none, has given up."""
        return sum(line.is_cut and line.ended < 2 for line in self.lines)

    def hang_up(self) -> None:
        """Close both ends of the lines that are cut."""
        for line in [line for line in self.lines if line.is_cut]:
            line.close()
            self.lines.discard(line)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        behind = await self._some_web()
        if behind is None:
            writer.close()
            return
        web_reader, web_writer = behind
        line = Line(writer, web_writer)
        self.lines.add(line)
        try:
            # Nobody asks for this task's end but `__aexit__`, and asyncio's server would log it.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(line.carry(reader, web_writer), line.carry(web_reader, writer))
        finally:
            line.close()
            self.lines.discard(line)

    async def _some_web(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turn)
        for step in range(len(self.ports)):
            port = self.ports[(first + step) % len(self.ports)]
            with contextlib.suppress(OSError):
                return await asyncio.open_connection(HOST, port)
        return None
