"""Posts that wait share a statement and a commit.

One writer per web process. A round takes whatever waits: one post when it is calm, up to 64
under load; so a calm message waits for nobody and a busy process commits less often than it
stores. Two rounds may run at once, on different sessions: `post_many` skips rows held elsewhere.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from apps.sessions import files
from apps.sessions.content import FILE_KINDS
from apps.sessions.posting import Busy, Post, Posted, post, post_many
from csdesk import bridge
from csdesk.errors import DomainError

MOST_AT_ONCE = 64
ROUNDS_AT_ONCE = 2
SKIPS = 3


@dataclass
class _Waiting:
    post: Post
    answer: asyncio.Future
    skipped: int = 0


class PostWriter:
    """Collects the posts of all sockets of this process."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._rounds: set[asyncio.Task] = set()

    async def post(self, one: Post) -> Posted:
        """Store a post; returns once it is committed, raises the DomainError of a refusal."""
        if one.kind in FILE_KINDS:
            return await bridge.run(files.post_file, one)
        waiting = _Waiting(one, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._start_round()
        # Each waits for an answer of their own: a socket that closes in the middle undoes nothing.
        return await waiting.answer

    def _start_round(self) -> None:
        if len(self._rounds) < ROUNDS_AT_ONCE and self._waiting:
            task = asyncio.create_task(self._round())
            self._rounds.add(task)
            task.add_done_callback(self._round_ended)

    def _round_ended(self, task: asyncio.Task) -> None:
        self._rounds.discard(task)
        self._start_round()

    async def _round(self) -> None:
        batch = self._take()
        try:
            answers = await bridge.run(post_many, [waiting.post for waiting in batch])
        except Exception:
            # One bad post must not refuse the others: each is tried alone and fails alone.
            for waiting in batch:
                await self._alone(waiting)
            return
        for waiting, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Busy):
                await self._again(waiting)
            else:
                _settle(waiting, answer)

    def _take(self) -> list[_Waiting]:
        """The next posts; of one author and client_id only one, for keys must differ in a statement."""
        batch, later, keys = [], [], set()
        while self._waiting and len(batch) < MOST_AT_ONCE:
            waiting = self._waiting.popleft()
            key = (waiting.post.author.key, waiting.post.client_id)
            if waiting.post.client_id and key in keys:
                later.append(waiting)
                continue
            keys.add(key)
            batch.append(waiting)
        self._waiting.extendleft(reversed(later))
        return batch

    async def _again(self, waiting: _Waiting) -> None:
        waiting.skipped += 1
        if waiting.skipped > SKIPS:
            await self._alone(waiting)
        else:
            self._waiting.append(waiting)

    async def _alone(self, waiting: _Waiting) -> None:
        """Wait for the row, in a thread of its own turn."""
        try:
            answer: Posted | Exception = await bridge.run(post, waiting.post)
        except Exception as error:
            answer = error
        _settle(waiting, answer)


def _settle(waiting: _Waiting, answer: Posted | DomainError | Exception) -> None:
    if waiting.answer.done():
        return
    if isinstance(answer, Exception):
        waiting.answer.set_exception(answer)
    else:
        waiting.answer.set_result(answer)


_shared: dict[asyncio.AbstractEventLoop, PostWriter] = {}


def shared() -> PostWriter:
    """This process's writer (one per event loop)."""
    loop = asyncio.get_running_loop()
    found = _shared.get(loop)
    if found is None:
        found = _shared[loop] = PostWriter()
    return found
