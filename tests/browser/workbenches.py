"""What tests do at the workbench, named as a person would say it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from apps.routing import availability, closing
from apps.sessions import queries
from apps.team.models import Member
from csdesk.errors import DomainError
from drill.clients import sign_in
from tests import factories as make
from tests.browsers import Pages
from tests.stack import Stack

# Signs a member in and opens their records; of `conftest.open_records`.
OpenRecords = Callable[..., Page]


class Workbench:
    """A signed-in member's workbench."""

    def __init__(self, page: Page, member: Member) -> None:
        self.page = page
        self.member = member
        self.serving = page.locator("#serving .queue-row")
        self.over = page.locator("#over .queue-row")
        self.handed = page.locator("#handed .queue-row")
        self.offers = page.locator("#offer-list .offer:not(.gone)")
        self.thread = page.locator("#thread")
        self.box = page.locator("#reply")
        self.head = page.locator("#chat-name")
        self.live = page.locator("#live")
        self.notice = page.locator("#notice")

    def row(self, text: str) -> Locator:
        """The row of the session whose last words these are."""
        return self.page.locator(".desk-rows .queue-row", has_text=text)

    def choose(self, text: str) -> None:
        self.row(text).click()
        self.expect_message(text)

    def say(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")

    def bubble(self, text: str) -> Locator:
        return self.thread.locator(".bubble", has_text=text)

    def expect_message(self, text: str, *, count: int = 1) -> None:
        expect(self.bubble(text)).to_have_count(count)

    def go(self, status: str) -> None:
        self.page.locator("#availability summary").click()
        self.page.locator(f"#availability-rows [data-status={status}]").first.click()

    def hold(self) -> None:
        """By the button in the head, or where there is no room for it by the menu."""
        if self.page.locator("#hold").is_visible():
            self.page.locator("#hold").click()
        else:
            self.page.locator("#chat-more summary").click()
            self.page.locator("#chat-more [data-press=hold]").click()

    def wait_live(self) -> None:
        expect(self.live).to_have_attribute("data-live", "live")


class Workbenches:
    """Opens workbenches of members of their own, and takes them offline at the end."""

    def __init__(self, pages: Pages, stack: Stack) -> None:
        self.pages = pages
        self.stack = stack
        self.opened: list[Workbench] = []

    def __call__(self, member: Member | None = None, *, path: str = "/desk/", **options: object) -> Workbench:
        member = member or make.make_member()
        page = self.pages(**options)
        page.context.add_cookies(self.cookies(member))
        bench = Workbench(page, member)
        self.opened.append(bench)
        page.goto(path)
        bench.wait_live()
        return bench

    def cookies(self, member: Member) -> list[dict]:
        """The cookies of a new sign-in."""
        cookie = sign_in(self.stack.url, member.account, make.PASSWORD)
        pairs = (pair.split("=", 1) for pair in cookie.split("; "))
        return [{"name": name, "value": value, "url": self.stack.url} for name, value in pairs]

    def close(self) -> None:
        """Nobody of ours is given the sessions of the next test."""
        for bench in self.opened:
            bench.page.context.close()
            for session in queries.sessions_of_agent(bench.member.pk):
                # Its customer may be leaving at this very moment.
                with contextlib.suppress(DomainError):
                    closing.by_agent(bench.member, session.id)
            availability.set_status(bench.member, "offline", hand_over=True)
