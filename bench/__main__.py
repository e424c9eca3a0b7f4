"""`make bench`: all rows, or those named; the table on the standard output."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import nullcontext
from pathlib import Path

from bench import bot, processes, rounds, table
from bench.place import BenchError, ground
from csdesk.embedded import EmbeddedError

RESULTS = Path(__file__).resolve().parent / "results" / "latest.json"
WITH_GOALS = ("P-1", "P-2", "P-3", "P-4", "P-8", "P-9")
ROWS = (*WITH_GOALS, "processes")


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all if none is named")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size; of all, those with a goal")
    asked = parser.parse_args()
    wanted = set(asked.rows or (WITH_GOALS if asked.quick else ROWS))
    if wanted - set(ROWS):
        parser.error(f"there are only {', '.join(ROWS)}")
    size = rounds.QUICK if asked.quick else rounds.FULL
    found: list[table.Row] = []
    processors, load = os.cpu_count() or 1, os.getloadavg()[0]
    table.say(f"{processors} processors, load average {load:.1f} before the start")
    try:
        if "P-8" in wanted:
            found += bot.speed(bot.SIZES[:2] if asked.quick else bot.SIZES)
        if "P-9" in wanted:
            found += bot.quality()
        with ground() if wanted - {"P-8", "P-9"} else nullcontext() as here:
            if wanted & {"P-1", "P-2"}:
                found += rounds.chats(here, size, wanted)
            if "processes" in wanted:
                found += processes.processes(here, size)
            if "P-3" in wanted:
                found += rounds.windows(here, size)
            if "P-4" in wanted:
                found += rounds.assignments(here, size)
    except (BenchError, EmbeddedError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    table.write(found, RESULTS)
    print(table.table(found))
    if load > processors / 4:
        print(
            f"\nThe machine was busy before the start (load average {load:.1f}): do not trust these ratios."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
