"""A release goes live in every web process at the same moment, and no answer mixes two (B-8)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connections

from apps.chatbot import knowledge, releases
from apps.chatbot.knowledge import Values
from apps.chatbot.models import AskedQuestion, Entry, Library, Release
from apps.routing.models import Availability
from apps.sessions.models import Message
from tests import bots
from tests import factories as make
from tests.live.plain import database
from tests.live.windows import Window, window_of
from tests.spread import Spread

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_db")]

WEBS = 2
A_FRAME = 0.11  # s; a socket takes ten frames a second
# Both answers of a release name it, whichever entry a question finds.
QUESTIONS = ("Which edition is it?", "What is the number of this edition?")


@pytest.fixture(scope="module")
def webs(stack) -> Iterator[list[str]]:
    """The addresses of two web processes."""
    spread = Spread(stack, WEBS)
    try:
        spread.start()
        yield spread.addresses
    finally:
        spread.stop()


@pytest.fixture
def first(django_db_blocker) -> Iterator[Release]:
    """A release whose answers say "one"."""
    with django_db_blocker.unblock():
        bots.forget()
        Availability.objects.update(status="offline", deadline_at=None, deadline_kind="")
        for question in QUESTIONS:
            knowledge.add_entry(Library.QA, Values(question=question, answer="one"))
        yield bots.publish()
        bots.forget()
        connections.close_all()


def say(word: str) -> None:
    """Have the draft answer otherwise."""
    for entry in Entry.objects.all():
        knowledge.change_entry(entry.pk, Values(question=entry.question, answer=word), category=None)


async def answered(window: Window) -> str:
    while True:
        frame = await window.expect("message")
        text = frame["message"].get("text")
        if frame["from"]["kind"] == "bot" and text:
            return text


async def ask_until(window: Window, word: str, heard: list[str]) -> None:
    """Ask as fast as a socket may until the answer is this word, and once more."""
    for number in range(2_000):
        await window.say(QUESTIONS[number % 2])
        heard.append(await answered(window))
        await asyncio.sleep(A_FRAME)
        if heard[-2:] == [word, word]:
            return
    raise AssertionError(f"nobody says {word!r}")


async def test_two_processes_go_over_as_one_and_back(webs, first):
    channel = (await database(make.make_channel)).key
    async with window_of(webs[0], channel) as one, window_of(webs[1], channel) as other:
        heard = [[], []]
        talks = [(one, heard[0]), (other, heard[1])]
        await asyncio.gather(*(ask_until(window, "one", words) for window, words in talks))
        await database(say, "two")
        asking = asyncio.gather(*(ask_until(window, "two", words) for window, words in talks))
        second = await database(bots.publish)
        await asking
        asking = asyncio.gather(*(ask_until(window, "one", words) for window, words in talks))
        third = await database(releases.roll_back, None, first)
        await asking
    for words in heard:
        changes = [word for word, before in zip(words, [None, *words], strict=False) if word != before]
        assert changes == ["one", "two", "one"]
    await database(check_each_question, {first.pk: "one", second.pk: "two", third.pk: "one"})


def check_each_question(words: dict[int, str]) -> None:
    """Each answer is that of the release it is kept with; none is of a release not live, or long over."""
    moments = dict(Release.objects.values_list("pk", "live_from"))
    live = sorted(words, key=moments.get)
    over = dict(zip(live, [moments[release] for release in live[1:]], strict=False))
    questions = list(AskedQuestion.objects.all())
    assert {question.release_id for question in questions} == set(words)
    for question in questions:
        said = Message.objects.get(session_id=question.conversation, seq=question.answer_seq)
        assert said.body["text"] == words[question.release_id]
        assert question.asked_at >= moments[question.release_id]
        end = over.get(question.release_id)
        assert end is None or question.asked_at <= end + timedelta(seconds=2)
