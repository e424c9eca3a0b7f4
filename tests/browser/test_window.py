"""The customer's window (V-1), from the first look to the rating."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.agents import Agent
from tests.browser.windows import new_channel, new_words, open_window
from tests.browsers import Pages

pytestmark = pytest.mark.usefixtures("live_db")


CHOOSE = """(field, [name, size, type]) => {
    const chosen = new DataTransfer();
    chosen.items.add(new File([new Uint8Array(size)], name, {type}));
    field.files = chosen.files;
    field.dispatchEvent(new Event("change"));
}"""


def a_picture(width: int = 800, height: int = 500) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "#b0713a").save(file, "PNG")
    return file.getvalue()


def test_a_customer_is_welcomed_served_and_rates(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(size=(375, 667), lang="en-GB")
    window = open_window(page)
    expect(window.thread.locator(".message").first).to_be_visible()
    expect(window.quick.get_by_role("button", name="To human")).to_be_visible()
    words = new_words("The lid is cracked")
    window.say(words)
    window.expect_sent(words)
    session = agent.until_served(words)
    window.expect_state("With 林晓雯 (00790)")
    expect(window.quick.get_by_role("button", name="To human")).to_be_hidden()

    agent.tell("typing", session=session)
    expect(page.locator(".typing")).to_contain_text("林晓雯 is typing")
    agent.say(session, "Could you take a picture?")
    window.expect_message("Could you take a picture?")
    expect(page.locator(".typing")).to_be_hidden()
    expect(window.thread.locator(".message-state").last).to_contain_text("Read")

    agent.order("invite_rating", session=session)
    card = window.thread.locator("form.card-rating")
    card.get_by_text("Satisfied", exact=True).locator("..").click()
    expect(card.locator(".level")).to_have_text("Satisfied")
    card.get_by_placeholder("Anything to add").fill("Quick & kind <b>")
    card.get_by_role("button", name="Send rating").click()
    given = window.thread.locator(".card-rating.given")
    expect(given).to_contain_text("Rated: Satisfied")
    expect(given).to_contain_text("Quick & kind <b>")
    expect(given.locator(".stars-given .icon")).to_have_count(4)

    agent.order("end", session=session)
    window.expect_state("Chat ended")
    expect(page.get_by_text("Write again to start a new chat.")).to_be_visible()


def test_a_picture_keeps_its_place_and_reaches_the_agent(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(size=(375, 667), lang="zh-CN")
    window = open_window(page)
    words = new_words("看看这个")
    window.say(words)
    session = agent.until_served(words)
    window.choose_file("裂纹 <img src=x>.png", a_picture(), "image/png")
    picture = window.thread.locator("a.picture img")
    expect(picture).to_be_visible()
    expect(picture).to_have_attribute("width", "800")
    assert picture.evaluate("image => image.getBoundingClientRect().height") == pytest.approx(137.5, abs=3)
    # The phone's "back" closes the picture and not the chat; closed otherwise, it leaves nothing behind.
    viewer = page.locator(".viewer")
    address = page.url
    for close in (page.go_back, lambda: page.keyboard.press("Escape")):
        picture.click()
        expect(viewer).to_be_visible()
        page.wait_for_function("() => history.state?.viewer")
        close()
        expect(viewer).to_have_count(0)
        page.wait_for_function("() => !history.state?.viewer")
    assert page.url == address
    arrived = agent.until(
        lambda: next(
            (frame for frame in agent.messages(session) if frame["message"]["type"] == "image"), None
        )
    )
    assert arrived["message"]["file"]["url"]
    window.choose_file("清单.txt", "一壶一盖".encode(), "text/plain")
    with page.expect_download() as download:
        window.thread.locator("a.attached", has_text="清单.txt").click()
    assert download.value.suggested_filename == "清单.txt"


def test_a_file_over_the_limit_is_refused_in_words(page_factory: Pages) -> None:
    page = page_factory(lang="en-GB")
    window = open_window(page)
    # Made in the page: so large a file takes its time through the test's connection to the browser.
    film = ["unboxing.mov", 21 * 1024 * 1024, "video/quicktime"]
    page.locator(".say input[type=file]").evaluate(CHOOSE, film)
    expect(window.banner).to_contain_text("“unboxing.mov” is 21 MB, the limit is 20 MB.")
    expect(window.thread.locator(".attached")).to_have_count(0)


def test_text_over_the_limit_stays_in_the_box(page_factory: Pages) -> None:
    page = page_factory(lang="en-GB")
    window = open_window(page)
    window.say("壶" * 5_003)
    expect(page.locator("#left")).to_have_text("5003 of 5000 characters")
    expect(window.composer).to_have_value("壶" * 5_003)
    expect(window.thread.locator(".message.mine")).to_have_count(0)


def test_hostile_words_are_only_words(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(size=(375, 667))
    window = open_window(page)
    words = new_words("<img src=x onerror=document.title='broken'> javascript:alert(1) ‮gnp.exe " + "W" * 400)
    window.say(words)
    session = agent.until_served(words)
    window.expect_message(words)
    agent.say(
        session,
        "See https://example.com/a_(b)?c=1, or data:text/html,<script>document.title='broken'</script>",
    )
    link = window.thread.locator(".bubble a")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "https://example.com/a_(b)?c=1")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    assert "broken" not in page.title()
    assert page.locator(".window-scroll").evaluate("area => area.scrollWidth <= area.clientWidth")


def test_the_place_in_line_is_shown_and_can_be_left(page_factory: Pages, agent: Agent) -> None:
    agent.order("set_status", status="notReady")
    page = page_factory(size=(375, 667), lang="en-GB")
    window = open_window(page)
    window.say(new_words("Is anybody there?"))
    expect(page.locator(".queue-place")).to_have_text(re.compile(r"\d+"))
    window.expect_state("Waiting, number")
    page.get_by_role("button", name="Leave the line and end this chat …").click()
    page.get_by_role("button", name="Keep waiting").click()
    window.expect_state("Waiting, number")
    page.get_by_role("button", name="Leave the line and end this chat …").click()
    page.get_by_role("button", name="Leave and end chat").click()
    expect(page.locator(".queue-notice")).to_be_hidden()
    window.expect_state("Chat ended")


def test_ending_asks_first(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(lang="en-GB")
    window = open_window(page)
    words = new_words("That was all")
    window.say(words)
    agent.until_served(words)
    window.open_menu()
    page.get_by_role("button", name="End chat …").click()
    page.get_by_role("button", name="Go on chatting").click()
    window.expect_state("With 林晓雯")
    window.open_menu()
    page.get_by_role("button", name="End chat …").click()
    page.get_by_role("button", name="End chat", exact=True).click()
    window.expect_state("Chat ended")


def test_two_tabs_are_one_conversation(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(lang="en-GB")
    window = open_window(page)
    words = new_words("First tab")
    window.say(words)
    session = agent.until_served(words)
    second = page.context.new_page()
    other = open_window(second)
    other.expect_message(words)
    answer = new_words("Second tab")
    other.say(answer)
    window.expect_message(answer)
    agent.say(session, "One chat.")
    window.expect_message("One chat.")
    other.expect_message("One chat.")
    agent.until(lambda: answer in agent.desk.texts(session))
    texts = agent.desk.texts(session)
    assert texts.count(words) == texts.count(answer) == 1


def test_words_written_offline_arrive_once(page_factory: Pages, agent: Agent) -> None:
    page_factory.expect("ERR_INTERNET_DISCONNECTED")
    page = page_factory(lang="en-GB")
    window = open_window(page)
    words = new_words("Before the tunnel")
    window.say(words)
    session = agent.until_served(words)
    page.context.set_offline(True)
    lost = new_words("In the tunnel")
    window.say(lost)
    given_up = new_words("Not worth waiting")
    window.say(given_up)
    expect(window.thread.locator(".message-state", has_text="Waiting, goes on by itself")).to_have_count(2)
    window.thread.get_by_role("button", name="Cancel").last.click()
    window.expect_message(given_up, count=0)
    expect(window.banner).to_contain_text("Offline", timeout=15_000)
    agent.say(session, "Said meanwhile")
    page.context.set_offline(False)
    window.expect_sent(lost)
    window.expect_message("Said meanwhile")
    expect(window.banner).to_be_hidden()
    agent.until(lambda: lost in agent.desk.texts(session))
    assert agent.desk.texts(session).count(lost) == 1
    assert given_up not in agent.desk.texts(session)


def test_nothing_moves_while_one_reads_older_messages(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(size=(375, 667), lang="en-GB")
    window = open_window(page)
    words = new_words("Tell me everything")
    window.say(words)
    session = agent.until_served(words)
    for number in range(14):
        agent.say(session, f"Point {number}: " + "word " * 25)
    window.expect_message("Point 13:")
    scroll = page.locator(".window-scroll")
    scroll.evaluate("area => { area.scrollTop = -700; }")
    place = window.bubble("Point 8:").evaluate("bubble => bubble.getBoundingClientRect().top")
    agent.say(session, "One more thing")
    expect(window.pill).to_have_text(re.compile("1 new"))
    assert window.bubble("Point 8:").evaluate(
        "bubble => bubble.getBoundingClientRect().top"
    ) == pytest.approx(place, abs=1)
    window.pill.click()
    expect(window.bubble("One more thing")).to_be_in_viewport()
    expect(window.pill).to_be_hidden()


def test_earlier_chats_come_when_one_scrolls_up(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(size=(375, 667), lang="en-GB")
    window = open_window(page)
    words = new_words("Long ago")
    window.say(words)
    session = agent.until_served(words)
    # More than a page of history, and no flood (V-6).
    for number in range(52):
        agent.say(session, f"Line {number}")
    agent.order("end", session=session)
    window.expect_state("Chat ended")
    again = open_window(page)
    expect(again.thread.locator(".message").first).to_be_visible()
    scroll = page.locator(".window-scroll")
    for _turn in range(8):
        scroll.evaluate("area => { area.scrollTop = -area.scrollHeight; }")
        if again.bubble(words).count():
            break
        page.wait_for_timeout(200)
    again.expect_message(words)
    texts = again.thread.locator(".bubble").all_inner_texts()
    lines = [text for text in texts if text.startswith("Line ")]
    assert lines == [f"Line {number}" for number in range(52)]


def test_the_language_follows_the_browser_and_the_choice(page_factory: Pages) -> None:
    page = page_factory(lang="en-GB")
    window = open_window(page)
    expect(window.composer).to_have_attribute("placeholder", "Say something")
    window.open_menu()
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(window.composer).to_have_attribute("placeholder", "说点什么")
    page.goto("/chat/demo/")
    expect(window.composer).to_have_attribute("placeholder", "说点什么")


def test_the_theme_can_be_chosen_and_stays(page_factory: Pages) -> None:
    page = page_factory(lang="en-GB", theme="light")
    window = open_window(page)
    window.open_menu()
    page.get_by_role("button", name="Dark").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert (
        page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(15, 19, 21)"
    )


def test_a_stopped_channel_has_a_page_that_says_so(page_factory: Pages) -> None:
    page_factory.expect("404")
    channel = new_channel(is_active=False)
    page = page_factory(lang="en-GB")
    for key in (channel.key, "no-such-channel"):
        answer = page.goto(f"/chat/{key}/")
        assert answer.status == 404
        expect(page.get_by_role("heading", name="No chat here")).to_be_visible()


def test_on_a_phone_everything_fits_and_quick_acts_leave_while_one_writes(page_factory: Pages) -> None:
    page = page_factory(size=(375, 667), lang="en-GB", touch=True)
    window = open_window(page)
    expect(window.quick).to_be_visible()
    window.composer.tap()
    expect(window.quick).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.locator("button:visible, a:visible").evaluate_all(
        "all => all.filter(one => one.offsetHeight < 36).map(one => one.outerHTML)"
    )
    assert small == []


def test_an_emoji_is_put_where_one_writes(page_factory: Pages) -> None:
    page = page_factory(lang="en-GB")
    window = open_window(page)
    window.composer.fill("Thanks ")
    page.get_by_role("button", name="Emoji").click()
    page.locator(".emoji-button", has_text="👍").click()
    expect(window.composer).to_have_value("Thanks 👍")
    expect(page.locator(".emoji-sheet")).to_be_hidden()
