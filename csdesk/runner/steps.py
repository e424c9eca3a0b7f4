"""Telling the person at the terminal what goes on."""

import time


def step(doing: str, begun: float | None = None) -> str:
    """`preparing the database … (after 12 s)`; `begun` is of `time.monotonic()`."""
    return f"{doing} …" + (f" (after {time.monotonic() - begun:.0f} s)" if begun else "")
