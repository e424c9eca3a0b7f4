"""The bot's pages in the console (M-2, M-3, B-8): state, switch, publishing, test window, settings."""

import pytest
from django.urls import reverse

from apps.chatbot.models import Release
from apps.team.models import Role
from tests.chatbot.libraries import REFUND, publish, small_library
from tests.factories import PASSWORD, make_member

pytestmark = pytest.mark.django_db

PAGES = ["bot_state", "bot_publish", "bot_releases", "bot_changes", "bot_numbers"]


@pytest.mark.parametrize("name", PAGES)
def test_pages_stand_before_and_after_the_first_release(page, name):
    assert page.get(reverse(f"admin:{name}")).status_code == 200
    small_library()
    publish("first")
    assert page.get(reverse(f"admin:{name}")).status_code == 200
