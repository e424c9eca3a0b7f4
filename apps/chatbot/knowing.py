"""What an answer is made from: the live release, or the draft in the test window."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from apps.chatbot.decision import Candidate


@dataclass(frozen=True)
class Known:
    """An entry as it answers; `answers` are said in turn, `format` is text or markdown."""

    entry: int
    library: str
    question: str
    answers: tuple[str, ...]
    format: str


class Knowledge(Protocol):
    """One state of both libraries; whatever is asked of it comes from this state only."""

    release: int | None

    def exactly(self, text: str) -> int | None:
        """The entry of the Q&A library whose standard question this is, as a card's lines are."""

    def rank(self, library: str, text: str, limit: int) -> tuple[Candidate, ...]:
        """The entries of a library that may answer now, best first."""

    def known(self, entries: Iterable[int]) -> dict[int, Known]:
        """These entries by their numbers; what is not known is left out."""

    def welcome_items(self, language: str) -> tuple[str, ...]:
        """The questions of the welcome card for customers of this language (B-3)."""
