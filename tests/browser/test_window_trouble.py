"""The customer's window when something goes wrong: restarts, refused tokens, late answers, recalls."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from apps.sessions.models import Rating, VisitorToken
from apps.sessions.settings import MessageSettings
from apps.team import business
from apps.team.models import Member
from csdesk import clock
from tests.browser.agents import Agent
from tests.browser.windows import Window, new_words, open_window
from tests.browsers import Pages
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("live_db")

NETWORK = "WebSocket connection|ERR_CONNECTION|Failed to load resource|503"


@pytest.fixture
def customers_may_recall(live_db: None) -> Iterator[None]:
    admin = Member.objects.get(email="admin@example.com")
    business.save(MessageSettings, {"customer_recalls": True}, admin)
    # Other processes know it after a second at most.
    time.sleep(business.CACHE_SECONDS)
    yield
    business.save(MessageSettings, {"customer_recalls": False}, admin)


def test_the_window_comes_back_after_the_service_was_killed(
    page_factory: Pages, agent: Agent, stack: Stack
) -> None:
    page_factory.expect(NETWORK)
    page = page_factory(lang="en-GB")
    window = open_window(page)
    words = new_words("Before the crash")
    window.say(words)
    session = agent.until_served(words)
    stack.kill("web")
    lost = new_words("During the crash")
    window.say(lost)
    expect(window.thread.locator(".message-state").last).to_contain_text("Waiting, goes on by itself")
    stack.start("web")
    stack.wait_ready()
    expect(window.thread.locator(".bubble.sending, .bubble.failed")).to_have_count(0, timeout=40_000)
    window.expect_message(lost)
    expect(window.banner).to_be_hidden()
    agent.until(lambda: lost in agent.desk.texts(session))
    agent.say(session, "Both of us are back")
    window.expect_message("Both of us are back")
    assert agent.desk.texts(session).count(lost) == 1


def test_a_refused_token_makes_a_new_visitor(page_factory: Pages, agent: Agent) -> None:
    page_factory.expect("401")
    page = page_factory(lang="en-GB")
    window = open_window(page)
    words = new_words("Mine alone")
    window.say(words)
    agent.until_served(words)
    VisitorToken.objects.all().delete()
    page.reload()
    again = Window(page)
    again.wait_ready()
    expect(again.thread.locator(".message").first).to_be_visible()
    again.expect_message(words, count=0)
    fresh = new_words("Somebody new")
    again.say(fresh)
    again.expect_sent(fresh)


def test_a_token_renewed_in_another_tab_is_not_lost(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(lang="en-GB")
    window = open_window(page)
    words = new_words("Two tabs")
    window.say(words)
    session = agent.until_served(words)
    window.expect_state("With 林晓雯")
    renewed = page.evaluate(
        """async () => {
            const kept = JSON.parse(localStorage["csdesk-visitor:demo"]);
            const body = JSON.stringify({channel: "demo", token: kept.token});
            const answer = await fetch("/api/visitor/token",
                {method: "POST", body, headers: {"Content-Type": "application/json"}});
            const {token, expires} = await answer.json();
            localStorage["csdesk-visitor:demo"] = JSON.stringify({...kept, token, expires, got: Date.now()});
            return token;
        }"""
    )
    # Reading this makes the first tab write its record again.
    agent.say(session, "Read me")
    window.expect_message("Read me")
    expect(window.thread.locator(".bubble").last).to_be_in_viewport()
    assert page.evaluate("JSON.parse(localStorage['csdesk-visitor:demo']).token") == renewed
    page.reload()
    Window(page).expect_message(words)


def test_a_rating_that_comes_too_late_says_so(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(lang="en-GB")
    window = open_window(page)
    words = new_words("Rate me")
    window.say(words)
    session = agent.until_served(words)
    agent.order("invite_rating", session=session)
    card = window.thread.locator("form.card-rating")
    card.locator(".stars label").nth(4).click()
    Rating.objects.filter(session_id=session).update(expires_at=clock.now() - timedelta(seconds=1))
    card.get_by_role("button", name="Send rating").click()
    expect(card.get_by_role("alert")).to_have_text("The time for rating is over.")
    assert Rating.objects.get(session_id=session).level is None


def test_what_the_agent_takes_back_is_gone(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(lang="en-GB")
    window = open_window(page)
    words = new_words("Hello")
    window.say(words)
    session = agent.until_served(words)
    wrong = new_words("Not meant for you")
    message = agent.say(session, wrong)
    window.expect_message(wrong)
    agent.order("recall", message=message)
    expect(window.thread.locator(".recalled")).to_have_text("林晓雯 took back a message")
    assert wrong not in page.content()


@pytest.mark.usefixtures("customers_may_recall")
def test_the_customer_takes_back_and_writes_again(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(lang="en-GB")
    window = open_window(page)
    words = new_words("Wrong nubmer")
    window.say(words)
    session = agent.until_served(words)
    window.bubble(words).hover()
    window.thread.get_by_role("button", name="Take back").click()
    expect(window.thread.locator(".recalled")).to_contain_text("You took back a message")
    agent.until(lambda: words not in agent.desk.texts(session))
    window.thread.get_by_role("button", name="Edit again").click()
    expect(window.composer).to_have_value(words)


def test_a_reload_keeps_the_draft_and_what_was_not_sent(page_factory: Pages) -> None:
    page_factory.expect(f"ERR_INTERNET_DISCONNECTED|{NETWORK}")
    page = page_factory(lang="en-GB")
    window = open_window(page)
    # The window believes it is offline, the page itself can still be loaded.
    page.evaluate("dispatchEvent(new Event('offline'))")
    page.evaluate("() => { window.WebSocket = class { close() {} }; }")
    words = new_words("Not sent yet")
    window.say(words)
    window.composer.fill("A draft")
    expect(window.thread.locator(".bubble.sending")).to_have_count(1)
    page.reload()
    window = Window(page)
    window.expect_message(words)
    window.expect_sent(words)
    expect(window.composer).to_have_value("A draft")
    expect(window.thread.locator(".message-state").last).to_contain_text(re.compile("Sent|Read"))
