"""One act after the other: talk, break, mend, wait until it is as before, then look at the history."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial

from drill import bystanders
from drill.acts import Act, Deadlines
from drill.database import database
from drill.stage import Stage

# Seconds.
ACT_WITHIN = 100
BACK_WITHIN = 40
QUIET_WITHIN = 30
FIRES_WITHIN = 10
MOVES_WITHIN = 8
# Deadlines fall so long after the act's begin. An outage is known to be one after 5 s; until then they fire.
DUE_AFTER = {Deadlines.FIRE: 1.0, Deadlines.MOVE: 5.7}
# An act begins when it is broken, and a process dies a little later.
MEASURED = 1.0


@dataclass(frozen=True)
class Tempo:
    """Seconds of undisturbed talk before each act, which says what is usual, and after it."""

    before: float
    after: float


@dataclass
class Result:
    """One line of the report; times in seconds from the moment the mending began."""

    name: str
    broken: float = 0.0
    messages: int = 0
    resent: int = 0
    refused: int = 0
    usual: float | None = None
    first_ack: float | None = None
    first_delivery: float | None = None
    recovered: float | None = None
    took: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def survived(self) -> bool:
        return not self.faults


async def play(stage: Stage, act: Act, tempo: Tempo) -> Result:
    """Play one act; whatever goes wrong is among its faults."""
    result = Result(act.name)
    began = time.monotonic()
    try:
        async with asyncio.timeout(ACT_WITHIN):
            await _play(stage, act, tempo, result)
    except TimeoutError:
        result.faults.append(f"the act did not end within {ACT_WITHIN} s")
    except Exception as error:
        result.faults.append(f"the act could not be played: {error!r}"[:800])
    result.took = time.monotonic() - began
    return result


async def _play(stage: Stage, act: Act, tempo: Tempo, result: Result) -> None:
    ledger = stage.ledger
    stage.crowd.go_on()
    before = time.monotonic()
    await asyncio.sleep(tempo.before)
    result.usual = ledger.typical(before, time.monotonic() - MEASURED / 2)
    counts = _counts(stage)
    standing = None
    if act.deadlines != Deadlines.NONE:
        standing = await database(bystanders.place, stage.people, DUE_AFTER[act.deadlines])
    began = time.monotonic()
    newcomer = None
    async with act.breaking(stage):
        broken = time.monotonic()
        if act.chats_go_on:
            newcomer = asyncio.create_task(stage.newcomer())
        await asyncio.sleep(act.seconds)
        if newcomer and not newcomer.done():
            result.faults.append("nobody new could come in meanwhile")
        if newcomer and ledger.messages_since(broken) == 0:
            result.faults.append("chats must go on meanwhile")
        mended = time.monotonic()
    result.broken = mended - broken
    if newcomer:
        await newcomer
    await _until_back(stage, mended if act.seconds else began, result)
    result.messages = ledger.messages_since(began)
    if standing:
        await _look_at_deadlines(stage, act, standing, mended, result)
    await asyncio.sleep(tempo.after)
    if not await stage.crowd.hold_still(QUIET_WITHIN):
        result.faults.append(f"what was under way did not end within {QUIET_WITHIN} s")
    result.resent, result.refused = (b - a for a, b in zip(counts, _counts(stage), strict=True))
    result.faults += _dead(stage)
    result.faults += await stage.faults()
    if standing:
        await database(bystanders.clear, stage.people, standing)
    ledger.forget(time.monotonic())


async def _until_back(stage: Stage, since: float, result: Result) -> None:
    """Wait until messages arrive as fast as before."""
    until = time.monotonic() + BACK_WITHIN
    while result.recovered is None and time.monotonic() < until:
        await asyncio.sleep(0.25)
        result.recovered = stage.ledger.recovery(since, result.usual or 0.1, time.monotonic())
    result.first_ack = stage.ledger.first_ack(since)
    result.first_delivery = stage.ledger.first_delivery(since)
    if result.recovered is None:
        result.faults.append(f"messages are not as fast as before within {BACK_WITHIN} s")


async def _look_at_deadlines(
    stage: Stage, act: Act, standing: bystanders.Bystanders, mended: float, result: Result
) -> None:
    """Those that fell into the act have fired soon after it, or have been moved by its length (S-5)."""
    if act.deadlines == Deadlines.MOVE:
        look, within = partial(standing.not_moved, result.broken), MOVES_WITHIN
    else:
        look, within = standing.not_fired, FIRES_WITHIN
    # Since it was mended, or since it is back where that takes longer.
    until = max(mended + within, time.monotonic() + within / 2)
    while left := await database(look):
        if time.monotonic() > until:
            result.faults += left
            return
        await asyncio.sleep(0.2)


def _counts(stage: Stage) -> tuple[int, int]:
    clients = stage.crowd.clients
    return sum(c.counts.resent for c in clients), sum(c.counts.refused for c in clients)


def _dead(stage: Stage) -> list[str]:
    """What has ended by itself: nobody starts it again here, as nobody killed it."""
    names = [name for name in stage.stack.things if not stage.stack.is_running(name)]
    return [f"{name} has ended:\n{stage.stack.log(name, 15)}" for name in names]
