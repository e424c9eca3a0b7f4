"""Queue counts to the workbenches: each sees those of its groups, when they change, at most once a second."""

from __future__ import annotations

import asyncio
import json
from weakref import WeakKeyDictionary

from apps.routing import queries
from csdesk import bridge, hub, realtime

EVERY = 1.0


class Board:
    """Listens once for all workbenches of this process and hands each its own part."""

    def __init__(self) -> None:
        self._shown: dict[object, tuple[set, list[dict] | None]] = {}
        self._groups: list[dict] = []
        self._due: asyncio.TimerHandle | None = None
        self._last = 0.0

    async def add(self, desk, shown: list[dict]) -> None:
        """Keep a desk up to date from what its `ready` has shown on."""
        self._shown[desk] = ({group["id"] for group in shown}, shown)
        await hub.shared().join(realtime.desks(), self)

    def remove(self, desk) -> None:
        if self._shown.pop(desk, None) and not self._shown:
            hub.shared().leave(self)

    # --- What the hub asks of a socket ---

    def deliver(self, text: str) -> None:
        frame = json.loads(text)
        if frame["op"] == "queue":
            self.changed(frame["groups"])

    def deliver_personal(self, frame: dict) -> None:
        """Nothing personal is sent to all desks."""

    async def control(self, order: dict) -> None:
        """The desks themselves say good-bye."""

    # --- Inside ---

    def changed(self, groups: list[dict]) -> None:
        """New counts: shown at once after a quiet second, else when the second is over."""
        self._groups = groups
        if self._due is None:
            loop = asyncio.get_running_loop()
            self._due = loop.call_at(max(loop.time(), self._last + EVERY), self._show)

    def _show(self) -> None:
        self._due = None
        self._last = asyncio.get_running_loop().time()
        for desk, (ids, before) in self._shown.items():
            now = [group for group in self._groups if group["id"] in ids]
            if now != before:
                self._shown[desk] = (ids, now)
                desk.say({"op": "queue", "groups": now})


async def refresh(boards: list[Board]) -> None:
    """Without Redis, and after it is back: the counts from the database."""
    groups = await bridge.run(queries.queue_counts, lane=bridge.SLOW)
    for one in boards:
        one.changed(groups)


hub.refresh_with("desks", refresh)

_boards: WeakKeyDictionary[asyncio.AbstractEventLoop, Board] = WeakKeyDictionary()


def board() -> Board:
    """This process's board (one per event loop)."""
    loop = asyncio.get_running_loop()
    found = _boards.get(loop)
    if found is None:
        found = _boards[loop] = Board()
    return found
