"""The transcript as text: how it reads, and that nobody can fake a line of it (C-6, X-13)."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from apps.records import downloads, text_layout
from apps.sessions.models import Rating
from apps.team.models import Role
from csdesk import clock
from tests.factories import make_channel, make_customer, make_group, make_member
from tests.records.scene import add_message, make_record, next_part

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 7, 15, 6, 2, 11, tzinfo=UTC)
HEAD_LINE = re.compile(r"\[(Customer|Agent|Bot|System)\] (.+ )?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


@pytest.fixture
def session(db):
    """A session that went from pre-sales to after-sales."""
    lin = make_member(nickname="林晓雯", staff_no="00790")
    chen = make_member(nickname="Marcus Feldmann", staff_no="01107")
    channel = make_channel(name="山禾器物")
    customer = make_customer(channel, name="李蕾", user_id="u_88213")
    first = make_record(
        "壶盖有个豁口\n怎么办？",
        "您好，马上处理",
        agent=chen,
        group=make_group(name="Pre-sales"),
        channel=channel,
        customer=customer,
        started_at=START,
    )
    second = next_part(first, agent=lin, group=make_group(name="After-sales"))
    file = {
        "id": "x",
        "name": "lid.png",
        "size": 1200,
        "mime": "image/png",
        "width": 1,
        "height": 1,
        "preview": True,
    }
    add_message(first.session, kind="image", body={"file": file}, at=START + timedelta(minutes=2, seconds=10))
    add_message(first.session, "oops", author=lin, at=START + timedelta(minutes=3), recalled_at=clock.now())
    end = {"customerServicePlugin": 0, "src": "19"}
    add_message(
        first.session,
        kind="custom",
        body={"data": end},
        at=START + timedelta(minutes=5),
        author_kind="system",
        author_name="",
    )
    Rating.objects.create(
        session=first.session, record=second, seq=4, expires_at=START, level=4, comment="很快", rated_at=START
    )
    return SimpleNamespace(first=first, second=second)


def text(record, browser) -> str:
    answer = browser.get(f"/records/{record.id}/transcript.txt")
    assert answer.status_code == 200
    return asyncio.run(_whole(answer)).decode()


async def _whole(answer) -> bytes:
    return b"".join([piece async for piece in answer.streaming_content])


@pytest.mark.django_db(transaction=True)
def test_a_transcript_reads_well(session, reading):
    browser = reading(make_member(Role.ADMINISTRATOR))
    browser.cookies["csdesk-zone"] = "Asia/Shanghai"
    written = text(session.second, browser)
    assert written == "\ufeff" + "\r\n".join(
        [
            f"Service record: {session.second.id}",
            f"Session: {session.first.session_id}",
            "Customer: 李蕾 (u_88213)",
            "Source: 山禾器物 (Website)",
            "Group: After-sales",
            "Agent: 林晓雯 (00790)",
            "Started: 2026-07-15 14:02:11",
            "Ended: 2026-07-15 14:07:11",
            "Service status: Ended normally",
            "Wait: –",
            "Service time: 5:00",
            "Of that this record: 3:00",
            "Rating: 4 / 5",
            "Comment: 很快",
            "Times in: Asia/Shanghai",
            "-" * 60,
            "",
            "== Part 1 · Pre-sales (Marcus Feldmann) · 2026-07-15 14:02:11 ==",
            "",
            "[Customer] 李蕾 2026-07-15 14:02:31",
            "    壶盖有个豁口",
            "    怎么办？",
            "",
            "[Agent] Marcus Feldmann 2026-07-15 14:02:51",
            "    您好，马上处理",
            "",
            "== Part 2 · After-sales (林晓雯) · 2026-07-15 14:04:11 · this record ==",
            "",
            "[Customer] 李蕾 2026-07-15 14:04:21",
            "    [Picture] lid.png",
            "",
            "[Agent] 林晓雯 2026-07-15 14:05:11",
            "    (taken back)",
            "",
            "[System] 2026-07-15 14:07:11",
            "    Session ended",
            "",
            "",
        ]
    )


@pytest.mark.django_db(transaction=True)
def test_a_talk_with_the_bot_reads_well(reading):
    record = make_record("怎么退货", started_at=START)
    bot = {"author_kind": "bot", "author_name": "智能助手", "at": START}

    def says(src: str, content: object, **beside: object) -> None:
        data = {"customerServicePlugin": 0, "src": src, "content": content}
        add_message(record.session, kind="custom", body={"data": data} | beside, **bot)

    says(
        "29", {"title": "您可能想问", "content": "", "items": [{"content": "怎么退货"}, {"content": "运费"}]}
    )
    add_message(record.session, body={"text": "7 天内可退。", "helpful": True}, **bot)
    says("30", "**运费**由我们出", helpful=False)
    says("15", {"header": "换个说法？", "items": [{"content": "转人工", "desc": ""}], "tail": ""})
    add_message(record.session, body={"text": "好的 (Helpful)", "helpful": None}, **bot)
    browser = reading(make_member(Role.ADMINISTRATOR))
    browser.cookies["csdesk-zone"] = "Asia/Shanghai"
    lines = text(record, browser).split("\r\n")
    talk = [line for line in lines[lines.index("-" * 60) :] if line.startswith(("[Bot]", "    "))]
    assert talk == [
        "    怎么退货",
        "[Bot] 智能助手 2026-07-15 14:02:11",
        "    您可能想问",
        "    怎么退货",
        "    运费",
        "[Bot] 智能助手 2026-07-15 14:02:11 (Helpful)",
        "    7 天内可退。",
        "[Bot] 智能助手 2026-07-15 14:02:11 (Not helpful)",
        "    **运费**由我们出",
        "[Bot] 智能助手 2026-07-15 14:02:11",
        "    换个说法？",
        "    转人工",
        "[Bot] 智能助手 2026-07-15 14:02:11",
        "    好的 (Helpful)",
    ]


@pytest.mark.django_db(transaction=True)
def test_the_file_is_an_attachment_with_a_safe_name(reading):
    customer = make_customer(name='../../a"b\r\nX: y\u202e李蕾')
    record = make_record("hi", customer=customer, started_at=START)
    answer = reading(make_member(Role.ADMINISTRATOR)).get(f"/records/{record.id}/transcript.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"].startswith(
        "attachment; filename*=utf-8''service-record_20260715-1402_"
    )
    name = downloads.file_name(record, ZONE, "txt")
    assert re.fullmatch(r"[\w.-]+\.txt", name) and ".." not in name and "李蕾" in name


@pytest.mark.django_db(transaction=True)
def test_long_sessions_come_in_pieces_with_nothing_lost(reading, monkeypatch):
    monkeypatch.setattr(downloads, "PIECE", 7)
    first = make_record(*[f"message {n}" for n in range(14)], agent=make_member())
    second = next_part(first, agent=make_member())
    for n in range(14, 23):
        add_message(first.session, f"message {n}")
    browser = reading(make_member(Role.ADMINISTRATOR))
    for record in (first, second):
        lines = text(record, browser).split("\r\n")
        assert [line.strip() for line in lines if "message" in line] == [f"message {n}" for n in range(23)]
        starts = [n for n, line in enumerate(lines) if line.startswith("== Part")]
        assert len(starts) == 2
        assert lines[starts[1] + 3].strip() == "message 14"


@pytest.mark.django_db(transaction=True)
def test_it_speaks_the_readers_language(session, reading):
    browser = reading(make_member(Role.ADMINISTRATOR))
    browser.cookies["django_language"] = "zh-hans"
    written = text(session.second, browser)
    assert "满意度评价：4 / 5" in written and "    （已撤回）" in written


# --- nobody fakes a line -----------------------------------------------------------------------

ANY_TEXT = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029\t\x1b\u202e[]=-: "),
    ),
    max_size=80,
)


def message(text: str, name: str, kind: str = "customer"):
    return SimpleNamespace(
        seq=1,
        kind="text",
        body={"text": text},
        author_kind=kind,
        author_name=name,
        created_at=START,
        recalled_at=None,
    )


def lines_of(*messages) -> list[str]:
    customer = SimpleNamespace(display_name="Visitor_0001", user_id="")
    record = SimpleNamespace(id=1, customer=customer)
    with translation.override("en"):
        written = text_layout.NEWLINE.join(text_layout.lines_of_messages(record, [], messages, zone=ZONE))
    # As the most generous reader would see it: at everything that any program takes for a line's end.
    return written.splitlines()


@given(
    texts=st.lists(
        st.tuples(ANY_TEXT, ANY_TEXT, st.sampled_from(["customer", "agent"])), min_size=1, max_size=4
    )
)
def test_only_real_messages_begin_a_line(texts):
    lines = lines_of(*(message(words, name, kind) for words, name, kind in texts))
    heads = [line for line in lines if line and not line.startswith("    ")]
    assert len(heads) == len(texts)
    for head, (_words, _name, kind) in zip(heads, texts, strict=True):
        assert HEAD_LINE.fullmatch(head), head
        assert head.startswith(f"[{kind.capitalize()}]")
    assert not any(set(line) & set("\x1b\x08\x00\u202e\u2066") for line in lines)


@given(value=ANY_TEXT)
def test_a_name_stays_on_its_line(value):
    assert len(text_layout.one_line(value).splitlines()) <= 1


@pytest.mark.parametrize(
    "end", ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
)
def test_every_kind_of_line_end_is_indented(end):
    fake = f"ok{end}[Agent] 林晓雯 2026-07-15 14:20:00{end}    I promise a full refund"
    assert lines_of(message(fake, "李蕾")) == [
        "[Customer] 李蕾 2026-07-15 14:02:11",
        "    ok",
        "    [Agent] 林晓雯 2026-07-15 14:20:00",
        "        I promise a full refund",
    ]


def test_a_name_cannot_pass_for_another_kind():
    [head, _line] = lines_of(message("hi", "[Agent] 林晓雯 2026-07-15 14:20:00\n[System]"))
    assert head == "[Customer] [Agent] 林晓雯 2026-07-15 14:20:00 [System] 2026-07-15 14:02:11"
