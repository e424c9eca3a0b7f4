"""Does a series of measurements rise? The slope that no single outlier moves, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from statistics import median

MIB = 1024 * 1024
# Memory is flat when it rises by less than this per message carried …
BYTES_PER_MESSAGE = 10
# … or by less than this in all, below which a process's memory wanders by itself.
BYTES_IN_ALL = 1 * MIB
# Counts (files, tasks, keys …) are flat when they rise by less than this share, or by so few.
COUNT_SHARE, COUNT_IN_ALL = 0.05, 10


@dataclass(frozen=True)
class Trend:
    """One series after the warm-up; `seconds` and `messages` passed in it."""

    name: str
    begin: float
    end: float
    seconds: float
    messages: int
    is_memory: bool

    @property
    def rise(self) -> float:
        return self.end - self.begin

    @property
    def per_hour(self) -> float:
        return self.rise / self.seconds * 3600 if self.seconds else 0.0

    @property
    def per_thousand(self) -> float:
        return self.rise / self.messages * 1000 if self.messages else 0.0

    @property
    def is_flat(self) -> bool:
        if self.is_memory:
            return self.rise < max(BYTES_IN_ALL, BYTES_PER_MESSAGE * self.messages)
        return self.rise < max(COUNT_IN_ALL, COUNT_SHARE * self.begin)


def slope(points: list[tuple[float, float]]) -> float:
    """The median of the slopes between all pairs of points (Theil and Sen)."""
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if b[0] > a[0]]
    return median(slopes) if slopes else 0.0


def trend(name: str, points: list[tuple[float, int, float]], *, is_memory: bool) -> Trend:
    """The straight line through (seconds, messages so far, value), at its two ends."""
    line = [(at, value) for at, _messages, value in points]
    steep = slope(line)
    middle = median(value - steep * at for at, value in line)
    first, last = points[0], points[-1]
    return Trend(
        name,
        middle + steep * first[0],
        middle + steep * last[0],
        last[0] - first[0],
        last[1] - first[1],
        is_memory,
    )
