"""For programs that start servers of their own: one at a time in a folder, and stopped they clean up."""

from __future__ import annotations

import contextlib
import fcntl
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotBegin(Exception):
    """Another one runs here, or the folder cannot be used; the text is a line for people."""


@contextlib.contextmanager
def alone(lock: Path, what: str) -> Iterator[None]:
    """Hold the lock file while inside; raises CannotBegin where another `what` ("a drill") holds it.

    A signal to stop ends the block by SystemExit, so that what it has started ends too; clean up after
    `unhurried()`.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        opened = lock.open("w")
    except OSError as error:
        raise CannotBegin(f"cannot work in {lock.parent}: {error.strerror}") from None
    with opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotBegin(f"{what} is running here already") from None
        for number in STOPS:
            signal.signal(number, _stop)
        yield


def unhurried() -> None:
    """From here on signals to stop change nothing: what was started must end."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)


def _stop(number: int, _frame: object) -> None:
    unhurried()
    print("stopping", file=sys.stderr)
    sys.exit(128 + number)
