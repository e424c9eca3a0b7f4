"""Releases (B-8): what they hold, one at a time, going back, what fails leaves the live one."""

import pytest

from apps.chatbot import building, knowledge, live, releases
from apps.chatbot.models import Artifact, EntryVersion, Release, ReleaseState
from csdesk.errors import Invalid, WrongState
from tests.chatbot.libraries import QA, REFUND, add, publish, small_library

pytestmark = pytest.mark.django_db


def test_a_release_holds_the_draft_of_its_moment():
    entries = small_library()
    release = publish("first")
    knowledge.delete_entries(QA, [entries[REFUND].pk])
    live.forget()
    assert live.current().known([entries[REFUND].pk])[entries[REFUND].pk].answers == ("Three days.",)
    assert (release.entries, release.state) == (3, ReleaseState.PUBLISHED)
