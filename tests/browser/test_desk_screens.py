"""The workbench on its sizes, by keyboard, and with long conversations (ui.md, D-12, D-13)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.customers import Customer
from tests.browser.windows import new_words
from tests.browser.workbenches import Workbench, Workbenches

NewCustomer = Callable[[], Customer]


def expect_no_overflow(bench: Workbench) -> None:
    root = "document.documentElement"
    assert bench.page.evaluate(f"{root}.scrollWidth <= innerWidth && {root}.scrollHeight <= innerHeight")


def test_earlier_sessions_come_on_scroll_and_in_the_side(
    open_workbench: Workbenches, new_customer: NewCustomer
) -> None:
    bench = open_workbench(lang="en-GB")
    customer = new_customer()
    old, words = new_words("weeks ago"), new_words("back again")
    customer.say(old)
    expect(bench.page.locator("#side")).to_be_hidden()
    bench.choose(old)
    expect(bench.page.locator("#customer .facts")).to_contain_text("First time")
    expect(bench.page.get_by_role("button", name="Earlier messages")).to_be_hidden()
    bench.say("Good-bye")
    customer.until_heard("Good-bye")
    customer.signal("27")
    customer.until_state("closed")
    customer.say(words)
    bench.choose(words)
    bench.page.get_by_role("button", name="Earlier messages").click()
    bench.expect_message(old)
    expect(bench.page.get_by_role("button", name="Earlier messages")).to_be_hidden()
    bench.page.locator("#side-tabs [data-tab=history]").click()
    earlier = bench.page.locator("#tab-history .earlier-row")
    expect(earlier).to_have_count(1)
    expect(earlier).to_contain_text("Good-bye")
    with bench.page.context.expect_page() as record:
        earlier.click()
    expect(record.value).to_have_url(re.compile(r"/records/[0-9a-f-]+/$"))


def test_everything_is_reached_by_keys(open_workbench: Workbenches, new_customer: NewCustomer) -> None:
    bench = open_workbench(lang="en-GB")
    one, other = new_words("first"), new_words("second")
    first, second = new_customer(), new_customer()
    first.say(one)
    expect(bench.row(one)).to_be_visible()
    second.say(other)
    expect(bench.row(other)).to_be_visible()
    keys = bench.page.keyboard
    keys.press("j")
    bench.expect_message(one)
    keys.press("j")
    bench.expect_message(other)
    expect(bench.row(other)).to_be_focused()
    keys.press("k")
    bench.expect_message(one)
    keys.press("u")
    expect(bench.page.locator(".draft-mark")).to_have_count(0)
    # In the list the arrows lead on, and Tab knows one row only.
    keys.press("ArrowDown")
    expect(bench.row(other)).to_be_focused()
    bench.expect_message(one)
    keys.press("Home")
    expect(bench.row(one)).to_be_focused()
    expect(bench.page.locator(".queue-row[tabindex='0']")).to_have_count(1)
    keys.press("Enter")
    expect(bench.box).to_be_focused()
    expect(bench.box).to_have_value("")
    keys.press("Alt+j")
    bench.expect_message(other)
    expect(bench.box).to_be_focused()
    keys.press("Alt+k")
    bench.expect_message(one)
    keys.press("Escape")
    keys.press("?")
    expect(bench.page.locator("#help")).to_be_visible()
    keys.press("Escape")
    expect(bench.page.locator("#help")).to_be_hidden()
    keys.press("/")
    expect(bench.page.locator("#reply-search")).to_be_focused()
    keys.press("Escape")
    keys.press("r")
    expect(bench.box).to_be_focused()
    keys.press("Alt+e")
    expect(bench.page.locator("#ending")).to_be_visible()
    bench.page.locator("#ending-undo").press("Enter")
    expect(bench.page.locator("#ending")).to_be_hidden()


def test_a_phone_goes_from_the_list_to_the_chat_and_back(
    open_workbench: Workbenches, new_customer: NewCustomer
) -> None:
    bench = open_workbench(size=(375, 667), lang="en-GB")
    customer = new_customer()
    words = new_words("From my phone")
    customer.say(words)
    chat, side = bench.page.locator("#chat"), bench.page.locator("#side")
    expect(chat).to_be_hidden()
    bench.choose(words)
    expect(bench.box).to_be_in_viewport()
    bench.say("To your phone")
    customer.until_heard("To your phone")
    bench.page.locator("#to-side").click()
    expect(side).to_be_visible()
    bench.page.locator("#side-close").click()
    expect(side).to_be_hidden()
    expect(chat).to_be_visible()
    bench.page.go_back()
    expect(chat).to_be_hidden()
    expect(bench.row("To your phone")).to_be_visible()


@pytest.mark.parametrize("size", [(1280, 800), (760, 480), (375, 667)])
def test_passing_words_cover_nothing(
    open_workbench: Workbenches, new_customer: NewCustomer, size: tuple[int, int]
) -> None:
    bench = open_workbench(size=size, lang="en-GB")
    customer = new_customer()
    words = new_words("Please wait")
    customer.say(words)
    bench.choose(words)
    for _time in range(3):
        bench.hold()
        expect(bench.page.locator(".toast").last).to_contain_text("On hold")
    expect(bench.page.locator(".toast")).to_have_count(2)
    whole = "#messages, #composer, .chat-head"
    covered = bench.page.locator(
        whole if size[0] <= 640 else f"{whole}, #queue, #rows, .top > :not(.toasts)"
    ).evaluate_all(
        """parts => {
            const toasts = [...document.querySelectorAll(".toast")];
            const box = (part) => part.getBoundingClientRect();
            const isBeside = (a, b) => a.right <= b.left || b.right <= a.left;
            const isApart = (a, b) => isBeside(a, b) || a.bottom <= b.top || b.bottom <= a.top;
            const isCovered = (part) => toasts.some((toast) => !isApart(box(toast), box(part)));
            return parts.filter(isCovered).map((part) => part.id || part.className);
        }"""
    )
    assert covered == []
    expect_no_overflow(bench)
    if size[0] >= 1024:
        expect(bench.page.locator("#list .toast")).to_have_count(0)
        expect(bench.page.locator(".top .toast").last).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("size", [(1280, 800), (760, 480), (375, 667)])
def test_nothing_runs_out_of_the_screen(
    open_workbench: Workbenches, new_customer: NewCustomer, size: tuple[int, int]
) -> None:
    bench = open_workbench(size=size, lang="zh-CN")
    customer = new_customer()
    words = new_words("很长的一句话" * 20)
    customer.say(words)
    expect(bench.row(words)).to_be_visible()
    expect_no_overflow(bench)
    bench.choose(words)
    expect_no_overflow(bench)
    expect(bench.box).to_be_in_viewport()
    expect(bench.page.locator("#send")).to_be_in_viewport(ratio=1)


def test_the_look_and_the_language_are_kept(open_workbench: Workbenches) -> None:
    bench = open_workbench(lang="zh-CN")
    bench.page.locator("#account summary").click()
    bench.page.locator("[data-set-theme=dark]").click()
    bench.page.locator("#account").get_by_role("button", name="EN").click()
    expect(bench.page).to_have_title(re.compile("Workbench"))
    expect(bench.page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(bench.page.locator("html")).to_have_attribute("lang", "en")
