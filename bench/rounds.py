"""The rows of the table: each side in turn, several rounds, the medians."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import psutil

from bench.place import ROOT, BenchError, Ground
from bench.table import Row, say

DISPATCHERS = 4
# Share of the asked rate below which a server has fallen behind.
KEEPS_PACE = 0.9
# Seconds a server gets to put its memory in order before it is weighed.
SETTLE = 1.5


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    rounds: int
    customers: int
    agents: int
    seconds: float
    warm_up: float
    windows: int
    waiting: int
    waited_for: int
    limit: int
    window: int = 2


FULL = Size(3, 200, 20, 8.0, 2.0, 2_000, 10_000, 500, 20)
QUICK = Size(3, 20, 2, 2.0, 0.5, 200, 1_000, 50, 20)


# --- The driver ------------------------------------------------------------------------------------


def start_driver(ground: Ground, plan: dict) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.driver"],
        cwd=ROOT,
        env=ground.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    process.stdin.write(json.dumps(plan | {"port": ground.port_of(plan["dialect"])}) + "\n")
    process.stdin.flush()
    return process


def drive(ground: Ground, servers: subprocess.Popen | dict[str, int], plan: dict, **more: object) -> dict:
    """One run of the driver; BenchError when a message was lost, doubled or out of order.

    `servers`: the web process, or the ids of several processes by their names.
    """
    web = servers if isinstance(servers, dict) else {"web": servers.pid}
    pids = web | {
        "postgres": ground.postgres.process.pid,
        "redis": ground.redis.process.pid,
    }
    plan = plan | more | {"pids": pids}
    with start_driver(ground, plan) as process:
        line = process.stdout.readline()
    if not line:
        raise BenchError(f"the driver failed against {plan['dialect']}")
    answer = json.loads(line)
    if any(answer["faults"].values()) or answer["connections_lost"]:
        raise BenchError(f"{plan['dialect']}: messages went wrong: {line}")
    refused = {name: n for name, n in answer["other_frames"].items() if name.startswith(("error", "bye"))}
    if refused:
        raise BenchError(f"{plan['dialect']} refused: {refused}")
    return answer


# --- P-1 and P-2 -------------------------------------------------------------------------------------


def chats(ground: Ground, size: Size, wanted: set[str]) -> Iterator[Row]:
    """Throughput against the floor and the echo, then latency at half of the floor's saturation."""
    say(f"making {size.customers} customers in sessions with {size.agents} agents")
    scene = ground.do("bench.scene", "chat", size.customers, size.agents)
    scene |= {"seconds": size.seconds, "warm_up": size.warm_up, "window": size.window}
    with ground.serving("floor") as floor, ground.serving("csdesk") as web:
        servers = {"floor": floor, "csdesk": web, "bare": floor, "echo": floor}
        rates, worth = _throughput(ground, size, scene, servers)
        ours, least, bare, echo = (median(rates[name]) for name in ("csdesk", "floor", "bare", "echo"))
        our_worth, least_worth = median(worth["csdesk"]), median(worth["floor"])
        if "P-1" in wanted:
            yield Row("P-1", "messages/s ÷ lean bare consumer", ours, ours / least, ">= 2.0", floor=least)
            yield Row("P-1", "messages/s ÷ the same as Channels has it", ours, ours / bare, "", floor=bare)
            yield Row("P-1", "messages/s ÷ echo without storage", ours, ours / echo, ">= 0.4", floor=echo)
            figure = "messages per processor second of web, PostgreSQL, Redis ÷ lean bare consumer"
            yield Row("P-1", figure, our_worth, our_worth / least_worth, "", floor=least_worth)
        if "P-2" in wanted:
            yield from _latency(ground, size, scene, servers, least / 2)


def _throughput(ground: Ground, size: Size, scene: dict, servers: dict) -> tuple[dict, dict]:
    """Messages a second, and per second of processor time of all servers, of each side's rounds."""
    rates: dict[str, list[float]] = {name: [] for name in servers}
    worth: dict[str, list[float]] = {name: [] for name in servers}
    for round_ in range(size.rounds):
        for name, found in rates.items():
            answer = drive(ground, servers[name], scene, dialect=name, work="saturate")
            found.append(answer["rate"])
            worth[name].append(answer["rate"] / sum(answer["cpu"].values()))
            say(
                f"P-1 round {round_ + 1}: {name:6} {answer['rate']:7.0f} messages/s,"
                f" p50 {answer['p50'] * 1000:.0f} ms,"
                f" processor: {_shares(answer)}"
            )
    return rates, worth


def _shares(answer: dict) -> str:
    """How busy each process was, as shares of one processor."""
    shares = answer["cpu"] | {"driver": answer["driver_cpu"]}
    return ", ".join(f"{name} {share:.0%}" for name, share in shares.items())


def _latency(ground: Ground, size: Size, scene: dict, servers: dict, rate: float) -> Iterator[Row]:
    waits: dict[str, list[tuple[float, float]]] = {"floor": [], "csdesk": []}
    for round_ in range(size.rounds):
        for name, found in waits.items():
            answer = drive(ground, servers[name], scene, dialect=name, work="paced", rate=rate)
            # Behind the pace, latency is the length of a line that grows: no figure of the server's.
            kept_pace = answer["rate"] > KEEPS_PACE * rate and not answer["held_back"]
            p50, p99 = answer["p50"] * 1000, answer["p99"] * 1000
            if kept_pace:
                found.append((p50, p99))
            say(
                f"P-2 round {round_ + 1}: {name:6} at {answer['rate']:.0f} of {rate:.0f} messages/s:"
                f" p50 {p50:.1f} ms, p99 {p99:.1f} ms, processor: {_shares(answer)}"
                + ("" if kept_pace else "; fell behind, does not count")
            )
    for name, found in waits.items():
        if not found:
            say(f"P-2: {name} kept the pace in no round, so there is no latency to compare")
            return
    for place, (figure, goal) in enumerate((("p50 ms", "<= 1.1"), ("p99 ms", "<= 1.3"))):
        ours, least = (median(pair[place] for pair in waits[name]) for name in ("csdesk", "floor"))
        yield Row("P-2", f"delivery {figure} ÷ lean bare consumer", ours, ours / least, goal, floor=least)


# --- P-3 -----------------------------------------------------------------------------------------------


def windows(ground: Ground, size: Size) -> Iterator[Row]:
    """What an open window that says nothing costs in the web process; a new process for each round."""
    say(f"making {size.windows} customers with an open window")
    scene = ground.do("bench.scene", "windows", size.windows)
    weights: dict[str, list[float]] = {"floor": [], "csdesk": []}
    for round_ in range(size.rounds):
        for name, found in weights.items():
            with ground.serving(name) as server:
                found.append(_weigh(ground, server, scene | {"dialect": name, "work": "idle"}))
            say(f"P-3 round {round_ + 1}: {name:6} {found[-1]:.1f} KiB per window")
    ours, least = median(weights["csdesk"]), median(weights["floor"])
    yield Row("P-3", "KiB per idle window ÷ bare consumer", ours, ours / least, "<= 1.3", floor=least)


def _weigh(ground: Ground, server: subprocess.Popen, scene: dict) -> float:
    """KiB that each window adds, over those few that have warmed the process up."""
    people = scene["customers"]
    few = max(20, len(people) // 20)
    with _windows(ground, scene | {"customers": people[:few]}):
        time.sleep(SETTLE)
        before = _private_memory(server)
        with _windows(ground, scene | {"customers": people[few:]}):
            time.sleep(SETTLE)
            return (_private_memory(server) - before) / 1024 / (len(people) - few)


@contextmanager
def _windows(ground: Ground, plan: dict) -> Iterator[None]:
    driver = start_driver(ground, plan)
    try:
        if not driver.stdout.readline():
            raise BenchError(f"the windows of {plan['dialect']} did not open")
        yield
        driver.stdin.write("close\n")
        driver.stdin.flush()
        if json.loads(driver.stdout.readline() or '{"lost":1}')["lost"]:
            raise BenchError(f"{plan['dialect']} lost windows")
    finally:
        driver.stdin.close()
        driver.wait(30)


def _private_memory(process: subprocess.Popen) -> int:
    return psutil.Process(process.pid).memory_full_info().uss


# --- P-4 -----------------------------------------------------------------------------------------------


def assignments(ground: Ground, size: Size) -> Iterator[Row]:
    """Four processes that empty a full queue."""
    say(f"making {size.waiting} waiting sessions and {size.waited_for} agents")
    ground.do("bench.scene", "queue", size.waiting, size.waited_for, size.limit)
    rates: dict[str, list[float]] = {"floor": [], "ours": []}
    wrong = {"doubles": 0, "over_limit": 0, "overtakings": 0}
    for round_ in range(size.rounds):
        for name, found in rates.items():
            ground.do("bench.scene", "again")
            found.append(_assign(ground, name))
            audit = ground.do("bench.scene", "audit")
            if audit["given"] < size.waiting or audit["left_waiting"]:
                raise BenchError(f"{name} left sessions waiting: {audit}")
            if name == "ours":
                wrong = {key: wrong[key] + audit[key] for key in wrong}
            say(f"P-4 round {round_ + 1}: {name:6} {found[-1]:7.0f} assignments/s")
    ours, least = median(rates["ours"]), median(rates["floor"])
    yield Row("P-4", "assignments/s ÷ plain SQL", ours, ours / least, ">= 0.7", floor=least)
    for key, figure in (
        ("doubles", "sessions given twice"),
        ("over_limit", "agents over their limit"),
        ("overtakings", "overtakings in the queue"),
    ):
        yield Row("P-4", figure, wrong[key], None, "= 0")


def _assign(ground: Ground, name: str) -> float:
    """Assignments per second from the first process's begin to the last one's end."""
    processes = []
    for number in range(DISPATCHERS):
        share = [] if name == "ours" else [str(number), str(DISPATCHERS)]
        processes.append(
            subprocess.Popen(
                [sys.executable, "-m", "bench.dispatcher", name, *share],
                cwd=ROOT,
                env=ground.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                stderr=(ground.place.logs / "bench-dispatcher.log").open("ab"),
            )
        )
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        raise BenchError(f"a dispatching process failed; see {ground.place.logs}/bench-dispatcher.log")
    answers = [json.loads(text) for text in said]
    seconds = max(a["ended"] for a in answers) - min(a["began"] for a in answers)
    return sum(a["given"] for a in answers) / seconds
