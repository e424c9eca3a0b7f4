"""Hours of a day as people write them, `09:00-12:00, 20:00-02:00`, and the days that are not as usual (R-16).

Minutes count from the midnight with which the day begins; what crosses the next midnight ends after 1,440.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from django.utils.translation import gettext as _

DAY = 1_440
MOST_INTERVALS = 12
LONGEST_NAME = 60
# What stands between the two times, and between two intervals, on whichever keyboard it is typed.
_DASH = re.compile(r"\s*(?:-|–|—|~|至|到)\s*")
_COMMA = re.compile(r"\s*[,;、\n]\s*")
_TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?")


@dataclass(frozen=True, order=True)
class Interval:
    """From `start` to before `end`, in minutes; `end` is over 1,440 when it lies in the next day."""

    start: int
    end: int

    def __str__(self) -> str:
        # The midnight that ends the day is 24:00, every other time of the next day is written as there.
        end = self.end if self.end <= DAY else self.end - DAY
        return f"{_written(self.start)}-{_written(end)}"


@dataclass(frozen=True)
class SpecialDays:
    """A holiday, or days with other hours than their weekday: `intervals` is empty when closed."""

    first: date
    last: date
    intervals: tuple[Interval, ...] = ()
    name: str = field(default="")

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last

    def days(self) -> Iterable[date]:
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


def parse(text: str) -> tuple[Interval, ...]:
    """The intervals in a line, in order; ValueError with a sentence for people. Empty: closed."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = sorted(_interval(part) for part in _COMMA.split(plain) if part)
    if len(found) > MOST_INTERVALS:
        raise ValueError(_("At most %(most)s intervals in a day.") % {"most": MOST_INTERVALS})
    for one, other in pairwise(found):
        if other.start < one.end:
            raise ValueError(_("%(one)s and %(other)s overlap.") % {"one": one, "other": other})
    return tuple(found)


def written(intervals: Iterable[Interval]) -> str:
    """The intervals as `parse` reads them."""
    return ", ".join(str(interval) for interval in intervals)


def _interval(text: str) -> Interval:
    times = _DASH.split(text)
    if len(times) != 2:
        raise ValueError(_("“%(text)s” is no interval. Write it like 09:00-18:00.") % {"text": text})
    start, end = (_minutes(time, text) for time in times)
    if start == DAY:
        raise ValueError(_("“%(text)s” begins when the day has ended.") % {"text": text})
    if start == end:
        raise ValueError(_("“%(text)s” ends when it begins. 00:00-24:00 is the whole day.") % {"text": text})
    return Interval(start, end if end > start else end + DAY)


def _minutes(time: str, text: str) -> int:
    found = _TIME.fullmatch(time)
    minutes = int(found[1]) * 60 + int(found[2] or 0) if found else DAY + 1
    if minutes > DAY or (found and int(found[2] or 0) > 59):
        raise ValueError(_("“%(text)s” is no interval. Write it like 09:00-18:00.") % {"text": text})
    return minutes


def _written(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
