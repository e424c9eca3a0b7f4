"""What a message costs is told per table and index, and a month of it in all."""

from bench.growth import GIB, month, per_message, report
from bench.talk import Talker
from csdesk.tokens import tokens


def part(table: str, index: str, grown: int, **more: int) -> dict:
    rest = {"rows": 0, "scans": 0, "updates": 0, "updates_in_place": 0}
    return {"table": table, "index": index, "grown": grown} | rest | more


FOUND = {
    "messages": 1_000,
    "sessions": 50,
    "seconds": 3.0,
    "log": {"wal_bytes": 2_000_000, "wal_records": 9_000, "wal_fpi": 100},
    "columns": {"row": 300.0, "text": 60.0},
    "parts": [
        part("service_sessions_postkey", "", 80_000, rows=900),
        part("service_sessions_message", "message_tokens", 300_000, scans=7),
        part("service_sessions_message", "", 400_000, rows=1_000),
        part("service_sessions_chatsession", "", 30_000, rows=50, updates=1_000, updates_in_place=900),
        part("team_member", "", 0),
    ],
}


def test_the_greatest_table_comes_first_and_before_its_indexes():
    parts = per_message(FOUND)
    assert [(p["table"].rpartition("_")[2], p["index"]) for p in parts] == [
        ("message", ""),
        ("message", "message_tokens"),
        ("postkey", ""),
        ("chatsession", ""),
    ]
    assert [p["bytes"] for p in parts] == [400, 300, 80, 30]


def test_a_month_counts_keys_for_the_seven_days_they_are_kept():
    assert month(per_message(FOUND)) == (400 + 300 + 30) * 30e6 + 80 * 7e6


def test_the_report_says_it_in_words_and_numbers():
    told = report(FOUND)
    assert "810 bytes per message in the tables and their indexes" in told
    assert "2,000 bytes per message in the write-ahead log (9.0 records, 0.10 whole pages)" in told
    assert f"{month(per_message(FOUND)) / GIB:.0f} GiB of tables and indexes, 1.9 GiB of log a day" in told
    assert "90%" in told


def test_texts_are_varied_and_the_same_each_time():
    talker, again = Talker(5), Talker(5)
    texts = [talker.text() for _ in range(300)]
    assert texts == [again.text() for _ in range(300)]
    assert len(set(texts)) > 290
    lengths = sorted(len(text) for text in texts)
    assert lengths[0] <= 5
    assert lengths[-1] >= 3 * lengths[150]
    assert len({token for text in texts for token in tokens(text)}) > 3_000
