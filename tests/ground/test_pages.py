"""Pages in turn: a rush of visitors takes a bounded number of threads and connections."""

import asyncio
from collections import Counter

import pytest

from csdesk import pages
from csdesk.pages import PagesInTurn

pytestmark = pytest.mark.asyncio


class Django:
    """Stands for the pages: each waits until it may go on, and the most at once are counted."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.go_on = asyncio.Event()

    async def __call__(self, scope, receive, send) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if scope["path"] == "/fails/":
                raise RuntimeError
            if scope["path"] != "/healthz":
                await self.go_on.wait()
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"a", "more_body": True})
            await send({"type": "http.response.body", "body": b"b"})
        finally:
            self.now -= 1


async def get(application, path: str = "/", send=None) -> int:
    """The status of the answer."""
    said = []

    async def keep(message: dict) -> None:
        said.append(message)
        if send:
            await send(message)

    await application({"type": "http", "path": path}, None, keep)
    return said[0]["status"]


async def test_so_many_at_once_and_the_others_afterwards():
    django = Django()
    application = PagesInTurn(django, 3)
    asked = [asyncio.ensure_future(get(application)) for _ in range(20)]
    await asyncio.sleep(0)
    assert django.now == 3
    django.go_on.set()
    assert Counter(await asyncio.gather(*asked)) == {200: 20}
    assert django.most == 3


async def test_who_comes_when_too_many_wait_is_told_to_come_again(monkeypatch):
    monkeypatch.setattr(pages, "MOST_WAITING", 5)
    django = Django()
    application = PagesInTurn(django, 1)
    asked = [asyncio.ensure_future(get(application)) for _ in range(9)]
    await asyncio.sleep(0)
    django.go_on.set()
    assert Counter(await asyncio.gather(*asked)) == {200: 6, 503: 3}


async def test_health_is_told_without_waiting():
    django = Django()
    application = PagesInTurn(django, 1)
    asked = asyncio.ensure_future(get(application))
    await asyncio.sleep(0)
    assert await get(application, "/healthz") == 200
    django.go_on.set()
    assert await asked == 200


async def test_a_slow_reader_holds_up_nobody():
    django = Django()
    django.go_on.set()
    application = PagesInTurn(django, 1)
    has_read = asyncio.Event()

    async def slow(message: dict) -> None:
        if message["type"] == "http.response.body":
            await has_read.wait()

    reading = asyncio.ensure_future(get(application, send=slow))
    assert await asyncio.wait_for(get(application), 5) == 200
    has_read.set()
    assert await reading == 200


async def test_a_page_that_fails_and_a_client_that_goes_give_their_turn_back():
    django = Django()
    application = PagesInTurn(django, 1)
    with pytest.raises(RuntimeError):
        await get(application, "/fails/")
    making = asyncio.ensure_future(get(application))
    waiting = asyncio.ensure_future(get(application))
    await asyncio.sleep(0)
    for task in (waiting, making):
        task.cancel()
    await asyncio.gather(making, waiting, return_exceptions=True)
    django.go_on.set()
    assert await asyncio.wait_for(get(application), 5) == 200


async def test_a_page_that_waits_for_others_lets_the_next_in_and_ends_its_turn_once():
    may_end = asyncio.Event()
    django = Django()

    async def waits(scope, receive, send) -> None:
        if scope["path"] == "/waits/":
            pages.end_turn(scope)
            await may_end.wait()
        await django(scope, receive, send)

    application = PagesInTurn(waits, 1)
    waiting = asyncio.ensure_future(get(application, "/waits/"))
    await asyncio.sleep(0)
    asked = [asyncio.ensure_future(get(application)) for _ in range(5)]
    await asyncio.sleep(0)
    assert django.now == 1, "the next one is let in, and only one"
    may_end.set()
    django.go_on.set()
    assert Counter(await asyncio.gather(waiting, *asked)) == {200: 6}
    assert django.most <= 2


async def test_outside_of_turns_there_is_none_to_end():
    pages.end_turn({"type": "http"})
