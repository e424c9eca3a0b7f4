"""A row is judged by its ratio, or by its value where it has no floor."""

import json

import pytest

from bench.table import Row, table, write


@pytest.mark.parametrize(
    ("goal", "ratio", "met"),
    [(">= 2.0", 2.0, True), (">= 2.0", 1.99, False), ("<= 1.1", 1.1, True), ("<= 1.1", 1.11, False)],
)
def test_the_ratio_is_held_against_the_goal(goal, ratio, met):
    assert Row("P-1", "messages/s", 900.0, ratio, goal, floor=450.0).met is met


@pytest.mark.parametrize(("value", "met"), [(0, True), (1, False)])
def test_without_a_floor_the_value_is_held_against_the_goal(value, met):
    assert Row("P-4", "overtakings in the queue", value, None, "= 0").met is met


def test_the_table_shows_ours_the_floor_and_what_is_missed():
    rows = [
        Row("P-1", "messages/s", 1234.5, 1.5, ">= 2.0", floor=823.0),
        Row("P-4", "doubles", 0, None, "= 0"),
    ]
    head, _line, first, second = table(rows).splitlines()
    assert head.split() == ["id", "figure", "ours", "floor", "ratio", "goal", "met"]
    assert first.split() == ["P-1", "messages/s", "1,234", "823", "1.50", "≥", "2.0", "no"]
    assert second.split() == ["P-4", "doubles", "0", "=", "0", "yes"]


def test_machines_get_a_list_of_rows(tmp_path):
    file = tmp_path / "results" / "latest.json"
    write([Row("P-3", "KiB per window", 42.123, 1.345, "<= 1.3", floor=31.3)], file)
    [row] = json.loads(file.read_text())
    assert row == {
        "id": "P-3",
        "figure": "KiB per window",
        "value": 42.12,
        "floor": 31.3,
        "ratio": 1.345,
        "goal": "<= 1.3",
        "met": False,
    }


def test_a_row_without_a_goal_is_neither_met_nor_missed():
    row = Row("P-1", "messages/s", 900.0, 1.4, "", floor=640.0)
    assert row.as_json()["met"] is None
    assert table([row]).splitlines()[-1].endswith("1.40")
