"""The product's real processes: started, killed and watched one by one. Nothing restarts by itself."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from csdesk.embedded.server import Server
from csdesk.runner.children import Process, read_procfile

ROOT = Path(__file__).resolve().parent.parent
WEB, SECOND_WEB = "web", "web2"
GROUPS = ("worker", "clock")


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
    """web, worker, clock, beat of the Procfile, and the servers they use, as far as those are ours."""

    def __init__(self, env: dict[str, str], logs: Path, servers: Iterable[Server]) -> None:
        self.env = env
        self.logs = logs
        self.port = int(env["PORT"])
        self.url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}"
        self.ports = {WEB: self.port}
        self.things: dict[str, Process | Server] = {
            name: self._made(name, command, env) for name, command in read_procfile(ROOT / "Procfile").items()
        }
        for server in servers:
            self.things[server.name] = server

    def _made(self, name: str, command: list[str], env: dict[str, str]) -> Process:
        return Process(name, command, env, ROOT, self.logs, lambda line: None)

    def add_web(self) -> None:
        """A second web process on a port of its own; `start(SECOND_WEB)` starts it."""
        port = self.ports.setdefault(SECOND_WEB, free_port())
        if SECOND_WEB not in self.things:
            env = self.env | {"PORT": str(port)}
            self.things[SECOND_WEB] = self._made(SECOND_WEB, self.things[WEB].command, env)

    def drop_web(self) -> None:
        """Stop the second web process and forget it."""
        process = self.things.pop(SECOND_WEB)
        self.ports.pop(SECOND_WEB)
        process.stop()

    @property
    def processes(self) -> list[Process]:
        return [thing for thing in self.things.values() if isinstance(thing, Process)]

    @property
    def embedded(self) -> list[Server]:
        return [thing for thing in self.things.values() if isinstance(thing, Server)]

    def start_servers(self) -> None:
        """Start those servers that do not run."""
        for server in self.embedded:
            if server.process is None or server.process.poll() is not None:
                server.start()

    def start_all(self) -> None:
        self.start_servers()
        for process in self.processes:
            process.start()
        self.wait_ready()

    def stop_all(self) -> None:
        """Stop the processes; the servers go on."""
        for process in self.processes:
            process.ask_to_stop()
        for process in self.processes:
            process.await_end(12)

    def kill(self, name: str, sig: int = signal.SIGKILL) -> None:
        """Send a signal and, when it is deadly at once, wait for the end; a worker's children die with it."""
        process = self._process(name)
        if sig == signal.SIGKILL and name in GROUPS:
            os.killpg(process.pid, sig)
        else:
            process.send_signal(sig)
        if sig == signal.SIGKILL:
            process.wait(10)

    def wait_end(self, name: str, timeout: float = 15) -> int:
        """Wait until the process has ended; returns its exit code."""
        return self._process(name).wait(timeout)

    def start(self, name: str) -> None:
        """Start what was killed; the embedded servers answer when this returns, `web` see `wait_ready`."""
        self.things[name].start()

    def revive(self) -> None:
        """Start whatever is not running, servers first, and wait until the whole is ready."""
        self.start_servers()
        for name, thing in self.things.items():
            if isinstance(thing, Process) and not self.is_running(name):
                thing.start()
        self.wait_ready()

    def is_running(self, name: str) -> bool:
        return self._process(name).poll() is None

    def wait_ready(self, timeout: float = 60) -> None:
        """Wait until every web process that runs is ready."""
        until = time.monotonic() + timeout
        for name, port in self.ports.items():
            while not is_ready(f"http://127.0.0.1:{port}"):
                if not self.is_running(name) or time.monotonic() > until:
                    raise AssertionError(f"{name} is not ready:\n{self.log(name)}")
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
