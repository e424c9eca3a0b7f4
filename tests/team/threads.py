"""The same call from several threads at the same moment, each with a database connection of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections


def at_once(call: Callable[[int], Any], threads: int) -> list[Any]:
    """What each of the calls returned."""
    ready = threading.Barrier(threads)

    def work(number: int) -> Any:
        try:
            ready.wait(10)
            return call(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, range(threads)))
