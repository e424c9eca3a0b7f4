"""Stars and the search inside a transcript, by mouse and by keyboard (D-8)."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from apps.records.models import Star
from tests import factories as make
from tests.browser.workbenches import OpenRecords
from tests.browsers import Pages
from tests.records.scene import make_record


def test_a_star_is_kept_shown_in_both_places_and_found_again(
    open_records: OpenRecords, page_factory: Pages
) -> None:
    page_factory.expect("503")
    agent = make.make_member()
    record, _other = make_record("one", agent=agent), make_record("two", agent=agent)
    page = open_records(agent, f"?open={record.id}")
    stars = page.locator(f"[data-star='{record.id}']")
    expect(stars).to_have_count(2)
    with page.expect_response("**/star/"):
        page.locator(".transcript-head .star").click()
    for n in range(2):
        expect(stars.nth(n)).to_have_attribute("aria-pressed", "true")
    page.locator(".filters a", has=page.locator("use[href$='i-star']")).click()
    expect(page.locator("article.record")).to_have_count(1)
    expect(page).to_have_url(re.compile("starred=1"))

    page.wait_for_load_state()
    # What the server does not keep does not look kept.
    page.route("**/star/", lambda route: route.fulfill(status=503))
    page.locator("article.record .star").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#star-failed")).to_be_visible()
    expect(page.locator("article.record .star")).to_have_attribute("aria-pressed", "true")
    page.unroute("**/star/")
    with page.expect_response("**/star/"):
        page.keyboard.press("Enter")
    expect(page.locator("#star-failed")).to_have_count(0)
    expect(page.locator("article.record .star")).to_have_attribute("aria-pressed", "false")
    page.reload()
    expect(page.locator(".records-list .empty")).to_be_visible()
    assert not Star.objects.filter(member=agent).exists()


def test_without_scripts_the_star_is_a_form(open_records: OpenRecords) -> None:
    agent = make.make_member()
    make_record("one", agent=agent)
    page = open_records(agent, java_script_enabled=False)
    page.locator("article.record .star").click()
    expect(page.locator("article.record .star")).to_have_attribute("aria-pressed", "true")
    assert Star.objects.filter(member=agent).count() == 1


def test_rows_and_hits_are_walked_by_the_keyboard(open_records: OpenRecords) -> None:
    agent = make.make_member()
    make_record("kettle kettle", "kettle", agent=agent)
    make_record("tea", agent=agent)
    page = open_records(agent)
    rows = page.locator(".record-open")
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(rows.first).to_be_focused()
    page.goto("/records/?q=kettle")
    page.locator(".record-open").focus()
    page.keyboard.press("Enter")
    count = page.locator(".find output")
    expect(count).to_have_text("1 / 2")
    page.locator(".find input").focus()
    for key, at in [("Enter", 2), ("ArrowDown", 1), ("Shift+Enter", 2), ("ArrowUp", 1)]:
        page.keyboard.press(key)
        expect(count).to_have_text(f"{at} / 2")
    page.keyboard.press("Escape")
    expect(count).to_have_text("")
    expect(page.locator("#transcript mark")).to_have_count(0)
