"""What the runner keeps between its starts: the lock, and the processes it has started."""

import contextlib
import fcntl
import json
import os
import signal
from pathlib import Path

import psutil

from csdesk.embedded.server import end_all


class AlreadyRunning(Exception):
    """Another runner holds the lock of this data folder; the text names its address."""


class RunLock:
    """One runner per data folder; the system lets go of the lock when the process ends, however it ends."""

    def __init__(self, data: Path) -> None:
        self.file = data / "runner.lock"
        self._open = None

    def take(self, url: str) -> None:
        self._open = self.file.open("a+")
        try:
            fcntl.flock(self._open, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._open.seek(0)
            raise AlreadyRunning(self._open.read().strip() or "just starting") from None
        self._open.truncate(0)
        self._open.write(f"{url} (process {os.getpid()})")
        self._open.flush()


class Started:
    """The processes started, so that the next start can end what a killed runner has left."""

    def __init__(self, data: Path) -> None:
        self.file = data / "processes.json"

    def write(self, pids: list[int]) -> None:
        facts = []
        for pid in pids:
            with contextlib.suppress(psutil.Error):
                facts.append([pid, psutil.Process(pid).create_time()])
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(facts))
        new.replace(self.file)

    def end_leftovers(self) -> int:
        """End what still runs from the last start; returns how many."""
        try:
            facts = json.loads(self.file.read_text())
        except (OSError, ValueError):
            return 0
        left = []
        for pid, created in facts:
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                # The number alone may belong to somebody else by now.
                if abs(process.create_time() - created) < 1:
                    left.append(process)
        end_all(left, timeout=5)
        for process in left:
            # And what they had started themselves.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        self.file.unlink(missing_ok=True)
        return len(left)

    def forget(self) -> None:
        self.file.unlink(missing_ok=True)
