"""The way to the database's threads: what a database that was away costs."""

import asyncio
import time

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections

from csdesk import bridge

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture(autouse=True)
async def kept_connections():
    """As in production: connections live on, and are tried before use. The tests' own do not."""
    kept, settled = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}, connections.settings["default"]
    before = {name: settled[name] for name in kept}
    settled.update(kept)
    await everywhere()
    yield
    settled.update(before)
    await everywhere()


def backend() -> int:
    """The pid of this thread's database back end; slow enough that calls at once get a thread each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    time.sleep(0.05)
    return pid


def cut(pids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [pids])


async def everywhere() -> list[object]:
    """One call in each thread of the lane."""
    calls = (bridge.run(backend) for _ in range(settings.CHAT_THREADS))
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_after_the_database_has_failed_somebody_every_thread_tries_its_connection():
    before = await everywhere()
    assert len(set(before)) == settings.CHAT_THREADS
    await bridge.run(cut, before, lane=bridge.SLOW)

    with pytest.raises(OperationalError):
        await bridge.run(backend)

    after = await everywhere()
    assert not [one for one in after if isinstance(one, Exception)]
    assert not set(after) & set(before)


async def test_a_connection_in_use_is_not_tried_before_each_call(monkeypatch):
    from django.db.backends.postgresql.base import DatabaseWrapper

    tried = []
    is_usable = DatabaseWrapper.is_usable
    monkeypatch.setattr(DatabaseWrapper, "is_usable", lambda self: tried.append(1) or is_usable(self))
    monkeypatch.setattr(bridge, "REST", 60.0)
    await everywhere()
    tried.clear()
    await everywhere()
    assert not tried

    monkeypatch.setattr(bridge, "REST", 0.0)
    await everywhere()
    assert len(tried) == settings.CHAT_THREADS
