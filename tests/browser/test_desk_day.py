"""A day at the workbench (D-1 … D-6, D-13, D-14): many rows, keys, ready sentences, rich text, numbers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from playwright.sync_api import expect

from apps.routing import closing
from apps.sessions.models import ChatSession, QuickReply
from csdesk import clock
from tests import factories as make
from tests.browser.customers import Customer
from tests.browser.windows import new_words
from tests.browser.workbenches import Workbenches

NewCustomer = Callable[[], Customer]


def test_ready_sentences_rich_text_and_numbers(
    open_workbench: Workbenches, new_customer: NewCustomer
) -> None:
    bench = open_workbench(lang="en-GB")
    page, customer = bench.page, new_customer()
    words = new_words("Where is my parcel")
    customer.say(words)
    bench.choose(words)

    page.locator("#reply-add").click()
    form = page.locator("#reply-form")
    form.locator("[name=title]").fill("Parcel")
    form.locator("[name=text]").fill("On its way, says ")
    form.get_by_role("button", name="${StaffName}").click()
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    own = page.locator("#reply-list .quick-reply", has_text="Parcel")
    expect(own).to_contain_text("${StaffName}")
    reply = QuickReply.objects.get(owner=bench.member)

    bench.box.fill("#parc")
    expect(page.locator("#picker .row")).to_have_count(1)
    with page.expect_response("**/used/"):
        bench.box.press("Enter")
    expect(bench.box).to_have_value(f"On its way, says {bench.member.nickname}")
    bench.box.press("Enter")
    customer.until_heard(f"On its way, says {bench.member.nickname}")
    reply.refresh_from_db()
    assert reply.uses == 1

    own.hover()
    own.get_by_role("button", name="Change: Parcel").click()
    form.get_by_role("button", name="Delete").click()
    expect(own).to_have_count(0)

    bench.box.fill("**Two** ways:\n- a new lid\n- <b>money</b>")
    expect(page.locator("#rich-preview")).to_be_hidden()
    page.locator("#rich-text").click()
    preview = page.locator("#rich-preview")
    expect(preview.locator("strong")).to_have_text("Two")
    expect(preview.locator("li")).to_have_text(["a new lid", "<b>money</b>"])
    bench.box.press("Enter")
    expect(bench.thread.locator(".bubble li")).to_have_count(2)
    sent = customer.until(lambda: next((m for m in customer.messages() if _src(m) == "30"), None))
    assert sent["message"]["data"]["content"].startswith("**Two**")
    expect(page.locator("#rich-text")).to_have_attribute("aria-pressed", "false")
    expect(bench.serving).to_contain_text("You: Two ways: a new lid")

    page.evaluate(COUNT_READS)
    began = time.monotonic()
    for number in range(12):
        customer.say(f"line {number}")
    newest = customer.messages()[-1]["seq"]
    frames = customer.visitor.frames
    customer.until(lambda: any(one["op"] == "read" and one["seq"] >= newest for one in frames))
    assert page.evaluate("reads") <= 2 + time.monotonic() - began, "one mark a second does for all"

    page.locator("#account summary").click()
    expect(page.locator("[data-number=sessions]")).to_have_text("1")
    expect(page.locator("[data-number=first_reply]")).to_have_text(re.compile(r"^0:\d\d$"))


COUNT_READS = """() => {
    window.reads = 0;
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (text) {
        if (JSON.parse(text).op === "read") window.reads += 1;
        return send.call(this, text);
    };
}"""


def _src(frame: dict) -> str:
    return frame["message"].get("data", {}).get("src", "")


def test_the_whole_desk_by_keys(open_workbench: Workbenches, new_customer: NewCustomer) -> None:
    bench = open_workbench(lang="en-GB")
    page, keys = bench.page, bench.page.keyboard
    one, other = new_words("first"), new_words("second")
    for words in (one, other):
        new_customer().say(words)
        expect(bench.row(words)).to_be_visible()
    keys.press("u")
    bench.expect_message(one)
    expect(bench.row(one).locator(".count")).to_have_count(0)
    keys.press("r")
    keys.type("just jutan")
    expect(bench.box).to_have_value("just jutan")
    keys.press("Alt+u")
    bench.expect_message(other)
    keys.press("Alt+n")
    expect(page.locator("[data-mode=note]").first).to_have_attribute("data-mode", "note")
    expect(page.locator("#composer")).to_have_attribute("data-mode", "note")
    keys.press("Alt+t")
    expect(page.locator("#transfer-dialog")).to_be_visible()
    keys.press("Escape")
    keys.press("Alt+r")
    expect(page.locator("#composer")).to_have_attribute("data-mode", "reply")
    keys.press("Escape")
    keys.press("f")
    expect(page.locator("#availability-label")).to_contain_text("Not ready")
    keys.press("f")
    expect(page.locator("#availability-label")).to_contain_text("Free")
    keys.press("?")
    expect(page.locator("#help")).to_contain_text("Next unread session")
    page.locator("#single-keys").click()
    keys.press("Escape")
    keys.press("k")
    expect(bench.row(other)).to_have_attribute("aria-current", "true")
    keys.press("Alt+k")
    expect(bench.row(one)).to_have_attribute("aria-current", "true")
    # A Chinese word in the making belongs to who chooses it.
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: '?', bubbles: true, isComposing: true}))"
    )
    expect(page.locator("#help")).to_be_hidden()


def test_hundreds_of_rows_come_in_pages_and_stay_under_the_pointer(
    open_workbench: Workbenches, new_customer: NewCustomer
) -> None:
    member, colleague = make.make_member(), make.make_member(nickname="Dana")
    channel = make.make_channel()
    past = {"channel": channel, "agent": member, "assigned_at": clock.now(), "ended_at": clock.now()}
    ChatSession.objects.bulk_create(
        ChatSession(customer=make.make_customer(channel), state="closed", status="normal", **past)
        for _ in range(60)
    )
    bench = open_workbench(member, lang="en-GB")
    page = bench.page
    expect(bench.over).to_have_count(50)
    expect(page.locator("#over-count")).to_have_text("50+")
    customer = new_customer()
    words = new_words("hello")
    customer.say(words)
    row = bench.row(words)
    element = row.element_handle()
    page.locator("#over-more").scroll_into_view_if_needed()
    expect(bench.over).to_have_count(60)
    expect(page.locator("#over-more")).to_be_hidden()
    customer.say("and again")
    expect(bench.row("and again")).to_have_count(1)
    assert element.evaluate("row => row.isConnected && row.textContent.includes('and again')")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    other = open_workbench(colleague, lang="en-GB")
    closing_later = customer.session
    bench.row("and again").click()
    page.locator("#transfer").click()
    page.locator("#transfer-query").fill("Dana")
    expect(page.locator(".transfer-row")).to_have_count(1)
    page.locator("#transfer-query").press("Enter")
    page.locator("#transfer-note").fill("knows the shop")
    page.get_by_role("button", name="Start transfer").click()
    expect(bench.handed).to_contain_text("Handed on to Dana")
    page.reload()
    bench.wait_live()
    expect(bench.handed).to_contain_text("Handed on to Dana")
    expect(other.serving).to_have_count(1)
    closing.by_agent(colleague, closing_later)
