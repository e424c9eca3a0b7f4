"""`post_many` for the event loop: on connections of its own, without a thread's turn for each round.

The statement, what it means and what is published are `posting`'s; only the way to the database
differs. A thread would wait for the interpreter at each step while the loop is busy: that was two
thirds of a message's way at half load (docs/benchmarks.md).
"""

from __future__ import annotations

import time

import psycopg
from django.conf import settings
from django.db import connections
from psycopg.rows import dict_row

from apps.sessions import posting
from apps.sessions.posting import Post, Posted
from csdesk import bridge, clock, realtime
from csdesk.errors import DomainError

# Seconds between two looks at the settings that the statement needs.
SETTINGS_KEEP = 0.5


class PostingLine:
    """As many connections as rounds run at once; each is thrown away after an error."""

    def __init__(self) -> None:
        self._free: list[psycopg.AsyncConnection] = []
        self._deadlines: dict = {}
        self._read_at = float("-inf")

    async def post(self, posts: list[Post]) -> list[Posted | DomainError]:
        """`post_many`'s answers, after the commit. Raises what psycopg raises: then each is tried alone."""
        deadlines = await self._current_deadlines()
        connection = self._free.pop() if self._free else await _connect()
        try:
            at = clock.now()
            cursor = await connection.execute(posting.STATEMENT, posting.values_of(posts, at, deadlines))
            rows = await cursor.fetchall()
        except BaseException:
            # What has broken one connection has often broken the others.
            broken, self._free = [connection, *self._free], []
            for one in broken:
                await one.close()
            raise
        self._free.append(connection)
        return posting.answered_by(posts, rows, at, realtime.publish_committed)

    async def _current_deadlines(self) -> dict:
        if time.monotonic() - self._read_at > SETTINGS_KEEP:
            self._deadlines = await bridge.run(posting.deadlines)
            self._read_at = time.monotonic()
        return self._deadlines


async def _connect() -> psycopg.AsyncConnection:
    """A connection that commits each statement and prepares it at once.

    Behind a pooler that gives each transaction another server connection, nothing can be prepared.
    """
    values = connections["default"].get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        values.pop(name, None)
    values["autocommit"] = True
    connection = await psycopg.AsyncConnection.connect(**values, row_factory=dict_row)
    is_pooled = settings.DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"]
    connection.prepare_threshold = None if is_pooled else 0
    return connection
