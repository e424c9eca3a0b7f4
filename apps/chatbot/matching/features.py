"""A question as numbers for the classifier: five blocks of features, each a vector of unit length.

words      stems of English, words of Chinese
pairs      two of them, in either order, at most `NEAR` words apart: little data knows no word order
letters    pieces of words, two to four letters, one to three Chinese characters: forms and typing errors
concepts   groups of everyday words that are used for one another
duos       two concepts near each other

Within a block a feature weighs (1 + ln count) × (ln((1 + n) / (1 + n_f)) + 1), n being the stored questions
and n_f those with the feature, as is usual (Salton & Buckley 1988, with sklearn's smoothing). A feature is
known by the CRC-32 of its text; two that share one are one, which happens to a few in 100,000.
"""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple
from zlib import crc32

import numpy as np
from scipy import sparse

from .concepts import concepts
from .folding import fold
from .stems import stem
from .terms import IS_DENSE, cut

WEIGHTS = {"words": 1.0, "pairs": 0.7, "letters": 1.0, "concepts": 1.0, "duos": 0.7}
BLOCKS = tuple(WEIGHTS)
LENT = np.array([block in ("concepts", "duos") for block in BLOCKS])
"""Blocks that lend knowledge from outside: the less is needed the more questions entries have."""
FEW = 10
"""Questions an entry up to which such blocks have their whole weight."""
NEAR = 4
"""How many words on the other word of a pair may be."""
NEAR_CONCEPTS = 7
LONGEST = 60
"""Words of a question that are looked at."""

Counts = tuple[dict[int, int], ...]
"""For each block: code of a feature and how often it stands in the question."""


class Taken(NamedTuple):
    """A question taken apart: its words as they stand, and its features."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    counts: Counts


def take(question: str) -> Taken:
    """The words and features of a question as it was asked or stored."""
    return of_words(cut(fold(question))[:LONGEST])


def of_words(words: Sequence[str]) -> Taken:
    stems = tuple(stem(word) for word in words)
    groups = concepts(stems)
    once = list(dict.fromkeys(groups))
    counts = (
        _count(_code("w", word) for word in stems),
        _count({_code("p", pair) for pair in _pairs(stems, NEAR)}),
        _count(code for run in _runs(words) for code in _letters(run)),
        _count(_code("c", group) for group in groups),
        _count({_code("d", pair) for pair in _pairs(once, NEAR_CONCEPTS)}),
    )
    return Taken(tuple(words), stems, counts)


def word_codes(stems: Iterable[str]) -> list[int]:
    """Codes of the words themselves, as in the first block."""
    return [_code("w", word) for word in stems]


@lru_cache(maxsize=200_000)
def _code(block: str, text: str) -> int:
    return crc32(f"{block}{text}".encode())


def _count(codes: Iterable[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for code in codes:
        counts[code] = counts.get(code, 0) + 1
    return counts


def _pairs(words: Sequence[str], near: int) -> Iterable[str]:
    for at, one in enumerate(words):
        for other in words[at + 1 : at + 1 + near]:
            if one != other:
                yield f"{one} {other}" if one < other else f"{other} {one}"


def _runs(words: Sequence[str]) -> Iterable[str]:
    """Words, and what stands together without spaces as one."""
    for dense, run in groupby(words, key=lambda word: bool(IS_DENSE.match(word))):
        if dense:
            yield "".join(run)
        else:
            yield from run


@lru_cache(maxsize=50_000)
def _letters(run: str) -> tuple[int, ...]:
    if IS_DENSE.match(run):
        sizes, text = (1, 2, 3), run
    else:
        sizes, text = (2, 3, 4), f" {run} "
    return tuple(
        crc32(f"l{text[at : at + size]}".encode()) for size in sizes for at in range(len(text) - size + 1)
    )


class Space:
    """The features that the stored questions have, and how rare each is."""

    def __init__(self, codes: np.ndarray, starts: np.ndarray, rarity: np.ndarray, shares: np.ndarray):
        """`codes`: those of one block after the other, each sorted; block b begins at starts[b].

        `shares` is the length of each block's vector.
        """
        self.codes, self.starts, self.rarity, self.shares = codes, starts, rarity, shares
        self._blocks = [codes[starts[b] : starts[b + 1]] for b in range(len(BLOCKS))]

    def __len__(self) -> int:
        return len(self.codes)

    def place(self, block: int, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Columns of these codes, and which of them are known at all."""
        known = self._blocks[block]
        if not len(known) or not len(codes):
            return np.zeros(0, dtype=np.int64), np.zeros(len(codes), dtype=bool)
        at = np.minimum(np.searchsorted(known, codes), len(known) - 1)
        found = known[at] == codes
        return at[found] + self.starts[block], found

    def row(self, counts: Counts) -> tuple[np.ndarray, np.ndarray]:
        """Columns and values of one question."""
        columns, values = [], []
        for block, count in enumerate(counts):
            places, found = self.place(block, np.fromiter(count, np.uint32, len(count)))
            often = np.fromiter(count.values(), np.float64, len(count))[found]
            weight = (1 + np.log(often)) * self.rarity[places]
            length = math.sqrt(weight @ weight)
            if length:
                columns.append(places)
                values.append(weight * (self.shares[block] / length))
        if not columns:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        return np.concatenate(columns), np.concatenate(values).astype(np.float32)

    def matrix(self, questions: Sequence[Counts]) -> sparse.csr_array:
        """A row for each question."""
        rows = [self.row(counts) for counts in questions]
        ends = np.cumsum([0] + [len(columns) for columns, _ in rows])
        columns = np.concatenate([columns for columns, _ in rows]).astype(np.int32)
        values = np.concatenate([values for _, values in rows])
        return sparse.csr_array((values, columns, ends.astype(np.int32)), shape=(len(rows), len(self)))


def learn_space(questions: Sequence[Counts], entries: int, least: int = 1) -> Space:
    """The space of these stored questions; features in fewer than `least` of them are left out, not words."""
    codes, spread, starts = [], [], [0]
    for block in range(len(BLOCKS)):
        all_codes = [np.fromiter(counts[block], np.uint32, len(counts[block])) for counts in questions]
        block_codes, block_spread = np.unique(np.concatenate(all_codes), return_counts=True)
        if block:
            block_codes, block_spread = (
                block_codes[block_spread >= least],
                block_spread[block_spread >= least],
            )
        codes.append(block_codes)
        spread.append(block_spread)
        starts.append(starts[-1] + len(block_codes))
    rarity = np.log((1 + len(questions)) / (1 + np.concatenate(spread))) + 1
    return Space(
        np.concatenate(codes), np.array(starts), rarity.astype(np.float32), _shares(len(questions) / entries)
    )


def _shares(questions_each: float) -> np.ndarray:
    """The weights of the blocks as lengths, √3 together."""
    lengths = np.array(list(WEIGHTS.values()))
    lengths[LENT] *= min(1.0, FEW / questions_each) ** 0.25
    return lengths * math.sqrt(3) / np.linalg.norm(lengths)
