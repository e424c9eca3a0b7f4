"""The rows as a table for people and as JSON for machines."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_began = time.monotonic()


@dataclass(frozen=True)
class Row:
    """One figure: ours, the floor's of the same run, and what it should be.

    `goal` is a comparison such as `>= 2.0`; it judges the ratio, or the value where there is no floor.
    Without a goal the row only tells.
    """

    id: str
    figure: str
    value: float
    ratio: float | None
    goal: str
    floor: float | None = None

    @property
    def met(self) -> bool | None:
        if not self.goal:
            return None
        sign, number = self.goal.split()
        judged = self.value if self.ratio is None else self.ratio
        return {">=": judged >= float(number), "<=": judged <= float(number), "=": judged == float(number)}[
            sign
        ]

    def as_json(self) -> dict:
        rounded = None if self.ratio is None else round(self.ratio, 3)
        floor = None if self.floor is None else round(self.floor, 2)
        return {
            "id": self.id,
            "figure": self.figure,
            "value": round(self.value, 2),
            "floor": floor,
            "ratio": rounded,
            "goal": self.goal,
            "met": self.met,
        }


def table(rows: list[Row]) -> str:
    """Columns: id, figure, ours, floor, ratio, goal, met."""
    cells = [("id", "figure", "ours", "floor", "ratio", "goal", "met")]
    for row in rows:
        cells.append(
            (
                row.id,
                row.figure,
                _number(row.value),
                _number(row.floor),
                "" if row.ratio is None else f"{row.ratio:.2f}",
                row.goal.replace(">=", "≥").replace("<=", "≤"),
                {True: "yes", False: "no", None: ""}[row.met],
            )
        )
    return columns(cells)


def columns(cells: list[tuple[str, ...]]) -> str:
    """Lines of equally many cells, the first of them the head, in columns."""
    widths = [max(len(line[n]) for line in cells) for n in range(len(cells[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join(line.rstrip() for line in [lines[0], "-" * len(lines[0]), *lines[1:]])


def write(rows: list[Row], file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps([row.as_json() for row in rows], indent=1, ensure_ascii=False) + "\n")


def say(text: str) -> None:
    """A line of progress, beside what is written for others."""
    print(f"{time.monotonic() - _began:6.0f} s  {text}", file=sys.stderr, flush=True)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
