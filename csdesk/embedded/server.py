"""What both servers have in common: start, prove by connecting, stop."""

import contextlib
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

import psutil

from csdesk.embedded.place import EmbeddedError, Place

LARGEST_LOG = 10_000_000


class Server(ABC):
    """One embedded server; `start()` may be called again after it has died."""

    name = ""
    # The signal that asks this server to stop soon and cleanly.
    stop_signal = signal.SIGTERM

    def __init__(self, place: Place) -> None:
        self.place = place
        self.process: subprocess.Popen | None = None

    @property
    def log(self) -> Path:
        return self.place.logs / f"{self.name}.log"

    @abstractmethod
    def command(self) -> list[str]:
        """Program and arguments."""

    @abstractmethod
    def prepare(self) -> None:
        """Make what must be there before the start, clear what a crash has left."""

    @abstractmethod
    def answers(self) -> bool:
        """Has a client just been served?"""

    def start(self, timeout: float = 30) -> None:
        """Start and return when a client has been served; EmbeddedError otherwise."""
        self.prepare()
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                **self.place.as_user(),
            )
        if not wait_until(lambda: self.answers() or self.process.poll() is not None, timeout):
            self.stop()
            raise EmbeddedError(f"{self.name} did not answer within {timeout:.0f} s; see {self.log}")
        if self.process.poll() is not None:
            raise EmbeddedError(f"{self.name} ended at once ({self.last_words()}); see {self.log}")

    def stop(self, timeout: float = 8) -> None:
        """Stop cleanly, by force after `timeout` seconds."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def last_words(self) -> str:
        """The last line of the log."""
        try:
            lines = self.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1].strip() if lines else "no word in the log"


def wait_until(happens: Callable[[], bool], timeout: float, pause: float = 0.03) -> bool:
    """Ask until it happens; False after `timeout` seconds."""
    until = time.monotonic() + timeout
    while not happens():
        if time.monotonic() > until:
            return False
        time.sleep(pause)
    return True


def end_leftovers(program: str, belongs: Callable[[psutil.Process], bool]) -> None:
    """End processes of an earlier run that nobody watches any more."""
    left = []
    for process in psutil.process_iter(["name"]):
        with contextlib.suppress(psutil.Error):
            if process.info["name"].startswith(program) and belongs(process):
                left.append(process)
    end_all(left, timeout=3)


def end_all(processes: list[psutil.Process], timeout: float) -> None:
    """Ask to end, then kill; returns when none of them works any more."""
    for ask in (psutil.Process.terminate, psutil.Process.kill):
        for process in processes:
            with contextlib.suppress(psutil.Error):
                ask(process)
        wait_until(lambda: not any(works(process) for process in processes), timeout)


def works(process: psutil.Process) -> bool:
    """Is it more than a dead entry that nobody has collected yet?"""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
