"""How a classifier is learned: members, the scale of each, and the coefficients of the score."""

from collections.abc import Callable, Sequence

import numpy as np

from . import calibration, ensemble, trials, vocabulary
from .classifier import Classifier
from .features import Taken, learn_space

USUAL_SCALES = (9.0, 9.0, 0.33, 1.5)
"""Of the members, where nothing can be held out: about what questions of libraries of many sizes gave."""
MOST_WORK = 2_500_000
"""Entries × questions that classifiers can be learned for in tens of seconds."""
MOST_WEIGHTS = 40_000_000
"""Features × entries that are kept in memory: 80 MB."""

Progress = Callable[[float], None] | None


def is_worth_it(entry: np.ndarray, entries: int) -> bool:
    """Whether classifiers can be learned from so many entries and questions."""
    return entries >= 2 and entries * len(entry) <= MOST_WORK


def learn(taken: Sequence[Taken], entry: np.ndarray, entries: int, progress: Progress = None) -> Classifier:
    """The classifier of these questions; `entry` names the entry of each, 0 … entries - 1, each at least once."""
    scales, coefficients = _calibrate(taken, entry, entries, progress)
    learned, members = _fit(taken, entry, entries)
    return Classifier(learned.space, ensemble.combine(members, scales), learned.vocabulary, coefficients)


def _fit(taken: Sequence[Taken], entry: np.ndarray, entries: int):
    counts = [question.counts for question in taken]
    space = learn_space(counts)
    matrix = space.matrix(counts)
    members = ensemble.fit(matrix, entry, entries, space)
    words = vocabulary.learn(matrix, entry, entries, space)
    return Classifier(space, members[0], words, calibration.USUAL), members


def _calibrate(
    taken: Sequence[Taken], entry: np.ndarray, entries: int, progress: Progress
) -> tuple[list[float], np.ndarray]:
    """The scales of the members and the coefficients of the score, from questions held out."""
    seen = []
    for part in trials.rounds(entry, entries):
        present, local = np.unique(entry[part.learned], return_inverse=True)
        learned, members = _fit([taken[row] for row in part.learned], local, len(present))
        asked = [taken[row] for row in np.concatenate([part.inside, part.outside])]
        matrix = learned.space.matrix([question.counts for question in asked])
        right = np.searchsorted(present, entry[part.inside])
        seen.append((learned, asked, [member.logits(matrix) for member in members], right))
    if not seen:
        return list(USUAL_SCALES), calibration.USUAL.copy()
    scales = [
        calibration.fit_scale([(logits[m][: len(right)], right) for _, _, logits, right in seen], usual)
        for m, usual in enumerate(USUAL_SCALES)
    ]
    evidence, hits, inside = [], [], []
    for learned, asked, logits, right in seen:
        chances = calibration.softmax(
            sum(scale * part for scale, part in zip(scales, logits, strict=True)) / len(scales)
        )
        best = chances.argmax(axis=1)
        evidence += [learned.evidence(q, c, b) for q, c, b in zip(asked, chances, best, strict=True)]
        hits.append(np.append(best[: len(right)] == right, np.zeros(len(asked) - len(right), dtype=bool)))
        inside.append(np.arange(len(asked)) < len(right))
    return scales, calibration.fit(np.array(evidence), np.concatenate(hits), np.concatenate(inside))
