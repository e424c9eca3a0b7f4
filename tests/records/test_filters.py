"""Filters read from an address: what fits is taken, what does not is named and left out."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from apps.records.filters import Choices, Filters, read
from apps.sessions.models import Channel
from apps.team.models import SkillGroup
from csdesk import clock

SHANGHAI = ZoneInfo("Asia/Shanghai")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    """12:00 in Shanghai, the evening before in Los Angeles."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 7, 15, 4, tzinfo=UTC))


def test_today_is_the_readers_day():
    filters = Filters(period="today")
    assert filters.bounds(SHANGHAI) == (datetime(2026, 7, 14, 16, tzinfo=UTC), None)
    assert filters.bounds(LOS_ANGELES) == (datetime(2026, 7, 14, 7, tzinfo=UTC), None)


def test_seven_days_end_with_today():
    assert Filters(period="7").bounds(SHANGHAI)[0] == datetime(2026, 7, 8, 16, tzinfo=UTC)


def test_a_range_holds_its_last_day():
    filters = read(QueryDict("from=2026-07-01&to=2026-07-02"), Choices())
    assert (filters.period, filters.first, filters.last) == ("range", date(2026, 7, 1), date(2026, 7, 2))
    assert filters.bounds(SHANGHAI) == (
        datetime(2026, 6, 30, 16, tzinfo=UTC),
        datetime(2026, 7, 2, 16, tzinfo=UTC),
    )


def test_a_day_with_a_change_of_clocks_is_whole():
    filters = read(QueryDict("from=2026-03-08&to=2026-03-08"), Choices())
    start, end = filters.bounds(LOS_ANGELES)
    assert (end - start).total_seconds() == 23 * 3600


def test_a_range_may_be_open():
    filters = read(QueryDict("from=2026-07-01"), Choices())
    assert filters.bounds(SHANGHAI)[1] is None


@pytest.mark.parametrize(
    "query",
    [
        "period=99",
        "from=yesterday",
        "from=2026-13-01",
        "to=0001-01-01",
        "from=2026-07-05&to=2026-07-01",
        "group=7",
        "group=x",
        "agent=7",
        "channel=7",
        "status=fine",
        "state=archived",
        "q=" + "a" * 201,
        "q=%3F%21",
        "q=a%00b",
    ],
)
def test_a_bad_filter_is_named_and_the_others_stay(query):
    channel = Channel(pk=3, name="Shop")
    others = {"channel": "3", "status": "normal", "q": "tea"}
    bad = query.partition("=")[0]
    kept = "&".join(f"{name}={value}" for name, value in others.items() if name != bad)
    filters = read(QueryDict(f"{query}&{kept}"), Choices(channels=[channel]))
    assert len(filters.problems) == 1
    others.pop(bad, None)
    assert filters.values() == others


def test_an_address_says_the_same_as_its_filters():
    group = SkillGroup(pk=3, name="After-sales")
    choices = Choices(groups=[group])
    query = "q=%E9%80%80%E6%AC%BE+tea&period=30&group=3&status=normal&state=ended"
    filters = read(QueryDict(query), choices)
    assert not filters.problems
    assert read(QueryDict(filters.address()[1:]), choices) == filters
    assert "group" not in filters.address(group="")
