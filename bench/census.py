"""Counts of what lives in a web process of the benchmark, written to a file every few seconds.

Memory as the system shows it goes up and down by itself; the numbers of tasks and of Python's own
blocks of memory tell a leak apart from that.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from pathlib import Path

EVERY = 5.0


def start(loop: asyncio.AbstractEventLoop, file: Path) -> None:
    """Begin as soon as the loop runs; may be called from any thread."""
    loop.call_soon_threadsafe(lambda: _Census(loop, file).take())


class _Census:
    def __init__(self, loop: asyncio.AbstractEventLoop, file: Path) -> None:
        self._loop, self._file = loop, file

    def take(self) -> None:
        counts = {
            "tasks": len(asyncio.all_tasks(self._loop)),
            # Not `gc.get_objects()`: it would touch tuples that other threads are just making.
            "blocks": sys.getallocatedblocks(),
            "threads": threading.active_count(),
        }
        half = self._file.with_suffix(".new")
        half.write_text(json.dumps(counts))
        half.rename(self._file)
        self._loop.call_later(EVERY, self.take)
