"""The form before the first word, in the window, in a second tab and in the component (V-4)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from apps.sessions.models import ChatSession, Customer
from tests.browser.hosts import HostPages
from tests.browser.test_embedding_component import app_page
from tests.browser.windows import Window, new_channel, new_words, open_window
from tests.browsers import Pages
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("live_db")

FORM = {
    "is_on": True,
    "title": {"en": "Before we begin"},
    "questions": [
        {"key": "name", "kind": "name", "label": {"en": "Your name"}, "required": True},
        {"key": "phone", "kind": "phone", "label": {"en": "Phone"}},
        {
            "key": "topic",
            "kind": "choice",
            "label": {"en": "About"},
            "required": True,
            "options": ["Orders", "Returns"],
        },
    ],
    "consent": {"en": "I agree to the privacy notice."},
    "notice": "https://shop.example.com/privacy",
}


def test_nobody_writes_before_they_have_answered_and_what_they_answer_is_known(page_factory: Pages):
    channel = new_channel(pre_chat=FORM)
    page = page_factory(lang="en", size=(375, 667))
    window = open_window(page, channel.key)
    second = page.context.new_page()
    other = open_window(second, channel.key)
    expect(second.locator(".pre-chat")).to_be_visible()

    form = page.get_by_role("form", name="Before we begin")
    expect(form.get_by_label("Your name")).to_be_focused()
    expect(window.composer).not_to_be_visible()
    # What is missing and what only the service can judge are marked together.
    form.get_by_label("Phone").fill("call me")
    form.get_by_role("button", name="Start chat").click()
    expect(form.locator(".wrong:visible")).to_have_count(4)
    expect(form.get_by_label("Your name")).to_be_focused()
    form.get_by_label("Phone").fill("")
    form.get_by_role("button", name="Start chat").click()
    expect(form.locator(".wrong:visible")).to_have_text(
        ["Please fill this in.", "Please fill this in.", "Please agree first."]
    )
    assert form.evaluate("form => form.scrollWidth <= form.clientWidth")
    form.get_by_label("Your name").fill("Li Lei")
    form.get_by_label("Phone").fill("call me")
    form.get_by_text("Returns").click()
    form.get_by_label("I agree").check()
    form.get_by_role("button", name="Start chat").click()
    # What only the service can judge stands at its question, too, and nothing typed is lost.
    expect(form.locator(".wrong:visible")).to_have_text(["This does not look like a phone number."])
    expect(form.get_by_label("Phone")).to_be_focused()
    form.get_by_label("Phone").fill("138 0000 1234")
    form.get_by_role("button", name="Start chat").click()

    expect(form).to_have_count(0)
    window.expect_message("Hello and welcome")
    expect(window.composer).to_be_focused()
    # The other tab has been waiting for the same answers.
    expect(second.locator(".pre-chat")).to_have_count(0)
    expect(other.composer).to_be_visible()
    words = new_words("My order")
    window.say(words)
    window.expect_sent(words)
    session = ChatSession.objects.get(channel=channel)
    assert session.variables["topic"] == "Returns"
    assert session.variables["privacy_consent"]
    customer = Customer.objects.get(id=session.customer_id)
    assert (customer.name, customer.phone) == ("Li Lei", "138 0000 1234")


def test_the_component_asks_too_and_leaves_the_focus_to_its_page(
    page_factory: Pages, host: HostPages, stack: Stack
):
    channel = new_channel(pre_chat=FORM, allowed_sites=[host.origin])
    app_page(host, stack.url, f'<csdesk-chat channel="{channel.key}" lang="en"></csdesk-chat>')
    page = page_factory(lang="en", size=(900, 700))
    page.goto(host.origin)
    form = page.get_by_role("form", name="Before we begin")
    expect(form).to_be_visible()
    assert page.evaluate("document.activeElement === document.body")
    form.get_by_label("Your name").fill("Han Meimei")
    form.get_by_text("Orders").click()
    form.get_by_label("I agree").check()
    form.get_by_role("button", name="Start chat").click()
    Window(page).expect_message("Hello and welcome")
    assert ChatSession.objects.get(channel=channel).variables["name"] == "Han Meimei"
