"""Start everything, watch it, stop it (Q-1)."""

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from csdesk.embedded import EmbeddedError, Place, Postgres, Redis
from csdesk.environment import close_to_others, kept_secret
from csdesk.runner.children import Process, Watched, ending, read_procfile
from csdesk.runner.kept import AlreadyRunning, RunLock, Started
from csdesk.runner.prepared import Prepared
from csdesk.runner.steps import step

ROOT = Path(__file__).resolve().parent.parent.parent
ACCOUNTS = {
    "super@example.com": "super administrator",
    "admin@example.com": "administrator",
    "lead@example.com": "supervisor",
    "agent1@example.com": "agent (agent2@, agent3@ as well)",
}
FACES = {"Demo shop": "/demo/", "Workbench": "/desk/", "Service records": "/records/", "Console": "/console/"}
# Exit codes, for scripts.
BROKEN, WRONG_SETTING, RUNS_ALREADY, NOT_WRITABLE = 1, 2, 3, 4


class CannotRun(Exception):
    """One line that says what is wrong and what to do, with the exit code."""

    def __init__(self, text: str, code: int = BROKEN) -> None:
        super().__init__(text)
        self.code = code


def say(text: str) -> None:
    print(text, flush=True)


class Runner:
    """One run, from the checks to the clean end."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.env = dict(environ)
        self.env.setdefault("CSDESK_DEMO", "1")
        self.env["PYTHONUNBUFFERED"] = "1"
        self.demo = self.env["CSDESK_DEMO"] == "1"
        self.port = _port(self.env.get("PORT") or "8000")
        self.host = self.env.get("CSDESK_HOST") or "127.0.0.1"
        self.env |= {"PORT": str(self.port), "CSDESK_HOST": self.host}
        self.data = (ROOT / (self.env.get("CSDESK_DATA") or ".data")).resolve()
        self.env["CSDESK_DATA"] = str(self.data)
        self.url = f"http://localhost:{self.port}"
        self.stopping = threading.Event()
        self.servers: list[Watched] = []
        self.processes: list[Watched] = []
        self.started = Started(self.data)
        self._lock = RunLock(self.data)

    def run(self) -> None:
        begun = time.monotonic()
        # For the steps told by the processes that we start.
        self.env["CSDESK_BEGUN"] = str(begun)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        self._claim()
        try:
            self._start_servers()
            self._prepare()
            self._start_processes()
            self._await_ready()
            if not self.stopping.is_set():
                self._tell(time.monotonic() - begun)
            while not self.stopping.wait(0.2):
                self._look()
        finally:
            self._stop()

    def _asked_to_stop(self, number: int, frame: object) -> None:
        if self.stopping.is_set():
            return
        say("\ncsdesk: stopping …")
        self.stopping.set()

    def _step(self, doing: str) -> None:
        """What begins now, and how long after the start: a slow machine is told from one that hangs."""
        say_csdesk(step(doing, float(self.env["CSDESK_BEGUN"])))

    def _claim(self) -> None:
        """The data folder and the port are ours, or CannotRun."""
        try:
            # All that is written from here on, the logs and what the processes write, is ours alone.
            os.umask(0o077)
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            close_to_others(self.data)
            self._lock.take(self.url)
        except AlreadyRunning as other:
            raise CannotRun(f"already running: {other}; stop it first", RUNS_ALREADY) from None
        except OSError as error:
            text = f"cannot write into {self.data} ({error.strerror}); choose another: CSDESK_DATA=…"
            raise CannotRun(text, NOT_WRITABLE) from None
        if self.started.end_leftovers():
            say("csdesk: ended what a crash of the last run had left")
        _check_port(self.host, self.port)

    def _start_servers(self) -> None:
        wanted = {"DATABASE_URL": Postgres, "REDIS_URL": Redis}
        missing = {name: make for name, make in wanted.items() if not self.env.get(name)}
        if missing:
            place = Place.prepare(self.data)
            for name, make in missing.items():
                server = make(place)
                self._step(f"starting {server.name}")
                self.servers.append(Watched(server, say_csdesk))
                self.servers[-1].start()
                self.env[name] = server.url
        self._remember()

    def _prepare(self) -> None:
        """Migrate, seed, compile words, collect static files: whatever has changed since the last start."""
        self.password = ""
        if self.demo:
            self.password = self.env.get("CSDESK_DEMO_PASSWORD") or kept_secret(
                self.data / "demo_password.txt", 9
            )
            self.env["CSDESK_DEMO_PASSWORD"] = self.password
        prepared = Prepared(ROOT, self.data, self.env)
        if prepared.is_current():
            return
        self._step("preparing the database")
        # In a session of its own: Ctrl-C is ours to pass on.
        work = subprocess.Popen(
            [sys.executable, "manage.py", "prepare"],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        while work.poll() is None:
            if self.stopping.wait(0.05):
                work.terminate()
                work.wait()
                return
        if work.returncode:
            raise CannotRun("the database could not be prepared; the lines above say why")
        prepared.remember()

    def _start_processes(self) -> None:
        self._step("starting the web server and the workers")
        (self.data / "logs").mkdir(exist_ok=True)
        for name, command in read_procfile(ROOT / "Procfile").items():
            process = Process(name, command, self.env, ROOT, self.data / "logs", say)
            self.processes.append(Watched(process, say_csdesk))
        for watched in self.processes:
            if self.stopping.is_set():
                return
            watched.start()
        self._remember()

    def _await_ready(self, timeout: float = 60) -> None:
        until = time.monotonic() + timeout
        while not self.stopping.is_set() and not _is_ready(self.port):
            web = next(watched.thing for watched in self.processes if watched.thing.name == "web")
            if web.process.poll() is not None:
                raise CannotRun(
                    f"the web process ended at once ({ending(web.process.returncode)}); see {web.log}"
                )
            if time.monotonic() > until:
                raise CannotRun(f"not ready after {timeout:.0f} s; see {self.data / 'logs'}")
            self.stopping.wait(0.1)

    def _look(self) -> None:
        before = self._pids()
        for watched in [*self.servers, *self.processes]:
            watched.look()
        if self._pids() != before:
            self._remember()

    def _pids(self) -> list[int]:
        things = [watched.thing for watched in [*self.processes, *self.servers]]
        return [thing.process.pid for thing in things if thing.process]

    def _remember(self) -> None:
        self.started.write(self._pids())

    def _stop(self) -> None:
        """Web and workers first, so that nobody misses the servers; by force after 12 s."""
        until = time.monotonic() + 12
        processes = [watched.thing for watched in self.processes]
        for process in processes:
            process.ask_to_stop()
        for process in processes:
            process.await_end(until - time.monotonic())
        for watched in reversed(self.servers):
            watched.thing.stop()
        self.started.forget()

    def _tell(self, seconds: float) -> None:
        lines = [f"csdesk is ready ({seconds:.1f} s)", ""]
        lines += [f"  {name:<16} {self.url}{path}" for name, path in FACES.items()]
        if self.demo:
            lines += ["", f"  Accounts, password {self.password}"]
            lines += [f"  {account:<19} {role}" for account, role in ACCOUNTS.items()]
        lines += ["", f"  Data and logs in {self.data}; Ctrl-C stops."]
        say("\n".join(lines))


def say_csdesk(text: str) -> None:
    say(f"csdesk: {text}")


def _port(text: str) -> int:
    if text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise CannotRun(f"PORT must be a number from 1 to 65535, not {text!r}", WRONG_SETTING)


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                text = f"port {port} is in use by another program; choose another: make run PORT={port + 1}"
            else:
                text = f"cannot listen on {host} port {port}: {error.strerror}"
            raise CannotRun(text, WRONG_SETTING) from None


def _is_ready(port: int) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def main() -> int:
    """Run until told to stop; returns the exit code."""
    try:
        Runner(dict(os.environ)).run()
    except CannotRun as problem:
        print(f"csdesk: {problem}", file=sys.stderr)
        return problem.code
    except EmbeddedError as problem:
        print(f"csdesk: {problem}", file=sys.stderr)
        return NOT_WRITABLE if "cannot write" in str(problem) else BROKEN
    return 0
