"""The processes the runner starts and watches."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Protocol

LONGEST_WAIT = 30.0
FIRST_WAIT = 0.5
# A process that has lived this long has recovered: its next death is a first one again.
STEADY = 20.0
# Seconds until the terminal shows the same trouble again; the log has it each time.
REPEAT = 60.0
LARGEST_LOG = 10_000_000

Say = Callable[[str], None]


class Startable(Protocol):
    """What can be watched: an embedded server or a process of the Procfile."""

    name: str
    process: subprocess.Popen | None

    def start(self) -> None: ...

    def stop(self, timeout: float = ...) -> None: ...


def read_procfile(file: Path) -> dict[str, list[str]]:
    """The commands by name; `python` means the one that runs us."""
    commands = {}
    for line in file.read_text().splitlines():
        name, colon, command = line.partition(":")
        if colon and not line.lstrip().startswith("#"):
            words = shlex.split(command)
            commands[name.strip()] = [sys.executable, *words[1:]] if words[0] == "python" else words
    return commands


class Process:
    """A process of the Procfile, in a group of its own; output goes to a log, what is bad also to `say`."""

    def __init__(
        self, name: str, command: list[str], env: dict[str, str], root: Path, logs: Path, say: Say
    ) -> None:
        self.name = name
        self.command = command
        self.env = env
        self.root = root
        self.log = logs / f"{name}.log"
        self.say = say
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.env,
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        threading.Thread(target=self._read, args=[self.process.stderr], daemon=True).start()

    def stop(self, timeout: float = 12) -> None:
        """Ask to stop; by force after `timeout` seconds (a web process takes up to 10 to say good-bye)."""
        self.ask_to_stop()
        self.await_end(timeout)

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def await_end(self, timeout: float) -> None:
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(timeout, 0.1))
        # Also what it may have left behind in its group.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _read(self, output: IO[bytes]) -> None:
        shown = Shown()
        with self.log.open("ab") as log, output:
            for line in output:
                log.write(line)
                log.flush()
                text = line.decode(errors="replace").rstrip()
                if text and shown.is_worth(text):
                    self.say(f"{self.name:<6} {text}")


class Shown:
    """Which lines a person at the terminal wants to see: warnings and errors, the same one once a minute."""

    # Level and logger in our two forms of lines (csdesk/logging.py).
    _LEVEL = re.compile(
        r'^(?:\d\d:\d\d:\d\d |\{"time": "[^"]*", "level": ")(\w+)(?: +|", "logger": ")([\w.]*)'
    )
    # What a visitor asked for wrongly is no trouble of ours: the log has it, the terminal not.
    _SLIPS = ("WARNING", "django.request")

    def __init__(self) -> None:
        self.everything = os.environ.get("CSDESK_VERBOSE", "") not in ("", "0")
        self._worth = True
        self._said: dict[str, float] = {}

    def is_worth(self, line: str) -> bool:
        level = self._LEVEL.match(line)
        if level:
            is_bad = level[1].upper() in ("WARNING", "ERROR", "CRITICAL")
            is_slip = (level[1].upper(), level[2]) == self._SLIPS
            self._worth = is_bad and not is_slip and self._is_new(line)
        return self._worth or self.everything

    def _is_new(self, line: str) -> bool:
        """Not said within the last minute, whatever the numbers and ids in it."""
        now = time.monotonic()
        same = re.sub(r"[0-9a-f-]*\d[0-9a-f-]*", "", line)
        self._said = {text: at for text, at in self._said.items() if now - at < REPEAT}
        if same in self._said:
            return False
        self._said[same] = now
        return True


class Watched:
    """Keeps one thing running: starts it again after it died, with growing waits."""

    def __init__(self, thing: Startable, say: Say) -> None:
        self.thing = thing
        self.say = say
        self.deaths = 0
        self.started_at = 0.0
        self.due_at: float | None = None

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.due_at = None
        self.thing.start()

    def look(self) -> None:
        """Called a few times a second; notices a death, and starts again when it is time."""
        now = time.monotonic()
        if self.due_at is None:
            code = self.thing.process.poll() if self.thing.process else None
            if code is None:
                return
            self.deaths = 1 if now - self.started_at > STEADY else self.deaths + 1
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (self.deaths - 1))
            self.due_at = now + wait
            self.say(f"{self.thing.name} ended ({ending(code)}); starting it again in {wait:g} s")
        elif now >= self.due_at:
            self._start_again()

    def _start_again(self) -> None:
        try:
            self.start()
        except Exception as error:
            self.deaths += 1
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (self.deaths - 1))
            self.due_at = time.monotonic() + wait
            self.say(f"{self.thing.name} did not start: {error}; trying again in {wait:g} s")
        else:
            self.say(f"{self.thing.name} runs again")


def ending(code: int) -> str:
    """How a process ended, in words."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"code {code}"
