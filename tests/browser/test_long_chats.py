"""Conversations of thousands of messages in the customer's window and the workbench, on the real stack."""

from __future__ import annotations

import json
import re
import time
import uuid

from playwright.sync_api import Page, expect

from apps.sessions import customers, posting
from apps.sessions.authors import Author
from apps.sessions.customers import Origin
from apps.sessions.models import ChatSession
from apps.visitor import tokens
from tests import factories as make
from tests.browser.windows import Window, new_channel
from tests.browser.workbenches import Workbench, Workbenches
from tests.browsers import Pages

DRAWN_AT_MOST = 120
# The newest come first, the others page by page.
ALL_HERE = """area => new Promise((done) => {
  const look = () => (area.scrollHeight > 80_000 ? done() : requestAnimationFrame(look));
  look();
})"""


def say_much(session: ChatSession, author: Author, first: int, last: int) -> None:
    for start in range(first, last, 100):
        posts = [
            posting.Post(session.id, author, "text", {"text": f"line {number}"}, uuid.uuid4())
            for number in range(start, min(start + 100, last))
        ]
        posting.post_many(posts)


def line(place: Window | Workbench, number: int):
    return place.bubble(re.compile(f"^line {number}$"))


def top_of(bubble) -> float:
    return bubble.evaluate("bubble => bubble.getBoundingClientRect().top")


def sign_in(page: Page, key: str, token: str) -> None:
    """The browser is the customer of this token."""
    now = int(time.time() * 1000)
    kept = json.dumps({"token": token, "got": now, "expires": now + 86_400_000})
    page.add_init_script(f"localStorage.setItem('csdesk-visitor:{key}', {json.dumps(kept)})")


def test_a_customer_returns_to_thousands_of_messages(page_factory: Pages, live_db: None) -> None:
    page_factory.expect("ERR_INTERNET_DISCONNECTED")
    channel = new_channel()
    token, row = tokens.issue(channel)
    customer = customers.ensure_customer(row, Origin(language="en", address="127.0.0.1"))
    member = make.make_member()
    session = make.make_served_session(member, customer=customer, channel=channel)
    agent = Author.agent(member)
    say_much(session, agent, 0, 2_000)
    page = page_factory(size=(375, 667), lang="en-GB")
    sign_in(page, channel.key, token)
    page.goto(f"/chat/{channel.key}/")
    window = Window(page)
    expect(line(window, 1999)).to_be_in_viewport()
    scroll = page.locator(".window-scroll")
    scroll.evaluate(ALL_HERE)
    assert window.thread.locator(".message").count() < DRAWN_AT_MOST
    scroll.evaluate("area => { area.scrollTop = -area.scrollHeight / 2 }")
    expect(line(window, 1999)).to_have_count(0)
    number = int(re.search(r"\d+", seen_first(window)).group())
    assert 500 < number < 1500
    # Three hundred come while the connection is away: nothing moves, and they are counted.
    before = top_of(line(window, number))
    page.context.set_offline(True)
    say_much(session, agent, 2_000, 2_300)
    page.context.set_offline(False)
    expect(window.pill).to_have_text(re.compile(r"^\s*300 new"), timeout=20_000)
    assert abs(top_of(line(window, number)) - before) <= 1
    window.pill.click()
    expect(line(window, 2299)).to_be_in_viewport()
    expect(window.pill).to_be_hidden()
    assert window.thread.locator(".message").count() < DRAWN_AT_MOST


def seen_first(window: Window) -> str:
    """The words of the first message in sight."""
    return window.thread.evaluate(
        "thread => { const { top } = document.querySelector('.window-scroll').getBoundingClientRect();"
        " return [...thread.querySelectorAll('.bubble')]"
        ".find((bubble) => bubble.getBoundingClientRect().top >= top).textContent }"
    )


def test_each_chat_of_the_workbench_keeps_its_place(open_workbench: Workbenches, live_db: None) -> None:
    member = make.make_member()
    sessions = [make.make_served_session(member) for _ in range(3)]
    long, *others = sessions
    say_much(long, Author.customer(long.customer), 0, 700)
    for session in others:
        say_much(session, Author.customer(session.customer), 0, 200)
    bench = open_workbench(member, path=f"/desk/#chat/{long.id}")
    expect(line(bench, 699)).to_be_in_viewport()
    assert bench.thread.locator(".message").count() < DRAWN_AT_MOST
    bench.page.locator("#messages").evaluate("area => { area.scrollTop = -area.scrollHeight }")
    expect(line(bench, 3)).to_be_in_viewport()
    bench.page.locator("#messages").evaluate("area => { area.scrollTop += 3000 }")
    expect(line(bench, 3)).not_to_be_in_viewport()
    seen = line(bench, 70)
    seen.scroll_into_view_if_needed()
    before = top_of(seen)
    make.customer_says(long, "newest")
    expect(bench.page.locator("#below")).to_contain_text("1")
    assert abs(top_of(seen) - before) <= 1
    nodes = []
    for session in [*others, long] * 3:
        bench.page.evaluate(f"location.hash = '#chat/{session.id}'")
        if session is long:
            expect(seen).to_be_in_viewport()
            assert abs(top_of(seen) - before) <= 1
            nodes.append(bench.page.locator("#chat *").count())
        else:
            expect(line(bench, 199)).to_be_in_viewport()
    assert max(nodes) <= min(nodes) + 50
    make.customer_says(others[0], "elsewhere")
    make.customer_says(long, "newer still")
    expect(bench.page.locator("#below")).to_contain_text("2")
    bench.page.locator("#below").click()
    expect(bench.bubble("newer still")).to_be_in_viewport()
    expect(bench.page.locator("#below")).to_be_hidden()
