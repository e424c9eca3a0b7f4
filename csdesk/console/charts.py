"""The day's charts (M-1): where each bar and line of a drawing lies; templates write them as SVG."""

from dataclasses import dataclass, field
from math import ceil

from django.utils.translation import gettext as _

from apps.records.durations import clock_label
from apps.records.overview import Comparison
from csdesk.console.today import weekday

TOP, FOOT, HEIGHT = 16, 140, 166
# Room at the right for the figures of the lines.
MARGIN = 34
# Shown at least, so that the drawing does not jump with the first session of a morning.
FIRST_HOUR, LAST_HOUR = 8, 19
COUNT_STEPS = tuple(step * 10**power for power in range(7) for step in (1, 2, 5))
SECOND_STEPS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)
MOST_LINES = 4


@dataclass(frozen=True)
class Line:
    """A line across the drawing and the figure it stands for."""

    y: float
    label: str


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    name: str


@dataclass(frozen=True)
class Slot:
    """One hour: its column, its name if it is written, its bars, and its figures in words."""

    hour: int
    x: float
    width: float
    middle: float
    is_named: bool
    words: str
    bars: list[Bar] = field(default_factory=list)


@dataclass(frozen=True)
class Mark:
    """A figure written beside its point."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Chart:
    width: int
    lines: list[Line]
    slots: list[Slot]
    # The highest bar's figure, or the newest point's.
    mark: Mark | None
    now: str = ""
    then: str = ""
    # Points of lines that have no neighbour to be joined with: x, y, name.
    dots: list[tuple[float, float, str]] = field(default_factory=list)
    height: int = HEIGHT
    right: int = 0

    @property
    def is_line(self) -> bool:
        return bool(self.now or self.then or self.dots)


@dataclass(frozen=True)
class Row:
    """The same as a table's row."""

    hour: str
    sessions: str
    sessions_before: str
    wait: str
    wait_before: str


def sessions(found: Comparison, width: int = 600) -> Chart:
    """Sessions by the hour they began in, today beside the same weekday."""
    hours = hours_of(found)
    today, before = found.today, found.before
    highest = max([1, *(one.sessions for day in (today, before) for one in day.hours.values())])
    step, top = _scale(highest, COUNT_STEPS)
    plot = width - MARGIN
    slots = []
    for at, hour in enumerate(hours):
        counts = [day.hours[hour].sessions if hour in day.hours else 0 for day in (today, before)]
        slot = _slot(at, hour, len(hours), plot, _words_of_count(found, hour, *counts))
        thick = min(13.0, slot.width * 0.36)
        names = ("bar running" if hour == today.until.hour else "bar", "bar before")
        for side, (count, name) in enumerate(zip(counts, names, strict=True)):
            if count:
                y = _height(count, top)
                x = slot.middle - thick - 1 if side == 0 else slot.middle + 1
                slot.bars.append(Bar(_short(x), y, _short(thick), _short(FOOT - y), name))
        slots.append(slot)
    lines = [Line(_height(n * step, top), str(n * step)) for n in range(round(top / step) + 1)]
    return Chart(width, lines, slots, _peak(found, slots, top), right=plot)


def waits(found: Comparison, width: int = 430) -> Chart:
    """Mean wait for an agent by the hour in which the session began, today beside the same weekday."""
    hours = hours_of(found)
    means = [[_wait_of(day.hours.get(hour)) for hour in hours] for day in (found.today, found.before)]
    highest = max([1.0, *(mean for line in means for mean in line if mean is not None)])
    step, top = _scale(highest, SECOND_STEPS)
    plot = width - MARGIN - 6
    slots = [
        _slot(at, hour, len(hours), plot, _words_of_wait(found, hour, means[0][at], means[1][at]))
        for at, hour in enumerate(hours)
    ]
    points = [
        [
            None if mean is None else (slot.middle, _height(mean, top))
            for slot, mean in zip(slots, line, strict=True)
        ]
        for line in means
    ]
    lines = [Line(_height(n * step, top), clock_label(n * step)) for n in range(round(top / step) + 1)]
    dots = [
        (*point, name)
        for name, line in zip(("bar", "bar before"), points, strict=True)
        for point in _alone(line)
    ]
    mark = next(
        (
            Mark(point[0], point[1], clock_label(round(mean)))
            for point, mean in zip(reversed(points[0]), reversed(means[0]), strict=True)
            if point and mean is not None
        ),
        None,
    )
    return Chart(width, lines, slots, mark, _path(points[0]), _path(points[1]), dots, right=plot)


def table(found: Comparison) -> list[Row]:
    """Both charts in figures."""
    rows = []
    for hour in hours_of(found):
        today, before = found.today.hours.get(hour), found.before.hours.get(hour)
        counts = [str(one.sessions) if one else "0" for one in (today, before)]
        if hour > found.today.until.hour:
            counts[0] = "–"
        times = [
            clock_label(None if (mean := _wait_of(one)) is None else round(mean)) for one in (today, before)
        ]
        rows.append(Row(f"{hour:02}:00", *counts, *times))
    return rows


def hours_of(found: Comparison) -> range:
    """The hours that are drawn: the shop's day, wider where there were sessions."""
    known = {FIRST_HOUR, LAST_HOUR, found.today.until.hour, *found.today.hours, *found.before.hours}
    return range(min(known), max(known) + 1)


def _slot(at: int, hour: int, count: int, plot: int, words: str) -> Slot:
    width = plot / count
    # Every second hour has its name where there are many.
    is_named = count <= 14 or hour % 2 == 0
    return Slot(hour, _short(at * width), _short(width), _short((at + 0.5) * width), is_named, words)


def _scale(highest: float, steps: tuple[int, ...]) -> tuple[int, float]:
    """The distance of the lines and the top one's figure, which nothing passes."""
    step = next((one for one in steps if highest / one <= MOST_LINES), steps[-1])
    return step, ceil(highest / step) * step


def _height(value: float, top: float) -> float:
    return _short(FOOT - (FOOT - TOP) * value / top)


def _peak(found: Comparison, slots: list[Slot], top: float) -> Mark | None:
    counts = {hour: one.sessions for hour, one in found.today.hours.items()}
    if not counts:
        return None
    hour = max(counts, key=lambda one: (counts[one], -one))
    bar = next(slot for slot in slots if slot.hour == hour).bars[0]
    return Mark(_short(bar.x + bar.width / 2), _short(bar.y - 5), str(counts[hour]))


def _path(points: list[tuple[float, float] | None]) -> str:
    """A line through the points; it stops where there is none."""
    parts, is_drawing = [], False
    for point in points:
        if point:
            parts.append(f"{'L' if is_drawing else 'M'}{point[0]} {point[1]}")
        is_drawing = bool(point)
    return "".join(parts)


def _alone(points: list[tuple[float, float] | None]) -> list[tuple[float, float]]:
    edged = [None, *points, None]
    return [
        point for at, point in enumerate(edged) if point and edged[at - 1] is None and edged[at + 1] is None
    ]


def _wait_of(hour: object) -> float | None:
    return getattr(hour, "wait", None)


def _words_of_count(found: Comparison, hour: int, today: int, before: int) -> str:
    values = {"hour": f"{hour}:00", "day": weekday(found.before.until), "now": today, "then": before}
    if hour > found.today.until.hour:
        return _("%(hour)s: %(day)s %(then)s") % values
    return _("%(hour)s: today %(now)s, %(day)s %(then)s") % values


def _words_of_wait(found: Comparison, hour: int, today: float | None, before: float | None) -> str:
    labels = [clock_label(None if mean is None else round(mean)) for mean in (today, before)]
    values = {"hour": f"{hour}:00", "day": weekday(found.before.until), "now": labels[0], "then": labels[1]}
    if hour > found.today.until.hour:
        return _("%(hour)s: %(day)s %(then)s") % values
    return _("%(hour)s: today %(now)s, %(day)s %(then)s") % values


def _short(value: float) -> float:
    return round(value, 1)
