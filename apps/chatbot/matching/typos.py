"""Words that no stored question has, put right when they are one slip away from one that is known.

A slip is a letter left out, doubled or added, two exchanged, or one for another (Damerau 1964: four of five
errors are one such). Known words are found by what is left of both after taking one letter out (Garbe's
symmetric delete). Where several fit, the one that starts alike and stands in most questions is taken.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from . import files
from .concepts import is_everyday
from .types import BrokenMatcher

NAME = "typos"
SHORTEST = 4
"""Letters of a known word that may be meant; what was typed may have one less."""
LONGEST = 30


def write(folder: Path, questions: Iterable[Sequence[str]]) -> None:
    """Keep the words of these questions for `Spelling`."""
    often = Counter(word for words in questions for word in words if _may_be_meant(word))
    words = sorted(often)
    keys, owners = [], []
    for number, word in enumerate(words):
        for left in _left(word):
            keys.append(crc32(left.encode()))
            owners.append(number)
    order = np.argsort(np.array(keys, dtype=np.uint32), kind="stable")
    encoded = [word.encode() for word in words]
    arrays = {
        "keys": np.array(keys, dtype=np.uint32)[order],
        "owners": np.array(owners, dtype=np.int32)[order],
        "often": np.array([often[word] for word in words], dtype=np.int32),
        "words": np.frombuffer(b"".join(encoded), dtype=np.uint8),
        "word_at": np.cumsum([0, *map(len, encoded)], dtype=np.int64),
    }
    files.write(folder, NAME, arrays, {})


class Spelling:
    """The known words, mapped."""

    def __init__(self, folder: Path, *, check: bool = True):
        arrays, _ = files.read(folder, NAME, check=check)
        try:
            self._keys, self._owners, self._often = arrays["keys"], arrays["owners"], arrays["often"]
            self._words, self._at = arrays["words"], arrays["word_at"]
        except KeyError as error:
            raise BrokenMatcher(f"{NAME}: {error} is missing") from error

    def meant(self, word: str) -> str | None:
        """The known word that a word nobody knows is likely to be; None where there is none."""
        if not SHORTEST - 1 <= len(word) <= LONGEST or not word.isalpha() or is_everyday(word):
            return None
        keys = np.array([crc32(left.encode()) for left in _left(word)], dtype=np.uint32)
        starts, ends = np.searchsorted(self._keys, keys), np.searchsorted(self._keys, keys, side="right")
        found = {
            owner
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
            for owner in self._owners[start:end].tolist()
        }
        likely = [
            (known[0] == word[0], int(self._often[owner]), known)
            for owner in found
            if is_slip(word, known := self._word(owner))
        ]
        return max(likely)[2] if likely else None

    def _word(self, number: int) -> str:
        return self._words[self._at[number] : self._at[number + 1]].tobytes().decode()


def is_slip(typed: str, known: str) -> bool:
    """Whether one slip makes one of the other."""
    if typed == known or abs(len(typed) - len(known)) > 1:
        return False
    shorter, longer = sorted((typed, known), key=len)
    at = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if len(shorter) < len(longer):
        return shorter[at:] == longer[at + 1 :]
    exchanged = shorter[at : at + 2] == longer[at : at + 2][::-1] and shorter[at + 2 :] == longer[at + 2 :]
    return exchanged or shorter[at + 1 :] == longer[at + 1 :]


def _may_be_meant(word: str) -> bool:
    return SHORTEST <= len(word) <= LONGEST and word.isascii() and word.isalpha()


def _left(word: str) -> set[str]:
    """The word, and what is left of it without one of its letters."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}
