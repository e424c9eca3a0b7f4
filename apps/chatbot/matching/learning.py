"""How a classifier is learned: members, the scale of each, and the coefficients of the score."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from . import calibration, ensemble, trials, vocabulary
from .classifier import Classifier
from .features import Taken, learn_space

USUAL_SCALES = (2.7, 1.5, 0.12)
"""Of the members, where nothing can be held out: about what questions of libraries of many sizes gave."""
MOST_WORK = 2_500_000
"""Entries × questions that classifiers can be learned for in tens of seconds."""
RICH = 10
"""Questions an entry from which on features that stand in one question only are left out, but for words:
there they are chance, and half of all."""

Progress = Callable[[float], None] | None


def is_worth_it(entry: np.ndarray, entries: int) -> bool:
    """Whether classifiers can be learned from so many entries and questions."""
    return entries * len(entry) <= MOST_WORK


def learn(taken: Sequence[Taken], entry: np.ndarray, entries: int, progress: Progress = None) -> Classifier:
    """The classifier of these questions; `entry` is the place of the entry of each, none without any."""
    scales, coefficients = _calibrate(taken, entry, entries, progress)
    learned, members = _fit(taken, entry, entries)
    return Classifier(learned.space, ensemble.combine(members, scales), learned.vocabulary, coefficients)


def _fit(taken: Sequence[Taken], entry: np.ndarray, entries: int) -> tuple[Classifier, list[ensemble.Member]]:
    """The members, and a classifier that has all but their sum and its own coefficients."""
    counts = [question.counts for question in taken]
    space = learn_space(counts, entries, least=2 if len(entry) >= RICH * entries else 1)
    matrix = space.matrix(counts)
    members = ensemble.fit(matrix, entry, entries, space)
    words = vocabulary.learn(matrix, entry, entries, space)
    return Classifier(space, members[0], words, calibration.USUAL), members


class Seen(NamedTuple):
    """What classifiers learned without some questions made of them."""

    learned: Classifier
    asked: list[Taken]
    logits: np.ndarray  # members × questions × entries
    right: np.ndarray  # of the first questions the right entry; there is none for the rest


def _calibrate(
    taken: Sequence[Taken], entry: np.ndarray, entries: int, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """The scales of the members and the coefficients of the score, from questions held out."""
    seen = []
    parts = trials.rounds(entry, entries)
    for part in parts:
        seen.append(_hold_out(taken, entry, part))
        if progress:
            progress(len(seen) / (len(parts) + 1))
    if not seen:
        return np.array(USUAL_SCALES), calibration.usual(entries)
    scales = calibration.fit_scales(
        [(one.logits[:, : len(one.right)], one.right) for one in seen], USUAL_SCALES
    )
    evidence, hits, inside = [], [], []
    for learned, asked, logits, right in seen:
        chances = calibration.softmax(np.tensordot(scales, logits, axes=1))
        best = chances.argmax(axis=1)
        evidence += [learned.evidence(q, c, b) for q, c, b in zip(asked, chances, best, strict=True)]
        hits.append(np.append(best[: len(right)] == right, np.zeros(len(asked) - len(right), dtype=bool)))
        inside.append(np.arange(len(asked)) < len(right))
    return scales, calibration.fit(np.array(evidence), np.concatenate(hits), np.concatenate(inside), entries)


def _hold_out(taken: Sequence[Taken], entry: np.ndarray, part: trials.Round) -> Seen:
    present, local = np.unique(entry[part.learned], return_inverse=True)
    learned, members = _fit([taken[row] for row in part.learned], local, len(present))
    asked = [taken[row] for row in np.concatenate([part.inside, part.outside])]
    matrix = learned.space.matrix([question.counts for question in asked])
    logits = np.stack([member.logits(matrix) for member in members])
    return Seen(learned, asked, logits, np.searchsorted(present, entry[part.inside]))
