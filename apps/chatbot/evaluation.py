"""Adaptor for measuring (B-12): entries in memory to a ranking function, by the code path of a release."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from .matching import Entries, load, train

Ranking = list[list[tuple[int, float]]]


def build(entries: Entries) -> Callable[[Sequence[str]], Ranking]:
    """A function from questions to the best entries of each, `(label, score)`, best first; no database."""
    with tempfile.TemporaryDirectory(prefix="csdesk-matcher-") as folder:
        train(entries, Path(folder))
        matcher = load(Path(folder))  # the files stay mapped after their names are gone

    def answer(questions: Sequence[str]) -> Ranking:
        return [[(match.label, match.score) for match in found] for found in matcher.rank(questions)]

    return answer
