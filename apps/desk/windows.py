"""Whether customers' windows are still open: a look every few seconds (S-9).

A window that opens or closes is told by its own process. One that was killed tells nothing, nor
does anybody while Redis is away; this look finds what differs from what a workbench shows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Set

from apps.desk import reads
from csdesk import bridge, hub, realtime

log = logging.getLogger(__name__)

EVERY = 5.0


class Look:
    """The looks of one web process at the customers of its workbenches."""

    def __init__(self) -> None:
        # Not there at the last look: a reload, or a process that is just coming back.
        self._doubted: set[str] = set()

    async def keep_looking(self, members: Callable[[], Set[int]]) -> None:
        """Look again and again, for the members whose workbenches are open here at that moment."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.at(members())
            except Exception as error:
                log.warning("customers' windows could not be looked at: %s", type(error).__name__)

    async def at(self, members: Set[int]) -> None:
        """Tell these members' workbenches here which windows have opened, or have been gone for two looks."""
        doubted, self._doubted = self._doubted, set()
        around = hub.shared()
        if not members or not around.connected:
            return
        in_hands = await bridge.run(reads.in_hands, members, lane=bridge.SLOW)
        there = await around.present({customer for _member, _session, customer in in_hands})
        if not around.connected:
            return
        for member, session, customer in in_hands:
            online = customer in there
            wrong = [
                desk
                for desk in around.sockets(realtime.member(member))
                # Who only listens along with the member shows nothing.
                if desk.member and desk.shows_online(session) is not online
            ]
            if not wrong:
                continue
            if online or session in doubted:
                await self._tell(session, online, wrong)
            else:
                self._doubted.add(session)

    async def _tell(self, session: str, online: bool, desks: list) -> None:
        frame = await bridge.run(reads.summary_with, session, online, lane=bridge.SLOW)
        for desk in desks:
            if frame:
                desk.deliver(realtime.encode(frame))
