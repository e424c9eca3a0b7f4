"""The faces' figures are told with their goals, and nothing measured is no figure."""

import pytest

from bench.faces import goal, late, report
from bench.place import BenchError


def test_one_in_twenty_may_be_later() -> None:
    assert late([float(n) for n in range(100)]) == 95
    assert late([7.0]) == 7


def test_nothing_that_was_painted_is_a_failure_and_not_quick() -> None:
    with pytest.raises(BenchError):
        late([])


def test_the_table_says_what_is_met() -> None:
    lines = report(
        [goal("window", "kB", 61.2, 60), goal("window", "ms", 8.0, 50), goal("window", "median", 5, None)]
    ).splitlines()
    assert lines[2].split() == ["window", "kB", "61.2", "≤", "60", "no"]
    assert lines[3].endswith("yes")
    assert lines[4].split() == ["window", "median", "5"]
