"""What the window says about where the customer stands, and whether it is true (S-1, R-6)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from apps.routing.models import Availability, Status
from apps.routing.settings import ReceptionSettings
from apps.team import business
from tests.browser.agents import Agent
from tests.browser.windows import new_words, open_window
from tests.browsers import Pages

pytestmark = pytest.mark.usefixtures("live_db")

SAID = """async ([code, text]) => {
    const {Thread} = await import(document.querySelector("link[rel=modulepreload][href*='ui/thread']").href);
    const root = document.createElement("div");
    const words = JSON.parse(document.getElementById("words").textContent);
    const thread = new Thread(root, {side: "customer", words, service: {name: "Shop"}});
    thread.put({op: "message", id: "s.1", session: "s", seq: 1, rev: 1, time: Date.now(),
                from: {kind: "system", name: "", avatar: ""}, message: {type: "text", text, code}});
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return [root.querySelectorAll(".message .bubble").length, root.querySelectorAll(".system").length];
}"""


@pytest.fixture
def manual_reception(live_db: None) -> Iterator[None]:
    business.save(ReceptionSettings, {"reception": "manual", "accept_seconds": 30}, None)
    time.sleep(2)
    yield
    business.save(ReceptionSettings, {"reception": "automatic", "accept_seconds": 20}, None)
    time.sleep(2)


def test_the_head_tells_whether_anybody_is_there(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(lang="en-GB")
    window = open_window(page)
    window.expect_state("Online, write to us")
    expect(page.locator(".window-head .presence:not(.away)")).to_be_visible()
    agent.order("set_status", status="offline")
    Availability.objects.update(status=Status.OFFLINE)
    page.reload()
    window.expect_state("Our team is offline at the moment")
    expect(page.locator(".window-head .presence.away")).to_be_visible()
    # And so it is: the words that say so are said like a message, and the chat ends.
    window.say(new_words("Is nobody there?"))
    sorry = window.thread.locator(".message .bubble", has_text="Sorry, nobody can take your question")
    expect(sorry).to_be_visible()
    window.expect_state("Chat ended")


@pytest.mark.usefixtures("manual_reception")
def test_while_an_agent_is_called_there_is_no_place_in_line(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(size=(375, 667), lang="en-GB")
    window = open_window(page)
    window.say(new_words("Who takes me?"))
    notice = page.locator(".queue-notice")
    expect(notice).to_contain_text("An agent is being called")
    window.expect_state("An agent is being called")
    expect(page.locator(".queue-place")).to_be_hidden()
    expect(notice).not_to_contain_text("–")


def test_a_new_chat_needs_no_second_line_under_the_end_of_the_last(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(lang="en-GB")
    window = open_window(page)
    words = new_words("First")
    window.say(words)
    agent.order("end", session=agent.until_served(words))
    window.expect_state("Chat ended")
    again = new_words("Second")
    window.say(again)
    agent.until_served(again)
    window.expect_message(again)
    lines = window.thread.locator(".day").all_inner_texts()
    assert [line.split()[0] for line in lines] == ["Today", "Chat"], lines


def test_words_to_be_noticed_are_said_and_others_are_told(page_factory: Pages) -> None:
    page = page_factory(lang="en-GB")
    open_window(page)
    for text in ("Short.", "More than a line of words, " * 4):
        for code in ("reminder", "handover_failed", "agent_lost", "returned", "timeout_close"):
            assert page.evaluate(SAID, [code, text]) == [1, 0], code
        for code in ("connecting", "connected", "queueing"):
            assert page.evaluate(SAID, [code, text]) == [0, 1], code


def test_a_notice_keeps_names_and_numbers_together(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(size=(320, 568), lang="zh-CN")
    window = open_window(page)
    words = new_words("您好")
    window.say(words)
    agent.until_served(words)
    notice = window.thread.locator(".system", has_text="很高兴为您服务")
    expect(notice).to_be_visible()
    rows = notice.locator("bdi").evaluate(
        """bdi => {
            const text = bdi.firstChild, range = document.createRange(), rows = new Map();
            for (let at = 0; at < text.length; at += 1) {
                range.setStart(text, at);
                range.setEnd(text, at + 1);
                const top = Math.round(range.getBoundingClientRect().top);
                rows.set(top, (rows.get(top) || "") + text.data[at]);
            }
            return [...rows.values()];
        }"""
    )
    assert any("（工号\u00a000790）" in row for row in rows), rows
