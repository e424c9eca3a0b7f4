"""Ten frames a second, with room for a burst, and patience that ends (X-2, V-6)."""

import pytest

from apps.desk.limits import BURST_SECONDS, MOST_REFUSED, FrameLimit

FRAMES_A_SECOND = 10
BURST = BURST_SECONDS * FRAMES_A_SECOND


@pytest.fixture(autouse=True)
def ten_a_second(settings) -> None:
    settings.LIMIT_FRAMES = FRAMES_A_SECOND


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_taken_then_ten_a_second():
    time = Time()
    limit = FrameLimit(time)
    assert all(limit.allows() for _ in range(BURST))
    assert not limit.allows()
    time.now += 1
    assert [limit.allows() for _ in range(FRAMES_A_SECOND + 1)] == [True] * FRAMES_A_SECOND + [False]


def test_a_quiet_minute_saves_up_no_more_than_a_burst():
    time = Time()
    limit = FrameLimit(time)
    time.now += 60
    assert sum(limit.allows() for _ in range(1000)) == BURST


def test_refused_frames_become_abuse_only_when_they_do_not_stop():
    time = Time()
    limit = FrameLimit(time)
    assert not any(limit.refused() for _ in range(MOST_REFUSED))
    assert limit.refused()


def test_refused_frames_are_forgiven_with_time():
    time = Time()
    limit = FrameLimit(time)
    for _ in range(MOST_REFUSED * 3):
        time.now += 2
        limit.allows()
        assert not limit.refused()


def test_the_rate_is_a_setting_and_0_is_no_limit(settings):
    settings.LIMIT_FRAMES = 3
    slow = FrameLimit(Time())
    assert sum(slow.allows() for _ in range(100)) == 3 * BURST_SECONDS
    settings.LIMIT_FRAMES = 0
    open_to_all = FrameLimit(Time())
    assert all(open_to_all.allows() for _ in range(10_000))
