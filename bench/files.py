"""`make bench-files`: how long a large file takes into the bot's library and out of it, and how much memory.

    python -m bench.files --rows 100000

What the worker does, without its queue: checking, writing, the same file again, and the export, with CSV
and with XLSX. The table goes to the standard output, the same as JSON to `bench/results/files.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bench.place import BenchError, ground
from bench.table import columns, say
from csdesk.embedded import EmbeddedError

# Seconds that a busy machine may take for one form.
WITHIN = 1800
RESULTS = Path(__file__).resolve().parent / "results" / "files.json"


def report(found: dict) -> str:
    head = ("file", "step", "s", "rows/s", "MB of memory")
    lines = [
        (
            step["file"],
            step["step"],
            f"{step['seconds']:.1f}",
            f"{found['rows'] / step['seconds']:,.0f}",
            f"+{step['peak']:.0f}",
        )
        for step in found["steps"]
    ]
    sizes = ", ".join(f"{form.upper()} {size:.1f} MB" for form, size in found["megabytes"].items())
    return "\n".join([columns([head, *lines]), "", f"{found['rows']:,} rows: {sizes}"])


def _together(parts: list[dict]) -> dict:
    """What was measured of each form, each in a process of its own."""
    return {
        "rows": parts[0]["rows"],
        "megabytes": {form: size for part in parts for form, size in part["megabytes"].items()},
        "steps": [step for part in parts for step in part["steps"]],
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="files", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--form", choices=["csv", "xlsx"], help="only this one")
    asked = parser.parse_args()
    forms = [asked.form] if asked.form else ["csv", "xlsx"]
    try:
        with ground() as here:
            say(f"importing and exporting {asked.rows:,} entries")
            found = _together([here.do("bench.filing", asked.rows, form, within=WITHIN) for form in forms])
    except (BenchError, EmbeddedError) as error:
        print(f"files: {error}", file=sys.stderr)
        return 1
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(report(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
