import pytest
from django.core.cache import cache

from apps.team import business
from csdesk import clock, realtime
from tests.routing import scene


@pytest.fixture(autouse=True)
def _fresh_rules():
    business.forget()
    cache.clear()
    yield
    business.forget()
    cache.clear()


@pytest.fixture
def time(monkeypatch, transactional_db) -> scene.Time:
    moving = scene.Time()
    monkeypatch.setattr(clock, "now", moving)
    scene.alive()
    return moving


@pytest.fixture
def told(monkeypatch) -> scene.Told:
    heard = scene.Told()
    monkeypatch.setattr(realtime, "_sender", lambda: heard)
    return heard
