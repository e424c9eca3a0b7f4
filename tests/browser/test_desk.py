"""The workbench (D-1 … D-4): serving a customer, the lists, availability."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from apps.routing.models import Availability
from tests import factories as make
from tests.browser.customers import Customer
from tests.browser.windows import new_words
from tests.browser.workbenches import Workbenches
from tests.browsers import Pages

NewCustomer = Callable[[], Customer]


def test_an_agent_serves_a_customer_from_the_first_word_to_the_end(
    open_workbench: Workbenches, new_customer: NewCustomer
) -> None:
    bench = open_workbench(lang="en-GB")
    customer = new_customer()
    words = new_words("The lid is cracked")
    customer.say(words)
    expect(bench.row(words).locator(".count")).to_have_text("1")
    expect(bench.page).to_have_title(re.compile(r"^\(1\) Workbench"))
    assert bench.page.locator("#stage-none").is_visible(), "a new session chooses itself"

    bench.choose(words)
    expect(bench.row(words)).to_have_attribute("aria-current", "true")
    expect(bench.page.locator("#chat-facts")).to_contain_text("served 0:")
    expect(bench.box).to_be_focused()
    bench.box.press_sequentially("Could you")
    customer.until(lambda: any(frame.get("data", {}).get("src") == "12" for frame in customer.visitor.frames))
    bench.say("Could you take a picture?")
    customer.until_heard("Could you take a picture?")
    bench.expect_message("Could you take a picture?")
    expect(bench.thread.locator(".message-state").last).to_contain_text("Sent")
    customer.tell("read", session=customer.session, seq=customer.messages()[-1]["seq"])
    expect(bench.thread.locator(".message-state").last).to_contain_text("Read")

    customer.signal("12")
    expect(bench.page.locator("#typing")).to_be_visible()
    customer.say("Here it is")
    bench.expect_message("Here it is")
    expect(bench.page.locator("#typing")).to_be_hidden()
    expect(bench.page.locator("#announce")).to_contain_text("Here it is")

    bench.page.locator("#invite").click()
    expect(bench.thread.locator(".card-rating")).to_be_visible()
    bench.page.locator("#end").click()
    expect(bench.page.locator("#ending")).to_contain_text("in 5 s")
    customer.until_state("closed")
    expect(bench.over.first).to_contain_text("Ended normally")
    expect(bench.thread.locator(".ended")).to_have_count(1)
    expect(bench.page.locator("#thread-over")).to_be_hidden()
    expect(bench.page.locator("#chat-facts")).to_contain_text("Ended normally")
    expect(bench.thread.locator(".message.neutral .card-rating")).to_be_visible()
    expect(bench.thread).not_to_contain_text("System message")
    expect(bench.page.locator("#composer")).to_be_hidden()
    expect(bench.head).to_be_visible()


def test_an_end_can_be_undone(open_workbench: Workbenches, new_customer: NewCustomer) -> None:
    bench = open_workbench()
    customer = new_customer()
    words = new_words("Not yet")
    customer.say(words)
    bench.choose(words)
    bench.page.keyboard.press("Alt+E")
    bench.page.locator("#ending-undo").click()
    expect(bench.page.locator("#ending")).to_be_hidden()
    bench.page.wait_for_timeout(5_500)
    assert customer.state == "serving"
    bench.say("Still here")
    customer.until_heard("Still here")


def test_words_of_the_customer_stop_the_end(open_workbench: Workbenches, new_customer: NewCustomer) -> None:
    bench = open_workbench(lang="en-GB")
    customer = new_customer()
    words = new_words("That is all")
    customer.say(words)
    bench.choose(words)
    bench.page.locator("#end").click()
    customer.say("Wait, one more thing")
    ending = bench.page.locator("#ending")
    expect(ending).to_contain_text("wrote meanwhile. End anyway?")
    bench.page.wait_for_timeout(5_500)
    assert customer.state == "serving"
    ending.get_by_role("button", name="Keep open").click()
    expect(ending).to_be_hidden()
    bench.say("Of course")
    customer.until_heard("Of course")
    bench.page.locator("#end").click()
    customer.say("Thanks!")
    ending.get_by_role("button", name="End session").click()
    customer.until_state("closed")


def test_visitors_are_named_in_the_readers_language(
    open_workbench: Workbenches, new_customer: NewCustomer
) -> None:
    bench = open_workbench(lang="zh-CN")
    customer = new_customer()
    words = new_words("nameless")
    customer.say(words)
    bench.choose(words)
    row, name = bench.row(words), re.compile(r"^访客_\d{4}$")
    expect(row.locator(".queue-name")).to_have_text(name)
    bench.say("您好")
    customer.until_heard("您好")
    customer.say("again")
    bench.expect_message("again")
    expect(bench.serving.locator(".queue-name")).to_have_text(name)
    expect(bench.head).to_have_text(name)
    expect(bench.page.locator("#customer h2")).to_have_text(name)
    expect(bench.thread.locator(".message-head strong").first).to_have_text(name)
    tone = "avatar => avatar.className.match(/tone-\\d/)[0]"
    places = [bench.serving, bench.page.locator("#customer"), bench.thread]
    tones = {place.locator(".avatar").first.evaluate(tone) for place in places}
    assert len(tones) == 1
    number = bench.head.inner_text()[-4:]
    assert {place.locator(".avatar").first.inner_text()[0] for place in places} == {number[0]}
    bench.page.locator("#transfer").click()
    expect(bench.page.locator("#transfer-whom")).to_have_text(name)


def test_signing_out_of_the_records_asks_for_open_sessions(
    open_workbench: Workbenches, new_customer: NewCustomer, page_factory: Pages
) -> None:
    page_factory.expect(r"status of 409 .*/logout/")
    bench = open_workbench(lang="en-GB")
    customer = new_customer()
    customer.say(new_words("still here"))
    customer.until_state("serving")
    bench.page.goto("/records/")
    bench.page.locator("#account summary").click()
    bench.page.get_by_role("button", name="Sign out").click()
    expect(bench.page.get_by_role("alert")).to_contain_text("You still have open sessions")
    assert customer.state == "serving"
    bench.page.get_by_role("button", name="Hand over and sign out").click()
    expect(bench.page).to_have_url(re.compile("/login/"))
    customer.until_state("queued")


def test_the_chosen_chat_stays_when_others_come_and_end(
    open_workbench: Workbenches, new_customer: NewCustomer
) -> None:
    bench = open_workbench()
    first, second = new_customer(), new_customer()
    one, other = new_words("first"), new_words("second")
    first.say(one)
    bench.choose(one)
    second.say(other)
    expect(bench.row(other)).to_be_visible()
    expect(bench.bubble(one)).to_be_visible()
    first.signal("27")
    expect(bench.over.first).to_be_visible()
    expect(bench.bubble(one)).to_be_visible()
    expect(bench.over.first).to_have_attribute("aria-current", "true")


def test_no_row_moves_under_the_pointer(open_workbench: Workbenches, new_customer: NewCustomer) -> None:
    bench = open_workbench()
    one, other = new_words("first"), new_words("second")
    first, second = new_customer(), new_customer()
    first.say(one)
    expect(bench.row(one)).to_be_visible()
    second.say(other)
    row = bench.row(other)
    row.hover()
    before = row.bounding_box()["y"]
    # The row above goes to the ended ones; the one under the pointer keeps its place.
    first.signal("27")
    expect(bench.over).to_have_count(1)
    assert abs(row.bounding_box()["y"] - before) < 1
    row.click()
    bench.expect_message(other)


def test_reload_keeps_the_choice_and_what_ended_today(
    open_workbench: Workbenches, new_customer: NewCustomer
) -> None:
    bench = open_workbench(lang="en-GB")
    customer, former = new_customer(), new_customer()
    words, old = new_words("still open"), new_words("over soon")
    former.say(old)
    expect(bench.row(old)).to_be_visible()
    former.signal("27")
    expect(bench.over).to_have_count(1)
    customer.say(words)
    bench.choose(words)
    bench.page.reload()
    bench.wait_live()
    bench.expect_message(words)
    expect(bench.page.locator("#reply-list .quick-reply .button:visible")).not_to_have_count(0)
    expect(bench.over.filter(has_text=old)).to_contain_text("Ended by the customer")
    bench.over.filter(has_text=old).click()
    bench.expect_message(old)


def test_going_offline_with_sessions_asks_first(
    open_workbench: Workbenches, new_customer: NewCustomer
) -> None:
    bench = open_workbench(lang="en-GB")
    customer = new_customer()
    words = new_words("do not leave me")
    customer.say(words)
    expect(bench.row(words)).to_be_visible()
    bench.go("offline")
    question = bench.page.locator("dialog[open]")
    expect(question).to_contain_text("Hand over 1 open session?")
    question.get_by_role("button", name="Cancel").click()
    assert Availability.objects.get(member=bench.member).status == "free"
    bench.go("offline")
    bench.page.locator("dialog[open]").get_by_role("button", name="Hand over").click()
    expect(bench.page.locator("#availability-label")).to_have_text("Offline0/5")
    customer.until_state("queued")
    expect(bench.page.locator("#offline-strip")).to_be_visible()
    bench.page.locator("#offline-strip").get_by_role("button", name="Go free").click()
    customer.until_state("serving")
    expect(bench.row(words)).to_be_visible()


def test_rest_with_a_reason_brings_no_new_sessions(
    open_workbench: Workbenches, new_customer: NewCustomer
) -> None:
    bench = open_workbench(lang="zh-CN")
    bench.page.locator("#availability summary").click()
    bench.page.locator("#availability-rows").get_by_role("button", name="小休 · 用餐").click()
    expect(bench.page.locator("#availability-label")).to_contain_text("小休 · 用餐")
    customer = new_customer()
    customer.say("有人吗")
    customer.until_state("queued")
    expect(bench.serving).to_have_count(0)
    bench.go("free")
    customer.until_state("serving")
    expect(bench.serving).to_have_count(1)


def test_a_second_sign_in_ends_the_first_workbench(open_workbench: Workbenches, page_factory: Pages) -> None:
    member = make.make_member()
    first = open_workbench(member, lang="en-GB")
    open_workbench(member)
    kicked = first.page.locator("#kicked")
    expect(kicked).to_contain_text("You signed in somewhere else")
    kicked.get_by_role("button", name="Sign in again").click()
    expect(first.page).to_have_url(re.compile(r"/login/\?next=/desk/"))


def test_signing_out_goes_to_the_sign_in_page(open_workbench: Workbenches) -> None:
    bench = open_workbench(lang="en-GB")
    bench.page.locator("#account summary").click()
    bench.page.get_by_role("button", name="Sign out").click()
    expect(bench.page).to_have_url(re.compile("/login/"))
    assert Availability.objects.get(member=bench.member).status == "offline"
    bench.page.goto("/desk/")
    expect(bench.page).to_have_url(re.compile("/login/"))


def test_members_who_do_not_serve_are_told(page_factory: Pages, open_workbench: Workbenches) -> None:
    page = page_factory(lang="en-GB")
    page.context.add_cookies(open_workbench.cookies(make.make_member(serves=False)))
    page.goto("/desk/")
    expect(page.get_by_role("heading", name="Your account does not serve customers")).to_be_visible()
