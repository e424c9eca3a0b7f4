"""Which words each entry's questions contain: what a question has in common with the entry thought best.

How many words of a question no entry knows is telling only beside how many one expects: stored questions
themselves have words that stand in no other one, and the next question will have as many that stand in none
(Good & Turing's estimate). A library of ten questions knows few words, and that is no reason for doubt.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from .features import BLOCKS, Space, Taken, word_codes
from .stems import stem
from .terms import FAINT_WORDS


class Vocabulary(NamedTuple):
    """The words of each entry (columns of the space's first block), and how telling each word is."""

    starts: np.ndarray
    words: np.ndarray
    telling: np.ndarray  # ln((2 + entries) / (1 + entries with the word)), the last for a word of no entry
    expected: float
    """Share of unknown words, by how telling they are, that is expected of a question in scope."""

    def common(self, taken: Taken, best: int, space: Space) -> tuple[float, float]:
        """Shares of the question's words, by how telling: in this entry; in none, over the expected."""
        codes = np.array(word_codes(taken.stems), dtype=np.uint32)
        places, found = space.place(0, codes)
        faint = np.array([FAINT_WORDS.get(word, 1.0) for word in taken.words])
        known = self.telling[places]
        unknown = float(self.telling[-1] * faint[~found].sum())
        whole = float(known.sum()) + unknown
        if whole <= 0:
            return 0.0, float(not len(places)) - self.expected
        here = np.isin(places, self.words[self.starts[best] : self.starts[best + 1]])
        return float(known[here].sum()) / whole, unknown / whole - self.expected


def learn(matrix: sparse.csr_array, entry: np.ndarray, entries: int, space: Space) -> Vocabulary:
    """The vocabulary of these questions; `matrix` has their features."""
    size = int(space.starts[BLOCKS.index("words") + 1])
    belongs = sparse.csr_array(
        (np.ones(len(entry), np.float32), (entry, np.arange(len(entry)))), shape=(entries, len(entry))
    )
    words = sparse.csr_array(matrix[:, :size])
    contained = sparse.csr_array(belongs @ words)
    contained.sort_indices()
    spread = np.bincount(contained.indices, minlength=size)
    telling = np.log((2 + entries) / (1 + np.append(spread, 0))).astype(np.float32)
    telling[:-1] *= _strength(space)
    return Vocabulary(
        contained.indptr.astype(np.int32),
        contained.indices.astype(np.int32),
        telling,
        _expected(words, telling),
    )


def _strength(space: Space) -> np.ndarray:
    """What is left of each word's weight; a small library does not see which words tell little."""
    strength = np.ones(int(space.starts[1]), dtype=np.float32)
    for word, share in FAINT_WORDS.items():
        places, _ = space.place(0, np.array(word_codes([stem(word)]), dtype=np.uint32))
        strength[places] = share
    return strength


def _expected(words: sparse.csr_array, telling: np.ndarray) -> float:
    """The mean share of a stored question's words that stand in no other one."""
    lone = np.bincount(words.indices, minlength=words.shape[1]) == 1
    row = np.repeat(np.arange(words.shape[0]), np.diff(words.indptr))
    weight = np.where(lone, telling[-1], telling[:-1])[words.indices]
    whole = np.bincount(row, weight, minlength=words.shape[0])
    alone = np.bincount(row, weight * lone[words.indices], minlength=words.shape[0])
    return float((alone / np.maximum(whole, 1e-9)).mean())
