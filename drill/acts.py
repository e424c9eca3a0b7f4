"""What is broken, for how long, and how it is mended again.

An act is a name, a way of breaking (a context: inside it is broken, leaving it mends), and what
must hold while it is broken.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum

import psutil
import redis
from django.conf import settings
from django.db import connection

from drill.database import database
from drill.stack import SECOND_WEB, WEB
from drill.stage import Stage

SERVERS = ("postgres", "redis")
WAVES = 4


class Deadlines(StrEnum):
    """What becomes of deadlines that fall into the act (S-5)."""

    NONE = "none"
    # People could act: they fire within 10 s of the end.
    FIRE = "fire"
    # Nobody could act: they are moved by the length of the outage.
    MOVE = "move"


@dataclass(frozen=True)
class Act:
    name: str
    seconds: float
    breaking: Callable[[Stage], AbstractAsyncContextManager[None]]
    chats_go_on: bool = False
    deadlines: Deadlines = Deadlines.NONE


def calm() -> Act:
    @contextlib.asynccontextmanager
    async def breaking(_stage: Stage) -> AsyncIterator[None]:
        yield

    return Act("nothing", 2, breaking, chats_go_on=True)


def killed(
    name: str,
    *victims: str,
    seconds: float,
    chats_go_on: bool = False,
    deadlines: Deadlines = Deadlines.NONE,
) -> Act:
    """SIGKILL, all at once; servers come back first."""

    @contextlib.asynccontextmanager
    async def breaking(stage: Stage) -> AsyncIterator[None]:
        try:
            for victim in victims:
                await asyncio.to_thread(stage.stack.kill, victim)
            yield
        finally:
            for victim in sorted(victims, key=lambda one: one not in SERVERS):
                if not stage.stack.is_running(victim):
                    await asyncio.to_thread(stage.stack.start, victim)

    return Act(name, seconds, breaking, chats_go_on, deadlines)


def deserted(name: str, victim: str, *, seconds: float, leavers: int) -> Act:
    """SIGKILL, and some of the customers do not come back for a while: nobody may be shown as there."""
    kill = killed(name, victim, seconds=seconds)

    @contextlib.asynccontextmanager
    async def breaking(stage: Stage) -> AsyncIterator[None]:
        gone = [life.visitor for life in stage.crowd.customers if life.is_served][:leavers]
        stage.crowd.rules.kept = {visitor.state["session"] for visitor in gone}
        try:
            async with kill.breaking(stage):
                await asyncio.gather(*(visitor.close() for visitor in gone))
                yield
            if wrong := await stage.misjudged():
                raise AssertionError(", ".join(wrong[:5]))
        finally:
            stage.crowd.rules.kept = set()
            for visitor in gone:
                visitor.open()

    return Act(name, seconds, breaking)


def hung(name: str, *victims: str, seconds: float, chats_go_on: bool = False) -> Act:
    """SIGSTOP with all children, then SIGCONT: it holds its connections and answers nobody."""

    @contextlib.asynccontextmanager
    async def breaking(stage: Stage) -> AsyncIterator[None]:
        found = []
        for victim in victims:
            process = psutil.Process(stage.stack.things[victim].process.pid)
            found += [process, *process.children(recursive=True)]
        try:
            _send(found, signal.SIGSTOP)
            yield
        finally:
            _send(found, signal.SIGCONT)

    return Act(name, seconds, breaking, chats_go_on)


def _send(processes: list[psutil.Process], sig: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(sig)


def cut() -> Act:
    """Every line between clients and web carries nothing any more, and neither end is told."""

    @contextlib.asynccontextmanager
    async def breaking(stage: Stage) -> AsyncIterator[None]:
        stage.balancer.cut()
        yield

    return Act("all sockets half-open", 0, breaking)


def given_up(seconds: float) -> Act:
    """A while after `cut`: the server has closed its ends too, though nobody told it (silence of 45 s)."""

    @contextlib.asynccontextmanager
    async def breaking(stage: Stage) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while left := stage.balancer.half_open:
            if loop.time() > until:
                raise AssertionError(f"{left} half-open sockets are kept")
            await asyncio.sleep(0.5)
        yield

    return Act("half-open ones given up", 0, breaking)


def redis_full(seconds: float) -> Act:
    """Redis takes no more data: it has reached its memory and must not evict."""

    @contextlib.asynccontextmanager
    async def breaking(_stage: Stage) -> AsyncIterator[None]:
        try:
            await asyncio.to_thread(_limit_redis, "1")
            yield
        finally:
            await asyncio.to_thread(_limit_redis, "0")

    return Act("Redis full", seconds, breaking, chats_go_on=True, deadlines=Deadlines.FIRE)


def _limit_redis(most_bytes: str) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", most_bytes)


def connections_terminated() -> Act:
    """PostgreSQL ends all connections, again and again for two seconds."""

    @contextlib.asynccontextmanager
    async def breaking(_stage: Stage) -> AsyncIterator[None]:
        for _ in range(WAVES):
            await database(_terminate)
            await asyncio.sleep(0.5)
        yield

    return Act("PostgreSQL's connections ended", 0, breaking)


def _terminate() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


FIRE, MOVE = Deadlines.FIRE, Deadlines.MOVE
TIMERS = ("worker", "clock", "beat")
ALL = (WEB, SECOND_WEB, *TIMERS, *SERVERS)

# Eight seconds are an outage in which nobody could act (S-5: more than 5 s): deadlines move.
FULL = (
    calm(),
    deserted("web, one of two", WEB, seconds=5, leavers=8),
    hung("web hangs, one of two", SECOND_WEB, seconds=9),
    killed("web, both", WEB, SECOND_WEB, seconds=8, deadlines=MOVE),
    killed("worker", "worker", seconds=4, chats_go_on=True),
    killed("clock", "clock", seconds=5, chats_go_on=True, deadlines=FIRE),
    killed("beat", "beat", seconds=5, chats_go_on=True, deadlines=FIRE),
    killed("Redis", "redis", seconds=5, chats_go_on=True, deadlines=FIRE),
    killed("PostgreSQL", "postgres", seconds=8, deadlines=MOVE),
    killed("everything", *ALL, seconds=8, deadlines=MOVE),
    cut(),
    hung("Redis hangs", "redis", seconds=5, chats_go_on=True),
    redis_full(6),
    connections_terminated(),
    hung("PostgreSQL hangs", "postgres", seconds=5),
    given_up(50),
)
SHORT = (
    killed("web, both", WEB, SECOND_WEB, seconds=8, deadlines=MOVE),
    killed("worker, clock, beat", *TIMERS, seconds=2.5, chats_go_on=True, deadlines=FIRE),
    killed("Redis", "redis", seconds=2.5, chats_go_on=True, deadlines=FIRE),
    redis_full(2.5),
    cut(),
    killed("PostgreSQL", "postgres", seconds=2),
    connections_terminated(),
)
