"""From a classifier's logits to a score that means something (B-5).

What is known about a question and the entry thought best (`Evidence`) goes through a logistic function
(Platt 1999) whose coefficients are fitted on questions the classifiers have not seen. The coefficients lean
on `USUAL`, found on many libraries of all sizes, so that a library of ten questions gets sensible scores and
one of ten thousand its own.
"""

from collections.abc import Sequence

import numpy as np

EVIDENCE = ("chance", "covered", "unknown")
"""Log odds of the best entry; share of the question's words, by rarity, that its questions contain; share
that no entry contains."""
USUAL = np.array([-0.4, 0.75, 1.0, -1.5])
"""Usual coefficients: constant, then one for each evidence."""
TRUST = np.array([0.5, 0.25, 0.7, 0.7])
"""How far, in standard deviations, coefficients are expected to be from the usual ones."""
SIGNS = np.array([0, 1, 1, -1])
OUT_OF_SCOPE = 0.08
"""Assumed share of questions that no entry answers."""
FEWEST = 1e-6


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def log_odds(chance: np.ndarray) -> np.ndarray:
    chance = np.clip(chance, FEWEST, 1 - FEWEST)
    return np.log(chance) - np.log1p(-chance)


def score(evidence: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """The calibrated chance of each row of evidence to be about the right entry."""
    return 1 / (1 + np.exp(-(coefficients[0] + evidence @ coefficients[1:])))


def fit_scale(trials: Sequence[tuple[np.ndarray, np.ndarray]], usual: float) -> float:
    """The number to multiply logits with so that softmax makes fitting chances of them.

    `trials`: logits (questions × entries) and the right entry of each, for each round of holding out. The
    usual scale counts as `WEIGHT` questions would.
    """
    if not sum(len(right) for _, right in trials):
        return usual
    tries = usual * np.exp(np.linspace(-1.5, 1.5, 61))
    losses = [_loss(trials, scale) + _PRIOR * np.log(scale / usual) ** 2 for scale in tries]
    return float(tries[int(np.argmin(losses))])


_PRIOR = 5.0


def _loss(trials: Sequence[tuple[np.ndarray, np.ndarray]], scale: float) -> float:
    total = 0.0
    for logits, right in trials:
        scaled = logits * scale
        top = scaled.max(axis=1)
        total += float(
            (
                np.log(np.exp(scaled - top[:, None]).sum(axis=1)) + top - scaled[np.arange(len(right)), right]
            ).sum()
        )
    return total


def fit(evidence: np.ndarray, right: np.ndarray, in_scope: np.ndarray) -> np.ndarray:
    """Coefficients from trials: was the entry thought best the right one? Newton's method, with a prior.

    Trials in and out of scope are weighted so that the latter are `OUT_OF_SCOPE` of all.
    """
    if not len(right):
        return USUAL.copy()
    weights = _weights(in_scope)
    inputs = np.column_stack([np.ones(len(right)), evidence])
    coefficients = USUAL.copy()
    precision = np.diag(1 / TRUST**2)
    for _ in range(30):
        chance = 1 / (1 + np.exp(-(inputs @ coefficients)))
        slope = inputs.T @ (weights * (right - chance)) - precision @ (coefficients - USUAL)
        curve = (inputs * (weights * chance * (1 - chance))[:, None]).T @ inputs + precision
        step = np.linalg.solve(curve, slope)
        coefficients = coefficients + step
        if np.abs(step).max() < 1e-6:
            break
    return np.where(SIGNS * coefficients < 0, 0.0, coefficients)


def _weights(in_scope: np.ndarray) -> np.ndarray:
    inside = in_scope.sum()
    outside = len(in_scope) - inside
    if not inside or not outside:
        return np.ones(len(in_scope))
    return np.where(in_scope, (1 - OUT_OF_SCOPE) / inside, OUT_OF_SCOPE / outside) * len(in_scope)
