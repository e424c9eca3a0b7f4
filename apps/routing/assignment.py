"""Who gets which session (R-5a, R-6, R-7)."""

from __future__ import annotations


def dispatch() -> int:
    """Give waiting sessions to eligible agents until no pair is left; how many were given.

    One transaction-level advisory lock, up to 20 pairs per transaction. Any number of processes
    may call it at once. Not inside a transaction: use `soon()` there.
    """
    raise NotImplementedError


def soon() -> None:
    """`dispatch()` after the running transaction commits; at once outside one. Never raises."""
    raise NotImplementedError
