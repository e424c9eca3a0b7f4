"""A closer look at the few questions that retrieval found: what is missing, what contradicts, what order.

Each pair of what was asked and what is stored gives a row of numbers (`FEATURES`), and a weight for each,
learned once from development questions of our own (`python -m bench.learn_rerank`), makes one number of
it: the logit. Softmax over the candidates' logits is the chance of each that it is meant, if one of them
is.
"""

import json
from collections.abc import Callable, Sequence, Set
from functools import lru_cache

import numpy as np

from .terms import FAINT_WORDS, KNOWLEDGE, NEGATIONS, SORTS, Terms, is_dense, lines

FEATURES = (
    "characters", "pairs", "words", "concepts", "behind",
    *(f"asked_{sort}" for sort in SORTS), *(f"stored_{sort}" for sort in SORTS),
    "asked_missing", "stored_missing", "exchanged", "order", "beginning", "ending",
    "asked_numbers", "stored_numbers", "names", "negation", "kind", "length", "opposites", "same", "equal",
    "unknown", "latin",
)  # fmt: skip
CONCEPTS_FIELD = 3
ASKED_LOST = slice(5, 5 + len(SORTS))
STORED_LOST = slice(ASKED_LOST.stop, ASKED_LOST.stop + len(SORTS))

KINDS = {
    "怎么": "how", "什么": "what", "为什么": "why", "哪里": "where", "什么时候": "when", "多久": "long",
    "多少钱": "price", "多少": "number", "谁": "who", "是否": "whether", "能否": "whether",
    "有没有": "whether", "会不会": "whether", "吗": "whether", "how": "how", "what": "what",
    "why": "why", "where": "where", "when": "when", "who": "who", "which": "what",
}  # fmt: skip
EQUAL_AT = FEATURES.index("equal")
Weigh = Callable[[int, list[str]], np.ndarray]


@lru_cache(maxsize=1)
def opposites() -> frozenset[tuple[str, str]]:
    """Pairs of words, both ways round, that make another question of one."""
    pairs = lines("opposites_zh")
    return frozenset((a, b) for a, b in pairs) | frozenset((b, a) for a, b in pairs)


EVIDENCE = ("bias", "chance", "logit", "asked", "stored", "unknown", "latin", "size")
EQUAL, SURE = 4.0, 0.99
"""What a stored question gains in the logit for being asked word for word, and its score if no other is."""
SUREST = 8.0
"""Log-odds of the softmax above this say no more."""


@lru_cache(maxsize=1)
def learned() -> tuple[np.ndarray, np.ndarray]:
    """The weight of each feature and of each piece of evidence, in their order."""
    content = json.loads((KNOWLEDGE / "rerank.json").read_text(encoding="utf-8"))
    weights, evidence = content["weights"], content["evidence"]
    return np.array([weights[name] for name in FEATURES]), np.array([evidence[name] for name in EVIDENCE])


def logits(features: np.ndarray) -> np.ndarray:
    """One number a row; their softmax is the chance of each to be meant if one of them is."""
    return features @ learned()[0] + EQUAL * features[:, EQUAL_AT]


def evidence(features: np.ndarray, logits: np.ndarray, size: int) -> np.ndarray:
    """What speaks for the first candidate, the rows best first, among `size` questions."""
    chance = 1.0 / np.exp(logits - logits[0]).sum()
    odds = np.log(chance + 1e-6) - np.log(1.0 - chance + 1e-6)
    first = features[0]
    lost = first[ASKED_LOST].sum(), first[STORED_LOST].sum()
    return np.array([1.0, min(odds, SUREST), logits[0], *lost, first[-2], first[-1], np.log(size) / 10])


def score(features: np.ndarray, logits: np.ndarray, size: int) -> float:
    """The calibrated chance that the first candidate answers the question at all (B-5)."""
    told = float(1.0 / (1.0 + np.exp(-evidence(features, logits, size) @ learned()[1])))
    return max(told, SURE * features[0, EQUAL_AT] / max(features[:, EQUAL_AT].sum(), 1.0))


def features(
    asked: Terms, stored: Sequence[Terms], cosines: np.ndarray, weigh: Weigh, known: np.ndarray
) -> np.ndarray:
    """A row for each stored question. `known`: the share of what was asked that stands anywhere, by field."""
    rows = np.zeros((len(stored), len(FEATURES)), dtype=np.float64)
    if not stored:
        return rows
    names = sorted({word for terms in (asked, *stored) for word in terms.concepts})
    weights = weigh(CONCEPTS_FIELD, names) * np.array([FAINT_WORDS.get(word, 1.0) for word in names])
    weight = dict(zip(names, weights.tolist(), strict=True))
    most = max(float(weigh(CONCEPTS_FIELD, ["\0"])[0]), 1e-9)
    rows[:, :4] = cosines
    total = cosines.sum(axis=1)
    rows[:, 4] = (total - total.max()) / 4
    about = _About(asked)
    for row, terms in zip(rows, stored, strict=True):
        row[5:-2] = _compare(about, terms, weight, most)
    rows[:, -2] = 1.0 - known[CONCEPTS_FIELD]
    rows[:, -1] = not any(map(is_dense, asked.words))
    return rows


class _About:
    """What is asked, made ready to be compared with one stored question after another."""

    def __init__(self, terms: Terms):
        self.terms = terms
        self.concepts = terms.concepts.keys()
        self.numbers = _numbers(terms)
        self.latin = _latin(terms)
        self.negated = _negated(terms)
        self.kinds = _kinds(terms)
        self.bits: dict[str, int] = {}
        for at, unit in enumerate(terms.units):
            self.bits[unit] = self.bits.get(unit, 0) | 1 << at


def _compare(asked: _About, stored: Terms, weight: dict[str, float], most: float) -> tuple[float, ...]:
    concepts = stored.concepts.keys()
    only_asked, only_stored = asked.concepts - concepts, concepts - asked.concepts
    lost, missing = _lost(asked.terms, only_asked, only_stored, stored.text, weight)
    lost_back, missing_back = _lost(stored, only_stored, only_asked, asked.terms.text, weight)
    missing, missing_back = missing / most, missing_back / most
    units = stored.units
    longer = max(len(asked.terms.units), len(units)) or 1
    numbers = _numbers(stored)
    kinds = _kinds(stored)
    latin = _latin(stored)
    contrary = sum((a, b) in opposites() for a in only_asked for b in only_stored)
    return (
        *lost,
        *lost_back,
        missing,
        missing_back,
        min(missing, missing_back),
        2 * _in_order(asked, units) / ((len(asked.terms.units) + len(units)) or 1),
        float(asked.terms.units[:1] == units[:1]),
        float(asked.terms.units[-1:] == units[-1:]),
        float(bool(asked.numbers - numbers)),
        float(bool(numbers - asked.numbers)),
        float(bool(asked.latin and latin and not _alike(asked.latin, latin))),
        float(asked.negated != _negated(stored)),
        float(bool(asked.kinds and kinds and not asked.kinds & kinds)),
        abs(len(asked.terms.units) - len(units)) / longer,
        float(contrary > 0),
        float(not any(weight[word] > 0.3 * most for word in only_asked | only_stored)),
        float(asked.terms.units == units),
    )


def _lost(
    here: Terms, only_here: Set[str], only_there: Set[str], there: str, weight: dict[str, float]
) -> tuple[list[float], float]:
    """The share, by weight and sort, of what stands here alone, and the weight of the most telling of it."""
    lost = dict.fromkeys(SORTS, 0.0)
    most = 0.0
    if only_here:
        whole = sum(map(weight.__getitem__, here.concepts)) or 1.0
        for word in only_here:
            gap = (1.0 - _likeness(word, only_there, there)) * weight[word]
            lost[here.concepts[word]] += gap / whole
            most = max(most, gap)
    return list(lost.values()), most


def _likeness(word: str, others: Set[str], text: str) -> float:
    """How much of a word the other question says: all of it, some characters, a misspelt one."""
    best = 0.0
    if is_dense(word):
        if word in text:
            return 1.0
        for other in others:
            both = sum(map(other.count, word))
            if both:
                best = max(best, min(2 * both / (len(word) + len(other)), 1.0))
        return best
    if len(word) < 4 or word[0].isdigit():
        return 0.0
    for other in others:
        if abs(len(other) - len(word)) < 3:
            best = max(best, _spelling(word, other))
    return best if best >= 0.75 else 0.0


@lru_cache(maxsize=8192)
def _spelling(word: str, other: str) -> float:
    """Letters in common, in order."""
    bits: dict[str, int] = {}
    for at, letter in enumerate(word):
        bits[letter] = bits.get(letter, 0) | 1 << at
    return 2 * _longest(bits, len(word), other) / (len(word) + len(other))


def _in_order(asked: _About, units: tuple[str, ...]) -> int:
    return _longest(asked.bits, len(asked.terms.units), units)


def _longest(bits: dict[str, int], size: int, other: Sequence[str]) -> int:
    """The length of the longest common subsequence, a bit for each unit (Hyyrö's way)."""
    whole = (1 << size) - 1
    state = whole
    for unit in other:
        hit = state & bits.get(unit, 0)
        state = (state + hit) | (state - hit)
    return size - (state & whole).bit_count()


def _numbers(terms: Terms) -> frozenset[str]:
    return frozenset(word for word in terms.words if word[0].isdigit())


def _latin(terms: Terms) -> frozenset[str]:
    """Names in Latin letters inside Chinese text."""
    if not any(is_dense(word) for word in terms.words):
        return frozenset()
    return frozenset(word for word in terms.concepts if word[0].isascii() and word[0].isalpha())


def _alike(some: frozenset[str], others: frozenset[str]) -> bool:
    return bool(some & others) or any(_spelling(a, b) >= 0.75 for a in some for b in others)


def _negated(terms: Terms) -> bool:
    return sum(word in NEGATIONS for word in terms.words) % 2 == 1


def _kinds(terms: Terms) -> frozenset[str]:
    """What sort of thing is asked for: a way, a reason, a place, a time …"""
    return frozenset(KINDS[word] for word in terms.concepts if word in KINDS)
