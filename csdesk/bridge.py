"""The way from the event loop to the domain: sync functions in two small, fixed sets of threads.

`chat` carries what people wait for (messages, commands); `slow` carries syncs, history, uploads
and pages' heavier reads, so that none of them can delay a message. Commands of a socket keep their
order by being awaited one after the other. Posts of a web process (`posting_line`) and delivery never
come here.
"""

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections, connections
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from csdesk.errors import Unavailable

Result = TypeVar("Result")

CHAT, SLOW = "chat", "slow"
# Seconds without use after which a connection is tried before it is used.
REST = 1.0


class Lane:
    """A fixed number of threads and a bounded line in front of them.

    Each thread keeps one database connection of its own. It is thrown away after an error, and tried
    before use after a rest and after an error in any thread: one command may fail by a database that has
    been away, not one for each thread. (Django tries it at each use: a round trip for every message.)
    """

    def __init__(self, name: str, threads: int, longest_line: int) -> None:
        self.name = name
        self.longest_line = longest_line
        self.under_way = 0
        self._counting = threading.Lock()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"csdesk-{name}")

    async def run(self, call: Callable[[], Result]) -> Result:
        """The call's result; Unavailable when the line is full, so that an outage does not pile up work."""
        with self._counting:
            if self.under_way >= self.longest_line:
                raise Unavailable(_("Too much is going on at the moment. Please try again."))
            self.under_way += 1
        # A copy of the context, so that the request id is seen in the thread; the language says so itself.
        context = contextvars.copy_context()
        future = self._threads.submit(context.run, _with_fresh_connection, call, get_language())
        future.add_done_callback(self._done)
        return await asyncio.wrap_future(future)

    def _done(self, _future: object) -> None:
        with self._counting:
            self.under_way -= 1


def _with_fresh_connection(call: Callable[[], Result], language: str | None) -> Result:
    global _failed_at
    close_old_connections()
    used = getattr(_thread, "used", 0.0)
    if used > _failed_at and time.monotonic() - used < REST:
        for connection in connections.all(initialized_only=True):
            connection.health_check_done = True
    try:
        # Django's own storage of it is not seen in threads that asgiref has not started.
        with override(language):
            result = call()
        _thread.used = time.monotonic()
        return result
    except DatabaseError:
        _failed_at = time.monotonic()
        raise
    finally:
        close_old_connections()


# When the database last failed somebody, in any thread.
_failed_at = 0.0
_thread = threading.local()
_lanes: dict[str, Lane] = {}
_making = threading.Lock()


def _lane(name: str) -> Lane:
    with _making:
        if not _lanes:
            _lanes[CHAT] = Lane(CHAT, settings.CHAT_THREADS, 2_000)
            _lanes[SLOW] = Lane(SLOW, settings.SLOW_THREADS, 1_000)
        return _lanes[name]


async def run(function: Callable[..., Result], *args: Any, lane: str = CHAT, **kwargs: Any) -> Result:
    """Run a sync function with database access in a thread of the lane and await its result."""
    return await _lane(lane).run(partial(function, *args, **kwargs))


def under_way() -> int:
    """How many calls wait or run, over both lanes."""
    return sum(lane.under_way for lane in _lanes.values())
