"""The main job from the first word to the record, as people do it: one customer and two agents."""

from __future__ import annotations

import io
import re

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page, expect

from apps.sessions.models import ChatSession, Rating, State
from apps.team.models import Member, Reception
from tests import factories as make
from tests.browser.windows import new_channel, new_words, open_window

pytestmark = pytest.mark.usefixtures("live_db")

ACCEPT_SECONDS = 6


def sign_in(page: Page, member: Member) -> Page:
    page.goto("/login/")
    page.fill("[name=login]", member.account)
    page.fill("[name=password]", make.PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
    return page


def open_desk(page: Page, member: Member) -> Page:
    sign_in(page, member).goto("/desk/")
    expect(page.locator("#live[data-live=live]")).to_be_visible()
    return page


def offer_to(page: Page):
    return page.locator("#offer-list .offer")


def a_picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (320, 200), "peru").save(buffer, "PNG")
    return buffer.getvalue()


def reply(page: Page, text: str) -> None:
    page.fill("#reply", text)
    page.press("#reply", "Enter")
    expect(page.locator("#thread .mine .bubble", has_text=text)).to_be_visible()


def accept(page: Page) -> None:
    offer_to(page).locator("button.primary").click()


def end_by_time_out(session: ChatSession) -> None:
    """Move the reply time-out to now instead of waiting for it."""
    assert session.deadline_kind == "reply"
    ChatSession.objects.filter(id=session.id).update(deadline_at=timezone.now())


def test_from_the_first_word_to_the_record(page_factory):
    group = make.make_group(reception=Reception.MANUAL, accept_seconds=ACCEPT_SECONDS)
    first, second = (make.make_member(groups=[group]) for _ in range(2))
    channel = new_channel()
    desks = {member.pk: open_desk(page_factory(lang="zh-CN"), member) for member in (first, second)}

    # The customer asks; the first agent lets the offer run out, the second accepts.
    window = open_window(page_factory(size=(375, 667), lang="en-GB"), channel.key)
    question = new_words("My lid has a crack, model KT-08S.")
    window.say(question)
    window.expect_sent(question)
    session = ChatSession.objects.get(channel=channel)
    expect(window.place.locator(".queue-notice, .window-state").first).to_be_visible()
    offered = wait_for_offer(session)
    missed, taking = desks[offered.pk], desks[({first.pk, second.pk} - {offered.pk}).pop()]
    expect(offer_to(missed)).to_contain_text("My lid has a crack")
    expect(offer_to(taking)).to_have_count(1, timeout=(ACCEPT_SECONDS + 5) * 1000)
    expect(offer_to(missed)).to_have_count(0)
    accept(taking)
    serving = second if offered == first else first
    window.expect_state(serving.nickname)

    # They talk; what the agent takes back is gone on both sides.
    taking.locator(".queue-row", has_text="My lid").first.click()
    expect(taking.locator("#thread")).to_contain_text(question)
    reply(taking, "So sorry! Could you send a picture?")
    window.expect_message("So sorry! Could you send a picture?")
    window.choose_file("../lid <b>.png", a_picture(), "image/png")
    expect(window.thread.locator(".picture img")).to_be_visible()
    expect(taking.locator("#thread .picture img")).to_be_visible()
    reply(taking, "Wrong words, sorry")
    window.expect_message("Wrong words, sorry")
    mine = taking.locator("#thread .message.mine", has_text="Wrong words, sorry")
    mine.hover()
    mine.get_by_role("button", name=re.compile("撤回")).click()
    expect(window.bubble("Wrong words, sorry")).to_have_count(0)
    expect(taking.locator("#thread")).not_to_contain_text("Wrong words, sorry")

    # Transferred to the colleague with a note that the customer does not see.
    taking.click("#transfer")
    taking.locator(".transfer-row", has_text=offered.nickname).click()
    taking.fill("#transfer-note", "The lid is broken, please send a new one.")
    taking.click("#transfer-start")
    accept(missed)
    window.expect_state(offered.nickname)
    expect(taking.locator("#thread-over")).to_be_visible()
    missed.locator(".queue-row", has_text="Visitor_").or_(missed.locator(".queue-row")).first.click()
    expect(missed.locator("#thread .internal")).to_contain_text("please send a new one")
    expect(window.thread).not_to_contain_text("please send a new one")
    window.say("Thank you!")
    expect(missed.locator("#thread")).to_contain_text("Thank you!")
    reply(missed, "A new lid is on its way.")
    window.expect_message("A new lid is on its way.")

    # Nobody answers any more: it ends by time-out, and the customer rates.
    session.refresh_from_db()
    end_by_time_out(session)
    card = window.thread.locator("form.card-rating")
    expect(card).to_be_visible(timeout=8_000)
    card.locator(".stars label").nth(4).click()
    card.locator(".comment").fill("Quick and kind")
    card.locator("button[type=submit]").click()
    expect(window.thread.locator(".card-rating.given")).to_be_visible()
    session.refresh_from_db()
    assert (session.state, session.status) == (State.CLOSED, "customer_timeout")
    assert Rating.objects.get(session=session).level == 5

    # Found again as a service record, by a word of the conversation, and downloaded as text.
    word = question.split()[-1]
    missed.goto(f"/records/?q={word}")
    rows = missed.locator(".record[data-record]")
    expect(rows).to_have_count(2)  # the offer they missed is a part of its own (S-2)
    rows.first.locator(".record-open").click()
    expect(missed.locator("#transcript")).to_contain_text("A new lid is on its way.")
    with missed.expect_download() as download:
        missed.locator("#transcript a[href$='transcript.txt'], .get[href$='transcript.txt']").first.click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    for words in (question, "A new lid is on its way.", "Thank you!", "lid"):
        assert words in text
    assert "Wrong words" not in text

    # The colleague who passed it on finds their own part; a third agent finds nothing.
    taking.goto(f"/records/?q={word}")
    expect(taking.locator(".record[data-record]")).to_have_count(1)
    stranger = sign_in(page_factory(), make.make_member())
    stranger.goto(f"/records/?q={word}")
    expect(stranger.locator(".record[data-record]")).to_have_count(0)


def wait_for_offer(session: ChatSession) -> Member:
    """Who the session is offered to first."""
    import time

    for _try in range(100):
        session.refresh_from_db()
        if session.state == State.OFFERED:
            return session.agent
        time.sleep(0.05)
    raise AssertionError(f"not offered but {session.state}")
