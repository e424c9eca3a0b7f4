"""What the matching package gives and takes; pure Python, imported by everybody."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

import numpy as np

Entries = Sequence[tuple[int, Sequence[str]]]
"""A library: each entry's label (an opaque number) and its questions, the standard question first."""


class Match(NamedTuple):
    """One entry that may answer a question.

    `score` is the calibrated chance, in [0, 1], that this entry is the right answer (B-5);
    `question` is the stored question of the entry that is most like what was asked.
    """

    label: int
    score: float
    question: str


class BrokenMatcher(Exception):
    """A matcher's files are missing, damaged or of another format version."""


class Matcher(Protocol):
    """A trained matcher; may be used by several threads at once."""

    def rank(
        self, questions: Sequence[str], limit: int = 10, allowed: Collection[int] | np.ndarray | None = None
    ) -> list[list[Match]]:
        """The entries that may answer each question, best first, at most `limit`, of those `allowed`."""
        ...


class Encoder(Protocol):
    """Turns sentences into vectors of unit length, one row each."""

    identity: str  # of the model: vectors of different ones cannot be compared

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...
