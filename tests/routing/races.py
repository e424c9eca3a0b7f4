"""Letting several act at the very same moment: all wait behind one lock, then it opens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.db import connection, transaction

from apps.routing import assignment
from apps.sessions import transitions
from csdesk.errors import DomainError


def at_once(session_id, *acts: Callable[[], object]) -> list[object]:
    """Do all of these in threads of their own, none before all have begun; results or refusals, in order.

    The session's row and the lock of everything that assigns are held until each act waits for one.
    """
    answers: list[object] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            answers[number] = act()
        except DomainError as error:
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(acts)]
    with transaction.atomic():
        assignment.lock()
        transitions.lock(session_id)
        for thread in threads:
            thread.start()
        _all_wait(len(acts))
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive(), "somebody waits for ever"
    return answers


def _all_wait(number: int) -> None:
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= number:
                return
            time.sleep(0.01)
    raise AssertionError("not all wait")
