"""Which words each entry's questions contain: what a question has in common with the entry thought best."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from .features import BLOCKS, Space, Taken, word_codes


class Vocabulary(NamedTuple):
    """The words of each entry (columns of the space's first block), and how telling each word is."""

    starts: np.ndarray
    words: np.ndarray
    telling: np.ndarray  # ln((1 + entries) / (1 + entries with the word)), the last for a word of no entry

    def common(self, taken: Taken, best: int, space: Space) -> tuple[float, float]:
        """Shares of the question's words, by how telling they are: in this entry, and in no entry at all."""
        codes = np.array(word_codes(taken.stems), dtype=np.uint32)
        places, found = space.place(0, codes)
        known = self.telling[places]
        unknown = float(self.telling[-1]) * int(len(found) - found.sum())
        whole = float(known.sum()) + unknown
        if whole <= 0:
            return 0.0, float(not len(places))
        here = np.isin(places, self.words[self.starts[best] : self.starts[best + 1]])
        return float(known[here].sum()) / whole, unknown / whole


def learn(matrix: sparse.csr_array, entry: np.ndarray, entries: int, space: Space) -> Vocabulary:
    """The vocabulary of these questions; `matrix` has their features."""
    size = int(space.starts[BLOCKS.index("words") + 1])
    belongs = sparse.csr_array(
        (np.ones(len(entry), np.float32), (entry, np.arange(len(entry)))), shape=(entries, len(entry))
    )
    contained = sparse.csr_array(belongs @ matrix[:, :size])
    contained.sort_indices()
    spread = np.bincount(contained.indices, minlength=size)
    telling = np.log((1 + entries) / (1 + np.append(spread, 0))).astype(np.float32)
    return Vocabulary(contained.indptr.astype(np.int32), contained.indices.astype(np.int32), telling)


def joined(parts: Sequence[tuple[float, float]]) -> np.ndarray:
    """Rows of shares as an array."""
    return np.array(parts, dtype=np.float64).reshape(len(parts), 2)
