"""The composer (D-3, D-5): drafts, quick replies, files, cards, notes, what was taken back."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from apps.sessions.models import QuickReply
from tests import factories as make
from tests.browser.customers import Customer
from tests.browser.windows import new_words
from tests.browser.workbenches import Workbench, Workbenches

Served = tuple[Workbench, Customer]


@pytest.fixture
def served(open_workbench: Workbenches, new_customer: Callable[[], Customer]) -> Served:
    """A workbench in English with one chosen session, and its customer."""
    bench = open_workbench(lang="en-GB")
    customer = new_customer()
    words = new_words("Hello")
    customer.say(words)
    bench.choose(words)
    return bench, customer


def a_picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 400), "#b0713a").save(file, "PNG")
    return file.getvalue()


def test_drafts_belong_to_their_session(served: Served, new_customer: Callable[[], Customer]) -> None:
    bench, _customer = served
    second = new_customer()
    other = new_words("other")
    second.say(other)
    bench.box.fill("half a sentence")
    bench.choose(other)
    expect(bench.box).to_have_value("")
    expect(bench.page.locator(".draft-mark")).to_have_count(1)
    bench.page.locator(".queue-row:not([aria-current])").first.click()
    expect(bench.box).to_have_value("half a sentence")
    bench.page.reload()
    bench.wait_live()
    expect(bench.box).to_have_value("half a sentence")
    bench.box.press("Shift+Enter")
    bench.box.press_sequentially("second line")
    bench.box.press("Enter")
    expect(bench.bubble("half a sentence\nsecond line")).to_have_count(1)
    expect(bench.box).to_have_value("")


def test_a_quick_reply_is_found_by_its_words_and_filled_in(served: Served) -> None:
    bench, customer = served
    word = new_words("补发").replace(" ", "")
    QuickReply.objects.create(title=word, text="Dear ${CustomerName}, ${StaffName}: ${OrderNo} is under way.")
    QuickReply.objects.create(title="mine", text=f"private {word}", owner=make.make_member())
    bench.page.reload()
    bench.wait_live()
    bench.box.press_sequentially(f"好的#{word}")
    options = bench.page.locator("#picker [role=option]")
    expect(options).to_have_count(1)
    expect(options.first).to_have_attribute("aria-selected", "true")
    bench.box.press("Enter")
    name = bench.head.text_content()
    expect(bench.box).to_have_value(f"好的Dear {name}, {bench.member.nickname}: ${{OrderNo}} is under way.")
    bench.page.keyboard.press("Enter")
    expect(bench.notice).to_contain_text("${OrderNo} is not filled in yet")
    bench.box.fill("")
    bench.box.press_sequentially(f"#{word}")
    bench.box.press("Enter")
    bench.page.keyboard.type("No 7")
    expect(bench.box).to_have_value(f"Dear {name}, {bench.member.nickname}: No 7 is under way.")
    bench.box.press("Enter")
    customer.until_heard(f"Dear {name}, {bench.member.nickname}: No 7 is under way.")


def test_what_was_never_sent_can_be_taken_along_after_the_end(served: Served) -> None:
    bench, customer = served
    bench.box.fill("The lid goes out tomor")
    customer.signal("27")
    left = bench.page.locator("#left-draft")
    expect(left.locator("textarea")).to_have_value("The lid goes out tomor")
    expect(left.locator("textarea")).not_to_be_editable()
    bench.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    left.get_by_role("button", name="Copy").click()
    expect(bench.page.locator(".toast")).to_have_text("Copied.")
    assert bench.page.evaluate("navigator.clipboard.readText()") == "The lid goes out tomor"
    left.get_by_role("button", name="Discard").click()
    expect(left).to_be_hidden()
    expect(bench.over).not_to_contain_text("[Draft]")


def test_a_slash_in_a_date_opens_nothing(served: Served) -> None:
    bench, _customer = served
    bench.box.press_sequentially("on 3/4 or http://x")
    expect(bench.page.locator("#picker")).to_be_hidden()
    bench.box.fill("")
    bench.box.press_sequentially("/")
    expect(bench.page.locator("#picker")).to_be_visible()
    bench.box.press("Escape")
    expect(bench.page.locator("#picker")).to_be_hidden()


def test_quick_replies_are_used_from_the_side(served: Served) -> None:
    bench, _customer = served
    word = new_words("aside").replace(" ", "")
    QuickReply.objects.create(title=word, text=f"Text of {word}", category="Tests")
    bench.page.reload()
    bench.wait_live()
    bench.page.locator("#reply-search").fill(word)
    row = bench.page.locator("#reply-list .quick-reply")
    expect(row).to_have_count(1)
    row.get_by_role("button", name="Use").click()
    expect(bench.box).to_have_value(f"Text of {word}")


def test_pictures_and_files_go_with_the_text(served: Served) -> None:
    bench, customer = served
    bench.page.locator("#picture-input").set_input_files(
        {"name": "lid <b>.png", "mimeType": "image/png", "buffer": a_picture()}
    )
    bench.page.locator("#file-input").set_input_files(
        {"name": "清单.txt", "mimeType": "text/plain", "buffer": "一壶一盖".encode()}
    )
    expect(bench.page.locator("#attachments .chip")).to_have_count(2)
    bench.say("See both")
    customer.until(lambda: {"image", "file"} <= {frame["message"]["type"] for frame in customer.messages()})
    expect(bench.thread.locator("a.picture img")).to_be_visible()
    expect(bench.thread.locator("a.attached")).to_contain_text("清单.txt")
    expect(bench.page.locator("#attachments .chip")).to_have_count(0)


def test_a_file_that_is_too_large_is_told_before_it_is_sent(served: Served, tmp_path: Path) -> None:
    bench, _customer = served
    file = tmp_path / "long.bin"
    file.write_bytes(b"0" * (21 * 1024 * 1024))
    bench.page.locator("#file-input").set_input_files(file)
    expect(bench.page.locator("#attachments .chip.failed")).to_contain_text("Larger than 21 MB")
    expect(bench.page.locator("#send")).to_be_disabled()


def test_text_that_is_too_long_stays_in_the_box(served: Served) -> None:
    bench, _customer = served
    bench.box.fill("长" * 5_001)
    expect(bench.page.locator("#composer-state")).to_contain_text("5001 of 5000")
    expect(bench.page.locator("#send")).to_be_disabled()
    bench.box.press("Enter")
    expect(bench.box).to_have_value("长" * 5_001)


def test_a_message_can_be_taken_back_and_written_anew(served: Served) -> None:
    bench, customer = served
    bench.say("Wrong word")
    customer.until_heard("Wrong word")
    message = bench.thread.locator(".message.mine", has_text="Wrong word")
    message.hover()
    message.get_by_role("button", name="Take back").click()
    customer.until(lambda: customer.messages()[-1]["message"]["type"] == "recalled")
    expect(bench.bubble("Wrong word")).to_have_count(0)
    bench.thread.get_by_role("button", name="Edit again").click()
    expect(bench.box).to_have_value("Wrong word")


def test_notes_are_for_colleagues_only(served: Served) -> None:
    bench, customer = served
    bench.page.locator("[data-mode=note]").click()
    bench.say("She calls every week <script>")
    expect(bench.thread.locator(".internal")).to_contain_text("She calls every week <script>")
    bench.say("And a reply")
    customer.until_heard("And a reply")
    assert not any("every week" in text for text in customer.texts())
    bench.page.locator("#side-tabs [data-tab=notes]").click()
    expect(bench.page.locator("#note-list .internal")).to_have_count(1)
    bench.page.locator("#note-form textarea").fill("A second one")
    bench.page.locator("#note-form button").click()
    expect(bench.page.locator("#note-list .internal")).to_have_count(2)
    expect(bench.thread.locator(".internal")).to_have_count(2)


def test_an_order_card_is_sent_with_its_lines(served: Served) -> None:
    bench, customer = served
    bench.page.locator("#pick-card").click()
    form = bench.page.locator("#card-form")
    form.get_by_text("Order", exact=True).click()
    form.get_by_label("Title").fill("Kettle KT-08S")
    form.get_by_label("Page").fill("javascript:alert(1)")
    form.get_by_placeholder("Label, such as Amount").fill("Amount")
    form.get_by_placeholder("Value").fill("¥ 129")
    form.get_by_role("button", name="Send").click()
    expect(form).to_be_visible()
    form.get_by_label("Page").fill("https://shop.example.com/orders/7")
    form.get_by_role("button", name="Send").click()
    customer.until(lambda: customer.messages()[-1]["message"].get("data", {}).get("src") == "28")
    content = customer.messages()[-1]["message"]["data"]["content"]
    assert content["name"] == "Kettle KT-08S"
    assert content["customField"][0]["value"] == "¥ 129"
    expect(bench.thread.locator(".message").last).to_contain_text("Kettle KT-08S")


def test_hostile_words_are_only_words(served: Served) -> None:
    bench, customer = served
    hostile = new_words("<img src=x onerror=document.title='broken'> " + "W" * 300)
    customer.say(hostile)
    bench.expect_message(hostile)
    assert "broken" not in bench.page.title()
    for area in ("#messages", "#rows"):
        fits = bench.page.locator(area).evaluate("area => area.scrollWidth <= area.clientWidth")
        assert fits, f"{area} scrolls sideways"
