"""A day at the service in small: customers come, chat and go, agents answer and reload their pages.

A process of its own like `bench.driver`: reads a plan (JSON, one line) from its standard input,
writes what it has counted so far every second and at the end (JSON, a line each).

Of the customers some only look and leave, some lose their connection in the middle and come back,
some send a file, and some go without ending the session, which the reply time-out then does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
import uuid
from collections import Counter

import httpx

from bench.talk import Talker
from bench.wire import Line, open_line

HOST = "127.0.0.1"
# Messages of a customer, seconds between two of them.
LENGTH, PAUSE = 40, 2.0
LOOKS, LOSES, SENDS_FILE, GOES = 0.25, 0.2, 0.1, 0.1
LOOK_SECONDS = 5.0
ANSWER_WITHIN = 30.0
# Seconds for the last answers before a customer ends the session.
ANSWERS_WITHIN = 5.0
DESK_SECONDS = 60.0
# Customers at once; who comes beyond is turned away and counted.
MOST = 3_000
TELL_EVERY = 1.0


class Street:
    """Everybody who talks to the service during the run."""

    def __init__(self, plan: dict) -> None:
        self.url = f"http://{HOST}:{plan['port']}"
        self.plan = plan
        self.counts: Counter[str] = Counter()
        self.talker = Talker(2)
        self.dice = random.Random(2)  # noqa: S311
        self.http = httpx.AsyncClient(
            timeout=30,
            headers={"Origin": self.url},
            # Each page's connection comes and goes, as a browser's does.
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self.ended = False
        self._lives: set[asyncio.Task] = set()

    async def run(self) -> None:
        desks = [asyncio.ensure_future(Desk(self, agent["cookie"]).run()) for agent in self.plan["agents"]]
        telling = asyncio.ensure_future(self._tell())
        await asyncio.sleep(2)
        await self._let_come()
        if self._lives:
            await asyncio.wait(self._lives, timeout=LENGTH * PAUSE + ANSWER_WITHIN)
        self.ended = True
        await asyncio.wait(desks, timeout=5)
        telling.cancel()
        await self.http.aclose()
        self._say_counts()

    async def _let_come(self) -> None:
        """Customers in even steps, so many that the messages of both sides make up the rate."""
        loop = asyncio.get_running_loop()
        talking = 1 - LOOKS
        step = 2 * LENGTH * talking / self.plan["rate"]
        began, number = loop.time(), 0
        while loop.time() - began < self.plan["seconds"]:
            if len(self._lives) < MOST:
                task = asyncio.ensure_future(self._live(Customer(self)))
                self._lives.add(task)
                task.add_done_callback(self._lives.discard)
            else:
                self.counts["turned away"] += 1
            number += 1
            await asyncio.sleep(max(0.0, began + number * step - loop.time()))

    async def _live(self, customer: Customer) -> None:
        try:
            await customer.live()
        except Exception as error:
            self.counts[f"failed: {type(error).__name__} {error}"[:120]] += 1
        finally:
            customer.leave()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY)
            self._say_counts()

    def _say_counts(self) -> None:
        print(json.dumps(self.counts | {"there": len(self._lives)}), flush=True)


class Customer:
    """One visit, from the page to the end of the session."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.token = ""
        self.line: Line | None = None
        self.answers = 0
        self._ready: asyncio.Event = asyncio.Event()

    async def live(self) -> None:
        street, dice = self.street, self.street.dice
        await self._open_page()
        await self._connect()
        if dice.random() < LOOKS:
            self.line.send(_signal("7"))
            await asyncio.sleep(LOOK_SECONDS)
            street.counts["looks"] += 1
            return
        loses = dice.randrange(LENGTH) if dice.random() < LOSES else None
        sends = dice.randrange(LENGTH) if dice.random() < SENDS_FILE else None
        for number in range(LENGTH):
            if number == loses:
                self.leave()
                await self._connect()
                street.counts["connections lost"] += 1
            if number == sends:
                self._say(type="file", upload=await self._upload())
            self._say(type="text", text=street.talker.text())
            await asyncio.sleep(PAUSE * dice.uniform(0.8, 1.2))
        await self._hear_all()
        street.counts["conversations"] += 1
        if dice.random() >= GOES:
            self.line.send(_signal("27"))
            await asyncio.sleep(1)

    async def _hear_all(self) -> None:
        """Wait for the answer to each text; some are missing when an agent's page was just reloading."""
        until = asyncio.get_running_loop().time() + ANSWERS_WITHIN
        while self.answers < LENGTH and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.2)

    def leave(self) -> None:
        if self.line:
            self.line.close()

    async def _open_page(self) -> None:
        key = self.street.plan["channel"]
        page = await self.street.http.get(f"{self.street.url}/chat/{key}/")
        page.raise_for_status()
        answer = await self.street.http.post(f"{self.street.url}/api/visitor/token", json={"channel": key})
        answer.raise_for_status()
        self.token = answer.json()["token"]

    async def _upload(self) -> str:
        answer = await self.street.http.post(
            f"{self.street.url}/api/visitor/upload",
            files={"file": ("note.txt", self.street.talker.text().encode() * 50)},
            headers={"Authorization": f"Bearer {self.token}"},
        )
        answer.raise_for_status()
        self.street.counts["files"] += 1
        return answer.json()["upload"]

    async def _connect(self) -> None:
        self._ready.clear()
        path = f"/ws/visitor/?channel={self.street.plan['channel']}"
        self.line = await open_line(HOST, self.street.plan["port"], path, self._hear)
        self.line.send(json.dumps({"op": "hello", "token": self.token, "language": "zh-CN"}).encode())
        await asyncio.wait_for(self._ready.wait(), ANSWER_WITHIN)

    def _say(self, **message: str) -> None:
        self.line.send(_send(message))
        self.line.send(b'{"op":"ping"}')
        self.street.counts["sent"] += 1

    def _hear(self, text: bytes) -> None:
        frame = json.loads(text)
        match frame["op"]:
            case "ready":
                self._ready.set()
            case "message" if frame["from"]["kind"] == "agent":
                self.answers += 1
                self.street.counts["messages"] += 1
                self.line.send(
                    json.dumps({"op": "read", "session": frame["session"], "seq": frame["seq"]}).encode()
                )
            case "error" | "bye":
                self.street.counts[f"customer told {frame['op']} {frame['code']}"] += 1


class Desk:
    """One agent's workbench, which is opened anew now and then."""

    def __init__(self, street: Street, cookie: str) -> None:
        self.street = street
        self.cookie = cookie
        self.line: Line | None = None
        self.is_ready = False

    async def run(self) -> None:
        while not self.street.ended:
            self.line = await open_line(HOST, self.street.plan["port"], "/ws/desk/", self._hear, self.cookie)
            self.is_ready = False
            self.line.send(b'{"op":"hello"}')
            self.street.counts["desks opened"] += 1
            await self._stay(DESK_SECONDS * self.street.dice.uniform(0.8, 1.2))
            self.line.close()

    async def _stay(self, seconds: float) -> None:
        """Until then, or the end, or the loss of the connection."""
        until = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < until and not self.street.ended:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.line.lost.wait(), 1)
                self.street.counts["desks lost"] += 1
                return
            if random.random() < 0.1:  # noqa: S311
                self.line.send(b'{"op":"ping"}')

    def _hear(self, text: bytes) -> None:
        frame = json.loads(text)
        if frame["op"] == "error" and frame["code"] == "wrong_state":
            # The customer had just gone.
            self.street.counts["too late"] += 1
        elif frame["op"] in ("error", "bye", "kicked"):
            self.street.counts[f"desk told {frame['op']} {frame.get('code', '')}"] += 1
        elif frame["op"] == "ready":
            self.is_ready = True
        elif frame["op"] == "message" and frame["from"]["kind"] == "customer" and self.is_ready:
            self.street.counts["messages"] += 1
            session = frame["session"]
            self.line.send(json.dumps({"op": "read", "session": session, "seq": frame["seq"]}).encode())
            if frame["message"]["type"] == "text":
                self.line.send(_send({"type": "text", "text": self.street.talker.text()}, session=session))


def _send(message: dict, **fields: str) -> bytes:
    return json.dumps({"op": "send", "client_id": str(uuid.uuid4()), "message": message} | fields).encode()


def _signal(src: str) -> bytes:
    return json.dumps({"op": "signal", "data": {"customerServicePlugin": 0, "src": src}}).encode()


async def main() -> None:
    plan = json.loads(sys.stdin.readline())
    async with asyncio.timeout(plan["seconds"] + 300):
        await Street(plan).run()


if __name__ == "__main__":
    asyncio.run(main())
