"""Which workbenches are open in this process, and its sign of life every two seconds (R-10, S-5).

The pulse runs from the server's start, also while no workbench is open here: a gap in the
pulses of all web processes is what tells an outage of ours from a slow customer.
"""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

from apps.desk import windows
from apps.routing import availability, presence
from apps.routing.models import Availability
from apps.team.models import Member
from csdesk import bridge

log = logging.getLogger(__name__)

PULSE_EVERY = 2.0


class Presence:
    """The workbenches of one web process."""

    def __init__(self) -> None:
        self.process_id = uuid4()
        self._connections: dict[UUID, Member] = {}
        self._pulse: asyncio.Task | None = None
        self._looking: asyncio.Task | None = None
        # A thread of its own: work that piles up elsewhere must not look like an outage.
        self._lane = bridge.Lane("pulse", 1, 100)

    def start(self) -> None:
        """Begin to give signs of life; once is enough."""
        if self._pulse is None or self._pulse.done():
            self._pulse = asyncio.ensure_future(self._beat())
            self._looking = asyncio.ensure_future(windows.Look().keep_looking(self._members))

    async def add(self, connection_id: UUID, member: Member) -> Availability:
        """A workbench said hello; answers the member's availability."""
        self.start()
        found = await bridge.run(
            availability.desk_connected, member, connection_id, self.process_id, member.sign_in_id
        )
        self._connections[connection_id] = member
        return found

    async def remove(self, connection_id: UUID) -> None:
        """A workbench is gone; the last one of a member starts their grace."""
        if self._connections.pop(connection_id, None) is None:
            return
        try:
            await bridge.run(availability.desk_lost, connection_id)
        except Exception as error:
            # Not renewed any more, it counts as lost all the same.
            log.warning("a lost workbench could not be noted: %s", type(error).__name__)

    async def stop(self) -> None:
        """This process ends in good order."""
        if self._pulse is None:
            return
        self._pulse.cancel()
        self._looking.cancel()
        self._pulse = None
        try:
            await self._lane.run(lambda: presence.process_ended(self.process_id))
        except Exception as error:
            log.warning("the end of this process could not be noted: %s", type(error).__name__)

    def _members(self) -> set[int]:
        return {member.pk for member in self._connections.values()}

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._lane.run(self._renew)
            except Exception as error:
                log.warning("the sign of life could not be written: %s", type(error).__name__)
            await asyncio.sleep(max(0.1, PULSE_EVERY - (loop.time() - began)))

    def _renew(self) -> None:
        for unknown in presence.pulse(self.process_id, list(self._connections)):
            member = self._connections.get(unknown)
            if member:
                availability.desk_connected(member, unknown, self.process_id, member.sign_in_id)


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, Presence] = WeakKeyDictionary()


def shared() -> Presence:
    """This process's workbenches (one per event loop)."""
    loop = asyncio.get_running_loop()
    found = _shared.get(loop)
    if found is None:
        found = _shared[loop] = Presence()
    return found


def start(loop: asyncio.AbstractEventLoop) -> None:
    """Begin the pulse of this process as soon as the loop runs."""
    loop.call_soon_threadsafe(lambda: shared().start())


async def stop() -> None:
    """End the pulse of this process, after its sockets have gone."""
    await shared().stop()
