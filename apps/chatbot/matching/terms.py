"""What a question consists of for retrieval: four fields of terms, and the units a reranker compares.

Chinese gives characters, pairs of characters, words and concepts (the group of words that say the same);
Latin script gives pieces of three and four letters (typing errors), joined words, words and stems. Both
stand in the same fields, so a question in both languages needs nothing of its own.
"""

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

import rjieba

from .folding import fold

FIELDS = ("characters", "pairs", "words", "concepts")
SORTS = "nvarmo"
"""Nouns and names, verbs, what says how, what stands for something, numbers, the others."""
SORT_OF = {
    tag: sort
    for sort, tags in {"n": "nijlstfe", "v": "v", "a": "adzb", "r": "r", "m": "mq"}.items()
    for tag in tags
}
READ = 1_000
"""Characters of a question that retrieval reads."""
UNITS = 60
"""Characters or Latin words that are compared in order; what is longer tells nothing new."""

# Scripts written without spaces are read by the character, as Chinese is.
DENSE = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\u0e00-\u0eff\U00020000-\U0003ffff"
PIECE = re.compile(rf"[{DENSE}]+|\d+(?:\.\d+)?|[^\W\d_{DENSE}]+|[^\w\s!-/:-@\[-`{{-~\u3000-\u303f]")
IS_DENSE = re.compile(rf"[{DENSE}]")
NOT = re.compile(r"(?<=[a-z])n't\b")
SHORT = re.compile(r"'(?:s|m|re|ve|d|ll)?(?=\W|$)")

KNOWLEDGE = Path(__file__).parent / "knowledge"


def lines(name: str) -> list[list[str]]:
    """The words of each line of a file of general knowledge, folded."""
    content = (KNOWLEDGE / f"{name}.txt").read_text(encoding="utf-8")
    return [
        [fold(word) for word in line.split()] for line in content.splitlines() if line[:1] not in ("", "#")
    ]


def _shares(name: str) -> dict[str, float]:
    return {word: float(share) for share, *words in lines(name) for word in words}


FAINT_CHARACTERS = _shares("faint_characters")
FAINT_WORDS = _shares("faint_words")
NEGATIONS = frozenset(word for words in lines("negations") for word in words)


class Terms:
    """A question taken apart; the fields of retrieval are made when they are asked for."""

    def __init__(self, text: str):
        tagged = _tagged(text[:READ])
        words = [word for word, _ in tagged]
        meant = concepts(words[:UNITS])
        self.text = text
        self._all = words
        self._meant = meant if len(words) <= UNITS else concepts(words)
        self.words = words[:UNITS]
        self.concepts = {word: tagged[at][1] for word, at in reversed(meant)}
        """Each concept and its sort, a letter of SORTS."""
        self.units = _units(self.words)[:UNITS]

    @cached_property
    def fields(self) -> tuple[dict[str, float], ...]:
        """For each of FIELDS the terms and how often they stand there, faint ones for less than once."""
        return _fields(self._all, [word for word, _ in self._meant])


@lru_cache(maxsize=1)
def groups() -> dict[str, str]:
    """Each known word and the word that stands for its group."""
    known: dict[str, str] = {}
    for first, *others in lines("synonyms_zh"):
        for word in (first, *others):
            known.setdefault(word, first)
    return known


def cut(folded: str) -> list[str]:
    """The words of a folded text in order; 13 and pro stand apart in iphone13pro."""
    return [word for word, _ in _tagged(folded)]


def _tagged(folded: str) -> list[tuple[str, str]]:
    """The words and of which sort each is, a letter of SORTS."""
    if "'" in folded:
        folded = SHORT.sub(
            " ", NOT.sub(" not", folded.replace("can't", "can not").replace("won't", "will not"))
        )
    words: list[tuple[str, str]] = []
    for piece in PIECE.findall(folded):
        if is_dense(piece):
            words += [(word, SORT_OF.get(tag[0], "o")) for word, tag in rjieba.tag(piece)]
        else:
            words.append((piece, "m" if piece[0].isdigit() else "n"))
    return words


def concepts(words: Sequence[str]) -> list[tuple[str, int]]:
    """Words by their group, and where each begins; up to three neighbours together may be one known word."""
    known = groups()
    found: list[tuple[str, int]] = []
    at, end = 0, len(words)
    while at < end:
        word = words[at]
        size = 1
        if not is_dense(word):
            concept = known.get(word) or stem(word)
        else:
            concept = known.get(word, word)
            for more in (3, 2):
                joined = "".join(words[at : at + more])
                if at + more <= end and joined in known:
                    concept, size = known[joined], more
                    break
        found.append((concept, at))
        at += size
    return found


def is_dense(word: str) -> bool:
    """Whether a piece is of a script without spaces (the signs between are no letters and begin no piece)."""
    return word > "\u303f" or "\u0e00" <= word[0] <= "\u0eff"


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """A light English stem: enough for plurals and -ing, -ed."""
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    for ending, instead in (
        ("ies", "y"),
        ("sses", "ss"),
        ("ing", ""),
        ("ied", "y"),
        ("ed", ""),
        ("es", "e"),
        ("s", ""),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: len(word) - len(ending)] + instead
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word[-1] == "e" else word


def take_apart(question: str) -> Terms:
    """The terms of a question as it was asked or stored."""
    return of_folded(fold(question))


@lru_cache(maxsize=2048)
def of_folded(text: str) -> Terms:
    """The terms of a text that was folded before."""
    return Terms(text)


def _units(words: Sequence[str]) -> list[str]:
    """Chinese characters and Latin words in order."""
    units: list[str] = []
    for word in words:
        if is_dense(word):
            units += word
        else:
            units.append(word)
    return units


def _fields(words: Sequence[str], meant: Sequence[str]) -> tuple[dict[str, float], ...]:
    fields: tuple[dict[str, float], ...] = ({}, {}, {}, {})
    _characters(_units(words), fields)
    for word in words:
        _add(fields[2], word, FAINT_WORDS.get(word, 1.0))
    for one, next_one in pairwise(words):
        if not is_dense(one) and not is_dense(next_one):
            _add(fields[1], one + next_one, 1.0)  # log in = login, x 200 = x200
    for word in meant:
        _add(fields[3], word, FAINT_WORDS.get(word, 1.0))
    return fields


def _characters(units: list[str], fields: tuple[dict[str, float], ...]) -> None:
    """Characters and their pairs; of Latin words pieces of three and four letters and the whole word."""
    before = ""
    for unit in units:
        if is_dense(unit):
            _add(fields[0], unit, FAINT_CHARACTERS.get(unit, 1.0))
            if before:
                _add(fields[1], before + unit, 1.0)
            before = unit
            continue
        before = ""
        weight = FAINT_WORDS.get(unit, 1.0)
        _add(fields[1], unit, weight)
        if unit[0].isdigit():
            _add(fields[0], f"^{unit}$", weight)
            continue
        edged = f"^{unit}$"
        for at in range(len(edged) - 2):
            _add(fields[0], edged[at : at + 3], weight)
        for at in range(len(edged) - 3):
            _add(fields[0], edged[at : at + 4], weight)


def _add(field: dict[str, float], term: str, weight: float) -> None:
    field[term] = field.get(term, 0.0) + weight
