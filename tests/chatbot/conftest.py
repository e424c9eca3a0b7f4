"""What the tests of the bot share."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from apps.chatbot import live
from apps.team import business
from apps.team.models import Role
from tests.factories import PASSWORD, make_member


@pytest.fixture(autouse=True)
def _fresh(tmp_path, settings) -> Iterator[None]:
    """No release, no cached setting, no unpacked file of one test is there in the next."""
    settings.BOT_FOLDER = str(tmp_path / "bot")
    cache.clear()
    business.forget()
    live.forget()
    yield
    business.forget()
    live.forget()


@pytest.fixture
def manager():
    """An administrator."""
    return make_member(Role.ADMINISTRATOR)


@pytest.fixture
def page(client: Client, manager) -> Client:
    """A browser in which the manager is signed in."""
    client.post("/login/", {"login": manager.account, "password": PASSWORD})
    return client
