"""The pages: what is shown to whom, and the trail that comes first (C-8, C-9, X-14)."""

import json
import re
import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError

from apps.records import downloads, queries
from apps.sessions import files, notes
from apps.sessions.models import Message, Rating
from apps.team import trail
from apps.team.models import Role, TrailDetail, TrailEntry
from csdesk import clock
from tests.factories import make_customer, make_group, make_member, make_served_session
from tests.records.scene import add_message, make_record, next_part

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make_member(Role.ADMINISTRATOR)


def content_of(answer) -> dict:
    """What the page gives its script to draw."""
    found = re.search(rb'<script id="transcript-content"[^>]*>(.*?)</script>', answer.content, re.S)
    return json.loads(found[1])


def _without_chance(answer) -> bytes:
    """The page without its own address and its form's random token."""
    return re.sub(rb'name="csrfmiddlewaretoken" value="\w+"|/records/[0-9a-f-]{36}/', b"", answer.content)


def entries(action: str) -> list[TrailEntry]:
    return list(TrailEntry.objects.filter(action=action).select_related("detail").order_by("number"))


def test_signing_in_comes_first(client):
    record = make_record("hi")
    for address in ("/records/", f"/records/{record.id}/", f"/records/{record.id}/transcript.txt"):
        answer = client.get(address)
        assert answer.status_code == 302 and answer.url.startswith("/login/")


def test_the_list_shows_hits_marked_and_escaped(reading, admin):
    make_record("before <b>kettle</b> after", customer=make_customer(name='<script>alert("x")</script>'))
    page = reading(admin).get("/records/?q=kettle").content.decode()
    assert "before &lt;b&gt;<mark>kettle</mark>&lt;/b&gt; after" in page
    assert "<script>alert" not in page


def test_a_record_one_may_not_read_looks_like_none(reading):
    agent = make_member()
    secret = make_record("secret words", agent=make_member(), customer=make_customer(name="Somebody"))
    browser = reading(agent)
    for suffix in ("", "?part=transcript", "transcript.txt"):
        forbidden = browser.get(f"/records/{secret.id}/{suffix}")
        missing = browser.get(f"/records/{uuid.uuid4()}/{suffix}")
        assert forbidden.status_code == missing.status_code == 404
        assert _without_chance(forbidden) == _without_chance(missing)
    assert "secret words" not in browser.get(f"/records/?open={secret.id}").content.decode()
    assert entries("record.viewed") == []


def test_whoever_has_a_part_of_a_session_reads_all_of_it(reading):
    first_agent, second_agent = make_member(), make_member()
    first = make_record("hello", "from the first", agent=first_agent)
    second = next_part(first, agent=second_agent)
    add_message(first.session, "from the second", author=second_agent)
    browser = reading(first_agent)
    for record in (first, second):
        content = content_of(browser.get(f"/records/{record.id}/"))
        assert [m["message"]["text"] for m in content["messages"]] == [
            "hello",
            "from the first",
            "from the second",
        ]
        assert [(p["number"], p["own"]) for p in content["parts"]] == [
            (1, record == first),
            (2, record == second),
        ]


def test_a_transcript_has_notes_files_recalls_and_names(reading, admin, settings):
    agent = make_member(nickname="Lin")
    record = make_record("hello", "good day", agent=agent, customer=make_customer(name="", visitor_no=42))
    notes.add(record.session_id, agent, "be careful")
    upload = files.store_upload("c:x", "list.csv", ContentFile(b"a;b\n"))
    add_message(record.session, kind="file", body={"file": files.described(upload)})
    upload.session, upload.seq, upload.attached_at = record.session, 3, clock.now()
    upload.save()
    add_message(record.session, "taken back", recalled_at=clock.now())
    browser = reading(admin)
    answer = browser.get(f"/records/{record.id}/")
    content = content_of(answer)
    assert b"taken back" not in answer.content
    assert content["messages"][0]["from"]["name"] == "Visitor_0042"
    assert content["messages"][3]["message"] == {"type": "recalled"}
    assert [note["text"] for note in content["notes"]] == ["be careful"]
    address = content["messages"][2]["message"]["file"]["url"]
    assert files.open_address(address.removeprefix("/files/").strip("/"))[2] == f"m:{admin.pk}"


def test_script_in_a_message_does_not_leave_its_json(reading, admin):
    record = make_record("</script><script>alert(1)</script>")
    answer = reading(admin).get(f"/records/{record.id}/")
    assert b"<script>alert(1)" not in answer.content
    assert content_of(answer)["messages"][0]["message"]["text"] == "</script><script>alert(1)</script>"


def test_bad_filters_are_named_and_the_others_kept(reading, admin):
    make_record("kettle", status="normal")
    make_record("kettle", status="customer_ended")
    page = reading(admin).get("/records/?group=99999&status=normal&before=nonsense").content.decode()
    assert "This group is not among yours." in page
    assert "This page of the list is not there" in page
    assert page.count('<article class="record"') == 1


def test_signing_out_here_with_open_sessions_asks_for_the_hand_over(reading):
    agent = make_member()
    make_served_session(agent)
    browser = reading(agent)
    page = browser.get("/records/").content.decode()
    address = re.search(r'<form action="([^"]+)" method="post">(?:(?!</form>).)*Sign out', page, re.S)[1]
    asked = browser.post(address)
    assert asked.status_code == 409
    assert "Hand over and sign out" in asked.content.decode()
    assert browser.get("/records/").status_code == 200, "still signed in"
    assert browser.post(address, {"hand_over": "1"})["Location"] == "/login/"
    assert browser.get("/records/").status_code == 302


def test_what_has_no_results_says_what_to_do(reading, admin):
    browser = reading(admin)
    assert "Search 30 days" in browser.get("/records/?q=kettle").content.decode()
    assert "Clear filters" in browser.get("/records/?status=forced&period=all").content.decode()
    assert "No service records yet" in browser.get("/records/?period=all").content.decode()


def test_today_follows_the_readers_clock(reading, admin, monkeypatch):
    noon = clock.now().replace(hour=12, minute=0)
    record = make_record("hi", started_at=noon - timedelta(hours=13))  # 23:00 UTC the day before
    browser = reading(admin)
    monkeypatch.setattr(clock, "now", lambda: noon)
    browser.cookies["csdesk-zone"] = "Asia/Shanghai"
    assert str(record.id) in browser.get("/records/?period=today").content.decode()
    browser.cookies["csdesk-zone"] = "Europe/London"
    assert str(record.id) not in browser.get("/records/?period=today").content.decode()
    browser.cookies["csdesk-zone"] = "../../etc/passwd"
    assert browser.get("/records/?period=today").status_code == 200


def test_the_list_speaks_the_words_of_the_service_records(reading, admin):
    make_record("你好")
    browser = reading(admin)
    browser.cookies["django_language"] = "zh-hans"
    page = browser.get("/records/?period=all").content.decode()
    headings = re.search(r'<div class="record columns".*?</div>', page, re.S)[0]
    assert re.findall(r">([^<>\s][^<>]*)<", headings) == [
        *("时间", "会话来源", "用户昵称", "用户 ID", "客服名称", "客服工号 · 技能组"),
        *("满意度评价", "服务状态", "等待时长", "服务时长", "操作"),
    ]
    assert "今天 · 网站渠道" in page
    filters = re.findall(r'<summary class="button filter[^>]*>(\w+)', page)
    assert len(filters) == len(set(filters))
    assert "会话进展" in filters


# --- trail -------------------------------------------------------------------------------------


def test_search_view_and_download_are_logged(reading, admin):
    record = make_record("kettle", agent=make_member())
    browser = reading(admin)
    browser.get("/records/?q=kettle&status=normal")
    browser.get(f"/records/{record.id}/")
    browser.get(f"/records/{record.id}/transcript.txt")
    [search] = entries("record.searched")
    assert search.detail.values == {"q": "kettle", "period": "7", "status": "normal", "shown": 1}
    [view], [download] = entries("record.viewed"), entries("record.downloaded")
    for entry in (view, download):
        assert (entry.member_id, entry.object_type, entry.object_id) == (admin.pk, "record", str(record.id))
        assert entry.detail.address == "127.0.0.1"
    assert download.detail.values["form"] == "txt"


def test_looking_beside_the_list_is_a_view_too(reading, admin):
    record = make_record("kettle")
    browser = reading(admin)
    browser.get(f"/records/?open={record.id}")
    browser.get(f"/records/{record.id}/?part=transcript")
    assert [entry.object_id for entry in entries("record.viewed")] == [str(record.id)] * 2


@pytest.mark.parametrize("suffix", ["", "{id}/", "{id}/?part=transcript", "{id}/transcript.txt"])
def test_nothing_is_shown_that_could_not_be_logged(reading, admin, monkeypatch, suffix):
    record = make_record("very secret", customer=make_customer(name="Somebody"))
    browser = reading(admin)
    monkeypatch.setattr(trail, "append", lambda *args, **kwargs: (_ for _ in ()).throw(DatabaseError("no")))
    # Outside the test the view has no transaction around it.
    monkeypatch.setattr("apps.records.views._is_in_transaction", lambda: False)
    answer = browser.get(f"/records/{suffix.format(id=record.id)}")
    assert answer.status_code == 503
    assert b"very secret" not in answer.content and b"Somebody" not in answer.content


def test_the_entry_is_there_before_the_content(reading, admin, monkeypatch):
    record = make_record("kettle")
    browser = reading(admin)
    seen = []
    real = queries.messages_of
    monkeypatch.setattr(
        queries, "messages_of", lambda *args: (seen.append(len(entries("record.viewed"))), real(*args))[1]
    )
    browser.get(f"/records/{record.id}/")
    assert seen == [1]


def test_phone_numbers_and_mails_searched_for_are_masked_in_the_trail(reading, admin):
    reading(admin).get("/records/", {"q": "13812341234 li.lei@example.com order 4711"})
    [entry] = entries("record.searched")
    assert entry.detail.values["q"] == "138****1234 l***@example.com order 4711"


def test_the_accesses_of_all_records_of_the_session_are_listed(reading, admin):
    first = make_record("hi", agent=make_member())
    second = next_part(first, agent=make_member())
    browser = reading(admin)
    browser.get(f"/records/{first.id}/")
    page = browser.get(f"/records/{second.id}/").content.decode()
    assert page.count('<li><span class="cut" dir="auto">') == 2
    TrailDetail.objects.filter(entry__action="record.viewed").delete()
    assert browser.get(f"/records/{second.id}/").status_code == 200


# --- how much it costs -------------------------------------------------------------------------


def test_the_bot_stands_where_it_alone_has_answered(reading, admin):
    """By the name it had then, in list, record and file; its welcome card is no answer (C-1, C-3, C-6)."""
    by_bot = {"author_kind": "bot", "author_id": ""}
    welcome = {"data": {"src": "29", "subtype": "welcome_msg", "content": {"items": []}}}
    answer = {"data": {"src": "30", "content": "Within **7 days**."}}

    helped = make_record("how do I return it?", status="abandoned_in_flow")
    add_message(helped.session, kind="custom", body=welcome, author_name="Ahoy", **by_bot)
    add_message(helped.session, kind="custom", body=answer, author_name="Robin", **by_bot)
    greeted = make_record("hm", status="abandoned_in_flow")
    add_message(greeted.session, kind="custom", body=welcome, author_name="Ahoy", **by_bot)
    served = make_record("hello", agent=make_member(nickname="Mei"))
    add_message(served.session, "Hello!", author_name="Robin", **by_bot)

    browser = reading(admin)
    page = browser.get("/records/").content.decode()
    assert sorted(re.findall(r'<span class="at-agent[^>]*>([^<]*)<', page)[-3:]) == ["Mei", "Robin", "–"]
    for record, shown in ((helped, "Robin"), (greeted, "–"), (served, "Mei")):
        facts = browser.get(f"/records/{record.id}/").content.decode()
        assert ('<dd dir="auto">Robin</dd>' in facts) == (record == helped)
        file, _parts = downloads._beginning(record, ZoneInfo("UTC"), "en")
        assert f"\r\nAgent: {shown}" in file.decode()


@pytest.mark.parametrize(("query", "most"), [("", 19), ("?q=kettle", 21)])
def test_the_number_of_queries_does_not_grow_with_the_list(
    reading, admin, query, most, django_assert_max_num_queries
):
    for _ in range(30):
        make_record("the kettle", "good day", agent=make_member(), group=make_group())
    browser = reading(admin)
    browser.get("/records/")
    with django_assert_max_num_queries(most):
        assert browser.get(f"/records/{query}").content.count(b'<article class="record"') == 30


def test_queries_do_not_grow_with_the_transcript(reading, admin, django_assert_max_num_queries):
    agent = make_member()
    record = make_record(*["hello"] * 60, agent=agent)
    for n in range(5):
        notes.add(record.session_id, agent, f"note {n}")
    browser = reading(admin)
    browser.get("/records/")
    with django_assert_max_num_queries(18):
        assert len(content_of(browser.get(f"/records/{record.id}/"))["messages"]) == 60


def test_a_rating_stands_with_the_part_it_is_for(reading, admin):
    first = make_record("hi", agent=make_member(), rating_level=None)
    second = next_part(first, agent=make_member())
    Rating.objects.create(
        session=first.session,
        record=second,
        seq=1,
        expires_at=clock.now(),
        level=2,
        comment="slow",
        rated_at=clock.now(),
    )
    browser = reading(admin)
    assert "slow" in browser.get(f"/records/{second.id}/").content.decode()
    assert "slow" not in browser.get(f"/records/{first.id}/").content.decode()


def test_nothing_of_a_deleted_session_is_shown(reading, admin):
    record = make_record("hi")
    record.session.deleted_at = clock.now()
    record.session.save()
    browser = reading(admin)
    assert browser.get(f"/records/{record.id}/").status_code == 404
    assert str(record.id) not in browser.get("/records/?period=all").content.decode()
    assert Message.objects.filter(session=record.session).exists()
