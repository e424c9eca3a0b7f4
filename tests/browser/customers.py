"""A customer at the visitor protocol, for tests that look at the workbench: calls return when done."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from drill.clients import Visitor


class Customer:
    """An anonymous visitor of the demo channel; the socket lives in a loop and thread of its own."""

    def __init__(self, url: str, channel: str = "demo") -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.visitor = Visitor(url, channel)
        self._wait(self.visitor.__aenter__())

    def close(self) -> None:
        """End what is open and leave."""
        if self.state not in ("", "closed"):
            self.signal("27")
        self._wait(self.visitor.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    @property
    def state(self) -> str:
        newest = self.visitor.state
        return newest["state"] if newest else ""

    @property
    def session(self) -> str:
        return self.visitor.state["session"]

    def say(self, text: str) -> str:
        return self._wait(self.visitor.say(text))

    def signal(self, src: str, **fields: Any) -> None:
        self._wait(self.visitor.signal(src, **fields))

    def tell(self, op: str, **fields: Any) -> None:
        self._wait(self.visitor.order(op, **fields))

    def texts(self) -> list[str]:
        """Everything that stands in the open or last session, in order."""
        return self.visitor.texts(self.session)

    def messages(self) -> list[dict]:
        return [frame for _seq, frame in sorted(self.visitor.seen.get(self.session, {}).items())]

    def until(self, condition: Callable[[], Any]) -> Any:
        return self._wait(self.visitor.until(condition))

    def until_heard(self, text: str) -> None:
        self.until(lambda: text in self.texts())

    def until_state(self, state: str) -> None:
        self.until(lambda: self.state == state)

    def _wait(self, work: Coroutine) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)
