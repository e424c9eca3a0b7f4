"""From a classifier's logits to a score that means something (B-5).

What is known about a question and the entry thought best (`Evidence`) goes through a logistic function
(Platt 1999) whose coefficients are fitted on questions the classifiers have not seen. The coefficients lean
on `USUAL`, found on many libraries of all sizes, so that a library of ten questions gets sensible scores and
one of ten thousand its own.
"""

from collections.abc import Callable, Sequence

import numpy as np

EVIDENCE = ("chance", "covered", "unknown")
"""Log odds of the best entry; share of the question's words, by how telling they are, that its questions
contain; share that no entry contains, over what is expected."""
USUAL = np.array([-0.2, 0.85, 0.3, -1.5])
"""Usual coefficients: constant, then one for each evidence."""
SCANTY = np.array([-3.0, 0.0, 0.0, -15.0])
"""What is added to them for a library of one entry, a half of it for two: there softmax tells little, for
something must be best, and unknown words tell the more."""
TRUST = np.array([0.5, 0.25, 0.7, 1.0])
"""How far, in standard deviations, coefficients are expected to be from the usual ones."""
BOUNDS = ((None, None), (0, None), (0, None), (None, -0.7))
"""More likely, better covered, fewer unknown words: never a lower score. What is held out resembles its
neighbours more than what people ask beside the point, so unknown words tell at least so much."""
OUT_OF_SCOPE = 0.08
"""Assumed share of questions that no entry answers."""
SMALL = 2
"""In a library of so many entries another half of all questions is taken to be about something else."""
PULL = 5.0
FEWEST = 1e-6

Trial = tuple[np.ndarray, np.ndarray]
"""Logits of questions held out (members × questions × entries), and the right entry of each question."""


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def log_odds(chance: np.ndarray) -> np.ndarray:
    chance = np.clip(chance, FEWEST, 1 - FEWEST)
    return np.log(chance) - np.log1p(-chance)


def of_two(chances: np.ndarray) -> float:
    """The most the best of them can score: two that are equally likely cannot both be right."""
    if len(chances) < 2:
        return 1.0
    second, first = np.partition(chances, -2)[-2:]
    return float(first**2 / (first**2 + second**2))


def score(evidence: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """The calibrated chance of each row of evidence to be about the right entry."""
    return 1 / (1 + np.exp(-np.clip(coefficients[0] + evidence @ coefficients[1:], -30, 30)))


def fit_scales(trials: Sequence[Trial], usual: Sequence[float]) -> np.ndarray:
    """What to multiply each member's logits with so that softmax makes fitting chances of their sum.

    The most likely numbers for the right entries of the trials, in logarithms; the usual ones count as
    `PULL` says.
    """
    usual = np.array(usual)

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        scales = usual * np.exp(logs)
        total, slope = PULL * float(logs @ logs), 2 * PULL * logs
        for members, right in trials:
            rows = np.arange(len(right))
            chances = softmax(np.tensordot(scales, members, axes=1))
            total -= float(np.log(np.maximum(chances[rows, right], 1e-12)).sum())
            gaps = (chances * members).sum(axis=(1, 2)) - members[:, rows, right].sum(axis=1)
            slope = slope + scales * gaps
        return total, slope

    return usual * np.exp(_least(loss, np.zeros(len(usual))))


def usual(entries: int) -> np.ndarray:
    """The usual coefficients for a library of so many entries."""
    return USUAL + SCANTY / entries


def fit(evidence: np.ndarray, right: np.ndarray, in_scope: np.ndarray, entries: int) -> np.ndarray:
    """Coefficients from trials: was the entry thought best the right one? The most likely ones, with a prior.

    Trials in and out of scope are weighted so that the latter have the share that is assumed for a library
    of so many entries.
    """
    if not len(right):
        return usual(entries)
    weights = _weights(in_scope, entries)
    inputs = np.column_stack([np.ones(len(right)), evidence])
    signs = 2.0 * right - 1.0
    expected = usual(entries)

    def loss(coefficients: np.ndarray) -> tuple[float, np.ndarray]:
        off = (coefficients - expected) / TRUST
        margin = signs * (inputs @ coefficients)
        slope = -inputs.T @ (weights * signs / (1 + np.exp(np.clip(margin, -500, 500))))
        return float(weights @ np.logaddexp(0, -margin) + off @ off / 2), slope + off / TRUST

    return _least(loss, expected, BOUNDS)


def out_of_scope(entries: int) -> float:
    """The assumed share of questions that none of so many entries answers."""
    return OUT_OF_SCOPE + (1 - OUT_OF_SCOPE) * SMALL / (SMALL + entries)


def _weights(in_scope: np.ndarray, entries: int) -> np.ndarray:
    inside = in_scope.sum()
    outside = len(in_scope) - inside
    if not inside or not outside:
        return np.ones(len(in_scope))
    share = out_of_scope(entries)
    return np.where(in_scope, (1 - share) / inside, share / outside) * len(in_scope)


def _least(loss: Callable, start: np.ndarray, bounds: Sequence | None = None) -> np.ndarray:
    """Where a loss, given with its slope, is least; imported here as serving does without."""
    from scipy import optimize

    return optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
