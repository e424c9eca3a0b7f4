"""What tests do at the customer's window, named as a person would say it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from playwright.sync_api import FrameLocator, Locator, Page, expect

from apps.sessions.models import Channel


class Window:
    """The chat window, whether a page of its own or in the widget's frame."""

    def __init__(self, place: Page | FrameLocator) -> None:
        self.place = place
        self.thread = place.locator(".thread")
        self.composer = place.locator(".say textarea")
        self.state = place.locator(".window-state")
        self.quick = place.locator(".quick")
        self.banner = place.locator("#banner")
        self.pill = place.locator(".window-body > .below")

    def say(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    def bubble(self, text: str) -> Locator:
        return self.thread.locator(".bubble", has_text=text)

    def expect_message(self, text: str, *, count: int = 1) -> None:
        expect(self.bubble(text)).to_have_count(count)

    def expect_sent(self, text: str) -> None:
        """The own message is stored and no clock or failure stands below it."""
        self.expect_message(text)
        expect(self.bubble(text)).not_to_have_class("sending")
        expect(self.thread.locator(".bubble.sending, .bubble.failed")).to_have_count(0)

    def expect_state(self, text: str) -> None:
        expect(self.state).to_contain_text(text)

    def choose_file(self, name: str, content: bytes, mime: str) -> None:
        field = self.place.locator(".say input[type=file]")
        field.set_input_files({"name": name, "mimeType": mime, "buffer": content})

    def open_menu(self) -> None:
        self.place.locator(".window-head summary").click()

    def wait_ready(self) -> None:
        expect(self.place.locator(".window-state[data-link=live]")).to_be_visible()


def until(page: Page, test: Callable[[], bool]) -> None:
    """Wait for something where the page itself cannot: by its policy, or by what it broke."""
    end = time.monotonic() + 10
    while not test():
        assert time.monotonic() < end, "it did not come"
        page.wait_for_timeout(30)


def open_window(page: Page, channel: str = "demo", lang: str = "") -> Window:
    """Open the hosted window and wait until it is connected."""
    page.goto(f"/chat/{channel}/" + (f"?lang={lang}" if lang else ""))
    window = Window(page)
    window.wait_ready()
    return window


def new_words(text: str) -> str:
    """Words that no other test has said."""
    return f"{text} {uuid.uuid4().hex[:8]}"


def new_channel(**fields: object) -> Channel:
    """A website channel of the test's own."""
    key = f"test-{uuid.uuid4().hex[:10]}"
    return Channel.objects.create(**({"key": key, "name": "Kettle & Co", "kind": "website"} | fields))
