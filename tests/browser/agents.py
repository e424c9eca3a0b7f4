"""An agent at the desk protocol, for tests that look at the customer's side: calls return when done."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from drill.clients import Desk, sign_in


class Agent:
    """A signed-in, free agent; the socket lives in a loop and thread of its own."""

    def __init__(self, url: str, account: str, password: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.desk = Desk(url, sign_in(url, account, password))
        self._wait(self.desk.__aenter__())
        self.order("set_status", status="free")

    def close(self) -> None:
        """End what is open, go offline and leave."""
        # The next customer in line may come while the last one goes.
        for _round in range(20):
            for session in self.open_sessions():
                self._wait(self.desk.command("end", session=session))
            if self._wait(self.desk.command("set_status", status="offline"))["ok"]:
                break
        self._wait(self.desk.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def open_sessions(self) -> list[str]:
        return [session for session, summary in self.desk.sessions.items() if summary["state"] == "serving"]

    def order(self, op: str, **fields: Any) -> dict:
        """A command that must succeed."""
        result = self._wait(self.desk.command(op, **fields))
        assert result["ok"], result
        return result

    def tell(self, op: str, **fields: Any) -> None:
        """A frame that has no answer."""
        self._wait(self.desk._send({"op": op, **fields}))

    def say(self, session: str, text: str) -> str:
        return self._wait(self.desk.say(text, session=session))

    def until_served(self, text: str) -> str:
        """Wait for the session in which a customer has said `text`, and serve it; its id."""

        def found() -> str | None:
            for session in self.desk.sessions:
                if text in self.desk.texts(session):
                    return session
            return None

        return self._wait(self.desk.until(found))

    def until(self, condition: Callable[[], Any]) -> Any:
        return self._wait(self.desk.until(condition))

    def messages(self, session: str) -> list[dict]:
        """The frames of a session in the order of seq."""
        return [frame for _seq, frame in sorted(self.desk.seen[session].items())]

    def _wait(self, work: Coroutine) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)
