"""`make run` as a person and a shell see it (Q-1): one line and an exit code for each trouble."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from csdesk import install
from csdesk.embedded.server import wait_until, works
from tests.servers import servers
from tests.stack import ROOT, free_port, is_ready


class Run:
    """One `python -m csdesk.runner`, its output in a file."""

    def __init__(self, data: Path, port: int, **environment: str) -> None:
        self.data = data
        self.url = f"http://127.0.0.1:{port}"
        self.output = Path(tempfile.mkdtemp(dir=servers.data)) / "output.txt"
        ours = ("CSDESK", "DATABASE", "REDIS", "DJANGO")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.env = inherited | {"CSDESK_DATA": str(data), "PORT": str(port)} | environment
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "csdesk.runner"], cwd=ROOT, env=self.env, stdout=output, stderr=output
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def wait_ready(self, timeout: float = 60) -> "Run":
        said = wait_until(lambda: "is ready" in self.said or self.process.poll() is not None, timeout, 0.05)
        assert said and self.process.poll() is None, self.said
        return self

    def wait_end(self, timeout: float = 30) -> int:
        return self.process.wait(timeout)

    def stop(self, sig: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(sig)
        return self.wait_end()

    def child(self, words: str) -> psutil.Process:
        """The child whose command has these words."""
        for process in psutil.Process(self.process.pid).children():
            if words in " ".join(process.cmdline()) and works(process):
                return process
        raise LookupError(f"no child {words}")

    def comes_back(self, words: str, gone: int, timeout: float = 20) -> bool:
        def is_new() -> bool:
            try:
                return self.child(words).pid != gone
            except (LookupError, psutil.Error):
                return False

        return wait_until(is_new, timeout, 0.1)


Start = Callable[..., Run]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for all runs here: the first makes the demo, the others are second starts."""
    return tmp_path_factory.mktemp("run") / "data"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture
def start() -> Iterator[Start]:
    """`start(data, port, **environment)`; whatever still runs at the end of the test is stopped."""
    runs: list[Run] = []

    def begin(*args: object, **environment: str) -> Run:
        runs.append(Run(*args, **environment))
        return runs[-1]

    yield begin
    for run in runs:
        run.stop()


@pytest.fixture(scope="module")
def run(data: Path, port: int) -> Iterator[Run]:
    """A second start, which the tests that ask for it share."""
    running = Run(data, port)
    try:
        yield running.wait_ready()
    finally:
        running.stop()


def test_a_first_start_that_is_stopped_half_way_stops_at_once(start: Start, data: Path, port: int):
    """The test after this one shows that the next start makes it good."""
    run = start(data, port)
    assert wait_until(lambda: "making demo data" in run.said, 90, 0.02), run.said

    assert run.stop(signal.SIGINT) == 0
    assert "Traceback" not in run.said


def test_the_first_start_prints_addresses_and_accounts_and_ctrl_c_leaves_nothing(
    start: Start, data: Path, port: int
):
    run = start(data, port).wait_ready(90)
    family = psutil.Process(run.process.pid).children(recursive=True)

    for path in ("/demo/", "/desk/", "/records/", "/console/"):
        assert f"http://localhost:{port}{path}" in run.said
    assert re.search(r"password \S{8,}", run.said)
    for step in ("starting postgres", "preparing the database", "starting the web server and the workers"):
        assert re.search(rf"^csdesk: {step} … \(after \d+ s\)$", run.said, re.M), run.said
    assert "super@example.com" in run.said
    with urllib.request.urlopen(f"{run.url}/healthz") as answer:
        assert answer.read() == b"ok"

    assert run.stop(signal.SIGINT) == 0
    assert len(family) >= 6
    assert not any(works(process) for process in family)


def test_installing_says_that_it_still_goes_on_and_hands_on_how_it_ended():
    told = []
    assert (
        install.run_telling(["sh", "-c", "sleep 0.5; exit 3"], lambda: told.append("still"), every=0.1) == 3
    )
    assert told
    names = {
        name for file in install.REQUIREMENTS for name in re.findall(r"^(\S+)==", file.read_text(), re.M)
    }
    assert install.package_count() == len(names)


def test_a_second_start_prepares_nothing_again_and_keeps_password_and_data(run: Run, data: Path):
    kept = (data / "demo_password.txt").read_text()

    assert f"password {kept}" in run.said
    assert "preparing" not in run.said


def test_what_is_killed_comes_back(run: Run):
    for words in ("postgres -D", "redis-server", "--queues clock", "manage.py serve"):
        killed = run.child(words)
        killed.kill()
        assert run.comes_back(words, killed.pid), f"{words}\n{run.said}"

    assert wait_until(lambda: is_ready(run.url), 30, 0.2), run.said
    assert "redis ended (SIGKILL); starting it again in 0.5 s" in run.said


def test_a_parallel_start_is_told_where_csdesk_runs_already(start: Start, run: Run, data: Path):
    second = start(data, free_port())

    assert second.wait_end() == 3
    assert second.said.strip() == (
        f"csdesk: already running: {run.url.replace('127.0.0.1', 'localhost')} "
        f"(process {run.process.pid}); stop it first"
    )


def test_a_start_after_the_runner_was_killed_ends_what_it_left(start: Start, run: Run, data: Path, port: int):
    left = psutil.Process(run.process.pid).children(recursive=True)
    run.process.kill()
    run.process.wait()
    assert any(works(process) for process in left)

    next_run = start(data, port).wait_ready()

    assert "ended what a crash of the last run had left" in next_run.said
    assert not any(works(process) for process in left)
    assert next_run.stop(signal.SIGTERM) == 0


def test_a_port_in_use_is_told_in_one_line(start: Start, data: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        run = start(data, port)

        assert run.wait_end() == 2
    assert run.said.strip() == (
        f"csdesk: port {port} is in use by another program; choose another: make run PORT={port + 1}"
    )


@pytest.mark.parametrize("text", ["http", "0", "70000", "-1", "80 80"])
def test_a_port_that_is_none_is_told_in_one_line(start: Start, data: Path, text: str):
    run = start(data, 1, PORT=text)

    assert run.wait_end() == 2
    assert run.said.strip() == f"csdesk: PORT must be a number from 1 to 65535, not {text!r}"


def test_a_folder_that_cannot_be_written_is_told_in_one_line(start: Start, tmp_path: Path, port: int):
    (tmp_path / "file").touch()
    run = start(tmp_path / "file" / "data", port)

    assert run.wait_end() == 4
    assert run.said.startswith(f"csdesk: cannot write into {tmp_path}/file/data (")
    assert run.said.count("\n") == 1


def test_a_wrong_address_of_the_database_is_told_and_nothing_is_left(start: Start, tmp_path: Path, port: int):
    run = start(tmp_path / "data", port, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert run.wait_end(60) == 1
    assert "csdesk: the database could not be prepared" in run.said
    assert "Traceback" not in run.said
    assert not (tmp_path / "data" / "processes.json").exists()
