"""The web process: Daphne's server with a stop that lets nobody fall (`manage.py serve`).

On SIGTERM or SIGINT: not ready any more → no new connections → commands under way are finished
→ each socket is told `bye` with a moment to come back → closed with 4012 → pages under way end.
All of it within ten seconds. Daphne alone would cut every socket at once.
"""

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Awaitable, Callable

import uvloop
from twisted.internet import asyncioreactor

# Daphne takes the reactor that is there, and makes one on asyncio's own, slower loop when there is none.
if "twisted.internet.reactor" not in sys.modules:
    asyncioreactor.install(uvloop.new_event_loop())

import daphne.server
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import Server, reactor
from django.core.signals import request_finished
from django.db import connections
from twisted.internet import defer

from csdesk import bodies, health, hub
from csdesk.sockets import MOST_UNSENT
from csdesk.wire import EXTENSION, Wire, WiredFactory, unsent_by

log = logging.getLogger(__name__)

MOST_SECONDS = 10.0
# Frames above are cut by the server (V-6); the protocol itself answers from 64 KiB on.
LARGEST_FRAME = 1024 * 1024
PING_EVERY, PING_LOST = 20, 20
_TOO_LARGE = b'{"ok": false, "code": "too_large", "detail": "Request too large"}'


class BoundedRequest(WebRequest):
    """Refuses a body that is too large while it streams, before it fills the disk (X-10)."""

    _received = 0
    _refused = False

    def __init__(self, *args: object, **kwargs: object) -> None:
        # Twisted would parse forms too, ten times their size in memory and with all sockets waiting;
        # Django reads them from the disk.
        super().__init__(*args, parsePOSTFormSubmission=False, **kwargs)

    def gotLength(self, length: int | None) -> None:
        if length is not None and length > self._allowed():
            self._refuse()
        else:
            super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:
        if self._refused:
            return
        self._received += len(data)
        if self._received > self._allowed():
            self._refuse()
        else:
            super().handleContentChunk(data)

    def _allowed(self) -> int:
        # The request itself learns its path only when all of it is there.
        return bodies.allowed(getattr(self.channel, "_path", b""))

    def _refuse(self) -> None:
        self._refused = True
        head = b"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\nConnection: close\r\n"
        length = b"Content-Length: %d\r\n\r\n" % len(_TOO_LARGE)
        self.channel.transport.write(head + length + _TOO_LARGE)
        self.channel.loseConnection()


class BoundedFactory(HTTPFactory):
    """Makes the connections whose requests are bounded."""

    def buildProtocol(self, addr: object) -> object:
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = BoundedRequest
        return protocol


class DrainingServer(Server):
    """Daphne's server that knows its ports, so that it can stop accepting."""

    def __init__(
        self,
        *args: object,
        started: Callable[[asyncio.AbstractEventLoop], None],
        stopped: Callable[[], Awaitable[None]],
        notice: float = 0,
        **kwargs: object,
    ) -> None:
        super().__init__(*args, signal_handlers=False, **kwargs)
        self.started, self.stopped = started, stopped
        self.notice = notice
        self.ports = []
        self.failed = False
        self._stopping: asyncio.Task | None = None

    def run(self) -> None:
        reactor.callWhenRunning(self._listen_to_signals)
        # Daphne offers no other place to say which factories it uses.
        daphne.server.HTTPFactory = BoundedFactory
        daphne.server.WebSocketFactory = WiredFactory
        super().run()

    def listen_success(self, port) -> None:
        self.ports.append(port)
        super().listen_success(port)

    def listen_error(self, failure) -> None:
        self.failed = True
        super().listen_error(failure)

    def create_application(self, protocol: object, scope: dict) -> asyncio.Queue | None:
        if scope["type"] == "websocket":
            scope["extensions"] = {EXTENSION: Wire(protocol)}
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol: object, message: dict) -> None:
        """Daphne's, but a page waits for a slow reader: a download must not lie in memory as a whole.

        And HEAD has no body: Twisted drops the first piece of it only, the next ones would stand
        before the following answer on the same connection.
        """
        if message["type"] == "http.response.body" and getattr(protocol, "method", b"") == b"HEAD":
            message = message | {"body": b""}
        await super().handle_reply(protocol, message)
        while message["type"] == "http.response.body" and unsent_by(protocol) > MOST_UNSENT:
            if "disconnected" in self.connections.get(protocol, {"disconnected": 1}):
                return
            await asyncio.sleep(0.02)

    def _listen_to_signals(self) -> None:
        loop = reactor._asyncioEventloop
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked_to_stop)
        self.started(loop)

    def _asked_to_stop(self) -> None:
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self.drain())

    async def drain(self) -> None:
        """The whole good-bye, then the end of the reactor."""
        until = time.monotonic() + MOST_SECONDS
        health.draining = True
        log.info("stopping: %s connections", len(self.connections))
        try:
            if self.notice:
                await asyncio.sleep(self.notice)
            for port in self.ports:
                await _deferred(port.stopListening())
            await hub.shared().drain(max(0.5, until - time.monotonic() - 2))
            while self._under_way() and time.monotonic() < until:
                await asyncio.sleep(0.05)
            await asyncio.wait_for(self.stopped(), 1)
        except Exception:
            log.exception("the good-bye failed; stopping at once")
        log.info("stopped; %s connections cut", self._under_way())
        self.stop()

    def _under_way(self) -> int:
        """Pages not yet answered, of which a part may still be coming in, and sockets not yet closed."""
        return sum(not details.get("disconnected") for details in self.connections.values())


async def _deferred(result: object) -> None:
    if isinstance(result, defer.Deferred):
        await result.asFuture(asyncio.get_running_loop())


def serve(host: str, port: int, notice: float = 0) -> int:
    """Serve until told to stop; returns the exit code (1 when the port is taken)."""
    from csdesk.asgi import application, started, stopped

    # Pages run in threads that live no longer than a request: connections kept there would pile up.
    request_finished.connect(_close_connections, weak=False)
    endpoint = f"tcp:port={port}:interface={host.replace(':', chr(92) + ':')}"
    server = DrainingServer(
        application,
        endpoints=[endpoint],
        started=started,
        stopped=stopped,
        notice=notice,
        verbosity=0,
        server_name="csdesk",
        http_timeout=600,
        ping_interval=PING_EVERY,
        ping_timeout=PING_LOST,
        websocket_max_message_size=LARGEST_FRAME,
        websocket_max_frame_size=LARGEST_FRAME,
    )
    server.run()
    return 1 if server.failed else 0


def _close_connections(**_: object) -> None:
    connections.close_all()
