"""Plain clients of both protocols, for the drill and for tests that need somebody at the other side."""

from __future__ import annotations

import asyncio
import http.cookiejar
import json
import urllib.parse
import urllib.request
import uuid
from typing import Any

from drill.chatter import Chatter


class Visitor(Chatter):
    """A customer of a website channel."""

    def __init__(self, url: str, channel: str = "demo", *, origin: str = "") -> None:
        super().__init__(url, origin=origin)
        self.channel = channel
        self.token = visitor_token(url, channel, origin=self.origin)
        self.states: dict[str, dict] = {}

    def _address(self) -> str:
        return f"{self.ws_url}/ws/visitor/?channel={self.channel}"

    def _hello(self) -> dict:
        # The newest are enough, and more than 100 are refused.
        newest = dict(sorted(self.revs.items())[-50:])
        return {"op": "hello", "token": self.token, "last": newest}

    async def _take(self, frame: dict) -> None:
        if frame["op"] == "state":
            known = self.states.get(frame["session"])
            if known is None or frame["rev"] >= known["rev"]:
                self.states[frame["session"]] = frame
        await super()._take(frame)

    @property
    def state(self) -> dict | None:
        """The newest `state` frame of the newest session: ids sort by time."""
        return self.states[max(self.states)] if self.states else None

    def forget(self, session: str) -> None:
        super().forget(session)
        self.states.pop(session, None)

    async def order(self, op: str, **fields: Any) -> None:
        await self._send({"op": op, **fields})

    async def signal(self, src: str, **fields: Any) -> None:
        await self._send({"op": "signal", "data": {"customerServicePlugin": 0, "src": src, **fields}})


class Desk(Chatter):
    """A member's workbench, signed in by a session cookie."""

    def __init__(self, url: str, cookie: str, *, origin: str = "") -> None:
        super().__init__(url, origin=origin)
        self.cookie = cookie
        self.sessions: dict[str, dict] = {}
        self.status = ""
        self.member: int | None = None
        # Whether a session's customer is there, as it was told last.
        self.online: dict[str, bool] = {}
        self._results: dict[str, asyncio.Future] = {}

    def _address(self) -> str:
        return f"{self.ws_url}/ws/desk/"

    def _options(self) -> dict:
        return {"additional_headers": {"Cookie": self.cookie}}

    def _hello(self) -> dict:
        newest = dict(sorted(self.revs.items())[-150:])
        return {"op": "hello", "last": newest}

    async def _on_ready(self, frame: dict) -> None:
        self.member, self.status = int(frame["member"]["id"]), frame["status"]
        self.sessions = {s["session"]: s for s in frame["sessions"] if self._is_mine(s)}
        for summary in frame["sessions"]:
            self._note_presence(summary)
        await super()._on_ready(frame)

    def _note_presence(self, summary: dict) -> None:
        if "online" in summary["customer"]:
            self.online[summary["session"]] = summary["customer"]["online"]

    def _is_mine(self, summary: dict) -> bool:
        return summary["state"] in ("offered", "serving") and summary["agent"] == self.member

    async def _on_pong(self, frame: dict) -> None:
        if set(frame["sessions"]) != set(self.sessions):
            await self._send(self._hello())
        self._catch_up({session: numbers[0] for session, numbers in frame["sessions"].items()})

    async def _take(self, frame: dict) -> None:
        if frame["op"] == "session":
            self._note_presence(frame)
        match frame["op"]:
            case "session" if self._is_mine(frame):
                self.sessions[frame["session"]] = frame
            case "session" | "autoTransfer" | "transfer" | "sessionEnded":
                self.sessions.pop(frame["session"], None)
            case "statusChanged":
                self.status = frame["status"]
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
    # Cookies of production go over HTTPS alone; on this machine itself there is none.
    policy = http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https"))
    jar = http.cookiejar.CookieJar(policy)
    browser = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar)
    )
    with browser.open(f"{url}/login/", timeout=20):
        pass
    token = next(cookie.value for cookie in jar if "csrf" in cookie.name)
    form = urllib.parse.urlencode({"login": account, "password": password, "csrfmiddlewaretoken": token})
    request = urllib.request.Request(f"{url}/login/", form.encode(), {"Referer": f"{url}/login/"})
    with browser.open(request, timeout=20) as answer:
        assert "/login/" not in answer.url, "the sign-in was refused"
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def visitor_token(url: str, channel: str, *, origin: str = "") -> str:
    """A new anonymous visitor's token."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(
        f"{url}/api/visitor/token",
        json.dumps({"channel": channel}).encode(),
        {"Content-Type": "application/json", "Origin": origin or url},
    )
    with direct.open(request, timeout=10) as answer:
        return json.load(answer)["token"]
