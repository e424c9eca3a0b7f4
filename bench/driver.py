"""The load driver: a process of its own with plain clients of one server.

Reads a plan (JSON, one line) from its standard input, writes what it saw (JSON) to its standard
output. Three kinds of work:

    saturate   each customer keeps `window` messages under way; the agent answers each at once
    paced      customers speak at `rate`/2 messages a second in all, whatever the answers do
    idle       windows that are open and say nothing, until the standard input says `close`
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import resource
import sys
import time
from collections import Counter

import psutil

from bench.dialects import DIALECTS, Dialect, Heard
from bench.ledger import Ledger, quantile
from bench.wire import Line, open_line

HOST = "127.0.0.1"
CONNECT_AT_ONCE = 20
READY_WITHIN = 60.0
# Seconds for what is under way when the work ends.
ARRIVE_WITHIN = 20.0
PING_EVERY = 20.0
# Messages one customer may have under way in paced work: ten customers of an agent stay below the 64
# commands that one socket may have waiting.
MOST_UNDER_WAY = 6


class Driver:
    """All clients of one run."""

    def __init__(self, plan: dict) -> None:
        self.plan = plan
        self.dialect: Dialect = DIALECTS[plan["dialect"]](plan)
        self.is_echo = plan["dialect"] == "echo"
        self.ledger = Ledger()
        self.customers: list[Line] = []
        self.agents: list[Line] = []
        self.others: Counter[str] = Counter()
        self.speaking = False
        self.held_back = 0
        self._loop = asyncio.get_running_loop()

    # --- Connecting --------------------------------------------------------------------------------

    async def connect(self) -> None:
        gate = asyncio.Semaphore(CONNECT_AT_ONCE)
        agents = [self._open(gate, n, is_agent=True) for n in range(len(self.plan["agents"]))]
        self.agents = list(await asyncio.gather(*agents))
        customers = [self._open(gate, n, is_agent=False) for n in range(len(self.plan["customers"]))]
        self.customers = list(await asyncio.gather(*customers))

    async def _open(self, gate: asyncio.Semaphore, number: int, *, is_agent: bool) -> Line:
        async with gate:
            ready = self._loop.create_future()
            hear = self._agent_hears if is_agent else self._customer_hears

            def take(text: bytes) -> None:
                heard = self.dialect.heard(text)
                if isinstance(heard, Heard):
                    hear(heard)
                else:
                    self.others[heard] += 1
                    if heard == "ready" and not ready.done():
                        ready.set_result(None)

            path = self.dialect.agent_path(number) if is_agent else self.dialect.customer_path(number)
            cookie = self.dialect.cookie(number) if is_agent else ""
            line = await open_line(HOST, self.plan["port"], path, take, cookie)
            if self.dialect.says_hello:
                line.send(self.dialect.hello(None if is_agent else number))
                await asyncio.wait_for(ready, READY_WITHIN)
            return line

    # --- Chatting ----------------------------------------------------------------------------------

    def _agent_hears(self, heard: Heard) -> None:
        if heard.way != "q":
            return  # their own words, as every window of theirs gets them
        if self.ledger.arrive(("q", heard.customer), heard.number, time.perf_counter()):
            agent = self.agents[self.plan["customers"][heard.customer]["agent"]]
            self._say(agent, "a", heard.customer)

    def _customer_hears(self, heard: Heard) -> None:
        if heard.way == ("q" if self.is_echo else "a"):
            self.ledger.arrive((heard.way, heard.customer), heard.number, time.perf_counter())
            if self.speaking and self.plan["work"] == "saturate":
                self._say(self.customers[heard.customer], "q", heard.customer)

    def _say(self, line: Line, way: str, customer: int) -> None:
        number = self.ledger.send((way, customer), time.perf_counter())
        line.send(self.dialect.message(way, customer, number))

    async def saturate(self) -> dict:
        self.speaking = True
        for customer, line in enumerate(self.customers):
            for _ in range(self.plan["window"]):
                self._say(line, "q", customer)
        return await self._measure()

    async def paced(self) -> dict:
        self.speaking = True
        speaking = asyncio.ensure_future(self._speak())
        try:
            return await self._measure()
        finally:
            speaking.cancel()

    async def _speak(self) -> None:
        """Each customer in even steps from a random moment on."""
        dice = random.Random(1)  # noqa: S311
        step = len(self.customers) / (self.plan["rate"] / 2)
        begin = self._loop.time()
        turns = sorted((dice.random() * step, customer) for customer in range(len(self.customers)))
        round_ = 0
        while self.speaking:
            for offset, customer in turns:
                wait = begin + round_ * step + offset - self._loop.time()
                if wait > 0:
                    await asyncio.sleep(wait)
                if not self.speaking:
                    return
                way = ("q", customer)
                if self.ledger.sent[way] - self.ledger.arrived[way] >= MOST_UNDER_WAY:
                    self.held_back += 1
                else:
                    self._say(self.customers[customer], "q", customer)
            round_ += 1

    async def _measure(self) -> dict:
        await asyncio.sleep(self.plan["warm_up"])
        pids = self.plan["pids"]
        first, began = len(self.ledger.waits), time.perf_counter()
        own, before = _cpu(), {name: seconds_used(pid) for name, pid in pids.items()}
        await asyncio.sleep(self.plan["seconds"])
        waits = self.ledger.waits[first:]
        seconds = time.perf_counter() - began
        used = {name: (seconds_used(pid) - before[name]) / seconds for name, pid in pids.items()}
        answer = {
            "messages": len(waits),
            "seconds": seconds,
            "rate": len(waits) / seconds,
            "driver_cpu": (_cpu() - own) / seconds,
            "cpu": used,
        }
        if waits:
            answer |= {"p50": quantile(waits, 0.5), "p99": quantile(waits, 0.99)}
        self.speaking = False
        until = self._loop.time() + ARRIVE_WITHIN
        while self.ledger.under_way and self._loop.time() < until:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)  # a double would come after its first
        return answer | {"faults": self.ledger.faults(), "held_back": self.held_back}

    # --- Idle --------------------------------------------------------------------------------------

    async def idle(self) -> dict:
        """Say that all are open, then wait to be told to close."""
        print(json.dumps({"open": len(self.customers)}), flush=True)
        waiting = asyncio.ensure_future(asyncio.to_thread(sys.stdin.readline))
        while not waiting.done():
            await asyncio.wait({waiting}, timeout=PING_EVERY)
            if self.plan["dialect"] == "csdesk" and not waiting.done():
                for line in self.customers:
                    line.send(b'{"op":"ping"}')
        return {"lost": sum(line.lost.is_set() for line in self.customers)}

    async def run(self) -> dict:
        try:
            await self.connect()
            answer = await getattr(self, self.plan["work"])()
            lost = sum(line.lost.is_set() for line in self.customers + self.agents)
            return answer | {"connections_lost": lost, "other_frames": dict(self.others)}
        finally:
            for line in self.customers + self.agents:
                line.close()
            await asyncio.sleep(0.3)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def seconds_used(pid: int) -> float:
    """Seconds of processor time that a process and those it has started have used."""
    total = 0.0
    root = psutil.Process(pid)
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


async def main() -> None:
    plan = json.loads(sys.stdin.readline())
    async with asyncio.timeout(plan.get("most_seconds", 300)):
        answer = await Driver(plan).run()
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
