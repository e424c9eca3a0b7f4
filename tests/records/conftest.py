from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from apps.team import business
from apps.team.models import Member
from tests.factories import PASSWORD


@pytest.fixture(autouse=True)
def _fresh(tmp_path, settings) -> Iterator[None]:
    settings.DATA = tmp_path
    cache.clear()
    business.forget()
    yield
    business.forget()


@pytest.fixture
def reading(db) -> Callable[[Member], Client]:
    """A browser in which this member is signed in, in English."""

    def sign_in(member: Member) -> Client:
        browser = Client(headers={"accept-language": "en"})
        answer = browser.post("/login/", {"login": member.account, "password": PASSWORD})
        assert answer.status_code == 302
        return browser

    return sign_in
