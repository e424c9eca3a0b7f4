"""A closed loop of customers and agents: they come, wait, chat, are handed on, end, and come again.

Everybody uses the real protocols. Whatever fails for a while is tried again, as people do.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass

from drill.chatter import Chatter, Refused
from drill.clients import Desk, Visitor
from drill.ledger import Ledger

# Seconds between a customer's sentences and between an agent's sentences in one session.
CUSTOMER_PAUSE = (0.3, 0.6)
AGENT_PAUSE = (0.5, 0.8)
AWAY = (0.3, 1.5)
SENTENCES = (6, 18)
# How a conversation ends, and what an agent does between two sentences.
CUSTOMER_ENDS = 0.5
HANDS_ON = 0.03
TO_GROUP = 0.3
LEAVES_WINDOW = 0.15
COMMAND_WITHIN = 4.0
# Longest silence of a customer who waits for an agent's end before they end it themselves.
PATIENCE = 20.0

_numbers = itertools.count(1)


@dataclass
class Rules:
    """What all lives share: when to hold still, whom to hand on to, where figures go."""

    ledger: Ledger
    pause: float = 1.0
    accounts: tuple[str, ...] = ()
    group_id: int | None = None

    def __post_init__(self) -> None:
        self.may_talk = asyncio.Event()
        self.may_talk.set()
        self.busy = 0
        # Sessions that agents neither end nor hand on for the moment.
        self.kept: set[str] = set()

    async def still(self) -> None:
        """While nobody is to speak."""
        await self.may_talk.wait()

    @contextlib.contextmanager
    def speaking(self):
        """Something is under way that must come to its end before the history is looked at."""
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1

    async def rest(self, between: tuple[float, float]) -> None:
        await asyncio.sleep(random.uniform(*between) * self.pause)


class CustomerLife:
    """One customer who comes again and again."""

    def __init__(self, name: str, visitor: Visitor, rules: Rules) -> None:
        self.name, self.visitor, self.rules = name, visitor, rules
        self.visits = 0

    async def live(self) -> None:
        while True:
            await self.rules.still()
            await self._visit()
            self.visits += 1
            if random.random() < LEAVES_WINDOW:
                await self._leave_window()
            await self.rules.rest(AWAY)

    async def _visit(self) -> None:
        await self._say()
        session = await self._reached(lambda state: state["state"] != "closed")
        await self._reached(lambda state: state["state"] in ("serving", "closed"))
        for _sentence in range(random.randint(*SENTENCES)):
            if not self.is_served:
                break
            await self._say()
            await self.rules.rest(CUSTOMER_PAUSE)
        waited = 0.0
        ends = random.random() < CUSTOMER_ENDS
        while not self._is_over(session):
            await self.rules.still()
            if ends or waited > PATIENCE:
                with self.rules.speaking():
                    await self.visitor.signal("27")
                    await self._soon(lambda: self._is_over(session))
            else:
                await asyncio.sleep(0.5)
                waited += 0.5

    async def _say(self) -> None:
        await self.rules.still()
        text = f"{self.name} says {next(_numbers)}"
        if self.is_served:
            self.rules.ledger.say(text)
        with self.rules.speaking():
            await self.visitor.say(text)

    async def _reached(self, condition: Callable[[dict], bool]) -> str:
        """Wait, however long it takes, for a state; the session it is of."""
        while not (self.visitor.state and condition(self.visitor.state)):
            await self._soon(lambda: self.visitor.state and condition(self.visitor.state))
        return self.visitor.state["session"]

    async def _soon(self, condition: Callable[[], object]) -> None:
        with contextlib.suppress(AssertionError):
            await self.visitor.until(condition, COMMAND_WITHIN)

    @property
    def is_served(self) -> bool:
        return bool(self.visitor.state) and self.visitor.state["state"] == "serving"

    def _is_over(self, session: str) -> bool:
        state = self.visitor.states.get(session)
        return state is None or state["state"] == "closed"

    async def _leave_window(self) -> None:
        """Close the window and open it again a little later."""
        await self.visitor.close()
        await self.rules.rest(AWAY)
        self.visitor.open()


class AgentLife:
    """One agent who answers in all sessions they have."""

    def __init__(self, name: str, account: str, desk: Desk, rules: Rules) -> None:
        self.name, self.account, self.desk, self.rules = name, account, desk, rules

    async def live(self) -> None:
        chats: dict[str, asyncio.Task] = {}
        try:
            while True:
                await asyncio.sleep(0.1)
                chats = {session: task for session, task in chats.items() if not task.done()}
                for session in set(self._serving()) - set(chats):
                    chats[session] = asyncio.create_task(self._serve(session))
        finally:
            for task in chats.values():
                task.cancel()
            await asyncio.gather(*chats.values(), return_exceptions=True)

    def _serving(self) -> list[str]:
        return [session for session, row in self.desk.sessions.items() if row["state"] == "serving"]

    async def _serve(self, session: str) -> None:
        left = random.randint(*SENTENCES)
        while session in self._serving():
            await self.rules.rest(AGENT_PAUSE)
            await self.rules.still()
            if session not in self._serving():
                return
            with self.rules.speaking():
                if session in self.rules.kept:
                    await self._say(session)
                elif random.random() < HANDS_ON:
                    await self._hand_on(session)
                elif left <= 0:
                    await self._order("end", session=session)
                else:
                    await self._say(session)
                    left -= 1

    async def _say(self, session: str) -> None:
        text = f"{self.name} answers {next(_numbers)}"
        self.rules.ledger.say(text)
        try:
            await self.desk.say(text, session=session)
        except Refused:
            # It has ended or was taken away meanwhile; what counts is what was acknowledged.
            self.rules.ledger.withdraw(text)

    async def _hand_on(self, session: str) -> None:
        if random.random() < TO_GROUP:
            await self._order("transfer", session=session, skillGroupId=self.rules.group_id)
        else:
            other = random.choice([one for one in self.rules.accounts if one != self.account])
            await self._order("transfer", session=session, userId=other)

    async def _order(self, op: str, **fields: object) -> None:
        """What is refused or not answered does not matter: the next look at the list tells."""
        with contextlib.suppress(TimeoutError):
            await self.desk.command(op, COMMAND_WITHIN, **fields)


class Crowd:
    """All of them, and the audit's moment of silence."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.customers: list[CustomerLife] = []
        self.agents: list[AgentLife] = []
        self._lives: list[asyncio.Task] = []

    @property
    def clients(self) -> list[Chatter]:
        return [life.visitor for life in self.customers] + [life.desk for life in self.agents]

    def begin(self) -> None:
        for life in (*self.agents, *self.customers):
            self.join(life)

    def join(self, life: CustomerLife | AgentLife) -> None:
        self._lives.append(asyncio.create_task(life.live()))

    async def hold_still(self, seconds: float) -> bool:
        """Let nobody speak and what is under way come to its end; whether it did within so long."""
        self.rules.may_talk.clear()
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self.rules.busy and loop.time() < until:
            await asyncio.sleep(0.05)
        return not self.rules.busy

    def go_on(self) -> None:
        self.rules.may_talk.set()

    def troubles(self) -> list[str]:
        """Lives that ended by an error."""
        ended = [task for task in self._lives if task.done() and not task.cancelled()]
        return [f"a client gave up: {task.exception()!r}"[:600] for task in ended]

    async def stop(self) -> None:
        """Nobody does anything any more; all sockets stay open."""
        for task in self._lives:
            task.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
