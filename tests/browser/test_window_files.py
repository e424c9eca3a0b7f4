"""What customers send and what becomes of it: pictures of any shape, files in numbers, and failures (V-1)."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.agents import Agent
from tests.browser.windows import Window, new_words, open_window
from tests.browsers import Pages

pytestmark = pytest.mark.usefixtures("live_db")

PROGRAM = b"MZ" + b"\0" * 500


def picture(width: int, height: int, colour: str = "#b0713a") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


def too_much(route: Route) -> None:
    route.fulfill(status=429, json={"code": "rate_limited", "detail": "Too many from your network."})


def served(page: Page, agent: Agent) -> tuple[Window, str]:
    """A window whose customer talks with the agent, and the session."""
    window = open_window(page)
    words = new_words("Something to show")
    window.say(words)
    return window, agent.until_served(words)


def place_of(window: Window, text: str) -> int:
    """Which entry of the thread holds the words, from 0."""
    return window.thread.evaluate(
        "(thread, text) => [...thread.children].findIndex(child => child.textContent.includes(text))", text
    )


@pytest.mark.parametrize("size", [(20, 6000), (6000, 20), (3, 3)])
def test_no_picture_is_a_page_long_or_a_pixel_wide(
    page_factory: Pages, agent: Agent, size: tuple[int, int]
) -> None:
    window, _session = served(page_factory(size=(375, 667), lang="en-GB"), agent)
    window.choose_file("strip.png", picture(*size), "image/png")
    shown = window.thread.locator("a.picture img")
    expect(shown).to_be_visible()
    box = shown.bounding_box()
    assert 40 <= box["height"] <= 302, box
    assert 60 <= box["width"] <= 222, box


def test_more_pictures_than_a_minute_allows_wait_and_arrive_in_order(
    page_factory: Pages, agent: Agent
) -> None:
    page_factory.expect("429")
    page = page_factory(size=(375, 667), lang="en-GB")
    window, session = served(page, agent)
    under_way = {"now": 0, "most": 0, "all": 0}

    def limited(route: Route) -> None:
        under_way["all"] += 1
        if under_way["all"] == 3:
            too_much(route)
        else:
            route.continue_()

    def begun(change: int) -> None:
        under_way["now"] += change
        under_way["most"] = max(under_way["most"], under_way["now"])

    page.route("**/api/visitor/upload", limited)
    page.on("request", lambda request: request.url.endswith("/upload") and begun(1))
    page.on("requestfinished", lambda request: request.url.endswith("/upload") and begun(-1))
    names = [f"photo-{number}.png" for number in range(5)]
    window.place.locator(".say input[type=file]").set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": picture(60, 40)} for name in names]
    )
    waiting = window.thread.locator(".message-state", has_text="Waiting, goes on by itself")
    expect(waiting).to_have_count(1)
    expect(window.thread).not_to_contain_text("network")
    expect(window.thread.get_by_role("button", name="Retry")).to_have_count(0)
    expect(window.thread.locator("a.picture")).to_have_count(5, timeout=30_000)
    arrived = [frame["message"].get("file") for frame in agent.messages(session)]
    assert [file["name"] for file in arrived if file] == names
    assert under_way["most"] <= 3


def test_what_waits_can_be_called_off(page_factory: Pages, agent: Agent) -> None:
    page_factory.expect("429")
    page = page_factory(lang="en-GB")
    window, _session = served(page, agent)
    page.route("**/api/visitor/upload", too_much)
    window.choose_file("first.png", picture(60, 40), "image/png")
    expect(window.thread).to_contain_text("Waiting, goes on by itself")
    page.unroute("**/api/visitor/upload")
    window.thread.get_by_role("button", name="Cancel").click()
    expect(window.thread.locator(".picture")).to_have_count(0)
    window.choose_file("second.png", picture(60, 40), "image/png")
    expect(window.thread.locator("a.picture")).to_have_count(1)


def test_what_can_never_be_sent_is_not_offered_again(page_factory: Pages, agent: Agent) -> None:
    page_factory.expect("400")
    window, _session = served(page_factory(lang="en-GB"), agent)
    window.choose_file("nothing.txt", b"", "text/plain")
    expect(window.banner).to_contain_text("“nothing.txt” is empty.")
    expect(window.thread.locator(".attached")).to_have_count(0)

    window.choose_file("invoice\u202efdp.exe", PROGRAM, "application/octet-stream")
    expect(window.thread.locator(".message-state.failed")).to_contain_text("Programs cannot be sent.")
    # Without the mark that turns the letters round, the name ends as it ends.
    expect(window.thread.locator(".attached-name")).to_have_text("invoicefdp.exe")
    expect(window.thread.get_by_role("button", name="Retry")).to_have_count(0)
    window.thread.get_by_role("button", name="Discard").click()
    expect(window.thread.locator(".attached")).to_have_count(0)

    window.choose_file("broken.png", picture(80, 80)[:60], "image/png")
    expect(window.thread.locator(".attached-name")).to_have_text("broken.png")
    expect(window.thread.locator(".message-state.failed")).to_be_visible()
    expect(window.thread.locator(".picture")).to_have_count(0)


def test_what_was_not_sent_keeps_its_place(page_factory: Pages, agent: Agent) -> None:
    page_factory.expect("400")
    page = page_factory(size=(375, 667), lang="en-GB")
    window, session = served(page, agent)
    before = new_words("Said before")
    agent.say(session, before)
    window.expect_message(before)
    window.choose_file("tool.exe", PROGRAM, "application/octet-stream")
    expect(window.thread.locator(".message-state.failed")).to_be_visible()
    after = new_words("Said after")
    agent.say(session, after)
    window.expect_message(after)
    assert place_of(window, before) < place_of(window, "tool.exe") < place_of(window, after)
    expect(window.bubble(after)).to_be_in_viewport()
    own = new_words("Mine after")
    window.say(own)
    window.expect_message(own)
    assert place_of(window, after) < place_of(window, own)


def test_a_reload_tells_what_was_not_sent(page_factory: Pages, agent: Agent) -> None:
    page_factory.expect("429")
    page = page_factory(lang="en-GB")
    window, _session = served(page, agent)
    page.route("**/api/visitor/upload", too_much)
    window.choose_file("lid.png", picture(60, 40), "image/png")
    expect(window.thread).to_contain_text("Waiting, goes on by itself")
    page.reload()
    again = Window(page)
    expect(again.banner).to_have_text(re.compile("Not sent, please choose again: “lid.png”"))
    again.place.get_by_role("button", name="Dismiss").click()
    expect(again.banner).to_be_hidden()
    page.reload()
    again.wait_ready()
    expect(again.banner).to_be_hidden()


def test_very_long_words_are_folded_and_can_be_opened(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(size=(375, 667), lang="en-GB")
    window, session = served(page, agent)
    end = new_words("The very end")
    agent.say(session, "The lid does not close and the water runs out. " * 100 + end)
    bubble = window.bubble(end)
    expect(bubble).to_be_visible()
    assert bubble.bounding_box()["height"] < 600
    more = bubble.get_by_role("button", name="Show all")
    expect(more).to_have_attribute("aria-expanded", "false")
    more.click()
    assert bubble.bounding_box()["height"] > 1_000
    bubble.get_by_role("button", name="Show less").click()
    assert bubble.bounding_box()["height"] < 600
    agent.say(session, "Line\n" * 5)
    expect(window.thread.get_by_role("button", name="Show all")).to_have_count(1)
