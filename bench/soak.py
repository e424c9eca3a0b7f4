"""`make soak`: does anything grow while people come and go?

    python -m bench.soak --seconds 600

All processes of the product run, two of `web`, behind the benchmark's balancer. The load
(`bench.visitors`) is about a third of what they carry, unless `--rate` says how many messages a second.
Every ten seconds the private memory of each process with its children is read, and what else may
leak: open files, tasks, blocks, keys, subscriptions, connections. The first third of the time is
warm-up; over the rest a straight line is laid through each series.

Flat is: memory that rises by less than 10 bytes per message carried (10 MB per million messages)
or by less than 1 MiB in all; counts that rise by less than 5 % or by less than ten. Exit code 1
when anything is not flat, or customers or agents were refused or failed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import psycopg
import redis

from bench.driver import seconds_used
from bench.place import ROOT, BenchError, Ground, free_port, ground
from bench.processes import balancer
from bench.rounds import drive
from bench.table import columns, say
from bench.trend import MIB, Trend, trend
from csdesk.embedded import EmbeddedError
from csdesk.runner.children import read_procfile

RESULTS = Path(__file__).resolve().parent / "results" / "soak.json"
SAMPLE_EVERY = 10.0
WEBS = 2
AGENTS = 20
# Of the messages at saturation that the first seconds find. They are the smaller part of the work: with
# pages, tokens, sessions, read marks and files that is about a third of what the processors can do.
SHARE = 1 / 30
WARM_UP = 1 / 3
# Counters of the load that are as they should be; anything else went wrong.
EXPECTED = {
    "sent",
    "messages",
    "looks",
    "conversations",
    "connections lost",
    "files",
    "desks opened",
    "too late",
    "there",
}
OPEN_TO_LOAD = {"CSDESK_LIMIT_UPLOADS": "0", "CSDESK_LIMIT_UPLOAD_MB": "0", "CSDESK_SSL_REDIRECT": "0"}


class Soak:
    """The running product, the load, and what was measured of both."""

    def __init__(self, here: Ground, stack: ExitStack) -> None:
        self.ground = here
        here.env |= OPEN_TO_LOAD
        ports = [free_port() for _ in range(WEBS)]
        self.counts = [here.place.data / f"counts-{n}.json" for n in range(1, WEBS + 1)]
        self.processes: dict[str, subprocess.Popen] = {}
        for n, (port, file) in enumerate(zip(ports, self.counts, strict=True), 1):
            running = here.running(f"web-{n}", "bench.web", port, file, port=port)
            self.processes[f"web {n}"] = stack.enter_context(running)
        for name, command in read_procfile(ROOT / "Procfile").items():
            if name != "web":
                # The words behind `python -m`.
                self.processes[name] = stack.enter_context(here.running(name, *command[2:]))
        self.processes["balancer"] = stack.enter_context(balancer(here, ports))
        self.processes |= {"postgres": here.postgres.process, "redis": here.redis.process}
        self.load: dict[str, int] = {}
        self.used = 0.0
        self.samples: list[tuple[float, int, dict[str, float]]] = []

    # --- The load ------------------------------------------------------------------------------

    def saturation(self) -> float:
        """Messages a second that these web processes carry."""
        say("how much do they carry?")
        scene = self.ground.do("bench.scene", "chat", 40, 4)
        pids = {"web": self.processes["web 1"].pid}
        plan = scene | {"seconds": 5, "warm_up": 2, "window": 2}
        return drive(self.ground, pids, plan, dialect="csdesk", work="saturate")["rate"]

    def run(self, seconds: float, rate: float) -> None:
        # Each customer speaks every other second, so half as many are there as messages pass a second.
        places = int(rate * 1.5) // AGENTS + 5
        scene = self.ground.do("bench.scene", "town", AGENTS, places)
        say(f"{rate:.0f} messages a second for {seconds:.0f} s; {AGENTS} agents, {places} places each")
        plan = scene | {"port": self.ground.port, "rate": rate, "seconds": seconds}
        with self._visitors(plan):
            began, used = time.monotonic(), self._processor_seconds()
            while time.monotonic() - began < seconds:
                time.sleep(min(SAMPLE_EVERY, seconds))
                self._sample(time.monotonic() - began)
            self.used = (self._processor_seconds() - used) / (time.monotonic() - began)
        if self.load.get("there", 1):
            raise BenchError(f"the load ended before its customers had gone: {self.load}")

    @contextmanager
    def _visitors(self, plan: dict) -> Iterator[None]:
        log = (self.ground.place.logs / "bench-visitors.log").open("ab")
        command = [sys.executable, "-m", "bench.visitors"]
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.ground.env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        ) as process:
            process.stdin.write(json.dumps(plan) + "\n")
            process.stdin.flush()
            reading = threading.Thread(target=self._hear, args=(process,), daemon=True)
            reading.start()
            try:
                yield
                reading.join(180)
            finally:
                process.terminate()
        if process.returncode:
            raise BenchError(f"the load failed; see {log.name}")

    def _hear(self, process: subprocess.Popen) -> None:
        for line in process.stdout:
            self.load = json.loads(line)

    def _processor_seconds(self) -> float:
        return sum(seconds_used(process.pid) for process in self.processes.values())

    # --- Measuring -----------------------------------------------------------------------------

    def _sample(self, at: float) -> None:
        found: dict[str, float] = {}
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise BenchError(f"{name} has ended by itself")
            if name != "balancer":
                found |= _weigh(name, process.pid)
        for n, file in enumerate(self.counts, 1):
            with contextlib.suppress(FileNotFoundError):
                found |= {f"web {n} {what}": number for what, number in json.loads(file.read_text()).items()}
        found |= self._of_redis() | self._of_postgres()
        messages = self.load.get("messages", 0)
        self.samples.append((at, messages, found))
        webs = ", ".join(f"web {n} {found[f'web {n} memory'] / MIB:.1f} MiB" for n in range(1, WEBS + 1))
        wrong = self.wrong()
        say(
            f"{at:5.0f} s: {messages:,} messages, {self.load.get('there', 0)} customers; {webs}"
            + (f"; went wrong: {wrong}" if wrong else "")
        )

    def wrong(self) -> dict[str, int]:
        """What customers and agents were told or met that should not have been."""
        return {name: number for name, number in self.load.items() if name not in EXPECTED}

    def _of_redis(self) -> dict[str, float]:
        with redis.Redis.from_url(self.ground.redis.url) as client:
            return {
                "redis memory in use": client.info("memory")["used_memory"],
                "redis keys": client.dbsize(),
                "redis subscriptions": len(client.pubsub_channels()),
                "redis connections": len(client.client_list()),
            }

    def _of_postgres(self) -> dict[str, float]:
        with psycopg.connect(self.ground.postgres.url) as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            return {"postgres connections": connection.execute(query).fetchone()[0]}

    def trends(self) -> list[Trend]:
        """Each series after the warm-up."""
        after = [sample for sample in self.samples if sample[0] >= self.samples[-1][0] * WARM_UP]
        names = list(dict.fromkeys(name for _at, _messages, found in after for name in found))
        return [
            trend(
                name,
                [(at, messages, found[name]) for at, messages, found in after if name in found],
                is_memory="memory" in name,
            )
            for name in names
        ]


def _private(process: psutil.Process) -> int:
    """Bytes that are a process's own, without the pages it shares (children's, PostgreSQL's buffers)."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss_Anon:"):
                return int(line.split()[1]) * 1024
    return process.memory_full_info().uss


def _weigh(name: str, pid: int) -> dict[str, float]:
    """Private memory and open files of a process and those it has started."""
    memory = files = 0
    root = psutil.Process(pid)
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            memory += _private(process)
            files += process.num_fds()
    return {f"{name} memory": memory, f"{name} files": files}


def report(trends: list[Trend]) -> str:
    lines = [("what", "begin", "end", "per hour", "per 1,000 messages", "flat")]
    for one in trends:
        show = _mebibytes if one.is_memory else _count
        each = f"{one.per_thousand:+,.0f} bytes" if one.is_memory else f"{one.per_thousand:+.3f}"
        flat = "yes" if one.is_flat else "no"
        lines.append((one.name, show(one.begin), show(one.end), show(one.per_hour, "+"), each, flat))
    return columns(lines)


def _mebibytes(value: float, sign: str = "") -> str:
    return f"{value / MIB:{sign}.1f} MiB"


def _count(value: float, sign: str = "") -> str:
    return f"{value:{sign},.0f}"


# Shorter, and there are too few samples after the warm-up for a line through them.
LEAST_SECONDS = 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument(
        "--rate", type=float, help="messages a second; about a third of saturation without it"
    )
    asked = parser.parse_args()
    if asked.seconds < LEAST_SECONDS:
        parser.error(f"in less than {LEAST_SECONDS} seconds nothing can be said")
    try:
        with ground() as here, ExitStack() as stack:
            soak = Soak(here, stack)
            soak.run(asked.seconds, asked.rate or soak.saturation() * SHARE)
    except (BenchError, EmbeddedError) as error:
        print(f"soak: {error}", file=sys.stderr)
        return 1
    found = soak.trends()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"load": soak.load, "samples": soak.samples}, indent=1) + "\n")
    print(report(found))
    print(f"\nthe servers used {soak.used:.0%} of a processor")
    print(", ".join(f"{name}: {number:,}" for name, number in sorted(soak.load.items())))
    wrong = soak.wrong()
    rising = [one.name for one in found if not one.is_flat]
    print(f"went wrong: {wrong or 'nothing'}; not flat: {', '.join(rising) or 'nothing'}")
    return 1 if wrong or rising else 0


if __name__ == "__main__":
    sys.exit(main())
