"""The drill's report: a table for people, JSON for machines."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from drill.programme import Result

_HEAD = (
    "act",
    "broken",
    "messages",
    "resent",
    "refused",
    "first ack",
    "first delivery",
    "as before",
    "survived",
)


def table(results: list[Result]) -> str:
    """Times in seconds; the last three from the moment the mending began."""
    lines = [_HEAD]
    for one in results:
        times = (one.first_ack, one.first_delivery, one.recovered)
        lines.append(
            (
                one.name,
                f"{one.broken:.1f}",
                str(one.messages),
                str(one.resent),
                str(one.refused),
                *("–" if time is None else f"{time:.1f}" for time in times),
                "yes" if one.survived else "NO",
            )
        )
    widths = [max(len(line[n]) for line in lines) for n in range(len(_HEAD))]
    rows = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines]
    faults = [f"{one.name}: {fault}" for one in results for fault in one.faults]
    return "\n".join([rows[0], "-" * len(rows[0]), *rows[1:], *([""] if faults else []), *faults])


def write(results: list[Result], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [asdict(one) | {"survived": one.survived} for one in results]
    file.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
