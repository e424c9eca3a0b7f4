"""The pictures of the documentation: a customer and an agent really talk, and each side is taken."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, FrameLocator, Page, expect

from pictures.screens import DESK_LIVE, WINDOW_LIVE

SIZE = {"width": 1280, "height": 800}
AGENT, ADMIN = "agent1@example.com", "admin@example.com"
TALK = (
    ("customer", "Hi! The lid of my KT-08S has a crack. Can I get a new one?"),
    ("agent", "Hello! So sorry about the crack. The warranty covers the lid, so a new one is free."),
    ("customer", "Oh lovely. Do you need a picture?"),
    ("agent", "One picture of the lid, please, and your order number. It leaves our store today."),
    ("customer", "Order 20431, picture follows"),
)


def take(browser: Browser, url: str, password: str, target: Path) -> None:
    """Renew window.png, desk.png, records.png and console.png in `target`."""

    def signed_in(account: str) -> Page:
        page = _page(browser, url)
        page.goto("/login/")
        page.locator("[name=login]").fill(account)
        page.locator("[name=password]").fill(password)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(lambda address: "/login/" not in address)
        return page

    desk = signed_in(AGENT)
    desk.goto("/desk/")
    desk.locator(DESK_LIVE).wait_for()
    shop = _page(browser, url)
    shop.goto("/demo/")
    shop.get_by_role("button").last.click()
    chat = shop.frame_locator("iframe")
    chat.locator(WINDOW_LIVE).wait_for()
    _talk(desk, chat)
    console = signed_in(ADMIN)
    console.goto("/console/")
    for name, page in (("window", shop), ("desk", desk), ("console", console)):
        _shoot(page, target / f"{name}.png")
    desk.goto("/records/?period=all")
    desk.locator(".record-open", has_text="Tom Whitaker").first.click()
    desk.locator(".transcript .message").first.wait_for()
    _shoot(desk, target / "records.png")


def _page(browser: Browser, url: str) -> Page:
    context = browser.new_context(base_url=url, locale="en-GB", viewport=SIZE, color_scheme="light")
    context.set_default_timeout(20_000)
    return context.new_page()


def _talk(desk: Page, chat: FrameLocator) -> None:
    for who, text in TALK:
        if who == "customer":
            chat.locator(".say textarea").fill(text)
            chat.locator(".say textarea").press("Enter")
            row = desk.locator("#serving .queue-row").first
            expect(row).to_be_visible(timeout=20_000)
            row.click()
        else:
            desk.locator("#reply").fill(text)
            desk.locator("#reply").press("Enter")
        for thread in (desk.locator("#thread"), chat.locator(".thread")):
            expect(thread.locator(".bubble", has_text=text)).to_be_visible(timeout=20_000)


def _shoot(page: Page, path: Path) -> None:
    page.mouse.move(640, 799)
    page.wait_for_timeout(700)
    page.screenshot(path=path, animations="disabled", caret="hide")
