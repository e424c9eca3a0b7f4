"""PostgreSQL and Redis of a test run, in a temporary folder that goes with it."""

import atexit
import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

import psutil

from csdesk.embedded import Place, Postgres, Redis

_PREFIX = "csdesk-test-"
_OURS = "CSDESK_TEST_SERVERS_ARE_OURS"


class TestServers:
    """Started on first use; stopped and removed when the run ends."""

    __test__ = False

    def __init__(self) -> None:
        remove_leftovers()
        self.data = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        self.pid = os.getpid()
        # A second process of the same run (xdist) inherits our own addresses; it brings its own servers.
        are_ours = os.environ.get(_OURS, "") == "1"
        self.given_database = "" if are_ours else os.environ.get("DATABASE_URL", "")
        self.given_redis = "" if are_ours else os.environ.get("REDIS_URL", "")
        place = Place.prepare(self.data)
        self.postgres = None if self.given_database else Postgres(place, quick=True)
        self.redis = None if self.given_redis else Redis(place)
        atexit.register(self.stop)

    def environment(self) -> dict[str, str]:
        """What the settings read."""
        return {
            "CSDESK_DEMO": "1",
            "CSDESK_DATA": str(self.data),
            "DATABASE_URL": self.given_database or self.postgres.url,
            "REDIS_URL": self.given_redis or self.redis.url,
            _OURS: "0" if self.given_database or self.given_redis else "1",
        }

    def start(self) -> None:
        for server in (self.postgres, self.redis):
            if server and (server.process is None or server.process.poll() is not None):
                server.start()

    def stop(self) -> None:
        if os.getpid() != self.pid:
            return  # a process a test has forked
        for server in (self.redis, self.postgres):
            if server:
                server.stop()
        shutil.rmtree(self.data, ignore_errors=True)


def remove_leftovers() -> None:
    """End and remove what test runs that were killed have left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = re.match(rf"{_PREFIX}(\d+)-", folder.name)
        try:
            is_ours = folder.stat().st_uid == os.geteuid()
        except FileNotFoundError:
            continue  # another run has removed it
        if not owner or not is_ours or psutil.pid_exists(int(owner[1])):
            continue
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.cwd().startswith(str(folder)):
                    process.kill()
        shutil.rmtree(folder, ignore_errors=True)


servers = TestServers()
