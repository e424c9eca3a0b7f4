"""Push out of a web process: by its event loop, without a thread's turn for each frame.

Whatever waits goes out in one pipeline; what comes meanwhile goes with the next. As everywhere,
losing a push loses nothing (`csdesk.realtime`).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

import redis.asyncio
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

MOST_WAITING = 20_000
MOST_AT_ONCE = 256
# Seconds after which a push that Redis has not taken is given up.
GIVE_UP = 1.0


class LoopOutlet:
    """Publishes for all threads of the process, in the order in which the loop gets to know of it."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[str, str]] = deque()
        self._sending: asyncio.Task | None = None
        self._is_down = self._is_full = False

    def put(self, channel: str, payload: str) -> bool:
        try:
            if asyncio._get_running_loop() is self._loop:
                self._take(channel, payload)
            else:
                self._loop.call_soon_threadsafe(self._take, channel, payload)
        except RuntimeError:
            return False  # the loop has ended
        return True

    async def drained(self, within: float) -> None:
        """Wait until everything has gone out, at most so many seconds."""
        if self._sending:
            await asyncio.wait({self._sending}, timeout=within)

    def _take(self, channel: str, payload: str) -> None:
        if len(self._waiting) >= MOST_WAITING:
            if not self._is_full:
                log.warning("push dropped: %s frames wait", MOST_WAITING)
            self._is_full = True
            return
        self._is_full = False
        self._waiting.append((channel, payload))
        if self._sending is None or self._sending.done():
            self._sending = self._loop.create_task(self._send())

    async def _send(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
            pipeline = self._client.pipeline(transaction=False)
            for channel, payload in batch:
                pipeline.publish(channel, payload)
            try:
                async with asyncio.timeout(GIVE_UP):
                    await pipeline.execute()
                self._is_down = False
            except (RedisError, OSError, TimeoutError) as error:
                # Said once an outage: it comes thousands of times while Redis is away.
                if not self._is_down:
                    log.warning("push failed, clients catch up by rev: %s", type(error).__name__)
                self._is_down = True
