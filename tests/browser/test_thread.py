"""Long conversations: what is out of sight is not in the page, nothing moves under the reader (D-6, Q-8)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.threads import Lab, open_lab
from tests.browsers import Pages

DRAWN_AT_MOST = 120
RATING = """{
  from: { kind: "system" }, message: { type: "custom", data: { src: "9", menuContent: {
    head: "How was it?", sessionId: "s",
    menu: [{ id: "1", content: "bad" }, { id: "2", content: "good" }] } } } }"""

CHOICES = """{
  from: { kind: "bot" }, message: { type: "custom", data: { src: "15", content: {
    header: "Which?", items: [{ content: "red" }, { content: "blue" }] } } } }"""


@pytest.fixture
def lab(page_factory: Pages) -> Lab:
    return open_lab(page_factory)


def assert_stays(before: dict[int, float], after: dict[int, float], by: float = 0) -> None:
    """What was in sight before and still is stands where it stood, or as far off as one scrolled."""
    both = before.keys() & after.keys()
    assert both
    moved = {seq: after[seq] - before[seq] for seq in both if abs(after[seq] - before[seq] + by) > 1}
    assert not moved


def test_of_thousands_only_what_is_in_sight_is_in_the_page(lab: Lab) -> None:
    lab.run("lab.fill(1, 5001)")
    assert max(lab.in_sight) == 5000
    assert len(lab.drawn) < DRAWN_AT_MOST
    lab.run("scroll.scrollTop = -scroll.scrollHeight / 2")
    middle = lab.in_sight
    assert 2000 < min(middle) < 3000
    assert len(lab.drawn) < DRAWN_AT_MOST
    for by in (-400, -300, 250, -350, -400, 450, -300, 400):
        before = lab.in_sight
        lab.scroll(by)
        assert_stays(before, lab.in_sight, by)
    drawn = lab.drawn
    assert drawn == list(range(drawn[0], drawn[0] + len(drawn)))
    for _turn in range(4):
        lab.run("scroll.scrollTop = -scroll.scrollHeight")
    assert 1 in lab.in_sight
    assert lab.page.evaluate("lab.asked.older") > 0
    lab.run("lab.reading.toEnd()")
    assert max(lab.in_sight) == 5000


def test_nothing_moves_while_one_reads(lab: Lab) -> None:
    lab.run("lab.fill(1000, 2000)")
    pill = lab.page.locator(".below")
    expect(pill).to_be_hidden()
    lab.run("scroll.scrollTop = -4000")
    before = lab.in_sight
    lab.run("[2000, 2001, 2002].forEach(lab.say)")
    expect(pill).to_have_text("3 new")
    assert_stays(before, lab.in_sight)
    lab.run("lab.fill(700, 1000)")  # older ones
    assert_stays(before, lab.in_sight)
    lab.run("document.querySelector('.typing').hidden = false")
    assert_stays(before, lab.in_sight)
    first = min(before)
    lab.run(f"thread.put(lab.frame({first - 3}, {{ rev: 2, message: {{ type: 'recalled' }} }}))")
    assert_stays(before, lab.in_sight)
    lab.run(f"thread.put(lab.frame({max(before) + 3}, {{ rev: 2, message: {{ type: 'recalled' }} }}))")
    assert_stays(before, lab.in_sight)
    lab.page.set_viewport_size({"width": 375, "height": 380})  # a keyboard, say
    lab.run("0")
    assert_stays(before, lab.in_sight)
    lab.page.set_viewport_size({"width": 900, "height": 667})
    lab.run("0")
    assert first in lab.in_sight
    pill.click()
    lab.run("0")
    assert max(lab.in_sight) == 2002
    expect(pill).to_be_hidden()


def test_at_the_end_one_follows(lab: Lab) -> None:
    lab.run("lab.fill(1, 300)")
    lab.run("lab.say(300), lab.say(301)")
    assert 301 in lab.in_sight
    lab.page.set_viewport_size({"width": 320, "height": 400})
    lab.run("document.querySelector('.typing').hidden = false")
    assert 301 in lab.in_sight
    expect(lab.page.locator(".below")).to_be_hidden()
    assert lab.page.evaluate("scroll => lab.scroll.scrollTop") == 0


def test_hundreds_at_once_are_one_layout(lab: Lab) -> None:
    lab.run("lab.fill(1, 2000)")
    changes = lab.run(
        "(() => { lab.seen = []; const seen = new MutationObserver((found) => lab.seen.push(found.length));"
        " seen.observe(document.querySelector('.thread'), { childList: true });"
        " lab.fill(2000, 2200); return lab.seen.length; })()"
    )
    assert changes == 0  # nothing before the next frame
    assert len(lab.page.evaluate("lab.seen")) == 1
    assert 2199 in lab.in_sight


def test_what_is_in_use_stays_and_what_is_filled_in_is_kept(lab: Lab) -> None:
    lab.run("lab.fill(1, 400)")
    lab.run(f"thread.put(lab.frame(400, {CHOICES}))")
    lab.run(f"thread.put(lab.frame(401, {RATING}))")
    lab.page.get_by_label("good").check(force=True)
    lab.page.locator("textarea.comment").fill("quick and")
    lab.page.get_by_role("button", name="blue").focus()
    lab.run("scroll.scrollTop = -9000")
    assert 400 not in lab.in_sight
    assert lab.page.evaluate("document.activeElement.textContent") == "blue"
    assert lab.page.locator("textarea.comment").count() == 0
    # Drawn anew by a change of state, it still has the focus.
    lab.run("thread.refresh()")
    assert lab.page.evaluate("document.activeElement.textContent") == "blue"
    lab.page.locator(".window-scroll").focus()
    lab.run("0")
    assert lab.page.get_by_role("button", name="blue").count() == 0
    lab.run("lab.reading.toEnd()")
    expect(lab.page.locator("textarea.comment")).to_have_value("quick and")
    expect(lab.page.get_by_label("good")).to_be_checked()


def test_what_is_selected_can_be_copied_though_one_scrolls_on(lab: Lab) -> None:
    lab.run("lab.fill(1, 500)")
    lab.run("scroll.scrollTop = -3000")
    first = min(lab.in_sight)
    lab.run(
        "getSelection().setBaseAndExtent(rows().find((row) => lab.seqOf(row) === "
        f"{first}).querySelector('.bubble'), 0, rows().find((row) => lab.seqOf(row) === {first + 3})"
        ".querySelector('.bubble'), 1), 0"
    )
    for _turn in range(8):
        lab.scroll(-700)
    assert first not in lab.in_sight
    text = lab.page.evaluate("getSelection().toString()")
    assert all(f"message {seq} " in text for seq in range(first, first + 4))


def test_any_message_can_be_gone_to(lab: Lab) -> None:
    lab.run("lab.fill(1, 3001)")
    assert 1500 not in lab.drawn
    lab.run("thread.show('s', 1500)")
    assert 1500 in lab.in_sight
    lab.run("thread.elementOf('s', 200).scrollIntoView({ block: 'center' })")
    assert 200 in lab.in_sight
    assert lab.page.evaluate("lab.thread.elementOf('s', 9999)") is None
    place = lab.run("lab.reading.place")
    before = lab.in_sight
    lab.run("lab.reading.toEnd()")
    assert 200 not in lab.in_sight
    lab.run(f"lab.reading.restore({{ key: '{place['key']}', top: {place['top']}, fresh: 2 }}, 5)")
    assert_stays(before, lab.in_sight)
    expect(lab.page.locator(".below")).to_have_text("7 new")


def test_messages_find_their_place_in_whatever_order_they_come(lab: Lab) -> None:
    lab.run("[7, 3, 9, 1, 8, 2, 6, 4, 5].forEach((seq) => thread.put(lab.frame(seq)))")
    lab.run("thread.pend({ client_id: 'p', message: { type: 'text', text: 'message 77' } })")
    lab.run("thread.put(lab.frame(10))")
    assert lab.drawn == [1, 2, 3, 4, 5, 6, 7, 8, 9, 77, 10]
    lab.run("thread.put(lab.frame(11, { client_id: 'p' }))")
    assert lab.drawn == list(range(1, 12))
    # Of a group only the first has a head; of one's own messages the last says whether it was read.
    heads = lab.run(
        "rows().filter((row) => row.querySelector(':scope > .avatar:not([hidden])')).map(lab.seqOf)"
    )
    assert heads == [2, 7]
    assert lab.page.locator(".day").count() == 1
    state = lab.page.locator(".message-state", has_text="sent")
    expect(state).to_have_count(1)
    lab.run("thread.read('s', 11)")
    expect(state).to_have_count(0)
    expect(lab.page.locator(".message-state", has_text="read")).to_have_count(1)


def test_what_was_said_last_stands_last_whichever_session_it_is_in(lab: Lab) -> None:
    """A visitor's own session, begun later, has become the known user's, who goes on in an earlier one."""
    lab.run("[1, 2, 5].forEach((seq) => thread.put(lab.frame(seq)))")
    lab.run("[3, 4].forEach((seq) => thread.put(lab.frame(seq, { session: 't' })))")
    lab.run("thread.put(lab.frame(6))")
    assert lab.drawn == [1, 2, 3, 4, 5, 6]


def test_all_of_it_is_printed(lab: Lab) -> None:
    lab.run("lab.fill(1, 400)")
    lab.run("dispatchEvent(new Event('beforeprint'))")
    assert lab.drawn == list(range(1, 400))
    lab.run("dispatchEvent(new Event('afterprint'))")
    assert len(lab.drawn) < DRAWN_AT_MOST
    assert 399 in lab.in_sight
