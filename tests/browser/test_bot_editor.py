"""A manager teaches the bot in a real browser (B-1, B-3): entries, selections, categories, welcome card."""

from __future__ import annotations

import io
import re
import secrets

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from apps.chatbot import knowledge
from apps.chatbot.knowledge import Line, Values
from apps.chatbot.models import Entry, Library
from tests.browser import looking
from tests.browser.test_console import make_admin, sign_in
from tests.browsers import Pages

pytestmark = pytest.mark.usefixtures("live_db")

PASTE = """(input, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text", text);
  input.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def page(page_factory: Pages) -> Page:
    page = page_factory(lang="en-GB")
    sign_in(page, make_admin())
    return page


def png() -> dict:
    kept = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(kept, "PNG")
    return {"name": "plan [1].png", "mimeType": "image/png", "buffer": kept.getvalue()}


def expect_accessible(page: Page) -> None:
    assert looking.findings(page, ["light", "dark"]) == []


def test_an_entry_is_written_seen_as_customers_will_and_saved(page: Page, page_factory: Pages):
    question = f"How do I return it {secrets.token_hex(4)}?"
    page.goto("/console/bot/qa/add/")
    page.get_by_label("Standard question").fill(question)
    # Pasted lines become rows; Enter goes on to the next one.
    first = page.get_by_label("Similar question 1")
    first.evaluate(PASTE, "send it back\nreturn\n\n")
    page.get_by_label("Similar question 2").press("Enter")
    page.get_by_label("Similar question 3").fill("y" * 201)
    expect(page.get_by_text("3 of 100")).to_be_visible()
    page.get_by_label("Rich text (Markdown)").check()
    answer = page.get_by_label("Answer", exact=True)
    answer.fill("Pack it **well**.\n")
    page.locator(".picture-choice input").set_input_files(png())
    shown = page.locator(".answer-shown")
    expect(shown.locator("strong")).to_have_text("well")
    picture = shown.locator("img")
    expect(picture).to_have_attribute("alt", "plan  1")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 40
    # What is wrong is marked where it stands, and the rest is still there.
    page_factory.expect("status of 400")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Line 3: At most 200 characters")).to_be_visible()
    expect(page.get_by_label("Similar question 3")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Similar question 1")).to_have_value("send it back")
    expect_accessible(page)
    page.get_by_label("Remove line 3").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name=question)).to_be_visible()
    entry = Entry.objects.get(question=question)
    assert list(entry.similar.values_list("text", flat=True)) == ["send it back", "return"]
    assert re.search(r"!\[plan {2}1\]\(/pictures/answers/[0-9a-f-]{36}/\)", entry.answer)


def test_a_selection_is_switched_off_and_deleted(page: Page):
    mark = secrets.token_hex(4)
    for number in range(3):
        knowledge.add_entry(Library.QA, Values(question=f"{mark} {number}", answer="!"))
    page.goto(f"/console/bot/qa/?q={mark}")
    disable = page.get_by_role("button", name="Disable")
    expect(disable).to_be_disabled()
    page.get_by_label("Choose all on this page").check()
    expect(page.get_by_text("3 chosen")).to_be_visible()
    page.get_by_label(f"Choose {mark} 2", exact=True).uncheck()
    expect_accessible(page)
    disable.click()
    expect(page.get_by_text("2 entries disabled.")).to_be_visible()
    expect(page.get_by_role("switch", name=f"Enabled: {mark} 1")).not_to_be_checked()
    page.get_by_role("switch", name=f"Enabled: {mark} 1").click()
    expect(page.get_by_role("switch", name=f"Enabled: {mark} 1")).to_be_checked()
    page.get_by_label("Choose all on this page").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("3 entries leave the draft.")).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Nothing fits")).to_be_visible()
    assert not Entry.objects.filter(question__startswith=mark).exists()


def test_the_welcome_card_is_ordered_by_keys_and_filled_from_the_library(page: Page):
    before = knowledge.welcome_lines()
    mark = secrets.token_hex(4)
    knowledge.set_welcome([Line(text=f"first {mark}")])
    knowledge.add_entry(Library.QA, Values(question=f"Picked {mark}", answer="!"))
    try:
        page.goto("/console/bot/settings/bot_welcome/")
        box = page.get_by_role("combobox", name="A question of the library, or your own words")
        box.fill(mark)
        expect(page.get_by_role("option", name=f"Picked {mark}")).to_be_visible()
        box.press("Enter")
        box.fill(f"own {mark}")
        expect(page.get_by_role("option", name="as it is")).to_be_visible()
        box.press("Enter")
        expect(page.get_by_text("3 of 20")).to_be_visible()
        expect(page.locator(".welcome-shown .ask")).to_have_text(
            [f"first {mark}", f"Picked {mark}", f"own {mark}"]
        )
        last = page.locator(".welcome-line").last
        last.get_by_label("Language").select_option("zh-hans")
        last.get_by_label("Question", exact=True).press("Alt+ArrowUp")
        page.locator(".welcome-line").nth(2).get_by_label("Move up").click()
        # Whoever reads English does not get what is for others.
        page.get_by_role("button", name="English").first.click()
        expect_accessible(page)
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        assert [line.shown for line in knowledge.welcome_lines()] == [
            f"first {mark}",
            f"Picked {mark}",
            f"own {mark}",
        ]
    finally:
        knowledge.set_welcome(before)


def test_a_category_is_renamed_and_switched_off(page: Page):
    name = f"Sales {secrets.token_hex(4)}"
    category = knowledge.add_category(Library.QA, name)
    page.goto("/console/bot/qa/categories/")
    row = page.locator(f"#category-{category.pk}")
    row.get_by_label("More for").click()
    row.get_by_label("Name").fill(f"{name} too")
    expect_accessible(page)
    row.get_by_role("button", name="Rename").click()
    expect(row.get_by_role("link", name=f"{name} too")).to_be_visible()
    row.get_by_role("switch").click()
    expect(row.get_by_role("switch")).not_to_be_checked()
    assert not knowledge.tree(Library.QA).node(category.pk).is_on
    knowledge.delete_category(category.pk)
