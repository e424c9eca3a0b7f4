"""The main job by keyboard alone (Q-9): nobody touches a mouse, a finger or an element from outside."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from apps.sessions.models import ChatSession, QuickReply, Rating, State
from apps.team.models import Reception
from tests import factories as make
from tests.browser.windows import Window, new_channel, new_words
from tests.browsers import Pages
from tests.factories import PASSWORD

pytestmark = pytest.mark.usefixtures("live_db")

MOST_STOPS = 60
# Where the focus is: its element, and that it can be seen there.
_AT = """(selector) => {
  const at = document.activeElement;
  const { width, height, bottom, top } = at.getBoundingClientRect();
  const isSeen = at === document.body || (width > 0 && height > 0 && bottom > 0 && top < innerHeight);
  return { isThere: at.matches(selector), isSeen, what: at.outerHTML.slice(0, 160) };
}"""


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Press Tab until the focus is on `selector`; every stop on the way is on the screen."""
    for _stop in range(MOST_STOPS):
        at = page.evaluate(_AT, selector)
        if at["isThere"]:
            return
        page.keyboard.press(key)
        at = page.evaluate(_AT, selector)
        assert at["isSeen"], f"the focus is out of sight: {at['what']}"
    raise AssertionError(f"{MOST_STOPS} stops and none is {selector}")


def write(page: Page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.type(text)


def press(page: Page, selector: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Enter")


def sign_in(page: Page, account: str) -> None:
    page.goto("/login/")
    write(page, "[name=login]", account)
    write(page, "[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/")
    expect(page.locator("#live[data-live=live]")).to_be_visible()


def test_from_the_question_to_the_rating(page_factory: Pages):
    group = make.make_group(reception=Reception.MANUAL)
    agent = make.make_member(groups=[group])
    QuickReply.objects.create(owner=agent, title="Lids", text="The lid is covered by the warranty.")
    channel = new_channel()
    desk = page_factory(lang="en-GB")
    sign_in(desk, agent.account)

    # The customer asks.
    page = page_factory(lang="en-GB", size=(375, 667))
    page.goto(f"/chat/{channel.key}/")
    window = Window(page)
    window.wait_ready()
    question = new_words("My lid has a crack")
    write(page, ".say textarea", question)
    page.keyboard.press("Enter")
    window.expect_sent(question)

    # The agent accepts the offer, answers, and answers by a quick reply.
    expect(desk.locator("#offer-list .offer")).to_have_count(1)
    press(desk, ".offer .primary")
    expect(desk.locator("#thread")).to_contain_text(question)
    write(desk, "#reply", "Let me look.")
    desk.keyboard.press("Enter")
    window.expect_message("Let me look.")
    desk.keyboard.type("#lids")
    expect(desk.locator("#picker [aria-selected=true]")).to_contain_text("Lids")
    desk.keyboard.press("Enter")
    expect(desk.locator("#reply")).to_have_value("The lid is covered by the warranty.")
    desk.keyboard.press("Enter")
    window.expect_message("The lid is covered by the warranty.")

    # The focus goes through the dialog and comes back; the help tells the keys.
    desk.keyboard.press("Escape")
    tab_to(desk, "#transfer", "Shift+Tab")
    desk.keyboard.press("Enter")
    expect(desk.locator("#transfer-dialog[open]")).to_be_visible()
    write(desk, "#transfer-note", "For later")
    desk.keyboard.press("Escape")
    expect(desk.locator("dialog[open]")).to_have_count(0)
    assert desk.evaluate(_AT, "#transfer")["isThere"]
    desk.keyboard.press("?")
    expect(desk.locator("#help[open]")).to_be_visible()
    desk.keyboard.press("Escape")

    # The agent ends, takes it back, and ends.
    desk.keyboard.press("Alt+e")
    press(desk, "#ending-undo")
    expect(desk.locator("#ending")).to_be_hidden()
    desk.keyboard.press("Alt+e")
    card = window.thread.locator("form.card-rating")
    expect(card).to_be_visible(timeout=10_000)

    # The customer rates.
    tab_to(page, ".card-rating input[type=radio]", "Shift+Tab")
    for _level in range(4):
        page.keyboard.press("ArrowRight")
    write(page, ".card-rating textarea", "Quick and kind")
    press(page, ".card-rating button[type=submit]")
    expect(window.thread.locator(".card-rating.given")).to_be_visible()
    session = ChatSession.objects.get(channel=channel)
    assert session.state == State.CLOSED
    assert Rating.objects.get(session=session).comment == "Quick and kind"


def test_zoomed_to_200_percent_nothing_is_cut_or_scrolls_sideways(page_factory: Pages):
    """WCAG 1.4.4 and 1.4.10: a screen of 1280×800 at 200 % leaves 640×400 CSS pixels."""
    page = page_factory(lang="en-GB", size=(640, 400), device_scale_factor=2)
    sheets = {
        "window/?state=serving": (".window-head h1", ".say textarea", ".say [data-files]"),
        "desk/?state=serving": ("#to-list", "#end", "#reply", "#send"),
        "desk/?state=offers": (".offer .primary", "#availability > summary"),
        "records/?state=list": (".record-open", ".field input"),
        "console/?state=overview": (".tile", ".top .menu > summary"),
        "thread/?state=customer": (".card",),
        "parts/": (".button.primary", ".dialog .danger"),
    }
    for address, needed in sheets.items():
        page.goto(f"/dev/components/{address}&lang=en".replace("/&", "/?"))
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, address
        for selector in needed:
            element = page.locator(selector).first
            expect(element, address).to_be_visible()
            box = element.bounding_box()
            assert box and box["x"] >= 0 and box["x"] + box["width"] <= 640.5, f"{address} {selector} {box}"


def test_who_wants_less_motion_sees_none(page_factory: Pages):
    running = "document.getAnimations().filter((each) => each.playState === 'running').length"
    sheet = "/dev/components/thread/?state=customer&lang=en"
    page = page_factory(lang="en-GB", reduced_motion="reduce")
    page.goto(sheet)
    expect(page.locator(".typing")).to_be_visible()
    assert page.evaluate(running) == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(running) > 0  # there is something to be stilled


def test_in_the_readers_own_colours_what_is_chosen_and_who_is_free_still_shows(page_factory: Pages):
    page = page_factory(lang="en-GB", forced_colors="active")
    page.goto("/dev/components/parts/?lang=en")
    chosen, other = (
        page.locator(f".choices [aria-pressed={pressed}]").first.evaluate(
            "(at) => getComputedStyle(at).outlineStyle"
        )
        for pressed in ("true", "false")
    )
    assert (chosen, other) == ("solid", "none")
    dots = page.locator(".state > .presence").evaluate_all(
        "(dots) => new Set(dots.map((dot) => JSON.stringify([getComputedStyle(dot).backgroundImage,"
        " getComputedStyle(dot).backgroundColor, getComputedStyle(dot).height, getComputedStyle(dot).rotate,"
        " getComputedStyle(dot).transform]))).size"
    )
    assert dots == 5


def test_words_from_right_to_left_stand_so_inside_a_chat_from_left_to_right(page_factory: Pages):
    page = page_factory(lang="en-GB", size=(375, 667))
    page.goto("/dev/components/thread/?state=customer&lang=en")
    hebrew = page.locator(".bubble", has_text="שלום")
    latin = page.locator(".bubble", has_text="Hi! The lid")
    direction = "(at) => getComputedStyle(at).direction"
    assert (hebrew.evaluate(direction), latin.evaluate(direction)) == ("rtl", "ltr")
    assert page.locator(".thread").evaluate(direction) == "ltr"
    # The end of a name that was turned round is its end.
    expect(page.locator(".attached-name", has_text="gpj.exe")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
