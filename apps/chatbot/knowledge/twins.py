"""Questions that two entries have: allowed, but the bot can't tell them apart, so people are told (B-1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apps.chatbot.models import Entry, SimilarQuestion, question_key

# What one is told of at once.
MOST = 100


@dataclass(frozen=True)
class Twin:
    """A question of somebody's, and the other entry that has it too."""

    text: str
    entry: int
    question: str


def twins(library: str, questions: Iterable[str], *, besides: int | None = None) -> list[Twin]:
    """Which of these questions another entry of the library has, in any place."""
    by_key = {question_key(text): text for text in questions}
    standard = (
        Entry.objects.filter(library=library, key__in=by_key)
        .exclude(pk=besides)
        .values_list("key", "pk", "question")
    )
    similar = (
        SimilarQuestion.objects.filter(entry__library=library, key__in=by_key)
        .exclude(entry=besides)
        .values_list("key", "entry_id", "entry__question")
    )
    found = {
        Twin(by_key[key], entry, question)
        for rows in (standard, similar)
        for key, entry, question in rows[:MOST]
    }
    places = {text: place for place, text in enumerate(by_key.values())}
    return sorted(found, key=lambda twin: (places[twin.text], twin.entry))
