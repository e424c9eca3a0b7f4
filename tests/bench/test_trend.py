"""What rises is told from what wanders, and a leak is named."""

import random

import pytest

from bench.soak import report
from bench.trend import MIB, slope, trend

# Ten minutes, a sample every ten seconds, 400 messages a second.
TIMES = [10.0 * n for n in range(60)]


def series(value) -> list[tuple[float, int, float]]:
    return [(at, int(at * 400), value(at)) for at in TIMES]


def test_one_outlier_does_not_tip_the_slope():
    points = [(at, 100.0) for at in TIMES]
    points[7] = (points[7][0], 10_000.0)
    assert slope(points) == 0


def test_the_slope_is_that_of_the_line():
    assert slope([(at, 3 + 0.5 * at) for at in TIMES]) == pytest.approx(0.5)


def test_memory_that_wanders_is_flat():
    dice = random.Random(3)
    found = trend("web memory", series(lambda _at: 90 * MIB + dice.uniform(-1, 1) * MIB), is_memory=True)
    assert found.is_flat


@pytest.mark.parametrize(("bytes_per_message", "is_flat"), [(0, True), (5, True), (20, False), (200, False)])
def test_a_leak_per_message_shows(bytes_per_message, is_flat):
    leaks = series(lambda at: 90 * MIB + at * 400 * bytes_per_message)
    found = trend("web memory", leaks, is_memory=True)
    assert found.per_thousand == pytest.approx(bytes_per_message * 1000, abs=1)
    assert found.is_flat is is_flat


def test_falling_is_flat_too():
    assert trend("web memory", series(lambda at: 90 * MIB - at * 10_000), is_memory=True).is_flat


@pytest.mark.parametrize(("an_hour", "is_flat"), [(0, True), (30, True), (600, False)])
def test_counts_may_move_a_little(an_hour, is_flat):
    found = trend("web tasks", series(lambda at: 150 + at / 3600 * an_hour), is_memory=False)
    assert found.per_hour == pytest.approx(an_hour)
    assert found.is_flat is is_flat


def test_the_report_says_what_is_not_flat():
    leak = trend("web memory", series(lambda at: 90 * MIB + at * 40_000), is_memory=True)
    calm = trend("web tasks", series(lambda _at: 150.0), is_memory=False)
    _head, _line, first, second = report([leak, calm]).splitlines()
    assert first.split()[:2] == ["web", "memory"]
    assert first.endswith("no")
    assert second.endswith("yes")
