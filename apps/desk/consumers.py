"""The workbench's socket (D-16): understands, asks the domain, answers. Decides nothing.

Frames are read at once in the event loop; what they ask for runs one after the other, in the
order it came. The member's right is read anew for every command (X-6), and for messages at
least each second, so that a flood of typing costs no flood of queries.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from functools import partial
from uuid import UUID, uuid4

from django.db import Error as DatabaseError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.desk import access, commands, monitor, presence, protocol, queues, reads, watching
from apps.desk import supervisor_frames as supervisors
from apps.desk.limits import FrameLimit
from apps.sessions import personal, picture_addresses, writer
from apps.sessions.authors import Author, member_key
from apps.sessions.content import FILE_KINDS
from apps.sessions.posting import Post, Posted
from apps.team.models import Member
from csdesk import bridge, hub, realtime
from csdesk.clock import milliseconds
from csdesk.errors import DomainError, NotAllowed, RateLimited, Unauthorized, Unavailable
from csdesk.logging import request_id
from csdesk.sockets import FINISH_WITHIN, MOST_COMMANDS, DoorConsumer

log = logging.getLogger(__name__)

HELLO_WITHIN = 5.0
SILENCE = 45.0
# A message may be posted by a right that was read so long ago.
RIGHT_KEEPS = 1.0
NO_HELLO, NOT_SIGNED_IN, ABUSE, KICKED, SILENT = 4001, 4003, 4008, 4009, 4010
COME_BACK_MS = (1_000, 3_000)
TOO_MUCH = gettext_lazy("That was too much at once. Please wait a moment.")
TAKEN = frozenset({"op", "id", "ok", "code", "detail", "client_id", "reason"})


class DeskConsumer(DoorConsumer):
    """One tab of a member's workbench."""

    member: Member | None = None
    status: tuple[str, str] = ("", "")
    is_ready = False

    # --- The socket's life -----------------------------------------------------------------

    async def refuse(self) -> bool:
        return not access.is_own_origin(self.scope)

    async def opened(self) -> None:
        self.connection_id = uuid4()
        self.caller = access.caller_of(self.scope)
        self._log_id = uuid4().hex[:16]
        self._limit = FrameLimit()
        self._confirmed = 0.0
        self.seen: set[UUID] = set()
        self._early: list[str] = []
        self._online: dict[str, bool] = {}
        # Messages on their way into the database: what an agent says in one chat waits for no other.
        self._posting: set[asyncio.Future[Posted]] = set()
        self.watches = watching.Watches(self)
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._silence = self._loop.call_later(SILENCE, self._check_silence)
        self._patience = self._loop.call_later(HELLO_WITHIN, self.close_with, NO_HELLO)
        self._use_context()

    async def closed(self, code: int) -> None:
        self._silence.cancel()
        self._patience.cancel()
        self.watches.end_all()
        monitor.board().remove(self)
        queues.board().remove(self)
        await presence.shared().remove(self.connection_id)

    def _use_context(self) -> None:
        """The language of our words and the id in the log, for all that begins here."""
        translation.activate(self.caller.language)
        request_id.set(self._log_id)

    def _check_silence(self) -> None:
        silent_for = self._loop.time() - self._heard
        if silent_for >= SILENCE:
            self.close_with(SILENT)
        else:
            self._silence = self._loop.call_later(SILENCE - silent_for, self._check_silence)

    # --- What comes in ---------------------------------------------------------------------

    def received(self, text: str | None) -> None:
        self._heard = self._loop.time()
        allowed = self._limit.allows()
        try:
            command = protocol.parse(text)
        except DomainError as error:
            self._turn_down(error, protocol.reply_to(error))
            return
        if not allowed:
            self._turn_down(RateLimited(TOO_MUCH), command.reply)
        elif self.member is None and not isinstance(command, protocol.Hello):
            self._turn_down(Unauthorized(_("Say hello first.")), command.reply)
        elif not self.later(partial(self._do, command)):
            self._turn_down(RateLimited(TOO_MUCH), command.reply)

    def _turn_down(self, error: DomainError, reply: protocol.Reply) -> None:
        """Refuse a frame that makes no sense or is one too many; too many of them are abuse (V-6)."""
        if self._limit.refused():
            self.bye("abuse", ABUSE, retry_ms=60_000)
        else:
            self._refused(error, reply)

    async def _do(self, command: protocol.Command) -> None:
        try:
            await self._answer(command)
        except Exception as error:
            self._went_wrong(command, error)

    def _went_wrong(self, command: protocol.Command, error: BaseException) -> None:
        if isinstance(error, DomainError):
            self._failed(command, error)
            return
        told = {"session_id": getattr(command, "session", None)}
        if isinstance(error, DatabaseError):
            log.warning("%s: the database does not answer: %s", command.op, type(error).__name__, extra=told)
        else:
            log.error("%s failed", command.op, exc_info=error, extra=told)
        self._failed(command, Unavailable(_("That did not work just now. Please try again.")))

    def _failed(self, command: protocol.Command, error: DomainError) -> None:
        self._refused(error, command.reply)
        if isinstance(command, protocol.Hello):
            self._come_back()

    def _come_back(self) -> None:
        """Half a desk is none: the client comes back in a moment and begins anew."""
        self.bye("unavailable", hub.RESTART_CODE, retry_ms=random.randint(*COME_BACK_MS))  # noqa: S311

    async def _answer(self, command: protocol.Command) -> None:
        if not isinstance(command, protocol.Send) or command.kind in FILE_KINDS:
            await self._all_posted()
        match command:
            case protocol.Hello():
                await self._hello(command)
            case protocol.Ping():
                # Who only listens is asked too: a sign-in ends after 12 h.
                if await self.right(RIGHT_KEEPS):
                    self.say(await bridge.run(reads.pong, self.member.pk))
            case protocol.Send():
                await self._send(command)
            case protocol.Sync():
                await self._pages(reads.sync, command)
            case protocol.History():
                await self._pages(reads.history, command)
            case supervisors.Watch() | supervisors.Unwatch() | supervisors.Monitor():
                if await self.right():
                    self._done(command, await watching.do(self, command))
            case _:
                keeps = 0.0 if command.needs_id else RIGHT_KEEPS
                member = await self.right(keeps)
                if member:
                    address = self.caller.address
                    self._done(command, await bridge.run(commands.run, member, command, address))

    def _done(self, command: protocol.Command, fields: dict) -> None:
        if isinstance(command, protocol.SetStatus):
            self.status = (fields["status"], fields["restReason"])
        if command.id:
            self.say({"op": "result", "id": command.id, "ok": True, **fields})

    def _refused(self, error: DomainError, reply: protocol.Reply) -> None:
        """A refusal finds back to what it refuses: `result` to a command, `error` to the rest."""
        said = {"code": error.code, "detail": error.detail}
        extra = {name: value for name, value in error.extra.items() if name not in TAKEN}
        if reply.client_id:
            said["client_id"] = reply.client_id
        if reply.id and reply.op != protocol.Send.op:
            self.say({"op": "result", "id": reply.id, "ok": False, **said, **extra})
        else:
            self.say({"op": "error", **said, **extra})

    # --- Who is it ---------------------------------------------------------------------------

    async def right(self, keeps: float = 0.0) -> Member | None:
        """The member, read anew unless that was done within `keeps` seconds; None: they are out."""
        if self._leaving:
            return None
        if self._loop.time() - self._confirmed > keeps:
            try:
                self.member = await bridge.run(access.member_of, self.caller)
            except (Unauthorized, NotAllowed) as error:
                self.kick(error.extra.get("reason", access.SIGNED_OUT))
                return None
            self._confirmed = self._loop.time()
        return self.member

    def kick(self, reason: str) -> None:
        """Say why the workbench ends here, and close."""
        if not self._leaving:
            self.say({"op": "kicked", "reason": reason})
            self.close_with(KICKED)

    async def _hello(self, command: protocol.Hello) -> None:
        if self.member is None:
            self._patience.cancel()
            try:
                member = await bridge.run(access.member_of, self.caller)
            except (Unauthorized, NotAllowed) as error:
                self._refused(error, command.reply)
                self.close_with(NOT_SIGNED_IN)
                return
            await self._enter(member, is_quiet=command.quiet)
        elif not await self.right():
            return
        frame, customers = await bridge.run(reads.ready, self.member, command.last)
        there = await hub.shared().present(set(customers.values()))
        self._online = {session: customer in there for session, customer in customers.items()}
        for summary in frame["sessions"]:
            self._add_presence(summary)
        self.status = (frame["status"], frame["restReason"])
        self.say(personal.for_reader(frame, member_key(self.member.pk)))
        self._become_ready()
        await queues.board().add(self, frame["queues"])
        self._done(command, {})

    async def _enter(self, member: Member, *, is_quiet: bool) -> None:
        """Take the place at the desk: first the pushes, so that nothing falls between them and `ready`."""
        recipient = realtime.member(member.pk)
        await hub.shared().join(recipient, self)
        try:
            if not is_quiet:
                await presence.shared().add(self.connection_id, member)
        except BaseException:
            hub.shared().leave(self, recipient)
            raise
        self.member = member
        self._confirmed = self._loop.time()

    def _become_ready(self) -> None:
        self.is_ready = True
        early, self._early = self._early, []
        for text in early:
            self.say_text(text)

    # --- Messages and what one reads ---------------------------------------------------------

    async def _send(self, command: protocol.Send) -> None:
        member = await self.right(RIGHT_KEEPS)
        if member is None:
            return
        one = Post(command.session, Author.agent(member), command.kind, command.body, command.client_id)
        if one.kind in FILE_KINDS:
            self._acknowledge(command, await writer.shared().post(one))
            return
        if len(self._posting) >= MOST_COMMANDS:
            await asyncio.wait(self._posting, return_when=asyncio.FIRST_COMPLETED)
        answer = writer.shared().accept(one)
        self._posting.add(answer)
        answer.add_done_callback(partial(self._posted, command))

    def _posted(self, command: protocol.Send, answer: asyncio.Future[Posted]) -> None:
        self._posting.discard(answer)
        if error := answer.exception():
            self._went_wrong(command, error)
        else:
            self._acknowledge(command, answer.result())

    async def _all_posted(self) -> None:
        if self._posting:
            await asyncio.wait(self._posting)

    async def _finish(self) -> None:
        until = self._loop.time() + FINISH_WITHIN
        await super()._finish()
        if self._posting:
            await asyncio.wait(self._posting, timeout=max(0.0, until - self._loop.time()))

    def _acknowledge(self, command: protocol.Send, posted: Posted) -> None:
        self.say(
            {
                "op": "ack",
                "client_id": str(command.client_id),
                "id": posted.address,
                "session": str(posted.session_id),
                "seq": posted.seq,
                "rev": posted.rev,
                "time": milliseconds(posted.at),
            }
        )

    async def _pages(self, read, command: protocol.Sync | protocol.History) -> None:
        member = await self.right(RIGHT_KEEPS)
        if member is None:
            return
        for frame in await bridge.run(
            read, member, command, self.caller.address, self.seen, lane=bridge.SLOW
        ):
            if frame["op"] == "session":
                self._add_presence(frame)
            self.say(frame)
        self._done(command, {})

    # --- What the hub brings -------------------------------------------------------------------

    def deliver(self, text: str) -> None:
        if text.startswith('{"op":"session"'):
            frame = json.loads(text)
            self._add_presence(frame)
            text = realtime.encode(frame)
        elif text.startswith('{"op":"statusChanged"'):
            frame = json.loads(text)
            self.status = (frame["status"], frame.get("restReason", ""))
        self._pass_on(text)

    def deliver_personal(self, frame: dict) -> None:
        if self.member:
            self._pass_on(realtime.encode(personal.for_reader(frame, member_key(self.member.pk))))

    def _pass_on(self, text: str) -> None:
        if self.is_ready:
            self.say_text(text)
        else:
            self._early.append(text)

    def shows_online(self, session: str) -> bool | None:
        """Whether the customer's window is open, as this workbench was told last."""
        return self._online.get(session)

    def note_presence(self, session: str, is_online: bool) -> None:
        """What the summaries of this session say of its customer's window from now on."""
        self._online[session] = is_online

    def _add_presence(self, summary: dict) -> None:
        """Whether the customer's window is open (S-9), which not every summary says; and their picture."""
        customer, session = summary["customer"], summary["session"]
        if customer["avatar"] and self.member:
            customer |= picture_addresses.of_person(customer, member_key(self.member.pk), session)
        if "online" in customer:
            self._online[session] = customer["online"]
        elif session in self._online:
            customer["online"] = self._online[session]

    async def control(self, order: dict) -> None:
        if order["op"] == "groups":
            await self._regroup()
        elif order["op"] != "kicked":
            await super().control(order)
        elif self.member and order.get("except") != str(self.member.sign_in_id):
            await self.check_right(order.get("reason", access.SIGNED_OUT))

    async def _regroup(self) -> None:
        """The member stands in other groups now: from here on their queues are shown."""
        if self.member is None or not self.is_ready:
            return
        shown = await bridge.run(reads.queues_of, self.member, lane=bridge.SLOW)
        await queues.board().add(self, shown)
        self.say({"op": "queue", "groups": shown})
        await self.watches.look_again()

    async def check_right(self, reason: str) -> None:
        """Something has happened to the sign-in: see whether this socket is still the member's place."""
        try:
            await self.right()
        except Exception:
            # Who was told to go and cannot show the right to stay goes.
            self.kick(reason)


async def refresh(desks: list[DeskConsumer]) -> None:
    """While Redis is away and once it is back: what the pushes would have said, from the database."""
    there = [desk for desk in desks if desk.member and desk.is_ready]
    if not there:
        return
    facts = await bridge.run(reads.where_things_stand, {desk.member.pk for desk in there}, lane=bridge.SLOW)
    for desk in there:
        fact = facts.get(desk.member.pk)
        if fact is None or fact.sign_in_id != desk.member.sign_in_id or not fact.may_work:
            await desk.check_right(access.SIGNED_OUT)
            continue
        if fact.status != desk.status:
            desk.status = fact.status
            status, reason = fact.status
            desk.say({"op": "statusChanged", "status": status, "restReason": reason})
        desk.say({"op": "pong", "sessions": fact.revs})


hub.refresh_with("member", refresh)
