"""Plain clients of both protocols, as careful as the real ones: they resend, sync and remember.

What they saw is kept for the audit: which messages were acknowledged, and in which order every
message arrived. Used by the fault tests and by whatever puts the product under load.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.cookiejar
import json
import urllib.parse
import urllib.request
import uuid
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

RETRY_SECONDS = 0.3
ACK_SECONDS = 60
GAP_SECONDS = 0.3
PING_SECONDS = 2

LOST = (ConnectionClosed, InvalidStatus, OSError, TimeoutError, EOFError)


class Chatter:
    """One side's connection that comes back by itself and sends again what was not acknowledged."""

    def __init__(self, ws_url: str) -> None:
        self.ws_url = ws_url
        self.acked: dict[str, str] = {}  # client_id → message id
        self.seen: dict[str, dict[int, dict]] = {}  # session → seq → frame
        self.revs: dict[str, int] = {}
        self.frames: list[dict] = []
        self.connections = 0
        self._socket: ClientConnection | None = None
        self._pending: dict[str, tuple[dict, asyncio.Future]] = {}
        self._changed = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task | None = None

    # --- For tests -----------------------------------------------------------------------------

    async def __aenter__(self):
        self._task = asyncio.create_task(self._stay_connected())
        await self.until(lambda: self.connections > 0)
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._stopping = True
        if self._socket:
            await self._socket.close()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def say(self, text: str, **fields: Any) -> str:
        """Send a text and wait for its acknowledgement over any number of reconnects; its message id."""
        client_id = str(uuid.uuid4())
        frame = {"op": "send", "client_id": client_id, "message": {"type": "text", "text": text}, **fields}
        answer = asyncio.get_running_loop().create_future()
        self._pending[client_id] = (frame, answer)
        await self._send(frame)
        return await asyncio.wait_for(answer, ACK_SECONDS)

    async def until(self, condition, seconds: float = 30) -> Any:
        """Wait until the condition holds, looking at every frame; its value."""

        async def wait():
            while not (value := condition()):
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.2)
            return value

        try:
            return await asyncio.wait_for(wait(), seconds)
        except TimeoutError:
            recent = [json.dumps(frame, ensure_ascii=False)[:300] for frame in self.frames[-15:]]
            raise AssertionError("\n".join(["waited in vain; the last frames:", *recent])) from None

    def texts(self, session: str) -> list[str]:
        """All texts of a session in the order of seq."""
        found = sorted(self.seen.get(session, {}).items())
        return [frame["message"].get("text", "") for _seq, frame in found]

    async def _send(self, frame: dict) -> None:
        if self._socket:
            with contextlib.suppress(*LOST):
                await self._socket.send(json.dumps(frame))

    # --- Staying connected -----------------------------------------------------------------------

    async def _stay_connected(self) -> None:
        while not self._stopping:
            try:
                async with connect(
                    self._address(), **self._options(), open_timeout=5, max_size=None
                ) as socket:
                    self._socket = socket
                    await socket.send(json.dumps(self._hello()))
                    pinging = asyncio.create_task(self._ping())
                    try:
                        async for text in socket:
                            await self._take(json.loads(text))
                    finally:
                        pinging.cancel()
            except LOST:
                pass
            self._socket = None
            await asyncio.sleep(RETRY_SECONDS)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self._send({"op": "ping"})

    async def _take(self, frame: dict) -> None:
        self.frames.append(frame)
        match frame["op"]:
            case "ready":
                self.connections += 1
                await self._on_ready(frame)
                for pending, _answer in list(self._pending.values()):
                    await self._send(pending)
            case "ack":
                self._acknowledged(frame)
            case "error" if frame.get("client_id") in self._pending:
                await self._refused(frame)
            case "message":
                self._keep(frame)
            case "state" | "session":
                self._moved(frame["session"], frame["rev"])
            case "synced":
                self.revs[frame["session"]] = max(self.revs.get(frame["session"], 0), frame["rev"])
                if frame["more"]:
                    await self._sync(frame["session"])
            case "pong":
                await self._on_pong(frame)
        self._changed.set()

    def _acknowledged(self, frame: dict) -> None:
        _frame, answer = self._pending.pop(frame["client_id"], (None, None))
        known = self.acked.setdefault(frame["client_id"], frame["id"])
        assert known == frame["id"], "an acknowledgement must not change"
        if answer and not answer.done():
            answer.set_result(frame["id"])

    async def _refused(self, frame: dict) -> None:
        if frame["code"] == "unavailable":
            # The database is away; what was typed waits and goes again.
            await asyncio.sleep(RETRY_SECONDS)
            await self._send(self._pending[frame["client_id"]][0])
            return
        _frame, answer = self._pending.pop(frame["client_id"])
        if not answer.done():
            answer.set_exception(AssertionError(f"refused: {frame}"))

    def _keep(self, frame: dict) -> None:
        self.seen.setdefault(frame["session"], {})[frame["seq"]] = frame
        self._moved(frame["session"], frame["rev"])

    def _moved(self, session: str, rev: int) -> None:
        # A number moves only by a frame whose rev is one more.
        if rev == self.revs.get(session, 0) + 1:
            self.revs[session] = rev

    async def _sync(self, session: str) -> None:
        await self._send({"op": "sync", "session": session, "rev": self.revs.get(session, 0)})

    async def _catch_up(self, newest: dict[str, int]) -> None:
        behind = {s: rev for s, rev in newest.items() if rev > self.revs.get(s, 0)}
        if behind:
            await asyncio.sleep(GAP_SECONDS)
            for session, rev in behind.items():
                if rev > self.revs.get(session, 0):
                    await self._sync(session)

    # --- What differs ------------------------------------------------------------------------------

    def _address(self) -> str:
        raise TypeError("Visitor or Desk")

    def _options(self) -> dict:
        return {}

    def _hello(self) -> dict:
        return {"op": "hello", "last": self.revs}

    async def _on_ready(self, frame: dict) -> None:
        for session in frame["sessions"]:
            if session["rev"] > self.revs.get(session["session"], 0):
                await self._sync(session["session"])

    async def _on_pong(self, frame: dict) -> None:
        await self._catch_up(frame["sessions"])


class Visitor(Chatter):
    """A customer of a website channel."""

    def __init__(self, url: str, channel: str = "demo") -> None:
        super().__init__(url.replace("http", "ws", 1))
        self.url, self.channel = url, channel
        self.token = visitor_token(url, channel)

    def _address(self) -> str:
        return f"{self.ws_url}/ws/visitor/?channel={self.channel}"

    def _options(self) -> dict:
        return {"origin": self.url}

    def _hello(self) -> dict:
        return super()._hello() | {"token": self.token}

    @property
    def state(self) -> dict | None:
        """The newest `state` frame."""
        return next((frame for frame in reversed(self.frames) if frame["op"] == "state"), None)

    async def order(self, op: str, **fields: Any) -> None:
        await self._send({"op": op, **fields})

    async def signal(self, src: str, **fields: Any) -> None:
        await self._send({"op": "signal", "data": {"customerServicePlugin": 0, "src": src, **fields}})


class Desk(Chatter):
    """A member's workbench, signed in by a session cookie."""

    def __init__(self, url: str, cookie: str) -> None:
        super().__init__(url.replace("http", "ws", 1))
        self.url, self.cookie = url, cookie
        self.sessions: dict[str, dict] = {}
        self.notes: dict[str, int] = {}
        self._results: dict[str, asyncio.Future] = {}

    def _address(self) -> str:
        return f"{self.ws_url}/ws/desk/"

    def _options(self) -> dict:
        return {"origin": self.url, "additional_headers": {"Cookie": self.cookie}}

    async def _on_ready(self, frame: dict) -> None:
        self.sessions = {summary["session"]: summary for summary in frame["sessions"]}
        await super()._on_ready(frame)

    async def _on_pong(self, frame: dict) -> None:
        if set(frame["sessions"]) != set(self.sessions):
            await self._send(self._hello())
        await self._catch_up({session: numbers[0] for session, numbers in frame["sessions"].items()})

    async def _take(self, frame: dict) -> None:
        match frame["op"]:
            case "session":
                if frame["state"] in ("offered", "serving"):
                    self.sessions[frame["session"]] = frame
            case "autoTransfer" | "transfer" | "sessionEnded":
                self.sessions.pop(frame["session"], None)
            case "result":
                answer = self._results.pop(frame["id"], None)
                if answer and not answer.done():
                    answer.set_result(frame)
        await super()._take(frame)

    async def command(self, op: str, seconds: float = 15, **fields: Any) -> dict:
        """Send a command and wait for its result; a lost connection raises TimeoutError."""
        number = uuid.uuid4().hex
        answer = self._results[number] = asyncio.get_running_loop().create_future()
        await self._send({"op": op, "id": number, **fields})
        return await asyncio.wait_for(answer, seconds)


def sign_in(url: str, account: str, password: str) -> str:
    """Sign a member in through the page; the Cookie header of the session."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with browser.open(f"{url}/login/", timeout=20):
        pass
    token = next(cookie.value for cookie in jar if "csrf" in cookie.name)
    form = urllib.parse.urlencode({"login": account, "password": password, "csrfmiddlewaretoken": token})
    request = urllib.request.Request(f"{url}/login/", form.encode(), {"Referer": f"{url}/login/"})
    with browser.open(request, timeout=20) as answer:
        assert "/login/" not in answer.url, "the sign-in was refused"
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def visitor_token(url: str, channel: str) -> str:
    """A new anonymous visitor's token."""
    body = json.dumps({"channel": channel}).encode()
    request = urllib.request.Request(
        f"{url}/api/visitor/token", body, {"Content-Type": "application/json", "Origin": url}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["token"]
