"""Where the benchmark runs: embedded servers on a folder of its own, settings as in production."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from csdesk.embedded import Place, Postgres, Redis
from csdesk.runner.alone import CannotBegin, alone, unhurried

ROOT = Path(__file__).resolve().parent.parent
# Always a folder of its own below the given one: it is removed at each start.
DATA = Path(os.environ.get("BENCH_DATA", ROOT / "build")).resolve() / "bench"
# Seconds.
SERVES_WITHIN = 60
STOPS_WITHIN = 15
STEP_WITHIN = 300


class BenchError(Exception):
    """The benchmark cannot go on; the text says why."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Ground:
    """PostgreSQL (with fsync, as in production) and Redis, fresh; our web process and the floor's."""

    def __init__(self) -> None:
        shutil.rmtree(DATA, ignore_errors=True)
        self.place = Place.prepare(DATA)
        self.postgres, self.redis = Postgres(self.place), Redis(self.place)
        self.port, self.floor_port = free_port(), free_port()
        self.env = {
            name: value for name, value in os.environ.items() if not name.startswith(("CSDESK_", "DJANGO_"))
        } | {
            "DJANGO_SETTINGS_MODULE": "csdesk.settings",
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "CSDESK_DATA": str(DATA),
            "CSDESK_BASE_URL": f"http://127.0.0.1:{self.port}",
            "CSDESK_DRAIN_NOTICE": "0",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "TRAIL_KEY": secrets.token_urlsafe(48),
            # All clients share one address, and speak faster than people.
            "CSDESK_LIMIT_FRAMES": "0",
            "CSDESK_LIMIT_TOKENS": "0",
            "CSDESK_LIMIT_SESSIONS": "0",
        }

    def start(self) -> None:
        self.postgres.start()
        self.redis.start()
        run(self.env, "manage.py", "prepare")
        self.do("bench.scene", "floor")

    def stop(self) -> None:
        self.redis.stop()
        self.postgres.stop()

    def do(self, module: str, *arguments: object, within: int = STEP_WITHIN) -> dict:
        """Run a module's `main` to its end; what it printed as JSON."""
        return json.loads(run(self.env, "-m", module, *map(str, arguments), within=within) or "{}")

    @contextlib.contextmanager
    def serving(self, what: str) -> Iterator[subprocess.Popen]:
        """`csdesk` or `floor` (which serves the echo too), until left."""
        module, port = ("bench.web", self.port) if what == "csdesk" else ("bench.floor", self.floor_port)
        with self.running(what, module, port, port=port) as process:
            yield process

    @contextlib.contextmanager
    def running(self, name: str, *module: object, port: int | None = None) -> Iterator[subprocess.Popen]:
        """A Python module with its arguments, until left; with a port, from when it answers there."""
        log = self.place.logs / f"bench-{name}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", *map(str, module)], cwd=ROOT, env=self.env, stdout=out, stderr=out
            )
        try:
            if port:
                self._await_port(process, port, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _await_port(self, process: subprocess.Popen, port: int, log: Path) -> None:
        until = time.monotonic() + SERVES_WITHIN
        while time.monotonic() < until and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            time.sleep(0.1)
        raise BenchError(f"the server does not answer; see {log}")

    def port_of(self, dialect: str) -> int:
        return self.port if dialect == "csdesk" else self.floor_port


def run(env: dict[str, str], *arguments: str, within: int = STEP_WITHIN) -> str:
    """Run Python in the project's folder; its standard output. BenchError when it fails."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=within
    )
    if done.returncode:
        raise BenchError(f"{' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
    return done.stdout


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """The ground, started; only one benchmark runs at a time in one working copy."""
    try:
        with alone(DATA.parent / "bench.lock", "a benchmark"):
            made = Ground()
            try:
                made.start()
                yield made
            finally:
                unhurried()
                made.stop()
    except CannotBegin as error:
        raise BenchError(str(error)) from None
