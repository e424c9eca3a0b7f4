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

# Seconds, on a machine that has time for us; `Tempo.patience` stretches them.
ACT_WITHIN = 100
BACK_WITHIN = 30
QUIET_WITHIN = 30
FIRES_WITHIN = 10
MOVES_WITHIN = 8
COMES_IN_WITHIN = 5
# Messages must come within a second again; until they come as fast as usual we wait no longer than this.
FAST_ENOUGH = 0.5
USUAL_WITHIN = 12
# Deadlines fall so long after the act's begin. An outage is known to be one after 5 s; until then they fire.
DUE_AFTER = {Deadlines.FIRE: 1.0, Deadlines.MOVE: 6.5}
# An act begins when it is broken, and a process dies a little later.
MEASURED = 1.0


@dataclass(frozen=True)
class Tempo:
    """Seconds of undisturbed talk before each act, which says what is usual, and after it."""

    before: float
    after: float
    # How much longer than on a machine without other work everything may take.
    patience: float = 1.0


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
        async with asyncio.timeout(ACT_WITHIN * tempo.patience):
            await _play(stage, act, tempo, result)
    except TimeoutError:
        result.faults.append(f"the act did not end within {ACT_WITHIN * tempo.patience:.0f} s")
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
    async with act.breaking(stage):
        broken = time.monotonic()
        if act.chats_go_on:
            result.faults += await _goes_on(stage, broken, COMES_IN_WITHIN * tempo.patience)
        await asyncio.sleep(broken + act.seconds - time.monotonic())
        mended = time.monotonic()
    result.broken = mended - broken
    await _until_back(stage, mended if act.seconds else began, tempo, result)
    result.messages = ledger.messages_since(began)
    if standing:
        await _look_at_deadlines(act, standing, mended, tempo, result)
    await asyncio.sleep(tempo.after)
    quiet = QUIET_WITHIN * tempo.patience
    if not await stage.crowd.hold_still(quiet):
        result.faults.append(f"what was under way did not end within {quiet:.0f} s")
    result.resent, result.refused = (b - a for a, b in zip(counts, _counts(stage), strict=True))
    result.faults += _dead(stage)
    result.faults += await stage.faults(tempo.patience)
    if standing:
        await database(bystanders.clear, stage.people, standing)
    ledger.forget(time.monotonic())


async def _goes_on(stage: Stage, since: float, seconds: float) -> list[str]:
    """Faults: somebody new could not come in and speak, or nobody's words were acknowledged."""
    try:
        async with asyncio.timeout(seconds):
            await stage.newcomer()
    except TimeoutError:
        return [f"nobody new could come in within {seconds:.0f} s"]
    return [] if stage.ledger.messages_since(since) else ["chats must go on meanwhile"]


async def _until_back(stage: Stage, since: float, tempo: Tempo, result: Result) -> None:
    """Wait until messages arrive as fast as before; that they arrive within a second is a must."""
    ledger, within = stage.ledger, BACK_WITHIN * tempo.patience
    is_back = False
    while result.recovered is None:
        await asyncio.sleep(0.25)
        now = time.monotonic()
        is_back = is_back or ledger.recovery(since, FAST_ENOUGH, now) is not None
        result.recovered = ledger.recovery(since, result.usual or FAST_ENOUGH, now)
        if now - since > (USUAL_WITHIN if is_back else within):
            break
    result.first_ack = ledger.first_ack(since)
    result.first_delivery = ledger.first_delivery(since)
    if not is_back and result.recovered is None:
        result.faults.append(f"messages are not fast again within {within:.0f} s")


async def _look_at_deadlines(
    act: Act, standing: bystanders.Bystanders, mended: float, tempo: Tempo, result: Result
) -> None:
    """Those that fell into the act have fired soon after it, or have been moved by its length (S-5)."""
    if act.deadlines == Deadlines.MOVE:
        look, within = partial(standing.not_moved, result.broken), MOVES_WITHIN * tempo.patience
    else:
        look, within = standing.not_fired, FIRES_WITHIN * tempo.patience
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
