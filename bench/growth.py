"""`make growth`: what a message costs in the database, table by table and index by index.

    python -m bench.growth --messages 200000

Bytes per message of everything that grows with use, the write-ahead log per message, and what a
month at a million messages a day comes to. The table goes to the standard output, the same as JSON
to `bench/results/growth.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bench.place import BenchError, ground
from bench.table import columns, say
from csdesk.embedded import EmbeddedError

RESULTS = Path(__file__).resolve().parent / "results" / "growth.json"
A_DAY, DAYS = 1_000_000, 30
# Days after which rows of these tables are deleted at night (apps/routing/purging.py).
KEPT_DAYS = {"service_sessions_postkey": 7}
# Bytes per message below which a part is counted in the sum only.
SMALL = 1.0
GIB = 1024**3


def per_message(found: dict) -> list[dict]:
    """Each table and index that grew, the greatest tables first; tables before their indexes."""
    parts = [
        part | {"bytes": part["grown"] / found["messages"]} for part in found["parts"] if part["grown"] > 0
    ]
    sums: dict[str, float] = {}
    for part in parts:
        sums[part["table"]] = sums.get(part["table"], 0) + part["bytes"]
    return sorted(parts, key=lambda p: (-sums[p["table"]], p["table"], p["index"] != "", -p["bytes"]))


def month(parts: list[dict]) -> float:
    """Bytes that a month at a million messages a day leaves, with what is deleted meanwhile gone."""
    return sum(part["bytes"] * A_DAY * KEPT_DAYS.get(part["table"], DAYS) for part in parts)


def report(found: dict) -> str:
    parts = per_message(found)
    lines = [("table", "index", "bytes/message", "rows/message", "scans", "updates in place")]
    for part in parts:
        if part["bytes"] >= SMALL:
            lines.append(_line(part, found["messages"]))
    total, log = sum(part["bytes"] for part in parts), found["log"]
    log_each = log["wal_bytes"] / found["messages"]
    return "\n".join(
        [
            columns(lines),
            "",
            f"{found['messages']:,} messages in {found['sessions']:,} sessions ({found['seconds']:.0f} s)",
            "a message's row: " + ", ".join(f"{name} {size:,.0f}" for name, size in found["columns"].items()),
            f"{total:,.0f} bytes per message in the tables and their indexes",
            f"{log_each:,.0f} bytes per message in the write-ahead log"
            f" ({log['wal_records'] / found['messages']:.1f} records,"
            f" {log['wal_fpi'] / found['messages']:.2f} whole pages)",
            f"a month at {A_DAY:,} messages a day: {month(parts) / GIB:,.0f} GiB of tables and indexes,"
            f" {log_each * A_DAY / GIB:,.1f} GiB of log a day",
        ]
    )


def _line(part: dict, messages: int) -> tuple[str, ...]:
    table, index = part["table"], part["index"]
    if index:
        return "", index, f"{part['bytes']:,.1f}", "", f"{part['scans']:,}", ""
    in_place = f"{part['updates_in_place'] / part['updates']:.0%}" if part["updates"] else ""
    return table, "", f"{part['bytes']:,.1f}", f"{part['rows'] / messages:.2f}", "", in_place


def main() -> int:
    parser = argparse.ArgumentParser(prog="growth", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    asked = parser.parse_args()
    if asked.messages < 1_000:
        parser.error("less than 1,000 messages say nothing")
    try:
        with ground() as here:
            say(f"making conversations of {asked.messages:,} messages")
            found = here.do("bench.filling", asked.messages)
    except (BenchError, EmbeddedError) as error:
        print(f"growth: {error}", file=sys.stderr)
        return 1
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(report(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
