"""Summing a session up at the workbench (D-7): asked for at its end, wrap-up until it is filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from apps.sessions.models import SummaryCategory, WrapUp
from apps.sessions.settings import SummarySettings
from apps.team import business
from tests.browser.customers import Customer
from tests.browser.windows import new_words
from tests.browser.workbenches import Workbenches


@pytest.fixture
def required(live_db: None) -> Iterator[None]:
    business.save(SummarySettings, {"is_required": True}, None)
    yield
    business.save(SummarySettings, {"is_required": False}, None)
    business.forget()


@pytest.mark.usefixtures("required")
def test_a_session_is_summed_up_at_its_end_and_the_agent_is_free_again(
    open_workbench: Workbenches, new_customer: Callable[[], Customer]
) -> None:
    name = new_words("Refunds")
    category = SummaryCategory.objects.create(name=name)
    bench = open_workbench(lang="en-GB")
    page, customer = bench.page, new_customer()
    words = new_words("Where is my money")
    customer.say(words)
    bench.choose(words)
    availability = page.locator("#availability-label")
    expect(availability).to_contain_text("Free")

    page.locator("#end").click()
    dialog = page.locator("#summary-dialog")
    expect(dialog).to_be_visible(timeout=15_000)
    expect(availability).to_contain_text("Wrap-up")
    expect(page.locator("#owed")).to_contain_text("1 summary")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator("[data-field=category]")).to_have_text("Choose what the session was about.")
    page.keyboard.press("Escape")
    expect(page.locator("#owed-here")).to_be_visible()

    # Who says they are free is led back to it.
    page.locator("#availability > summary").click()
    page.locator("#availability-rows [data-status=free]").click()
    expect(dialog).to_be_visible()
    dialog.get_by_text(name).click()
    dialog.get_by_text("Not resolved").click()
    dialog.locator("[name=remark]").fill("Paid twice")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(availability).to_contain_text("Free")
    expect(page.locator("#owed")).to_be_hidden()
    filled = WrapUp.objects.get(category=category)
    assert (filled.is_resolved, filled.remark, filled.member) == (False, "Paid twice", bench.member)

    page.goto(f"/records/?summary={category.pk}&resolved=no")
    page.locator(".record-open").click()
    page.get_by_label("Details").click()
    expect(page.locator(".facts", has_text="Paid twice")).to_contain_text(
        re.compile(f"{name}.*Not resolved", re.S)
    )
