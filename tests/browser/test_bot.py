"""The bot as customers meet it, and a manager's edit on its way to them (B-1, B-3 … B-8, R-3)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Locator, Page, expect

from apps.chatbot.models import AskedQuestion, Entry
from apps.chatbot.settings import AnswerSettings
from apps.routing.models import Availability
from apps.team import business
from tests import bots
from tests.browser import looking
from tests.browser.test_console import make_admin, sign_in
from tests.browser.windows import Window, new_channel, open_window
from tests.browser.workbenches import Workbenches
from tests.browsers import Pages

pytestmark = pytest.mark.usefixtures("live_db", "bot")

# Guides wherever it is not quite sure, once.
RULES = {"direct": 0.99, "chitchat": 0.99, "guide": 0.01, "guide_times": 1}
BUTTON = "Talk to a person"


@pytest.fixture(scope="module")
def bot(stack, django_db_blocker) -> Iterator[None]:
    """The bot answers, and is forgotten afterwards."""
    with django_db_blocker.unblock():
        before = {name: getattr(business.read(AnswerSettings), name) for name in RULES}
        business.save(AnswerSettings, RULES, None)
        with bots.taught():
            bots.wait_until_answering(stack.url)
            yield
        business.save(AnswerSettings, before, None)
        bots.wait_until_silent(stack.url)
        connections.close_all()


def meet(page: Page) -> Window:
    """A new customer's window, with the welcome card in it."""
    window = open_window(page, new_channel().key)
    expect(answers(window)).to_have_count(2)
    return window


def answers(window: Window) -> Locator:
    """What the bot has said, newest last."""
    return window.thread.locator(".message:not(.mine)")


def ask(window: Window, text: str) -> Locator:
    """Say something; the bot's answer."""
    before = answers(window).count()
    window.say(text)
    answer = answers(window).nth(before)
    expect(answer).to_be_visible()
    return answer


def test_a_customer_is_helped_guided_and_handed_over_on_a_phone(
    page_factory: Pages, open_workbench: Workbenches
):
    Availability.objects.update(status="offline", deadline_at=None, deadline_kind="")
    page = page_factory(size=(375, 667), lang="en-GB", touch=True)
    window = meet(page)
    window.expect_state("Our assistant is here for you")
    welcome = answers(window).last
    expect(welcome.get_by_role("heading")).to_have_text("Popular questions")
    assert looking.findings(page, ["light", "dark"]) == []

    # A line of the card is a question; right after writing, too, when the page is about to move.
    window.composer.focus()
    welcome.get_by_role("button", name=bots.RETURN).tap()
    answer = answers(window).nth(2)
    expect(answer.locator(".bubble strong")).to_have_text("within 7 days")
    expect(answer.locator(".message-head")).to_contain_text("Assistant")
    give_thumbs(page, answer)

    guided = ask(window, "costs of a parcel return")
    expect(guided.get_by_role("heading")).to_have_text("Did you mean one of these?")
    guided.get_by_role("button", name=bots.WHO_PAYS).tap()
    window.expect_message("We do.")

    for _ in range(2):
        unknown = ask(window, "zxqv wkjp brrf")
    bench = open_workbench(lang="en-GB")
    unknown.get_by_role("button", name=BUTTON).tap()
    expect(unknown.get_by_role("button", name=BUTTON)).to_have_attribute("aria-pressed", "true")
    window.expect_state(bench.member.nickname)
    sees_the_whole_talk(bench)
    expect(page.locator("html")).to_have_js_property("scrollWidth", 375)


def test_a_line_pressed_twice_in_a_moment_asks_once(page_factory: Pages):
    """A double tap, a key held down: the answer comes once (B-3, B-4)."""
    page = page_factory(size=(375, 667), lang="en-GB")
    window = meet(page)
    answers(window).last.get_by_role("button", name=bots.RETURN).dblclick()
    expect(answers(window)).to_have_count(3)

    guided = ask(window, "costs of a parcel return")
    guided.get_by_role("button", name=bots.WHO_PAYS).focus()
    page.keyboard.down("Enter")
    page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    window.expect_message("We do.")

    ask(window, "thanks a lot")
    for line in (bots.RETURN, bots.WHO_PAYS):
        expect(window.thread.locator(".message.mine", has_text=line)).to_have_count(1)


AT_REST = """element => new Promise((done) => {
  let place = null;
  let since = performance.now();
  const look = () => {
    const { top } = element.getBoundingClientRect();
    if (top !== place) [place, since] = [top, performance.now()];
    if (performance.now() - since > 300) done();
    else requestAnimationFrame(look);
  };
  look();
})"""


def give_thumbs(page: Page, answer: Locator) -> None:
    """By tap and by keyboard; what was said can be changed, and the focus stays where it was."""
    up = answer.get_by_role("button", name="Helpful", exact=True)
    down = answer.get_by_role("button", name="Not helpful")
    box = up.bounding_box()
    assert box["width"] >= 44 and box["height"] >= 44
    # Nobody taps what still moves: the thread follows the answer, and the bar below comes back.
    up.evaluate(AT_REST)
    up.tap()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(answer.locator(".helpful")).to_contain_text("Thank you")
    up.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(down).to_be_focused()
    expect(up).to_have_attribute("aria-pressed", "false")
    assert looking.findings(page, ["light", "dark"]) == []
    assert AskedQuestion.objects.latest("id").is_helpful is False


def sees_the_whole_talk(bench) -> None:
    bench.row(BUTTON).click()
    bench.expect_message(BUTTON)
    talk = bench.thread.locator(".message")
    expect(talk.nth(0)).to_contain_text("Popular questions")
    expect(talk.nth(1)).to_contain_text(bots.RETURN)
    said = bench.thread.locator(".by-bot", has_text="within 7 days")
    expect(said.locator(".message-head")).to_contain_text("Assistant")
    expect(said.locator(".helpful")).to_have_text("Not helpful")
    expect(bench.thread.locator(".card-choices .ask[aria-pressed=true]")).to_have_text(BUTTON)


def test_an_edit_reaches_the_visitor_when_published_and_goes_with_the_roll_back(page_factory: Pages):
    entry = Entry.objects.get(question=bots.WHO_PAYS)
    page = page_factory(lang="en-GB")
    sign_in(page, make_admin())
    visitor = meet(page_factory(lang="en-GB"))
    expect(ask(visitor, bots.WHO_PAYS)).to_contain_text("We do.")

    page.goto(f"/console/bot/qa/{entry.pk}/")
    page.get_by_label("Answer", exact=True).fill("You do, sadly.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".bot-state")).to_contain_text("1 change not published")

    # The test window beside it answers from the draft, the visitor still from the release.
    page.get_by_label("Test question").fill(bots.WHO_PAYS)
    page.get_by_label("Test question").press("Enter")
    expect(page.locator("#test .message:not(.mine)")).to_contain_text("You do, sadly.")
    expect(ask(visitor, bots.WHO_PAYS)).to_contain_text("We do.")

    page.locator("[data-publish]").first.click()
    dialog = page.get_by_role("dialog", name="Publish")
    dialog.get_by_label("Description").fill("Who pays")
    dialog.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".bot-state")).to_contain_text("Everything is published", timeout=20_000)
    expect_soon(visitor, "You do, sadly.")

    page.goto("/console/bot/releases/")
    page.get_by_role("button", name="Roll back").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect_soon(visitor, "We do.")


def expect_soon(visitor: Window, answer: str) -> None:
    """The visitor gets this answer within a few seconds of asking."""
    for _ in range(20):
        said = ask(visitor, bots.WHO_PAYS).inner_text()
        if answer in said:
            return
        visitor.place.wait_for_timeout(250)
    raise AssertionError(f"the visitor still gets {said}")
