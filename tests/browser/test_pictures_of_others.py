"""Pictures of others on the screens (X-11): ours to look at, a placeholder where there is none, no noise."""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from apps.sessions.models import ServiceRecord
from apps.team.models import Role
from tests import factories as make
from tests.browser.agents import Agent
from tests.browser.windows import new_words, open_window
from tests.browser.workbenches import Workbenches
from tests.browsers import Pages
from tests.stack import Stack


@pytest.fixture
def outside(stack: Stack) -> Iterator[list[str]]:
    """A web server of somebody else: `/good.png` is a picture, the rest is none; what it was asked."""
    asked = []
    buffer = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(buffer, "PNG")

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers['User-Agent']}")
            is_good = self.path == "/good.png"
            body = buffer.getvalue() if is_good else b"<svg xmlns='http://www.w3.org/2000/svg'/>"
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", stack.outside_port), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield asked
    server.shutdown()
    server.server_close()
    thread.join(5)


def expect_shown(image: Locator) -> None:
    expect(image).to_have_js_property("complete", True)
    expect(image).to_have_js_property("naturalWidth", 300)


def test_cards_and_markdown_show_what_the_service_fetched(
    page_factory: Pages, agent: Agent, stack: Stack, outside: list[str], live_db: None
) -> None:
    page = page_factory(size=(375, 667))
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    window = open_window(page)
    words = new_words("Do you have a kettle?")
    window.say(words)
    session = agent.until_served(words)
    there = f"http://127.0.0.1:{stack.outside_port}"
    for name in ("good", "bad"):
        content = {"header": f"A {name} kettle", "desc": "0.8 l", "pic": f"{there}/{name}.png"}
        send(agent, session, {"src": "22", "content": content})
    send(agent, session, {"src": "30", "content": f"So: ![good]({there}/good.png) ![bad]({there}/bad.png)"})

    cards = window.thread.locator(".card-product")
    expect_shown(cards.nth(0).locator(".goods-picture img"))
    expect(cards.nth(1)).to_contain_text("A bad kettle")
    expect(cards.nth(1).locator(".goods-picture img")).to_have_count(0)
    expect(cards.nth(1).locator(".goods-picture svg")).to_be_visible()
    expect_shown(window.thread.locator("img.text-picture"))
    missing = window.thread.locator(".text-picture.missing")
    expect(missing).to_have_text("bad")
    expect(missing.locator("xpath=ancestor::a")).to_have_count(0)

    # A member's records show the same, at addresses of the member's own, from what is kept.
    record = ServiceRecord.objects.get(session_id=session)
    page = page_factory()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    benches = Workbenches(page_factory, stack)
    page.context.add_cookies(benches.cookies(make.make_member(Role.ADMINISTRATOR)))
    page.goto(f"/records/{record.id}/")
    cards = page.locator(".card-product")
    expect(cards).to_have_count(2)
    expect_shown(cards.nth(0).locator(".goods-picture img"))
    expect(cards.nth(1).locator(".goods-picture img")).to_have_count(0)

    assert hosts == {urlsplit(stack.url).netloc}, "nobody's browser asks the picture's host"
    assert sorted(outside) == ["/bad.png csdesk", "/good.png csdesk"]


def send(agent: Agent, session: str, data: dict) -> None:
    message = {"type": "custom", "data": {"customerServicePlugin": 0, **data}}
    agent.tell("send", client_id=str(uuid.uuid4()), session=session, message=message)
