"""What the tests of the team share."""

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from apps.team import business
from apps.team.models import Member
from tests.factories import PASSWORD


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
