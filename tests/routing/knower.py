"""A bot whose knowledge and scores a test writes down; the decision, the counts and the words are real."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from apps.chatbot import live
from apps.chatbot.decision import Candidate
from apps.chatbot.knowing import Known
from apps.chatbot.models import AskedQuestion, Library
from apps.sessions.models import AuthorKind, ChatSession, Message

RETURN, WHO_PAYS, PARCEL, THANKS = 1, 2, 3, 4
ENTRIES = {
    RETURN: Known(RETURN, Library.QA, "How do I return a parcel?", ("Within 7 days.",), "text"),
    WHO_PAYS: Known(WHO_PAYS, Library.QA, "Who pays for a return?", ("**We do**, mostly.",), "markdown"),
    PARCEL: Known(PARCEL, Library.QA, "Where is my parcel?", ("On its way.",), "text"),
    THANKS: Known(THANKS, Library.CHITCHAT, "Thanks", ("You are welcome.", "Any time."), "text"),
}
# What is asked, and how near each entry is.
SCORES = {
    "send it back": {RETURN: 0.93, WHO_PAYS: 0.4},
    "costs of sending back": {WHO_PAYS: 0.9},
    "return": {RETURN: 0.55, WHO_PAYS: 0.5, PARCEL: 0.1},
    "thx": {THANKS: 0.99},
}


class Knower:
    """Stands in the place of the live release."""

    release = None

    def __init__(self, before: Callable[[str], None] = lambda _text: None) -> None:
        self.before = before

    def exactly(self, text: str) -> int | None:
        return next(
            (e.entry for e in ENTRIES.values() if e.library == Library.QA and e.question == text), None
        )

    def rank(self, library: str, text: str, limit: int) -> tuple[Candidate, ...]:
        self.before(text)
        near = [c for c in SCORES.get(text, {}).items() if ENTRIES[c[0]].library == library]
        return tuple(Candidate(entry, score) for entry, score in near)[:limit]

    def known(self, entries: Iterable[int]) -> dict[int, Known]:
        return {entry: ENTRIES[entry] for entry in entries}

    def welcome_items(self, language: str) -> tuple[str, ...]:
        return ("退货",) if language.startswith("zh") else (ENTRIES[RETURN].question, "Anything else")


def publish(monkeypatch: pytest.MonkeyPatch, before: Callable[[str], None] = lambda _text: None) -> None:
    """From now on the bot knows `ENTRIES`; `before` is called with each question that is looked up."""
    knower = Knower(before)
    monkeypatch.setattr(live, "current", lambda: knower)


def by_bot(session: ChatSession) -> list[Message]:
    """What the bot has said, without the welcome card."""
    said = Message.objects.filter(session=session, author_kind=AuthorKind.BOT).order_by("seq")
    return [message for message in said if message.body.get("data", {}).get("subtype") != "welcome_msg"]


def words_of(session: ChatSession) -> list[str]:
    """What the bot has said in words; of a card its title or head."""
    words = []
    for message in by_bot(session):
        content = message.body.get("data", {}).get("content")
        if isinstance(content, dict):
            content = content.get("header") or content.get("title")
        words.append(content or message.body["text"])
    return words


def kept(session: ChatSession) -> list[AskedQuestion]:
    """The questions that are kept of a conversation."""
    return list(AskedQuestion.objects.filter(conversation=session.id).order_by("seq"))
