"""The monitor of supervisors (D-11): each open one is told what has changed, within two seconds.

One look per member and process, however many tabs; nothing is said while nothing happens, for
rows hold moments and not durations. It needs no push: Redis may be away.
"""

from __future__ import annotations

import asyncio
import logging
from weakref import WeakKeyDictionary

from apps.routing import supervising
from apps.team.models import Member
from csdesk import bridge

log = logging.getLogger(__name__)

EVERY = 2.0
KEYS = {"agents": "id", "sessions": "session"}


class Monitors:
    """The monitors that are open in this process."""

    def __init__(self) -> None:
        self._shown: dict[object, dict] = {}
        self._looking: asyncio.Task | None = None

    async def add(self, desk, member: Member) -> dict:
        """The whole of it for the result; changes follow as `monitor` frames."""
        if not supervising.may_monitor(member):
            raise supervising.only_supervisors()
        overview = await bridge.run(supervising.overview, member, lane=bridge.SLOW)
        self._shown[desk] = overview
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._keep_looking())
        return overview

    def remove(self, desk) -> None:
        self._shown.pop(desk, None)

    async def _keep_looking(self) -> None:
        while self._shown:
            await asyncio.sleep(EVERY)
            try:
                await self.look()
            except Exception as error:
                log.warning("the monitors could not be looked after: %s", type(error).__name__)

    async def look(self) -> None:
        """Say to each what is different from what it shows."""
        found: dict[int, dict] = {}
        for desk in list(self._shown):
            member = await desk.right()
            if member is None or not supervising.may_monitor(member):
                self.remove(desk)
                continue
            if member.pk not in found:
                found[member.pk] = await bridge.run(supervising.overview, member, lane=bridge.SLOW)
            self._tell(desk, found[member.pk])

    def _tell(self, desk, now: dict) -> None:
        before = self._shown.get(desk)
        if before is None or before == now:
            return
        self._shown[desk] = now
        desk.say({"op": "monitor", **changes(before, now)})


def changes(before: dict, now: dict) -> dict:
    """Rows that are new or different, ids of those that are gone, and the counts."""
    told: dict = {"counts": now["counts"], "gone": {}}
    for kind, key in KEYS.items():
        known = {row[key]: row for row in before[kind]}
        told[kind] = [row for row in now[kind] if known.get(row[key]) != row]
        told["gone"][kind] = list(known.keys() - {row[key] for row in now[kind]})
    return told


_boards: WeakKeyDictionary[asyncio.AbstractEventLoop, Monitors] = WeakKeyDictionary()


def board() -> Monitors:
    """This process's monitors (one board per event loop)."""
    loop = asyncio.get_running_loop()
    found = _boards.get(loop)
    if found is None:
        found = _boards[loop] = Monitors()
    return found
