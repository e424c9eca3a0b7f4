"""Four linear classifiers that become one matrix: features × entries.

Two support vector machines (one over words, pairs and concepts, one over letters), naive Bayes and softmax
regression err on different questions. Each one's logits are multiplied by a number of its own (its inverse
temperature, Guo et al. 2017) so that softmax makes probabilities of them; their mean is again linear. Needs
scikit-learn for the support vector machines; only training imports this module.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from .features import BLOCKS, Space

MEMBERS = ("words_svm", "letters_svm", "bayes", "softmax")
COST = {"words_svm": 0.5, "letters_svm": 1.0}
TOLERANCE = 0.05
SMOOTHING = 0.01
ROUNDS = 4
STEP = 2.0
"""Of the softmax regression: times it sees each question, and the first length of its steps."""


class Member(NamedTuple):
    """A linear classifier: logits are features @ weights + bias."""

    weights: np.ndarray  # features × entries
    bias: np.ndarray

    def logits(self, matrix: sparse.csr_array) -> np.ndarray:
        return matrix @ self.weights + self.bias


def fit(matrix: sparse.csr_array, entry: np.ndarray, entries: int, space: Space) -> list[Member]:
    """The members, in the order of `MEMBERS`; every one of the `entries` (two or more) has a question."""
    first, last = space.starts[BLOCKS.index("letters")], space.starts[BLOCKS.index("letters") + 1]
    letters = np.arange(first, last)
    others = np.concatenate([np.arange(first), np.arange(last, len(space))])
    return [
        _machine(matrix, entry, entries, others, COST["words_svm"]),
        _machine(matrix, entry, entries, letters, COST["letters_svm"]),
        _bayes(matrix, entry, entries),
        _softmax(matrix, entry, entries),
    ]


def combine(members: Sequence[Member], scales: Sequence[float]) -> Member:
    """Their mean, each multiplied by its scale, as one classifier."""
    weights = np.zeros_like(members[0].weights, dtype=np.float32)
    bias = np.zeros_like(members[0].bias, dtype=np.float32)
    for member, scale in zip(members, scales, strict=True):
        weights += member.weights * np.float32(scale / len(members))
        bias += member.bias * np.float32(scale / len(members))
    return Member(weights, bias)


def _machine(
    matrix: sparse.csr_array, entry: np.ndarray, entries: int, columns: np.ndarray, cost: float
) -> Member:
    """One against the rest, squared hinge loss (Fan et al. 2008), on some of the features."""
    from sklearn.svm import LinearSVC

    weights = np.zeros((matrix.shape[1], entries), dtype=np.float32)
    bias = np.zeros(entries, dtype=np.float32)
    if len(columns) == 0:
        return Member(weights, bias)
    machine = LinearSVC(C=cost, tol=TOLERANCE, random_state=0).fit(
        sparse.csr_matrix(matrix[:, columns]), entry
    )
    found, offset = machine.coef_.T, machine.intercept_
    if entries == 2:  # there scikit-learn gives the second class alone
        found, offset = np.hstack([-found, found]), np.concatenate([-offset, offset])
    weights[columns] = found
    bias[:] = offset
    return Member(weights, bias)


def _bayes(matrix: sparse.csr_array, entry: np.ndarray, entries: int) -> Member:
    """Multinomial naive Bayes on the weighted features; all entries are as likely before anything is read."""
    rows = np.arange(len(entry))
    belongs = sparse.csr_array((np.ones(len(entry), np.float32), (entry, rows)), shape=(entries, len(entry)))
    mass = (belongs @ matrix).toarray() + np.float32(SMOOTHING)
    weights = np.log(mass / mass.sum(axis=1, keepdims=True)).T
    return Member(np.ascontiguousarray(weights), np.zeros(entries, dtype=np.float32))


def _softmax(matrix: sparse.csr_array, entry: np.ndarray, entries: int) -> Member:
    """Multinomial logistic regression by stochastic gradient descent; few rounds are its regularisation."""
    weights = np.zeros((matrix.shape[1], entries), dtype=np.float32)
    dice = np.random.default_rng(0)
    starts, columns, values = matrix.indptr, matrix.indices, matrix.data
    steps = ROUNDS * len(entry)
    done = 0
    for _ in range(ROUNDS):
        for row in dice.permutation(len(entry)):
            part = slice(starts[row], starts[row + 1])
            places, here = columns[part], values[part]
            known = weights[places]
            error = here @ known
            error = np.exp(error - error.max())
            error /= error.sum()
            error[entry[row]] -= 1
            known -= (np.float32(STEP * (1 - done / steps)) * here)[:, None] * error
            weights[places] = known
            done += 1
    return Member(weights, np.zeros(entries, dtype=np.float32))
