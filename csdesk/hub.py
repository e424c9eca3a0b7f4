"""From Redis to this process's sockets: one hub per web process (docs/architecture.md).

The hub subscribes to a recipient's Redis channel when its first local socket joins, and hands
each frame's JSON text to the sockets as it is. Sockets join and work while Redis is away: then,
every two seconds, the doors' `refresh` functions read from the database what the pushes would
have said. They are called once more when the connection is back, because pushes between are lost.

    hub.shared().enter(socket)                      on connect; `leave(socket)` on disconnect
    await hub.shared().join(recipient, socket)      subscribed when it returns, or Redis is away
    hub.refresh_with("customer", refresh)           once, at import: await refresh(sockets)
"""

import asyncio
import json
import logging
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Protocol
from uuid import uuid4
from weakref import WeakKeyDictionary

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from csdesk import realtime
from csdesk.outlet import LoopOutlet

log = logging.getLogger(__name__)

# Seconds.
CANARY_EVERY = 1.0
REFRESH_EVERY = 2.0
SUBSCRIBE_WITHIN = 1.0
# Canaries not come back after which the connection counts as lost, though it looks open.
CANARIES_LOST = 2
RESTART_CODE = 4012


class Socket(Protocol):
    """What joins the hub. None of these may wait for the client: they put and return."""

    def deliver(self, text: str) -> None: ...

    def deliver_personal(self, frame: dict) -> None: ...

    async def control(self, order: dict) -> None: ...


Refresh = Callable[[list[Socket]], Awaitable[None]]
_refreshers: dict[str, Refresh] = {}


def refresh_with(kind: str, refresh: Refresh) -> None:
    """Name what tells the sockets of one kind of recipient (`customer`, `member`) where things stand.

    Awaited with all local sockets that joined such a recipient: every two seconds while Redis is
    away and once when it is back. It reads in few queries and sends only what differs or is asked
    for by the protocol (`pong` with the newest revs, `statusChanged`, `kicked`).
    """
    _refreshers[kind] = refresh


class Hub:
    """Fans out what Redis brings to the sockets of this process."""

    def __init__(self) -> None:
        self.draining = False
        self.connected = False
        self._started = False
        self.outlet: LoopOutlet | None = None
        self._sockets: dict[str, dict[Socket, None]] = defaultdict(dict)
        self._joined: dict[Socket, set[str]] = {}
        self._waiting: dict[str, list[asyncio.Future]] = defaultdict(list)
        self._connection: redis.asyncio.Connection | None = None
        self._reader: asyncio.Task | None = None
        self._tasks: set[asyncio.Task] = set()
        self._pool = redis.asyncio.ConnectionPool.from_url(
            settings.REDIS_URL,
            protocol=2,
            decode_responses=True,
            socket_timeout=None,
            socket_connect_timeout=1,
        )
        # For what a subscribed connection cannot do. Callers bound the time: redis-py's own limit is
        # asyncio.wait_for, which may swallow a cancellation.
        self._client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL,
            protocol=2,
            decode_responses=True,
            socket_timeout=None,
            socket_connect_timeout=1,
        )
        self._canary = f"{realtime.PREFIX}canary.{uuid4()}"
        self._sung = self._heard = 0

    # --- Sockets -----------------------------------------------------------------------------

    def enter(self, socket: Socket) -> None:
        """Know a socket from its first moment, so that it is told when this process stops."""
        self._start()
        self._joined.setdefault(socket, set())
        if self.draining:
            self._keep(self._say_bye(socket))

    async def join(self, recipient: str, socket: Socket) -> None:
        """Deliver the recipient's frames to the socket; what is published after the return arrives."""
        self.enter(socket)
        self._joined[socket].add(recipient)
        sockets = self._sockets[recipient]
        is_first = not sockets
        sockets[socket] = None
        channel = realtime.PREFIX + recipient
        if is_first:
            await self._subscribe(channel)
        elif self._waiting.get(channel):
            await asyncio.wait({self._expect(channel)}, timeout=SUBSCRIBE_WITHIN)

    def leave(self, socket: Socket, recipient: str | None = None) -> None:
        """Forget the socket, or only one recipient of its."""
        if recipient is None:
            recipients = self._joined.pop(socket, set())
        else:
            recipients = {recipient} & self._joined.get(socket, set())
            self._joined.get(socket, set()).discard(recipient)
        for gone in recipients:
            sockets = self._sockets[gone]
            sockets.pop(socket, None)
            if not sockets:
                del self._sockets[gone]
                self._keep(self._unsubscribe(gone))

    def sockets(self, recipient: str) -> list[Socket]:
        """The local sockets of a recipient."""
        return list(self._sockets.get(recipient, ()))

    async def present(self, recipients: Iterable[str]) -> set[str]:
        """Those of the recipients who have a socket open, in any web process; without Redis: in this one."""
        wanted = list(recipients)
        local = {recipient for recipient in wanted if self._sockets.get(recipient)}
        if len(local) == len(wanted) or not self.connected:
            return local
        try:
            channels = [realtime.PREFIX + recipient for recipient in wanted]
            async with asyncio.timeout(1):
                counts = await self._client.pubsub_numsub(*channels)
        except (RedisError, OSError, TimeoutError):
            return local
        there = {channel for channel, count in counts if count}
        return local | {recipient for recipient in wanted if realtime.PREFIX + recipient in there}

    async def drain(self, seconds: float = 8.0) -> None:
        """Tell every socket to come back a little later, elsewhere (SIGTERM); at most so long."""
        self.draining = True
        byes = [asyncio.ensure_future(self._say_bye(socket)) for socket in list(self._joined)]
        if byes:
            await asyncio.wait(byes, timeout=seconds)
        if self.outlet:
            await self.outlet.drained(1)
            # What is still said until the end of the process goes through its thread.
            realtime.use(None)
        for task in list(self._tasks):
            task.cancel()

    async def _say_bye(self, socket: Socket) -> None:
        # Spread over more seconds the more there are, so that they do not all come back at once.
        most = 1_500 + min(20 * len(self._joined), 8_000)
        order = {"op": "bye", "code": "restart", "retry_ms": random.randint(200, most), "close": RESTART_CODE}  # noqa: S311
        await self._order(socket, order)

    # --- Redis -------------------------------------------------------------------------------

    def _start(self) -> None:
        if not self._started and not self.draining:
            self._started = True
            self.outlet = LoopOutlet(self._client)
            realtime.use(self.outlet)
            self._keep(self._stay_connected())
            self._keep(self._watch())

    def _keep(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stay_connected(self) -> None:
        wait, is_known = 0.1, False
        while True:
            try:
                await self._connect()
                wait, is_known = 0.1, False
                await asyncio.wait({self._reader})
                log.warning("hub: connection to Redis lost: %s", _why(self._reader))
            except Exception as error:
                # Whatever it was: the hub must come back, and sockets work meanwhile.
                if not is_known:
                    log.warning("hub: Redis does not answer: %s", type(error).__name__)
                is_known = True
            finally:
                await self._disconnected()
            await asyncio.sleep(wait)
            wait = min(wait * 2, 1.0)

    async def _connect(self) -> None:
        connection = self._pool.make_connection()
        async with asyncio.timeout(2):
            await connection.connect()
        self._connection = connection
        self._sung = self._heard = 0
        self._reader = asyncio.ensure_future(self._read(connection))
        channels = [self._canary, *(realtime.PREFIX + recipient for recipient in self._sockets)]
        last = self._expect(channels[-1])
        for start in range(0, len(channels), 500):
            await connection.send_command("SUBSCRIBE", *channels[start : start + 500], check_health=False)
        async with asyncio.timeout(2):
            await last
        self.connected = True
        log.info("hub: connected to Redis, %s channels", len(channels))
        if self._joined:
            self._keep(self._refresh())

    async def _disconnected(self) -> None:
        self.connected = False
        connection, self._connection = self._connection, None
        if self._reader:
            self._reader.cancel()
        if connection:
            with suppress(Exception):
                await connection.disconnect(nowait=True)
        for waiting in self._waiting.values():
            for future in waiting:
                future.done() or future.set_result(None)
        self._waiting.clear()

    async def _subscribe(self, channel: str) -> None:
        if self._connection is None:
            return
        confirmed = self._expect(channel)
        try:
            await self._connection.send_command("SUBSCRIBE", channel, check_health=False)
        except (RedisError, OSError):
            self._lost()
            return
        await asyncio.wait({confirmed}, timeout=SUBSCRIBE_WITHIN)

    def _expect(self, channel: str) -> asyncio.Future:
        future = asyncio.get_running_loop().create_future()
        self._waiting[channel].append(future)
        return future

    async def _unsubscribe(self, recipient: str) -> None:
        # Somebody may have joined again before this ran.
        if self._connection is None or recipient in self._sockets:
            return
        channel = realtime.PREFIX + recipient
        try:
            await self._connection.send_command("UNSUBSCRIBE", channel, check_health=False)
        except (RedisError, OSError):
            self._lost()

    def _lost(self) -> None:
        if self._reader:
            self._reader.cancel()

    async def _read(self, connection: redis.asyncio.Connection) -> None:
        while True:
            kind, channel, payload = await connection.read_response()
            if kind == "message":
                if channel == self._canary:
                    self._heard = int(payload)
                else:
                    self._hand_out(channel.removeprefix(realtime.PREFIX), payload)
            elif kind == "subscribe":
                for future in self._waiting.pop(channel, ()):
                    future.done() or future.set_result(None)

    def _hand_out(self, recipient: str, payload: str) -> None:
        kind, text = payload[:1], payload[1:]
        for socket in tuple(self._sockets.get(recipient, ())):
            try:
                if kind == realtime.FRAME:
                    socket.deliver(text)
                elif kind == realtime.PERSONAL:
                    socket.deliver_personal(json.loads(text))
                elif kind == realtime.ORDER:
                    # An order may take its time (say bye, close); frames behind it must not wait.
                    self._keep(self._order(socket, json.loads(text)))
            except Exception:
                # One broken socket must not stop the others' frames.
                log.exception("hub: a socket did not take what it was given")

    async def _order(self, socket: Socket, order: dict) -> None:
        try:
            await socket.control(order)
        except Exception:
            log.exception("hub: a socket did not follow an order")

    # --- Is the connection alive? -----------------------------------------------------------

    async def _watch(self) -> None:
        """Each second a canary through Redis; each two seconds without Redis, the database instead."""
        refreshed = time.monotonic()
        while True:
            await asyncio.sleep(CANARY_EVERY)
            if self.connected:
                if self._sung - self._heard >= CANARIES_LOST:
                    self._lost()
                    continue
                self._sung += 1
                with suppress(RedisError, OSError, TimeoutError):
                    async with asyncio.timeout(CANARY_EVERY):
                        await self._client.publish(self._canary, self._sung)
            elif time.monotonic() - refreshed >= REFRESH_EVERY - CANARY_EVERY / 2:
                await self._refresh()
                refreshed = time.monotonic()

    async def _refresh(self) -> None:
        """Let the doors read from the database what their sockets may have missed."""
        for kind, refresh in _refreshers.items():
            sockets = [
                socket
                for socket, recipients in self._joined.items()
                if any(recipient.partition(".")[0] == kind for recipient in recipients)
            ]
            if not sockets:
                continue
            try:
                await refresh(sockets)
            except Exception as error:
                log.warning("hub: sockets of %s could not be refreshed: %s", kind, type(error).__name__)


def _why(task: asyncio.Task) -> str:
    if task.cancelled():
        return "canary"
    return type(task.exception()).__name__


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def shared() -> Hub:
    """This process's hub (one per event loop)."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub()
    return found
