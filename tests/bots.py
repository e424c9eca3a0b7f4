"""A bot that answers in the real processes: taught and published for a test, forgotten after it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from apps.chatbot import knowledge, releases
from apps.chatbot.knowledge import Values
from apps.chatbot.models import (
    Artifact,
    AskedQuestion,
    Entry,
    EntryVersion,
    Library,
    Release,
    ReleaseState,
    WelcomeQuestion,
)
from tests import factories as make
from tests.live.windows import window_of

RETURN = "How do I return a parcel?"
WHO_PAYS = "Who pays for a return?"
RETURN_ANSWER = "You can send it back **within 7 days**."
ENTRIES = {
    Library.QA: [
        Values(
            question=RETURN,
            answer=RETURN_ANSWER,
            similar=("I want to send it back", "how can I give this back", "returning an item"),
            format="markdown",
        ),
        Values(question=WHO_PAYS, answer="We do.", similar=("is sending back free", "return postage")),
        Values(question="怎么修改发票抬头？", answer="在“我的订单”里修改。", similar=("发票抬头写错了",)),
    ],
    Library.CHITCHAT: [
        Values(question="Thank you", answer="You are welcome.", similar=("thanks a lot", "thx"))
    ],
}


def teach() -> None:
    """Put `ENTRIES` into the draft, and two of the questions on the welcome card."""
    for library, entries in ENTRIES.items():
        made = [knowledge.add_entry(library, values) for values in entries]
        if library == Library.QA:
            for position, entry in enumerate(made[:2]):
                WelcomeQuestion.objects.create(entry=entry, position=position)


def publish() -> Release:
    """Let the worker build a release of the draft; it is live in every process when this returns."""
    release = releases.publish(None)
    patiently(lambda: Release.objects.get(pk=release.pk).state != ReleaseState.BUILDING)
    release.refresh_from_db()
    assert release.state == ReleaseState.PUBLISHED, release.error
    # Every process looks twice a second, and the switch stands a moment ahead.
    patiently(lambda: releases.clock.now() > release.live_from)
    return release


def forget() -> None:
    """Nothing is known any more: whoever looks for a release finds none."""
    Release.objects.update(same_as=None)
    for table in (Release, EntryVersion, Artifact, AskedQuestion, WelcomeQuestion, Entry):
        table.objects.all().delete()


@contextmanager
def taught() -> Iterator[Release]:
    """The bot knows `ENTRIES` for a while. Whoever needs its silence afterwards waits for it."""
    forget()
    teach()
    try:
        yield publish()
    finally:
        forget()


def patiently(is_so: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "that has not come about"
        time.sleep(0.05)


def wait_until_silent(url: str) -> None:
    """Until the web processes have noticed that nothing is published any more."""
    patiently(lambda: not answers_in(url))


def wait_until_answering(url: str) -> None:
    """Until the web processes have the release."""
    patiently(lambda: answers_in(url))


def answers_in(url: str) -> bool:
    """Whether a customer who comes now meets the bot."""
    channel = make.make_channel().key

    async def look() -> bool:
        async with window_of(url, channel) as window:
            return window.ready["channel"]["bot"]

    # In a thread of its own, for the caller's may have a loop that runs.
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, look()).result()
