"""Sessions that a supervisor's workbench watches live (R-13): whose frames come here, and until when.

State, group and agent are told to whoever watches; what is said is heard along with the agent, so
that a message costs no push more than without (`Ear`).

The right is asked anew with every change of the session's state, group or agent, before anything
that follows is passed on, and every few seconds besides, which also brings what a lost push did not.
"""

from __future__ import annotations

import asyncio
import json
import logging
from uuid import UUID

from django.utils.translation import gettext as _

from apps.desk import monitor, reads
from apps.desk import supervisor_frames as frames
from csdesk import bridge, hub, realtime
from csdesk.errors import WrongState

log = logging.getLogger(__name__)

EVERY = 5.0
MOST = 10
SUMMARY = '{"op":"session"'
# Of what an agent is sent, that which is said in the session.
SAID = ("message", "read", "signal")


async def do(desk, command: frames.Watch | frames.Unwatch | frames.Monitor) -> dict:
    """What a supervisor's workbench asks to be told; the fields of the result."""
    match command:
        case frames.Watch():
            await desk.watches.begin(desk.member, command.session)
        case frames.Unwatch():
            desk.watches.end(command.session)
        case frames.Monitor():
            return await monitor.board().add(desk, desk.member)
    return {}


class Ear:
    """Hears what the agent of a watched session is sent, and passes on what belongs to it."""

    # It is nobody's workbench: what is told to those is not for it.
    member = None

    def __init__(self, watch: Watch, agent_id: int) -> None:
        self.agent_id = agent_id
        self._watch = watch
        self._session = str(watch.session_id)
        self._starts = tuple(f'{{"op":"{op}"' for op in SAID)

    def deliver(self, text: str) -> None:
        # Most of what an agent is sent belongs to other sessions: those frames are not read.
        if not (text.startswith(self._starts) and self._session in text):
            return
        if json.loads(text).get("session") == self._session:
            self._watch.deliver(text)

    def deliver_personal(self, frame: dict) -> None:
        if frame["op"] in SAID and frame.get("session") == self._session:
            self._watch.deliver_personal(frame)

    async def control(self, order: dict) -> None:
        """Orders are for the agent's own sockets."""


class Watch:
    """One watched session: the hub's socket for it. Frames wait while the right to them is asked."""

    def __init__(self, watches: Watches, session_id: UUID) -> None:
        self._watches = watches
        self.session_id = session_id
        self.held: list[str | dict] = []
        self.is_held = True
        self._ear: Ear | None = None

    async def follow(self, agent_id: int | None) -> None:
        """Hear along with this agent from now on, and no more with the one before."""
        if agent_id == (self._ear and self._ear.agent_id):
            return
        self.part()
        if agent_id is not None:
            self._ear = Ear(self, agent_id)
            await hub.shared().join(realtime.member(agent_id), self._ear)

    def part(self) -> None:
        """Hear nobody any more."""
        if self._ear:
            hub.shared().leave(self._ear)
        self._ear = None

    def deliver(self, text: str) -> None:
        if self.is_held:
            self.held.append(text)
        elif text.startswith(SUMMARY):
            self.is_held = True
            self.held.append(text)
            self._watches.ask_soon(self)
        else:
            self._watches.desk.deliver(text)

    def deliver_personal(self, frame: dict) -> None:
        if self.is_held:
            self.held.append(frame)
        else:
            self._watches.desk.deliver_personal(frame)

    async def control(self, order: dict) -> None:
        """The desk itself says good-bye."""

    def release(self, number: int) -> None:
        """Pass on so many of the frames that waited."""
        passed, self.held = self.held[:number], self.held[number:]
        for frame in passed:
            if isinstance(frame, str):
                self._watches.desk.deliver(frame)
            else:
                self._watches.desk.deliver_personal(frame)


class Watches:
    """What one workbench watches."""

    def __init__(self, desk) -> None:
        self.desk = desk
        self._watches: dict[UUID, Watch] = {}
        self._tasks: set[asyncio.Task] = set()
        self._looking: asyncio.Task | None = None

    async def begin(self, member, session_id: UUID) -> None:
        """Say the session's summary, and from then on all that happens in it."""
        if session_id in self._watches:
            self.end(session_id)
        elif len(self._watches) >= MOST:
            raise WrongState(_("You watch %(most)s sessions already.") % {"most": MOST})
        watch = self._watches[session_id] = Watch(self, session_id)
        desk = self.desk
        try:
            # First the pushes, so that nothing falls between them and the summary.
            await hub.shared().join(realtime.watch(session_id), watch)
            found = await bridge.run(reads.watched, member, session_id, desk.caller.address, desk.seen)
            await watch.follow(found[0]["agent"])
        except BaseException:
            self.end(session_id)
            raise
        await self._say(found)
        self._open(watch)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._keep_looking())

    def end(self, session_id: UUID) -> None:
        """Watch it no more; nothing happens where one does not."""
        watch = self._watches.pop(session_id, None)
        if watch:
            watch.part()
            hub.shared().leave(watch)

    def end_all(self) -> None:
        """The workbench is gone."""
        for session_id in list(self._watches):
            self.end(session_id)
        for task in [*self._tasks, *([self._looking] if self._looking else [])]:
            task.cancel()

    def ask_soon(self, watch: Watch) -> None:
        """The session has changed: see whether it may still be watched, then pass on what waits."""
        task = asyncio.ensure_future(self._ask(watch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def look_again(self) -> None:
        """Ask the right to each anew, and say how it stands."""
        for watch in list(self._watches.values()):
            if not watch.is_held and (found := await self._still(watch)):
                await self._say(found)
                self._end_if_over(watch, found[0])

    async def _keep_looking(self) -> None:
        while self._watches:
            await asyncio.sleep(EVERY)
            try:
                await self.look_again()
            except Exception as error:
                log.warning("what is watched could not be looked at: %s", type(error).__name__)

    async def _ask(self, watch: Watch) -> None:
        while self._watches.get(watch.session_id) is watch:
            number = len(watch.held)
            try:
                found = await self._still(watch)
            except Exception as error:
                # Who cannot show the right sees nothing more.
                log.warning("the right to watch could not be asked: %s", type(error).__name__)
                self._stop(watch, "unavailable")
                return
            if found is None:
                return
            watch.release(number)
            if self._end_if_over(watch, found[0]):
                return
            if not any(isinstance(frame, str) and frame.startswith(SUMMARY) for frame in watch.held):
                self._open(watch)
                return

    async def _still(self, watch: Watch) -> tuple[dict, str] | None:
        """The session as it stands; None, and said so, when the member may not watch it any more."""
        member = await self.desk.right()
        found = member and await bridge.run(reads.watched_still, member, watch.session_id, lane=bridge.SLOW)
        if not found:
            self._stop(watch, "not_allowed")
        elif self._watches.get(watch.session_id) is watch:
            await watch.follow(found[0]["agent"])
        return found or None

    def _end_if_over(self, watch: Watch, summary: dict) -> bool:
        """One that has ended is passed on to its end; one's own comes by itself."""
        is_mine = self.desk.member is not None and summary["agent"] == self.desk.member.pk
        if summary["state"] != "closed" and not is_mine:
            return False
        watch.release(len(watch.held))
        self.end(watch.session_id)
        return True

    def _stop(self, watch: Watch, code: str) -> None:
        if self._watches.get(watch.session_id) is watch:
            self.end(watch.session_id)
            self.desk.say({"op": "unwatched", "session": str(watch.session_id), "code": code})

    def _open(self, watch: Watch) -> None:
        watch.is_held = False
        watch.release(len(watch.held))

    async def _say(self, found: tuple[dict, str]) -> None:
        summary, customer = found
        there = await hub.shared().present({customer})
        self.desk.note_presence(summary["session"], customer in there)
        self.desk.deliver(realtime.encode(summary))
