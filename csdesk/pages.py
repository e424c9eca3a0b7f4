"""Pages in turn: so many at once in each web process, each with a database connection of its own.

Django makes each page in a thread that lives as long as the request, as many as come. A rush of
visitors would take every connection the database has, and messages would find none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Receive = Callable[[], Awaitable[dict]]
Send = Callable[[dict], Awaitable[None]]
Application = Callable[[dict, Receive, Send], Awaitable[None]]

# Requests that may wait for their turn; who comes beyond is told to come again.
MOST_WAITING = 500
# Asked by those who watch the process: they learn how it is however busy it may be.
HEALTH = ("/healthz", "/readyz")
# How a page finds the end of its turn in its scope.
_TURN = "csdesk.turn"
_BUSY = "Too much is going on at the moment. Please try again. 现在太忙，请稍后再试。".encode()


class PagesInTurn:
    """An ASGI application for `http` that lets so many requests at once into another one.

    A turn ends when the answer is made, so a client that reads slowly holds up nobody, or when the page
    says so (`end_turn`).
    """

    def __init__(self, pages: Application, at_once: int) -> None:
        self._pages = pages
        self._turns = asyncio.Semaphore(at_once)
        self._waiting = 0

    async def __call__(self, scope: dict, receive: Receive, send: Send) -> None:
        if scope["path"] in HEALTH:
            await self._pages(scope, receive, send)
        elif self._waiting >= MOST_WAITING:
            await _refuse(send)
        else:
            await self._in_turn(scope, receive, send)

    async def _in_turn(self, scope: dict, receive: Receive, send: Send) -> None:
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        is_over = False

        def over() -> None:
            nonlocal is_over
            if not is_over:
                is_over = True
                self._turns.release()

        async def answer(message: dict) -> None:
            if message["type"] == "http.response.body":
                over()
            await send(message)

        try:
            await self._pages({**scope, _TURN: over}, receive, answer)
        finally:
            over()


def end_turn(scope: dict) -> None:
    """Let the next page in, for all that is left of this one is to wait for somebody outside.

    Whoever calls it bounds how many wait so: each keeps its thread.
    """
    scope.get(_TURN, lambda: None)()


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"retry-after", b"2")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _BUSY})
