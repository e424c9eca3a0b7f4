"""Whether a customer's window is open (S-9): somebody listens to the customer's pushes.

Each web process subscribes to a customer's Redis channel while it holds a socket of theirs, so
Redis itself knows, and forgets with the process. While Redis is away nobody knows.
"""

from __future__ import annotations

import asyncio
import logging
import time
from uuid import UUID
from weakref import WeakKeyDictionary

import redis
from django.conf import settings

from apps.sessions import queries
from apps.sessions.models import ChatSession, State
from csdesk import bridge, realtime

log = logging.getLogger(__name__)

EVERY = 2.0
REST = 2.0

Window = tuple[UUID, int]  # customer and channel

_client: redis.Redis | None = None
_resting_until = 0.0


def of(windows: list[Window]) -> dict[Window, bool]:
    """Which of these customers have a window open; without Redis nothing is said of any."""
    global _resting_until
    wanted = list(dict.fromkeys(windows))
    if not wanted or time.monotonic() < _resting_until:
        return {}
    channels = [realtime.PREFIX + realtime.customer(*window) for window in wanted]
    try:
        counts = _redis().pubsub_numsub(*channels)
    except redis.RedisError:
        _resting_until = time.monotonic() + REST
        return {}
    return {window: count > 0 for window, (_channel, count) in zip(wanted, counts, strict=True)}


def _redis() -> redis.Redis:
    global _client
    if _client is None:
        _client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.2, retry=None
        )
    return _client


def look(member_ids: list[int], known: dict[UUID, bool]) -> tuple[dict[UUID, bool], list[ChatSession]]:
    """Presence for each session in these members' hands, and the sessions where it differs from `known`."""
    found = list(
        ChatSession.objects.filter(
            agent_id__in=member_ids, state__in=[State.OFFERED, State.SERVING]
        ).values_list("id", "customer_id", "channel_id")
    )
    there = of([(customer, channel) for _id, customer, channel in found])
    now = {
        session_id: there[customer, channel]
        for session_id, customer, channel in found
        if (customer, channel) in there
    }
    if found and not there:
        return known, []
    changed = [session_id for session_id, is_there in now.items() if known.get(session_id) != is_there]
    return now, list(queries.whole().filter(id__in=changed)) if changed else []


class Watch:
    """Looks every two seconds, for the members at this process's desks, and tells what has changed."""

    def __init__(self) -> None:
        self.known: dict[UUID, bool] = {}
        self._desks: dict[int, list] = {}
        self._task: asyncio.Task | None = None
        self._hurry = asyncio.Event()

    def add(self, member_id: int, desk) -> None:
        self._desks.setdefault(member_id, []).append(desk)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())

    def remove(self, member_id: int, desk) -> None:
        desks = self._desks.get(member_id, [])
        if desk in desks:
            desks.remove(desk)
        if not desks:
            self._desks.pop(member_id, None)

    def hurry(self) -> None:
        """A session has come of which nothing is known yet."""
        self._hurry.set()

    async def _run(self) -> None:
        while self._desks:
            try:
                await asyncio.wait_for(self._hurry.wait(), EVERY)
            except TimeoutError:
                pass
            self._hurry.clear()
            try:
                await self._look()
            except Exception as error:
                log.warning("presence of customers could not be read: %s", type(error).__name__)
        self.known.clear()

    async def _look(self) -> None:
        self.known, changed = await bridge.run(look, list(self._desks), self.known, lane=bridge.SLOW)
        for session in changed:
            for desk in self._desks.get(session.agent_id, ()):
                desk.say_presence(session, self.known.get(session.id))


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = WeakKeyDictionary()


def watch() -> Watch:
    """This process's watch (one per event loop)."""
    loop = asyncio.get_running_loop()
    found = _watches.get(loop)
    if found is None:
        found = _watches[loop] = Watch()
    return found
