"""Several web processes behind one address, of which each new connection gets the next."""

from __future__ import annotations

import asyncio
import threading
import time

from csdesk.runner.children import Process
from drill.balancer import Balancer
from tests.stack import ROOT, Stack, free_port, is_ready

READY_WITHIN = 60.0


class Spread:
    """Web processes of their own beside a stack's worker, clock, beat and servers.

    Stands where tests expect a `Stack`: `url` is the balancer's, the rest is the stack's.
    """

    def __init__(self, stack: Stack, number: int) -> None:
        self._stack = stack
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}"
        self.ports = [free_port() for _ in range(number)]
        self.webs = [self._web(n, port) for n, port in enumerate(self.ports, 1)]
        self._loop = asyncio.new_event_loop()
        self._end: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._balance()])

    def __getattr__(self, name: str) -> object:
        return getattr(self._stack, name)

    def start(self) -> None:
        for web in self.webs:
            web.start()
        until = time.monotonic() + READY_WITHIN
        for web, address in zip(self.webs, self.addresses, strict=True):
            while not is_ready(address):
                assert time.monotonic() < until, web.log.read_text()[-3_000:]
                time.sleep(0.1)
        self._thread.start()

    def stop(self) -> None:
        if self._end:
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(10)
        for web in self.webs:
            web.ask_to_stop()
        for web in self.webs:
            web.await_end(12)

    @property
    def addresses(self) -> list[str]:
        """Each web process's own."""
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    def _web(self, number: int, port: int) -> Process:
        # The address people use is the balancer's.
        env = self._stack.env | {"PORT": str(port), "CSDESK_BASE_URL": self.url}
        command = self._stack.things["web"].command
        return Process(f"web-{number}", command, env, ROOT, self._stack.logs, lambda line: None)

    async def _balance(self) -> None:
        self._end = asyncio.Event()
        async with Balancer(self.ports, self.port):
            await self._end.wait()
