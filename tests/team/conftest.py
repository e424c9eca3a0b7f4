"""What the tests of the team share."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from apps.team import business, phone_codes
from apps.team.models import Member
from csdesk import clock
from tests.factories import PASSWORD
from tests.team import outbox


@pytest.fixture(autouse=True)
def _fresh(tmp_path, settings) -> Iterator[None]:
    """Counts of tries and cached settings do not outlive a test; the trail's head is a test's own."""
    settings.DATA = tmp_path
    cache.clear()
    business.forget()
    yield
    business.forget()


@pytest.fixture
def sign_in(client: Client) -> Callable:
    """Sign a member in through the page; returns the answer."""

    def post(member: Member | str, password: str = PASSWORD, *, browser: Client = client, **extra):
        login = member.account if isinstance(member, Member) else member
        return browser.post("/login/", {"login": login, "password": password}, **extra)

    return post


@pytest.fixture
def sms(settings, monkeypatch, client) -> None:
    """Text messages leave at once, into `outbox.SENT`; nobody is on the list without limits."""
    outbox.SENT.clear()
    outbox.FAILS.clear()
    settings.SMS_BACKEND = "tests.team.outbox.Backend"
    settings.LIMIT_EXEMPT = []
    monkeypatch.setattr(phone_codes, "_start", lambda send: send())
    client.cookies["django_language"] = "en"


@pytest.fixture
def later(monkeypatch) -> Callable:
    """Let time pass: `later(minutes=5)`."""
    real, passed = clock.now, [timedelta()]
    monkeypatch.setattr(clock, "now", lambda: real() + passed[0])

    def move(**how: float) -> None:
        passed[0] += timedelta(**how)

    return move


@pytest.fixture
def committed(django_capture_on_commit_callbacks) -> Callable:
    """`with committed():` what is to happen after the commit happens at the end."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def ask(client, committed) -> Callable:
    """Ask for a code on the page; the answer."""

    def post(number: str = outbox.NUMBER, browser: Client = client, **extra):
        with committed():
            return browser.post("/login/phone/", {"phone": number}, **extra)

    return post
