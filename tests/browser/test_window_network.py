"""The customer's window on a network that fails in between (S-7): a number heard of is not yet a message."""

from __future__ import annotations

import json

from playwright.sync_api import Page, WebSocketRoute

from tests.browser.agents import Agent
from tests.browser.windows import new_words, open_window
from tests.browsers import Pages


class Network:
    """Stands between the window and the server; while `is_failing`, a connection dies with its first sync."""

    def __init__(self, page: Page) -> None:
        self.is_failing = False
        self.failed: list[list[str]] = []
        self._socket: WebSocketRoute | None = None
        page.route_web_socket("**/ws/visitor/**", self._open)

    def _open(self, socket: WebSocketRoute) -> None:
        self._socket = socket
        server = socket.connect_to_server()
        passed: list[str] = []

        def to_page(text: str) -> None:
            op = json.loads(text)["op"]
            if not self.is_failing or op in ("ready", "state", "pong", "signal"):
                passed.append(op)
                socket.send(text)
            elif op == "synced":
                self.failed.append(passed)
                self.is_failing = False
                socket.close(code=1001)

        server.on_message(to_page)

    def cut(self) -> None:
        self._socket.close(code=1001)


def test_what_a_broken_off_sync_has_not_brought_is_asked_for_again(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(lang="en-GB")
    network = Network(page)
    window = open_window(page)
    words = new_words("Before the break")
    window.say(words)
    session = agent.until_served(words)
    window.expect_sent(words)
    network.is_failing = True
    network.cut()
    missed = new_words("Said during the break")
    agent.say(session, missed)
    window.expect_message(missed)
    assert network.failed and {"ready", "state"} <= set(network.failed[0])
