"""Posts that wait share a statement and a commit.

One writer per web process. A round takes whatever waits: one post when it is calm, up to 128
under load; so a calm message waits for nobody and a busy process commits less often than it
stores. Two rounds may run at once, on different sessions: what is posted to one session is stored
in the order it was given here, so a caller need not wait for one answer before the next post.
`post_many` skips rows that other processes hold; those are tried again before what stands behind.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakKeyDictionary

from apps.sessions import files
from apps.sessions.content import FILE_KINDS
from apps.sessions.posting import Busy, Post, Posted, post
from apps.sessions.posting_line import PostingLine
from csdesk import bridge
from csdesk.errors import DomainError

log = logging.getLogger(__name__)

MOST_AT_ONCE = 128
ROUNDS_AT_ONCE = 2
SKIPS = 3
# Posts that wait for their session's row in a thread, of those that carry chat.
ALONE_AT_ONCE = 3


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
        # Sessions with a post on its way: what is posted to them meanwhile waits.
        self._held: set[UUID] = set()
        self._line = PostingLine()
        self._singles: set[asyncio.Task] = set()
        self._turns = asyncio.Semaphore(ALONE_AT_ONCE)

    async def post(self, one: Post) -> Posted:
        """Store a post; returns once it is committed, raises the DomainError of a refusal."""
        if one.kind in FILE_KINDS:
            return await bridge.run(files.post_file, one)
        # Each waits for an answer of their own: a socket that closes in the middle undoes nothing.
        return await self.accept(one)

    def accept(self, one: Post) -> asyncio.Future[Posted]:
        """Take a post that brings no file; the future is `post`'s answer."""
        waiting = _Waiting(one, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._start_round()
        return waiting.answer

    def _start_round(self) -> None:
        if len(self._rounds) < ROUNDS_AT_ONCE and (batch := self._take()):
            # Now, not when the task begins: the next round may be chosen before that.
            self._held |= {waiting.post.session_id for waiting in batch}
            task = asyncio.create_task(self._round(batch))
            self._rounds.add(task)
            task.add_done_callback(self._round_ended)

    def _round_ended(self, task: asyncio.Task) -> None:
        self._rounds.discard(task)
        self._start_round()

    async def _round(self, batch: list[_Waiting]) -> None:
        alone: list[_Waiting] = []
        try:
            alone = await self._store(batch)
        finally:
            self._held -= {waiting.post.session_id for waiting in batch}
            self._try_alone(alone)

    async def _store(self, batch: list[_Waiting]) -> list[_Waiting]:
        """Answer what was stored or refused; returns what must be tried alone."""
        try:
            answers = await self._line.post([waiting.post for waiting in batch])
        except Exception as error:
            # One bad post must not refuse the others: each is tried alone and fails alone.
            log.info("a round of %s posts failed, each is tried alone: %s", len(batch), type(error).__name__)
            return batch
        again, alone = [], []
        for waiting, answer in zip(batch, answers, strict=True):
            if not isinstance(answer, Busy):
                _settle(waiting, answer)
                continue
            waiting.skipped += 1
            (alone if waiting.skipped > SKIPS else again).append(waiting)
        self._waiting.extendleft(reversed(again))
        return alone

    def _try_alone(self, batch: list[_Waiting]) -> None:
        """Session by session, beside the rounds: a row that is held long holds up its own session only."""
        by_session: dict[UUID, list[_Waiting]] = {}
        for waiting in batch:
            by_session.setdefault(waiting.post.session_id, []).append(waiting)
        for session_id, theirs in by_session.items():
            self._held.add(session_id)
            task = asyncio.create_task(self._alone(session_id, theirs))
            self._singles.add(task)
            task.add_done_callback(self._singles.discard)

    async def _alone(self, session_id: UUID, theirs: list[_Waiting]) -> None:
        """One after the other, each in a thread, which waits for the row."""
        try:
            for waiting in theirs:
                try:
                    async with self._turns:
                        answer: Posted | Exception = await bridge.run(post, waiting.post)
                except Exception as error:
                    answer = error
                _settle(waiting, answer)
        finally:
            self._held.discard(session_id)
            self._start_round()

    def _take(self) -> list[_Waiting]:
        """The next posts to sessions that no round is at work on.

        Of one author and client_id only one, for keys must differ in a statement.
        """
        batch, later, keys, closed = [], [], set(), set(self._held)
        while self._waiting and len(batch) < MOST_AT_ONCE:
            waiting = self._waiting.popleft()
            post = waiting.post
            key = (post.author.key, post.client_id)
            if post.session_id in closed or (post.client_id and key in keys):
                # Nor may anything behind it pass it.
                closed.add(post.session_id)
                later.append(waiting)
                continue
            keys.add(key)
            batch.append(waiting)
        self._waiting.extendleft(reversed(later))
        return batch


def _settle(waiting: _Waiting, answer: Posted | DomainError | Exception) -> None:
    if waiting.answer.done():
        return
    if isinstance(answer, Exception):
        waiting.answer.set_exception(answer)
    else:
        waiting.answer.set_result(answer)


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, PostWriter] = WeakKeyDictionary()


def shared() -> PostWriter:
    """This process's writer (one per event loop)."""
    loop = asyncio.get_running_loop()
    found = _shared.get(loop)
    if found is None:
        found = _shared[loop] = PostWriter()
    return found
