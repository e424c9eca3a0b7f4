"""Fixtures of the tests of the customer's door."""

from datetime import timedelta

import pytest

from csdesk import clock


@pytest.fixture
def later(monkeypatch):
    """Move the clock by so much."""
    moved = timedelta()
    real = clock.now

    def move(**by):
        nonlocal moved
        moved += timedelta(**by)

    monkeypatch.setattr(clock, "now", lambda: real() + moved)
    return move
