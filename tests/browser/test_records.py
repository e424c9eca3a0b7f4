"""Service records in the browser: side by side, or one after the other on a phone (C-1, C-3, D-8)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from apps.sessions import notes
from apps.team.models import Role
from csdesk import clock
from tests import factories as make
from tests.browser.workbenches import OpenRecords, Workbenches
from tests.browsers import Pages
from tests.records.scene import make_record, next_part

PHONE = (375, 667)


def new_word() -> str:
    """One word that no other test has said."""
    return f"w{uuid.uuid4().hex[:10]}"


def expect_no_overflow(page: Page) -> None:
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth <= innerWidth && {root}.scrollHeight <= innerHeight")


def test_a_record_opens_beside_the_list_and_is_searched_inside(open_records: OpenRecords) -> None:
    agent, word = make.make_member(), new_word()
    said = [f"{word} 退款大概几天到账？", "退款三天到账", "好的", "请稍等", "还没到账", "今天会到账"]
    record = make_record(*said, agent=agent)
    notes.add(record.session_id, agent, "到账前别承诺")
    make_record(f"{word} 你好", agent=agent)
    page = open_records(agent, f"?q={word} 到账")
    expect(page.locator("article.record")).to_have_count(1)
    expect(page.locator(".hit-line mark")).to_have_text([word, "到账"])
    page.locator(".record-open").click()
    thread = page.locator("#transcript .thread")
    expect(thread.locator(".message")).to_have_count(6)
    expect(thread.locator(".internal")).to_contain_text("到账前别承诺")
    assert f"open={record.id}" in page.url
    expect(page.locator("article.record")).to_be_visible()

    page.locator(".find input").fill("到账")
    count = page.locator(".find output")
    expect(count).to_have_text("1 / 5")
    expect(thread.locator("mark.now")).to_be_in_viewport()
    page.locator(".find [data-step='1']").click()
    expect(count).to_have_text("2 / 5")
    page.locator(".find input").press("Shift+Enter")
    page.locator(".find input").press("Shift+Enter")
    expect(count).to_have_text("5 / 5")
    # A hit is a message with all the words, whatever stands between them; all of them are marked (D-8).
    page.locator(".find input").fill("到账 退款")
    expect(count).to_have_text("1 / 2")
    expect(thread.locator("mark")).to_have_text(["退款", "到账", "退款", "到账"])
    expect(thread.locator("mark.now")).to_have_count(2)
    page.locator(".find input").press("Enter")
    expect(count).to_have_text("2 / 2")
    expect(thread.locator(".message", has=page.locator("mark.now"))).to_have_text(re.compile(said[1]))
    page.locator(".find input").fill("nowhere")
    expect(count).to_have_text("无")
    expect(thread.locator("mark")).to_have_count(0)
    expect(thread.locator(".bubble").first).to_have_text(said[0])

    page.reload()
    expect(thread.locator(".message")).to_have_count(6)
    page.locator("#transcript .close").click()
    expect(thread).to_have_count(0)
    expect(page.locator("article.record")).to_have_count(1)


def test_on_a_phone_the_transcript_is_a_page_and_back_leads_to_the_list(open_records: OpenRecords) -> None:
    agent, word = (
        make.make_member(nickname="A very long nickname of an agent with many names"),
        new_word(),
    )
    customer = make.make_customer(name="Alexandra Wolfeschlegelsteinhausen-Bergerdorff")
    record = make_record(word, "x" * 300, agent=agent, customer=customer)
    page = open_records(agent, f"?q={word}", size=PHONE, touch=True)
    expect_no_overflow(page)
    row = page.locator("article.record")
    for part in (".at-agent", ".at-wait", ".below-wait"):
        expect(row.locator(part)).to_be_visible()
    # Where it came from is told whole, and each number says what it is.
    assert page.evaluate(
        "(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.record .below-time'))"
    )
    assert row.locator(".at-wait .what").bounding_box()["width"] > 20
    page.locator(".record-open").click()
    expect(page).to_have_url(re.compile(rf"/records/{record.id}/\?"))
    expect(page.locator(".thread .message")).to_have_count(2)
    expect_no_overflow(page)
    page.locator(".back").click()
    expect(page.locator(".filters input[type=search]")).to_have_value(word)
    menu = page.locator(".filters details", has=page.locator(".menu-sheet a", has_text="已结束"))
    menu.locator("summary").click()
    menu.get_by_text("已结束", exact=True).click()
    expect(page.locator("article.record")).to_have_count(1)
    assert "state=ended" in page.url and "q=" in page.url


def test_the_download_holds_the_transcript(open_records: OpenRecords, tmp_path: Path) -> None:
    agent, word = make.make_member(), new_word()
    make_record(word, "好的", agent=agent)
    page = open_records(agent, f"?q={word}")
    page.locator("article.record").hover()
    with page.expect_download() as download:
        page.locator("article.record .get").click()
    assert download.value.suggested_filename.endswith(".txt")
    download.value.save_as(tmp_path / "record.txt")
    written = (tmp_path / "record.txt").read_text(encoding="utf-8-sig")
    assert f"    {word}\n" in written and f"[客服] {agent.nickname} " in written


def test_the_part_of_a_transferred_session_is_marked(open_records: OpenRecords) -> None:
    first_agent, second_agent, word = make.make_member(), make.make_member(), new_word()
    first = make_record(word, "我帮您转接", agent=first_agent)
    second = next_part(first, agent=second_agent)
    page = open_records(first_agent, f"{first.id}/")
    expect(page.locator(".part-line")).to_have_count(2)
    expect(page.locator(".part-line.own")).to_contain_text(first_agent.nickname)
    expect(page.locator(".thread .own-part")).to_have_count(2)
    page.locator(".path a", has_text=second_agent.nickname).click()
    expect(page).to_have_url(re.compile(str(second.id)))
    expect(page.locator(".part-line.own")).to_contain_text(second_agent.nickname)
    expect(page.locator(".thread .other-part")).to_have_count(2)


def test_hostile_words_stay_words(open_records: OpenRecords) -> None:
    agent, word = make.make_member(), new_word()
    attack = f'{word} <img src=x onerror="window.hacked=1"></script><script>window.hacked=1</script>'
    make_record(attack, agent=agent, customer=make.make_customer(name='<b onclick="window.hacked=1">x</b>'))
    page = open_records(agent, f"?q={word}")
    page.locator(".record-open").click()
    expect(page.locator(".thread .bubble")).to_have_text(attack)
    page.locator(".find input").fill("script")
    expect(page.locator(".find output")).to_have_text("1 / 1")
    expect(page.locator(".thread mark")).to_have_count(3)
    assert page.evaluate("window.hacked") is None


def test_times_are_the_readers(open_records: OpenRecords) -> None:
    agent, word = make.make_member(), new_word()
    at = clock.now() - timedelta(days=2)
    make_record(word, agent=agent, started_at=at)
    for zone in ("Asia/Tokyo", "America/Los_Angeles"):
        page = open_records(agent, f"?q={word}", timezone_id=zone)
        expect(page.locator("html")).to_have_attribute("data-zone", zone)
        hour = page.evaluate("at => new Date(at).toTimeString().slice(0, 5)", at.timestamp() * 1000)
        expect(page.locator("article.record time")).to_have_text(hour)


def test_a_lost_connection_is_told_and_tried_again(open_records: OpenRecords, page_factory: Pages) -> None:
    page_factory.expect("Failed to load resource|ERR_FAILED")
    agent, word = make.make_member(), new_word()
    make_record(word, agent=agent)
    page = open_records(agent, f"?q={word}")
    page.route("**/records/*/?*", lambda route: route.abort())
    page.locator(".record-open").click()
    expect(page.locator("#transcript [role=alert]")).to_contain_text("没有载入成功")
    page.unroute("**/records/*/?*")
    page.locator("#transcript button").click()
    expect(page.locator(".thread .bubble")).to_have_text(word)


def test_reading_records_keeps_an_agent_on_duty(
    open_workbench: Workbenches, new_customer: Callable, live_db: None
) -> None:
    member = make.make_member()
    bench = open_workbench(member)
    bench.page.goto("/records/")
    expect(bench.page.locator("h1")).to_be_visible()
    words = new_word()
    new_customer().say(words)
    waits = bench.page.locator("#waits")
    expect(waits).to_be_visible(timeout=15_000)
    expect(bench.page).to_have_title(re.compile(r"^\(1\)"))
    waits.click()
    expect(bench.page).to_have_url(re.compile("/desk/"))
    expect(bench.row(words)).to_be_visible()


@pytest.mark.parametrize("size", [(1280, 800), (760, 480), PHONE])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_overflows(open_records: OpenRecords, size: tuple[int, int], theme: str) -> None:
    admin = make.make_member(Role.ADMINISTRATOR)
    for lang in ("zh-CN", "en-GB"):
        page = open_records(admin, "?period=all", size=size, theme=theme, lang=lang)
        expect(page.locator("article.record").first).to_be_visible()
        expect_no_overflow(page)
