"""The overview in a real browser: it follows a chat, and leaves alone what the reader is at (M-1)."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.team.models import Role
from tests.browser.agents import Agent
from tests.browser.customers import Customer
from tests.browser.test_console import sign_in
from tests.browsers import Pages
from tests.factories import make_member

pytestmark = pytest.mark.usefixtures("live_db")


def figure(page: Page, tile: str) -> int:
    return int(re.match(r"\d+", page.locator(f"[data-key={tile}] .figure").inner_text())[0])


def expect_figure(page: Page, tile: str, count: int) -> None:
    """After the page's next look."""
    page.clock.run_for(5_500)
    expect(page.locator(f"[data-key={tile}] .figure")).to_have_text(re.compile(rf"^{count}\b"))


def test_the_overview_follows_a_chat_and_keeps_what_the_reader_is_at(
    page_factory: Pages, agent: Agent, new_customer: Callable[[], Customer]
):
    page = page_factory(lang="en-GB", size=(1280, 500))
    page.clock.install()
    sign_in(page, make_member(Role.ADMINISTRATOR, serves=False))
    page.goto("/console/")
    sessions, serving, served = (figure(page, tile) for tile in ("sessions", "serving", "served"))
    page.locator(".as-table > summary").click()
    meaning = page.locator("[data-key=wait] .meaning")
    meaning.locator("summary").click()
    expect(meaning.locator(".menu-sheet")).to_contain_text("Mean time in the queue")
    page.evaluate("scrollTo(0, 180); window.held = document.activeElement")
    customer = new_customer()
    customer.say("human")
    session = agent.until_served("human")
    expect_figure(page, "serving", serving + 1)
    expect_figure(page, "sessions", sessions + 1)
    expect_figure(page, "served", served + 1)
    mine = page.locator("tr", has=page.locator(".load .on"), has_text="林晓雯")
    expect(mine).to_be_visible()
    # Nothing has moved under the reader's hands.
    assert page.evaluate("window.held === document.activeElement && window.held.isConnected")
    assert page.evaluate("scrollY") == 180
    expect(meaning).to_have_attribute("open", "")
    expect(page.locator(".as-table")).to_have_attribute("open", "")
    # A clock runs between two looks.
    clock = mine.locator("time")
    before = clock.inner_text()
    page.clock.run_for(2_100)
    expect(clock).not_to_have_text(before)
    agent.order("end", session=session)
    expect_figure(page, "serving", serving)
    expect_figure(page, "sessions", sessions + 1)


def test_rows_that_change_places_stay_the_same_elements(page_factory: Pages):
    page = page_factory(lang="en-GB")
    page.goto("/login/")
    kept = page.evaluate(
        """async () => {
        const { renew } = await import("/static/console/renew.js");
        const place = document.createElement("div");
        const rows = (...keys) => keys.map((key) => `<p data-key="${key}"><a href="#">${key}</a> text</p>`);
        const shown = (html) => new DOMParser().parseFromString(html, "text/html").body;
        document.body.append(place);
        renew(place, shown("<h2>Old</h2>" + rows("a", "b", "c").join("")));
        const [a, b, c] = place.querySelectorAll("p");
        b.querySelector("a").focus();
        renew(place, shown("<h2 class=new>New</h2>" + rows("c", "b", "d").join("")));
        const now = [...place.querySelectorAll("p")];
        return {
          html: place.innerHTML,
          same: now[0] === c && now[1] === b && !a.isConnected,
          focus: document.activeElement === b.querySelector("a"),
        };
    }"""
    )
    assert kept["same"]
    assert kept["focus"]
    wanted = "".join(f'<p data-key="{key}"><a href="#">{key}</a> text</p>' for key in "cbd")
    assert kept["html"] == f'<h2 class="new">New</h2>{wanted}'
