"""Three linear classifiers that become one matrix: features × entries.

Two support vector machines (one over words, pairs and concepts, one over letters) and naive Bayes err on
different questions. Each one's logits are multiplied by a number of its own (an inverse temperature, Guo et
al. 2017), so that softmax makes chances of their sum, which is again linear. Learning needs scikit-learn.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from .features import BLOCKS, Space

MEMBERS = ("words", "letters", "bayes")
COST = {"words": 1.0, "letters": 2.0}
TOLERANCE = 0.05
SMOOTHING = 0.01


class Member(NamedTuple):
    """A linear classifier: logits are features @ weights + bias."""

    weights: np.ndarray  # features × entries
    bias: np.ndarray

    def logits(self, matrix: sparse.csr_array) -> np.ndarray:
        return matrix @ self.weights + self.bias


def fit(matrix: sparse.csr_array, entry: np.ndarray, entries: int, space: Space) -> list[Member]:
    """The members, in the order of `MEMBERS`; every one of the `entries` has a question."""
    first, last = space.starts[BLOCKS.index("letters")], space.starts[BLOCKS.index("letters") + 1]
    letters = np.arange(first, last)
    others = np.concatenate([np.arange(first), np.arange(last, len(space))])
    return [
        _machine(matrix, entry, entries, others, COST["words"]),
        _machine(matrix, entry, entries, letters, COST["letters"]),
        _bayes(matrix, entry, entries),
    ]


def combine(members: Sequence[Member], scales: Sequence[float]) -> Member:
    """Their sum, each multiplied by its scale, as one classifier."""
    weights = np.zeros_like(members[0].weights, dtype=np.float32)
    bias = np.zeros_like(members[0].bias, dtype=np.float32)
    for member, scale in zip(members, scales, strict=True):
        weights += member.weights * np.float32(scale)
        bias += member.bias * np.float32(scale)
    return Member(weights, bias)


def _machine(
    matrix: sparse.csr_array, entry: np.ndarray, entries: int, columns: np.ndarray, cost: float
) -> Member:
    """One against the rest, squared hinge loss (Fan et al. 2008), on some of the features."""
    from sklearn.svm import LinearSVC

    weights = np.zeros((matrix.shape[1], entries), dtype=np.float32)
    bias = np.zeros(entries, dtype=np.float32)
    if len(columns) == 0 or entries == 1:
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
