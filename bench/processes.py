"""The row `processes`: the chats of P-1 over one, two and four web processes behind a balancer.

All four run all the time; the balancer knows the first one, the first two, or all. Customers come
in another order than their agents', so most conversations have their two ends in different
processes. There is no floor and no goal: driver, PostgreSQL and Redis share the same processors,
which the printed shares show.

So each number of processes is also measured with the same calm load for each process: what a message
costs in processor time then tells what another process adds on a machine that has a processor for it.
(At saturation it costs more with more processes: the same posts share more, smaller rounds.)
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from bench.place import Ground, free_port
from bench.rounds import Size, drive
from bench.table import Row, say

NUMBERS = (1, 2, 4)
# Messages a second for each process and customer, well below what two processors carry in all.
CALM = 1.5


def processes(ground: Ground, size: Size) -> Iterator[Row]:
    """Messages a second of each number of processes, and what a message costs when each has its share."""
    say(f"making {size.customers} customers in sessions with {size.agents} agents")
    scene = ground.do("bench.scene", "chat", size.customers, size.agents)
    random.Random(1).shuffle(scene["customers"])  # noqa: S311
    scene |= {"seconds": size.seconds, "warm_up": size.warm_up, "window": size.window}
    with webs(ground, max(NUMBERS)) as servers:
        rates = _rounds(ground, size, servers, lambda _number: scene | {"work": "saturate"})[0]
        yield from _rows("messages/s", rates)
        each = CALM * size.customers
        costs = _rounds(ground, size, servers, lambda n: scene | {"work": "paced", "rate": each * n})[1]
        yield from _rows(f"µs of processor time per message at {each:.0f}/s each", costs)


Figures = dict[int, float]


def _rounds(
    ground: Ground, size: Size, servers: dict[int, subprocess.Popen], plan: Callable[[int], dict]
) -> tuple[Figures, Figures]:
    """Messages a second, and µs of the servers' processors per message: the rounds' medians."""
    rates: dict[int, list[float]] = {number: [] for number in NUMBERS}
    costs: dict[int, list[float]] = {number: [] for number in NUMBERS}
    for round_ in range(size.rounds):
        for number in NUMBERS:
            answer = _chat(ground, dict(list(servers.items())[:number]), plan(number))
            shares = _shares(answer)
            rates[number].append(answer["rate"])
            used = shares["web"] + shares["postgres"] + shares["redis"]
            costs[number].append(used / answer["rate"] * 1e6)
            told = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
            say(
                f"processes round {round_ + 1}: {number} web {answer['rate']:7.0f} messages/s,"
                f" p50 {answer['p50'] * 1000:.0f} ms, processor: {told},"
                f" together {sum(shares.values()):.0%}"
            )
    return tuple({number: median(found[number]) for number in NUMBERS} for found in (rates, costs))


def _rows(figure: str, found: Figures) -> Iterator[Row]:
    one = found[1]
    yield Row("processes", f"{figure}, 1 web process behind the balancer", one, None, "")
    for number in NUMBERS[1:]:
        value = found[number]
        yield Row("processes", f"{figure}, {number} web processes ÷ 1", value, value / one, "", floor=one)


@contextmanager
def webs(ground: Ground, number: int) -> Iterator[dict[int, subprocess.Popen]]:
    """So many web processes; port → process."""
    ports = [free_port() for _ in range(number)]
    with ExitStack() as stack:
        yield {
            port: stack.enter_context(ground.running(f"web-{n}", "bench.web", port, port=port))
            for n, port in enumerate(ports, 1)
        }


@contextmanager
def balancer(ground: Ground, ports: list[int]) -> Iterator[subprocess.Popen]:
    """A balancer in front of these ports, on the port where the web process would be."""
    with ground.running("balancer", "bench.balancer", ground.port, *ports, port=ground.port) as process:
        yield process


def _chat(ground: Ground, servers: dict[int, subprocess.Popen], scene: dict) -> dict:
    with balancer(ground, list(servers)) as process:
        pids = {f"web {n}": server.pid for n, server in enumerate(servers.values(), 1)}
        pids["balancer"] = process.pid
        return drive(ground, pids, scene, dialect="csdesk")


def _shares(answer: dict) -> dict[str, float]:
    """How busy each kind of process was, in processors."""
    cpu = answer["cpu"]
    web = sum(share for name, share in cpu.items() if name.startswith("web "))
    rest = {name: share for name, share in cpu.items() if not name.startswith("web ")}
    return {"web": web} | rest | {"driver": answer["driver_cpu"]}
