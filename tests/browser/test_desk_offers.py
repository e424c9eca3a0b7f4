"""Offers in manual reception (D-4) and transfers (D-6), at the workbench."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from apps.routing.settings import ReceptionSettings
from apps.team import business
from tests import factories as make
from tests.browser.customers import Customer
from tests.browser.windows import new_words
from tests.browser.workbenches import Workbenches

NewCustomer = Callable[[], Customer]


@pytest.fixture
def manual_reception(live_db: None) -> Iterator[None]:
    business.save(ReceptionSettings, {"reception": "manual", "accept_seconds": 30}, None)
    time.sleep(2)
    yield
    business.save(ReceptionSettings, {"reception": "automatic", "accept_seconds": 20}, None)
    time.sleep(2)


@pytest.mark.usefixtures("manual_reception")
def test_an_offer_counts_down_and_is_accepted(open_workbench: Workbenches, new_customer: NewCustomer) -> None:
    bench = open_workbench(lang="en-GB")
    customer = new_customer()
    words = new_words("My kettle leaks")
    customer.say(words)
    offer = bench.offers.filter(has_text=words)
    expect(offer.locator(".countdown")).to_have_text(re.compile(r"^(2\d|30)$"))
    expect(bench.page).to_have_title(re.compile(r"^● \(\d\) Workbench"))
    expect(bench.page.locator("#announce-now")).to_contain_text("is offered to you")
    assert bench.head.is_hidden(), "an offer covers nothing and chooses nothing"
    offer.get_by_role("button", name="Accept").click()
    customer.until_state("serving")
    bench.expect_message(words)
    expect(bench.serving).to_have_count(1)
    expect(bench.page.locator("#offers")).to_be_hidden()


@pytest.mark.usefixtures("manual_reception")
def test_a_declined_offer_goes_to_the_next(open_workbench: Workbenches, new_customer: NewCustomer) -> None:
    one, other = open_workbench(lang="en-GB"), open_workbench(lang="en-GB")
    customer = new_customer()
    words = new_words("Who takes me")
    customer.say(words)
    either = one.page.locator("body")
    customer.until_state("queued")
    expect(either).to_be_visible()
    one.page.wait_for_timeout(1_500)
    first, second = (one, other) if one.offers.count() else (other, one)
    first.offers.get_by_role("button", name="Decline").click()
    expect(first.offers).to_have_count(0)
    expect(second.offers.filter(has_text=words)).to_have_count(1)
    second.page.keyboard.press("a")
    customer.until_state("serving")
    second.expect_message(words)


@pytest.mark.usefixtures("manual_reception")
def test_what_the_colleague_declines_goes_on_as_before(
    open_workbench: Workbenches, new_customer: NewCustomer
) -> None:
    group = make.make_group()
    bench = open_workbench(make.make_member(groups=[group]), lang="en-GB")
    customer = new_customer()
    words = new_words("Back and forth")
    customer.say(words)
    uses = bench.page.locator("#reply-list .quick-reply .button:visible")
    bench.offers.filter(has_text=words).get_by_role("button", name="Accept").click()
    expect(bench.box).to_be_visible()
    expect(uses).not_to_have_count(0)
    bench.page.wait_for_timeout(3_000)
    other = open_workbench(make.make_member(groups=[group]), lang="en-GB")
    bench.say("One moment, please")
    customer.until_heard("One moment, please")
    bench.page.locator("#transfer").click()
    bench.page.locator(".transfer-row", has_text=other.member.account).click()
    bench.page.locator("#transfer-note").fill("Needs a new lid")
    bench.page.get_by_role("button", name="Start transfer").click()
    offer = other.offers.filter(has_text="One moment, please")
    expect(offer.locator(".offer-from")).to_contain_text(f"From {bench.member.nickname} · ")
    expect(offer.locator(".offer-note")).to_have_text("Note: Needs a new lid")
    expect(offer).not_to_contain_text("You:")
    expect(offer.locator(".offer-from")).to_contain_text(group.name)
    assert offer.locator(".offer-from .cut").evaluate("span => span.scrollWidth <= span.clientWidth")
    expect(bench.handed).to_contain_text(f"Handed on to {other.member.nickname}")
    expect(bench.page.locator("#thread-over")).to_have_text(f"Handed on to {other.member.nickname}")
    expect(bench.over).to_have_count(0)
    expect(uses).to_have_count(0)
    other.page.wait_for_timeout(2_000)
    offer.get_by_role("button", name="Decline").click()
    expect(bench.serving).to_have_count(1)
    expect(bench.handed).to_have_count(0)
    expect(bench.serving).to_contain_text("You: One moment, please")
    expect(uses).not_to_have_count(0)
    served = bench.page.locator("#chat-facts time").inner_text()
    assert int(served.split(":")[-1]) >= 5, "the time before the transfer counts too"
    customer.signal("27")
    expect(bench.over).to_have_count(1)
    expect(uses).to_have_count(0)


def test_a_session_is_transferred_with_a_note(open_workbench: Workbenches, new_customer: NewCustomer) -> None:
    bench = open_workbench(lang="en-GB")
    customer = new_customer()
    words = new_words("For a specialist")
    customer.say(words)
    bench.choose(words)
    bench.say("I ask a specialist")
    customer.until_heard("I ask a specialist")
    bench.page.locator("#hold").click()
    free, resting = open_workbench(lang="en-GB"), open_workbench(lang="en-GB")
    resting.go("rest")
    bench.page.locator("#transfer").click()
    dialog = bench.page.locator("#transfer-dialog")
    expect(dialog.get_by_role("button", name="Start transfer")).to_be_disabled()
    tired = dialog.locator(".transfer-row", has_text=resting.member.account)
    expect(tired).to_contain_text("Break")
    expect(tired.locator("input")).to_be_disabled()
    dialog.locator("#transfer-query").fill(free.member.staff_no)
    expect(dialog.locator(".transfer-row")).to_have_count(1)
    dialog.locator(".transfer-row", has_text=free.member.account).click()
    dialog.locator("#transfer-note").fill("Needs a new lid")
    dialog.get_by_role("button", name="Start transfer").click()
    expect(dialog).to_be_hidden()
    expect(free.row("I ask a specialist")).not_to_contain_text("You:")
    free.row("I ask a specialist").click()
    expect(free.thread.locator(".internal")).to_contain_text("Needs a new lid")
    expect(bench.handed).to_contain_text(f"Handed on to {free.member.nickname}")
    expect(bench.over).to_have_count(0)
    expect(bench.page.locator("#composer")).to_be_hidden()
    expect(bench.page.locator("#chat-facts")).not_to_contain_text("On hold")
    free.say("I take it from here")
    customer.until_heard("I take it from here")
    # One's own words can be taken back for a while, wherever the session is.
    mine = bench.thread.locator(".message.mine", has_text="I ask a specialist")
    mine.hover()
    mine.get_by_role("button", name="Take back").click()
    expect(bench.thread.locator(".recalled")).to_be_visible()
    expect(bench.thread.locator(".recalled .button")).to_be_hidden()
    customer.until(lambda: "I ask a specialist" not in customer.texts())


def test_a_group_without_anybody_cannot_be_chosen(
    open_workbench: Workbenches, new_customer: NewCustomer
) -> None:
    group = make.make_group()
    bench = open_workbench(lang="en-GB")
    customer = new_customer()
    words = new_words("Which group")
    customer.say(words)
    bench.choose(words)
    bench.page.locator("#transfer").click()
    bench.page.locator("#transfer-dialog [data-tab=groups]").click()
    row = bench.page.locator(".transfer-row", has_text=group.name)
    expect(row).to_contain_text("Nobody signed in")
    expect(row.locator("input")).to_be_disabled()
