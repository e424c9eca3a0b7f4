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
    expect(bench.page.locator("#announce")).to_contain_text("is offered to you")
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


def test_a_session_is_transferred_with_a_note(open_workbench: Workbenches, new_customer: NewCustomer) -> None:
    bench = open_workbench(lang="en-GB")
    customer = new_customer()
    words = new_words("For a specialist")
    customer.say(words)
    bench.choose(words)
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
    free.choose(words)
    expect(free.thread.locator(".internal")).to_contain_text("Needs a new lid")
    expect(bench.over.filter(has_text="Handed on")).to_have_count(1)
    expect(bench.page.locator("#composer")).to_be_hidden()
    free.say("I take it from here")
    customer.until_heard("I take it from here")


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
