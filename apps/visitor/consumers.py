"""The customer's socket (`/ws/visitor/`): parse, limit, ask the domain, answer (visitor.md)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID, uuid4

from django.db import Error as DatabaseError
from django.utils import translation
from django.utils.translation import gettext as _

from apps.routing import flow
from apps.sessions import frames, personal
from apps.sessions.customers import Origin
from apps.sessions.models import Channel
from apps.visitor import (
    acts,
    channels,
    commands,
    handshakes,
    languages,
    limits,
    news,
    origins,
    pre_chat,
    presence,
    protocol,
)
from csdesk import bridge, clock, hub, realtime
from csdesk import logging as log_context
from csdesk.errors import DomainError, Invalid, NotAllowed, NotFound, RateLimited, Unauthorized, Unavailable
from csdesk.sockets import DoorConsumer

log = logging.getLogger(__name__)

# Seconds.
HELLO_WITHIN = 5.0
SILENCE_ENDS = 45.0
TYPING_EVERY = 1.0
ABUSE_WAIT_MS = 60_000
TROUBLE_WAIT_MS = 2_000
_STATE_BEGINS = '{"op":"state"'


class VisitorConsumer(DoorConsumer):
    """One window of one customer."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.channel: Channel | None = None
        self.visitor: commands.Visitor | None = None
        self.recipient = self.language = self._spoken = ""
        self.told_revs: dict[str, int] | None = None
        self._trouble = ""
        # Frames that came between joining and `ready`; None when they go straight out.
        self._held: list[str] | None = None
        self._frames = limits.frames()
        self._patience = limits.patience()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._heard = self._typed = 0.0
        self._pong: asyncio.Task | None = None

    # --- Coming and going ----------------------------------------------------------------------

    async def refuse(self) -> bool:
        log_context.request_id.set(uuid4().hex[:12])
        shake = handshakes.read(self.scope)
        self.language = languages.chosen("", shake.languages)
        self._speak()
        self._browser, self._origin = shake.browser, origins.normal(shake.origin)
        try:
            self.channel = await bridge.run(channels.find, shake.channel)
        except (NotFound, Invalid):
            self._trouble = "not_found"
        except (DomainError, DatabaseError):
            self._trouble = "unavailable"
        return not shake.may_use(self.channel)

    async def opened(self) -> None:
        if self._trouble == "not_found":
            with translation.override(self.language):
                self.bye("not_found", protocol.NO_CHANNEL, detail=_("There is no such channel."))
        elif self._trouble:
            self.bye("unavailable", hub.RESTART_CODE, retry_ms=TROUBLE_WAIT_MS)
        else:
            self._heard = self._now()
            self._expect_hello()
            self._check_silence()

    async def closed(self, code: int) -> None:
        for timer in self._timers.values():
            timer.cancel()
        if self._pong:
            self._pong.cancel()
        if self.visitor:
            presence.left(self.recipient, self.visitor.session_id)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _after(self, name: str, seconds: float, act: Callable[[], None]) -> None:
        self._stop(name)
        self._timers[name] = asyncio.get_running_loop().call_later(seconds, act)

    def _stop(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer:
            timer.cancel()

    def _expect_hello(self) -> None:
        self._after("hello", HELLO_WITHIN, lambda: self.bye("hello_missing", protocol.HELLO_MISSING))

    def _check_silence(self) -> None:
        left = self._heard + SILENCE_ENDS - self._now()
        if left <= 0:
            self.bye("silence", protocol.SILENCE)
        else:
            self._after("silence", left, self._check_silence)

    # --- Frames from the client ----------------------------------------------------------------

    def _speak(self) -> None:
        """Our words in the customer's language, for this and what begins here (not anew for each frame)."""
        if self._spoken != self.language:
            translation.activate(self.language)
            self._spoken = self.language

    def received(self, text: str | None) -> None:
        self._heard = self._now()
        self._speak()
        raw: dict = {}
        try:
            # The limit first: a flood must not cost parsing. Its size bounds what is parsed for the id.
            if not self._frames.take():
                raw = self._glance(text)
                raise RateLimited(_("Too many frames. Please slow down."))
            raw = protocol.decode(text)
            self._take(protocol.parse(raw), raw)
        except RateLimited as error:
            if self._patience.take():
                self._refuse_frame(error, raw)
            else:
                self.bye("abuse", protocol.ABUSE, retry_ms=ABUSE_WAIT_MS)
        except DomainError as error:
            self._refuse_frame(error, raw)

    def _glance(self, text: str | None) -> dict:
        """The frame's `client_id`, so that a refused message can be sent again; of small frames only."""
        try:
            return protocol.decode(text) if text and len(text) < 8_192 else {}
        except DomainError:
            return {}

    def _refuse_frame(self, error: DomainError, raw: dict) -> None:
        self.say(protocol.error_frame(error, protocol.client_id_of(raw)))

    def _take(self, frame: protocol.Frame, raw: dict) -> None:
        if isinstance(frame, protocol.Ping):
            self._answer_ping()
            return
        if isinstance(frame, protocol.Hello):
            self._stop("hello")
        if isinstance(frame, protocol.Typing):
            # More often tells nobody more.
            if self._now() - self._typed < TYPING_EVERY:
                return
            self._typed = self._now()
        if not self.later(partial(self._run, frame, raw)):
            raise RateLimited(_("Too many frames. Please slow down."))

    async def _run(self, frame: protocol.Frame, raw: dict) -> None:
        """Carry out one command; whatever goes wrong is an `error` frame, and the socket lives on."""
        try:
            if self.visitor is None and not isinstance(frame, protocol.Hello):
                raise Unauthorized(_("Say hello first."))
            if await self._is_channel_open():
                await self._commands_by_frame[type(frame)](self, frame)
        except pre_chat.NotAnswered as error:
            # Its window may have been opened before there was a form.
            self.say(pre_chat.form_frame(error.extra["form"]))
            self._refuse_frame(error, raw)
        except DomainError as error:
            self._refuse_frame(error, raw)
        except DatabaseError as error:
            log.warning("database: %s", type(error).__name__)
            self._in_trouble(frame, raw)
        except Exception:
            chat = self.visitor.session_id if self.visitor else None
            log.exception("frame %s failed", type(frame).__name__, extra={"session_id": chat})
            self._in_trouble(frame, raw)
        finally:
            if self.visitor is None and not self._leaving:
                self._expect_hello()

    async def _is_channel_open(self) -> bool:
        """Whether the channel is still served, read once a second in this process; else good-bye (M-2)."""
        if channels.is_known_open(self.channel.key):
            return True
        try:
            await bridge.run(channels.find, self.channel.key)
        except NotFound:
            self.bye("not_found", protocol.NO_CHANNEL, detail=_("There is no such channel."))
            return False
        return True

    def _in_trouble(self, frame: protocol.Frame, raw: dict) -> None:
        """It is not the client's fault: they may send it again, or come back when it was their hello."""
        self._refuse_frame(Unavailable(_("Something is wrong here. Please try again.")), raw)
        if isinstance(frame, protocol.Hello):
            self.bye("unavailable", hub.RESTART_CODE, retry_ms=TROUBLE_WAIT_MS)

    # --- Commands ------------------------------------------------------------------------------

    async def _hello(self, frame: protocol.Hello) -> None:
        if frame.language:
            self.language = languages.chosen(frame.language)
            translation.activate(self.language)
        visitor = await bridge.run(commands.identify, frame.token, self.channel, self._origin_of(frame))
        if self.visitor and self.visitor.id != visitor.id:
            raise NotAllowed(_("This connection is somebody else's. Open another."))
        if not self._origin and not visitor.token.user_id:
            raise NotAllowed(_("Without a signed user, only pages of allowed sites may connect."))
        self._held = []
        try:
            self.recipient = realtime.customer(visitor.id, visitor.channel.pk)
            await hub.shared().join(self.recipient, self)
            sessions, state = await bridge.run(commands.standing, visitor, frame.last)
            about = await bridge.run(commands.about, visitor)
            self.visitor = visitor
            self._leave_when_the_signature_ends()
            self._say_own(protocol.ready_frame(sessions, visitor.customer, visitor.token, about))
            if state:
                self._say_own(state)
        finally:
            held, self._held = self._held, None
            if self.visitor:
                for text in held:
                    self.say_text(text)
            else:
                hub.shared().leave(self, self.recipient)
                self.recipient = ""
        presence.came(visitor.session_id)

    def _leave_when_the_signature_ends(self) -> None:
        """A known user's socket lives no longer than their signature (X-3); another hello moves the end."""
        until = self.visitor.token.signed_until
        if until:
            self._after("signature", max(0.0, (until - clock.now()).total_seconds()), self._sign_out)

    def _sign_out(self) -> None:
        """This visitor is over: another has become them, or they have signed out or must sign anew."""
        self.bye("signed_out", protocol.SIGNED_OUT)

    def _origin_of(self, frame: protocol.Hello) -> Origin:
        return Origin(
            language=self.language,
            address=(self.scope.get("client") or [None])[0] or None,
            browser=self._browser,
            page=frame.page or self._origin,
            referrer=frame.referrer,
        )

    async def _send(self, frame: protocol.Send) -> None:
        visitor = self.visitor
        posted = None
        if visitor.customer is None or visitor.session_id is None or not visitor.is_engaged:
            posted = await bridge.run(commands.come_in, visitor, frame.client_id)
        if posted is None:
            posted = await flow.on_customer_message(
                visitor.customer,
                visitor.channel,
                frame.kind,
                frame.body,
                client_id=frame.client_id,
                session_id=visitor.session_id,
                language=self.language,
                page=visitor.origin.page,
            )
            if not posted.duplicate:
                visitor.session_id, visitor.is_engaged = posted.session_id, True
        self.say(protocol.ack_frame(frame.client_id, posted))

    async def _trigger(self, frame: protocol.Trigger) -> None:
        for answer in await bridge.run(commands.trigger, self.visitor, frame.page):
            self.say(answer)

    async def _act(self, frame: protocol.Frame) -> None:
        """A command that has no answer of its own."""
        await bridge.run(acts.ACTS[type(frame)], self.visitor, frame)

    async def _catch_up(self, frame: protocol.Sync) -> None:
        page, synced, state = await bridge.run(
            commands.sync, self.visitor, frame.session, frame.rev, lane=bridge.SLOW
        )
        self._say_messages(page)
        self.say(synced)
        if state:
            self._say_own(state)

    async def _history(self, frame: protocol.History) -> None:
        page, end = await bridge.run(
            commands.history, self.visitor, frame.before, frame.limit, lane=bridge.SLOW
        )
        self._say_messages(page)
        self.say(end)

    def _say_own(self, frame: dict) -> None:
        """A frame with the addresses in it made for this visitor (X-10, X-11)."""
        self.say(personal.for_reader(frame, self.visitor.reader))

    def _say_messages(self, page: list) -> None:
        for message in page:
            frame = frames.message_frame(message, for_desk=False)
            if frames.is_personal(message):
                frame = personal.for_reader(frame, self.visitor.reader)
            self.say(frame)

    _commands_by_frame: dict[type, Callable[[VisitorConsumer, object], Awaitable[None]]] = {
        protocol.Hello: _hello,
        protocol.Send: _send,
        protocol.Trigger: _trigger,
        **dict.fromkeys(acts.ACTS, _act),
        protocol.Sync: _catch_up,
        protocol.History: _history,
    }

    # --- Pongs ---------------------------------------------------------------------------------

    def _answer_ping(self) -> None:
        """Beside the commands, so that a slow one does not make the line look dead; one at a time."""
        if self.visitor is None:
            self.say(protocol.pong_frame({}))
        elif self._pong is None or self._pong.done():
            self._pong = asyncio.ensure_future(self._say_pong())

    async def _say_pong(self) -> None:
        try:
            revs = await bridge.run(commands.revs, self.visitor, lane=bridge.SLOW)
        except (DomainError, DatabaseError):
            # The line is alive all the same; the numbers come with the next one.
            revs = {}
        self.tell_revs(revs)

    def tell_revs(self, revs: dict[str, int]) -> None:
        """`pong`, asked for or not."""
        self.told_revs = revs
        self.say(protocol.pong_frame(revs))

    # --- From the hub --------------------------------------------------------------------------

    def deliver(self, text: str) -> None:
        if text.startswith(_STATE_BEGINS):
            self._note_state(text)
        if self._held is None:
            self.say_text(text)
        else:
            self._held.append(text)

    def deliver_personal(self, frame: dict) -> None:
        reader = self.recipient.split(".")[1]
        self.deliver(realtime.encode(personal.for_reader(frame, f"c:{reader}")))

    async def control(self, order: dict) -> None:
        if order["op"] != "signed_out":
            await super().control(order)
        elif self.visitor and order.get("token", self.visitor.token.hash) == self.visitor.token.hash:
            self._sign_out()

    def _note_state(self, text: str) -> None:
        """Keep what we believe of the open session; a new agent learns that the window is open."""
        if self.visitor is None:
            return
        frame = protocol.decode(text)
        session_id = UUID(frame["session"])
        if frame["state"] == "closed":
            if self.visitor.session_id == session_id:
                self.visitor.stands_in(None)
            return
        if self.visitor.session_id != session_id:
            self.visitor.session_id, self.visitor.is_engaged = session_id, False
        if frame["state"] != "flow" and hub.shared().sockets(self.recipient)[:1] == [self]:
            presence.came(session_id)


hub.refresh_with("customer", news.tell)
