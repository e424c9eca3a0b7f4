"""Push: what has been committed hurries to the sockets. Losing a push loses nothing.

The database is the truth; a client that misses a frame sees the gap in `rev` and syncs.
So publishing never raises, never delays an answer and happens after the commit only.

A Redis channel carries the frames of one *recipient* (a customer on a channel, a member, the
watchers of a session). The payload is one kind byte and JSON text, encoded once per event:

    F  a frame, handed to the client's socket as it is
    P  a frame with a file: each reader's socket adds the addresses made for that reader (X-10)
    C  an order to the sockets themselves (close, sign in again), not for the client
"""

import atexit
import json
import logging
import os
import queue
import threading
import time
from functools import partial
from typing import Protocol
from uuid import UUID

import orjson
import redis
from django.conf import settings
from django.db import transaction

log = logging.getLogger(__name__)

PREFIX = "csdesk:"
FRAME, PERSONAL, ORDER = "F", "P", "C"


def customer(customer_id: UUID, channel_id: int) -> str:
    """The recipient for a customer's sockets on one channel."""
    return f"customer.{customer_id}.{channel_id}"


def member(member_id: int) -> str:
    """The recipient for a member's workbenches."""
    return f"member.{member_id}"


def watch(session_id: UUID) -> str:
    """The recipient for supervisors who watch a session, beside what its agent is sent."""
    return f"watch.{session_id}"


def desks() -> str:
    """The recipient for every workbench, for what concerns all (queue counts)."""
    return "desks"


def encode(frame: dict) -> str:
    """A frame as the JSON text that travels to the client."""
    return orjson.dumps(frame).decode()


def decode(text: str) -> object:
    """What a client's JSON text says; ValueError or RecursionError when it is none."""
    try:
        return orjson.loads(text)
    except ValueError:
        # The fast reader refuses halves of characters as well. Those are refused where they stand, by name.
        return json.loads(text, parse_constant=_no_number)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def publish(recipient: str, frame: dict, *, personal: bool = False) -> None:
    """Send a frame to a recipient's sockets after the running transaction commits."""
    send_text(recipient, (PERSONAL if personal else FRAME) + encode(frame))


def publish_committed(recipient: str, frame: dict, *, personal: bool = False) -> None:
    """`publish` for what a connection other than Django's has committed already. Never raises."""
    try:
        _put(PREFIX + recipient, (PERSONAL if personal else FRAME) + encode(frame))
    except Exception:
        # What is stored is stored: whoever said it gets their acknowledgement.
        log.exception("a frame could not be published")


def control(recipient: str, order: dict) -> None:
    """Give an order to a recipient's sockets after the running transaction commits."""
    send_text(recipient, ORDER + encode(order))


def send_text(recipient: str, payload: str) -> None:
    """Send an already encoded payload after the running transaction commits."""
    # `robust`: an error here must not leave atomic() after the row is committed.
    transaction.on_commit(partial(_put, PREFIX + recipient, payload), robust=True)


def _put(channel: str, payload: str) -> None:
    if _outlet is None or not _outlet.put(channel, payload):
        _sender().put(channel, payload)


class Outlet(Protocol):
    """Another way out than the process's thread: the event loop of a web process (`csdesk.outlet`)."""

    def put(self, channel: str, payload: str) -> bool:
        """Take a payload, from any thread; False when it is at its end."""


_outlet: Outlet | None = None


def use(outlet: Outlet | None) -> None:
    """Send what this process publishes through the outlet from now on."""
    global _outlet
    _outlet = outlet


class Sender:
    """One thread per process that publishes what has been committed, in order.

    Whatever waits goes out in one pipeline, so a transaction's frames, or those of many posts
    that shared a commit, cost one round trip; and a Redis that hangs delays nobody's answer.
    """

    MOST_WAITING = 20_000
    MOST_AT_ONCE = 256

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[str, str]] = queue.Queue(self.MOST_WAITING)
        self._is_down = False
        # Short waits: what can't be pushed now is healed by `rev`.
        self._redis = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=0.2, retry=None
        )
        threading.Thread(target=self._run, name="csdesk-push", daemon=True).start()

    def put(self, channel: str, payload: str) -> None:
        try:
            self._waiting.put_nowait((channel, payload))
        except queue.Full:
            log.warning("push dropped: %s frames wait", self.MOST_WAITING)

    def drain(self, seconds: float = 1.0) -> None:
        """Wait until everything has gone out, at most so long."""
        until = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.005)

    def _run(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while len(batch) < self.MOST_AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get())
            self._push(batch)
            for _ in batch:
                self._waiting.task_done()

    def _push(self, batch: list[tuple[str, str]]) -> None:
        try:
            pipeline = self._redis.pipeline(transaction=False)
            for channel, payload in batch:
                pipeline.publish(channel, payload)
            pipeline.execute()
            self._is_down = False
        except redis.RedisError as error:
            # Said once an outage: it comes thousands of times while Redis is away.
            if not self._is_down:
                log.warning("push failed, clients catch up by rev: %s", type(error).__name__)
            self._is_down = True


_senders: dict[int, Sender] = {}
_making = threading.Lock()


def _sender() -> Sender:
    """This process's sender; a forked child makes its own, for threads do not survive a fork."""
    found = _senders.get(os.getpid())
    if found is None:
        with _making:
            found = _senders.setdefault(os.getpid(), None) or Sender()
            _senders[os.getpid()] = found
    return found


def drain() -> None:
    """Wait up to a second until this process's frames have gone out."""
    found = _senders.get(os.getpid())
    if found:
        found.drain()


atexit.register(drain)
