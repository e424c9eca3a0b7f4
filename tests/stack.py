"""The product's real processes for tests: started, killed and watched one by one."""

import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from django.conf import settings
from django.db import connections
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from csdesk.embedded.server import Server
from csdesk.runner.children import Process, read_procfile
from tests.servers import TestServers

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_ready(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{url}/readyz", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


class Stack:
    """web, worker, clock, beat, and the embedded postgres and redis of the test run.

    Nothing is restarted by itself: a test kills and starts what it wants to.
    """

    def __init__(self, servers: TestServers, password: str, **environment: str) -> None:
        self.servers = servers
        self.password = password
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}"
        self.logs = servers.data / f"stack-{secrets.token_hex(3)}"
        self.logs.mkdir()
        self.env = {
            **os.environ,
            **servers.environment(),
            "DJANGO_SETTINGS_MODULE": "csdesk.settings",
            "DATABASE_URL": test_database_url(),
            "PORT": str(self.port),
            "CSDESK_HOST": "127.0.0.1",
            "CSDESK_BASE_URL": self.url,
            "CSDESK_DEMO_PASSWORD": password,
            # All clients of a test run share one address; a test of limits names another as a proxy would.
            "CSDESK_LIMIT_EXEMPT": "127.0.0.1",
            "TRUSTED_PROXIES": "1",
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        self.env.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        self.things: dict[str, Process | Server] = {
            name: Process(name, command, self.env, ROOT, self.logs, lambda line: None)
            for name, command in read_procfile(ROOT / "Procfile").items()
        }
        for server in (servers.postgres, servers.redis):
            if server:
                self.things[server.name] = server

    def start_all(self) -> None:
        self.servers.start()
        for thing in self.things.values():
            if isinstance(thing, Process):
                thing.start()
        self.wait_ready()

    def stop_all(self) -> None:
        processes = [thing for thing in self.things.values() if isinstance(thing, Process)]
        for process in processes:
            process.ask_to_stop()
        for process in processes:
            process.await_end(12)
        self.servers.start()  # whatever a test has killed: others need them after us

    def kill(self, name: str, sig: int = signal.SIGKILL) -> None:
        """Send a signal and, when it is deadly at once, wait for the end; a worker's children die with it."""
        process = self._process(name)
        if sig == signal.SIGKILL and name in ("worker", "clock"):
            os.killpg(process.pid, sig)
        else:
            process.send_signal(sig)
        if sig == signal.SIGKILL:
            process.wait(10)
        if name == "postgres":
            connections.close_all()

    def wait_end(self, name: str, timeout: float = 15) -> int:
        """Wait until the process has ended; returns its exit code."""
        return self._process(name).wait(timeout)

    def start(self, name: str) -> None:
        """Start what was killed; the embedded servers answer when this returns, `web` see `wait_ready`."""
        self.things[name].start()

    def revive(self) -> None:
        """Start whatever is not running, servers first, and wait until the whole is ready."""
        self.servers.start()
        for name, thing in self.things.items():
            if isinstance(thing, Process) and not self.is_running(name):
                thing.start()
        self.wait_ready()

    def is_running(self, name: str) -> bool:
        return self._process(name).poll() is None

    def wait_ready(self, timeout: float = 60) -> None:
        until = time.monotonic() + timeout
        while not is_ready(self.url):
            if not self.is_running("web") or time.monotonic() > until:
                raise AssertionError(f"web is not ready:\n{self.log('web')}")
            time.sleep(0.1)

    def log(self, name: str, lines: int = 60) -> str:
        """The end of a process's log."""
        file = self.things[name].log
        return "\n".join(file.read_text(errors="replace").splitlines()[-lines:]) if file.exists() else ""

    def _process(self, name: str) -> subprocess.Popen:
        if name not in self.things:
            raise LookupError(f"{name} is not ours: unset DATABASE_URL and REDIS_URL for the fault tests")
        process = self.things[name].process
        assert process is not None, f"{name} was never started"
        return process


def test_database_url() -> str:
    """The address of the test database, as libpq reads it."""
    params = conninfo_to_dict(os.environ["DATABASE_URL"])
    return make_conninfo(**{**params, "dbname": settings.DATABASES["default"]["NAME"]})


test_database_url.__test__ = False
