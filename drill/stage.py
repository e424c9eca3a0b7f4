"""Everything a drill is played on: processes, the balancer before them, the crowd, and what it keeps."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from apps.sessions.models import ChatSession, State
from drill import audit, scene
from drill.balancer import Balancer
from drill.clients import Desk, Visitor, sign_in
from drill.crowd import AgentLife, Crowd, CustomerLife, Rules
from drill.database import database
from drill.ledger import Ledger
from drill.stack import SECOND_WEB, WEB, Stack

# Seconds.
SYNCED_WITHIN = 20
SIGNING_IN_AT_ONCE = 4
# Windows that went without a word are looked for every 5 s, and told after the second look (S-9).
JUDGED_WITHIN = 20
# A session in the queue beside a free place is given one within a second; the rest is the machine.
PLACED_WITHIN = 5


@dataclass(frozen=True)
class Size:
    """How many take part. `pause` stretches (or shortens) everybody's pauses."""

    customers: int
    agents: int
    pause: float = 1.0


class Stage:
    """Opened by `ready()`; acts break what `stack` and `balancer` hold."""

    def __init__(self, stack: Stack, balancer: Balancer, people: scene.Scene) -> None:
        self.stack, self.balancer, self.people = stack, balancer, people
        self.ledger = Ledger()
        self.crowd = Crowd(
            Rules(
                self.ledger,
                accounts=tuple(member.account for member in people.agents),
                group_id=people.group.pk,
            )
        )
        self.keepers: list[Desk] = []
        self._audited: set = set()

    @property
    def visitors(self) -> list[Visitor]:
        return [life.visitor for life in self.crowd.customers]

    @property
    def desks(self) -> list[Desk]:
        return [life.desk for life in self.crowd.agents]

    # --- Coming and going --------------------------------------------------------------------------

    async def welcome(self, size: Size) -> None:
        """Sign everybody in; agents are free, and the customers begin to come."""
        self.crowd.rules.pause = size.pause
        people = self.people
        desks = await asyncio.gather(*(self._desk(member.account) for member in people.members))
        self.keepers = list(desks[len(people.agents) :])
        for number, (member, desk) in enumerate(zip(people.agents, desks, strict=False)):
            self.crowd.agents.append(AgentLife(f"agent {number}", member.account, desk, self.crowd.rules))
        for keeper in self.keepers:
            await keeper.command("set_status", status="rest")
        gate = asyncio.Semaphore(SIGNING_IN_AT_ONCE)
        lives = (self._customer(gate, number) for number in range(size.customers))
        self.crowd.customers += await asyncio.gather(*lives)
        self.crowd.begin()

    async def _desk(self, account: str) -> Desk:
        cookie = await asyncio.to_thread(sign_in, self.balancer.url, account, scene.PASSWORD)
        desk = Desk(self.balancer.url, cookie, origin=self.stack.url)
        desk.listener = self.ledger
        return await desk.__aenter__()

    async def _customer(self, gate: asyncio.Semaphore, number: int) -> CustomerLife:
        key = self.people.channel.key
        async with gate:
            visitor = await asyncio.to_thread(Visitor, self.balancer.url, key, origin=self.stack.url)
            visitor.listener = self.ledger
            return CustomerLife(f"customer {number}", await visitor.__aenter__(), self.crowd.rules)

    async def newcomer(self) -> None:
        """One customer more, who comes in now and stays; returns when their first words are acknowledged."""
        life = await self._customer(asyncio.Semaphore(), len(self.crowd.customers))
        self.crowd.customers.append(life)
        await life.visitor.say(f"{life.name} says 0")
        self.crowd.join(life)

    async def farewell(self) -> None:
        """Everybody leaves; agents hand over what they have, so that nothing waits for them."""
        await self.crowd.stop()
        for desk in (*self.desks, *self.keepers):
            with contextlib.suppress(TimeoutError):
                await desk.command("set_status", 3, status="offline", hand_over=True)
        await asyncio.gather(*(client.close() for client in (*self.crowd.clients, *self.keepers)))

    # --- The history -------------------------------------------------------------------------------

    async def faults(self, patience: float = 1.0) -> list[str]:
        """All that is wrong with the history since the last look; nobody may be speaking."""
        found = self.crowd.troubles()
        late = await self._wait_for_all(SYNCED_WITHIN * patience)
        found += [f"not caught up: {fault}" for fault in late[:5]]
        found += await self._wait_for_places(PLACED_WITHIN * patience)
        found += (await self.misjudged(patience))[:5]
        found += await database(self._look)
        return found

    async def _wait_for_all(self, seconds: float) -> list[str]:
        """Until every client has what it should have; what is missing in the end."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            rows = await database(self._unaudited)
            late = audit.missing(rows, self.visitors, self.desks)
            if not late or loop.time() > until:
                return late
            await asyncio.sleep(0.3)

    async def _wait_for_places(self, seconds: float) -> list[str]:
        """Until nobody waits beside a free place (R-7)."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while fault := await database(audit.beside_a_free_place, self.people.channel.pk, self._limits()):
            if loop.time() > until:
                return [fault]
            await asyncio.sleep(0.3)
        return []

    async def misjudged(self, patience: float = 1.0) -> list[str]:
        """Wait until the workbenches show who is there and who is not; whom they misjudge in the end."""
        loop = asyncio.get_running_loop()
        until = loop.time() + JUDGED_WITHIN * patience
        while (wrong := audit.misjudged(self.visitors, self.desks)) and loop.time() < until:
            await asyncio.sleep(0.3)
        return wrong

    def _unaudited(self) -> list[ChatSession]:
        found = ChatSession.objects.filter(channel=self.people.channel).exclude(id__in=self._audited)
        return list(found)

    def _limits(self) -> dict[int, int]:
        return {member.pk: member.session_limit for member in self.people.agents}

    def _look(self) -> list[str]:
        rows = self._unaudited()
        clients = self.crowd.clients
        agents = set(self._limits())
        channel = self.people.channel.pk
        found = [
            *audit.sessions(rows),
            *audit.deliveries(rows, clients),
            *audit.acknowledged(clients),
            *audit.loads(),
            *audit.history(channel, self._limits(), {self.people.group.pk: agents}),
            *audit.endings(channel),
            *audit.agents(agents),
        ]
        self._forget([session for session in rows if session.state == State.CLOSED])
        return found

    def _forget(self, ended: list[ChatSession]) -> None:
        """What is over and was looked at is not looked at again."""
        self._audited |= {session.id for session in ended}
        for client in self.crowd.clients:
            client.acked.clear()
            for session in ended:
                client.forget(str(session.id))


@contextlib.asynccontextmanager
async def ready(stack: Stack, size: Size) -> AsyncIterator[Stage]:
    """Two web processes behind a balancer, with everybody chatting; the stack itself runs already."""
    stack.add_web()
    await asyncio.to_thread(stack.start, SECOND_WEB)
    try:
        await asyncio.to_thread(stack.wait_ready)
        ports = [stack.ports[WEB], stack.ports[SECOND_WEB]]
        async with Balancer(ports) as balancer:
            stage = Stage(stack, balancer, await database(scene.make, size.agents))
            try:
                await stage.welcome(size)
                yield stage
            finally:
                await stage.farewell()
    finally:
        await asyncio.to_thread(stack.drop_web)
