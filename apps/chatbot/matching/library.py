"""What a matcher keeps of the library itself: labels, texts of questions, and the words of each."""

from collections.abc import Collection, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from . import files
from .features import Taken, word_codes
from .types import BrokenMatcher

NAME = "library"
LONGEST = 2_000
"""Characters of a stored question that are kept to be shown."""


def write(
    folder: Path, labels: Sequence[int], entry: np.ndarray, texts: Sequence[str], taken: Sequence[Taken]
):
    """Keep the questions, ordered by entry; `entry` names the entry of each by its place in `labels`."""
    encoded = [text[:LONGEST].encode("utf-8", "replace") for text in texts]
    words = [np.unique(np.array(word_codes(question.stems), dtype=np.uint32)) for question in taken]
    keys = np.array([_key(question) for question in taken], dtype=np.uint64)
    order = np.argsort(keys, kind="stable")
    arrays = {
        "labels": np.array(labels, dtype=np.int64),
        "first": np.searchsorted(entry, np.arange(len(labels) + 1)).astype(np.int32),
        "texts": np.frombuffer(b"".join(encoded), dtype=np.uint8),
        "text_at": np.cumsum([0, *map(len, encoded)], dtype=np.int64),
        "key": keys[order],
        "key_entry": np.asarray(entry, dtype=np.int32)[order],
        "words": np.concatenate(words),
        "words_at": np.cumsum([0, *map(len, words)], dtype=np.int64),
    }
    files.write(folder, NAME, arrays, {})


def _key(taken: Taken) -> np.uint64:
    words = " ".join(taken.words).encode("utf-8", "replace")
    return np.uint64(int.from_bytes(blake2b(words, digest_size=8).digest(), "little"))


class Library:
    """The mapped library; entries are named by their place."""

    def __init__(self, folder: Path, *, check: bool = True):
        arrays, _ = files.read(folder, NAME, check=check)
        try:
            self.labels, self._first = arrays["labels"], arrays["first"]
            self._texts, self._text_at = arrays["texts"], arrays["text_at"]
            self._words, self._words_at = arrays["words"], arrays["words_at"]
            self._key, self._key_entry = arrays["key"], arrays["key_entry"]
        except KeyError as error:
            raise BrokenMatcher(f"{NAME}: {error} is missing") from error

    def mask(self, allowed: Collection[int] | np.ndarray) -> np.ndarray:
        """Which entries have one of these labels."""
        wanted = allowed if isinstance(allowed, np.ndarray) else np.fromiter(allowed, np.int64, len(allowed))
        return np.isin(self.labels, wanted)

    def with_question(self, taken: Taken) -> np.ndarray:
        """The entries that have this very question, whatever its spaces and marks."""
        key = _key(taken)
        start, end = np.searchsorted(self._key, key), np.searchsorted(self._key, key, side="right")
        return np.unique(self._key_entry[start:end])

    def question(self, row: int) -> str:
        """A stored question, counted over all entries."""
        return self._texts[self._text_at[row] : self._text_at[row + 1]].tobytes().decode()

    def speaker(self, entry: int, codes: np.ndarray) -> str:
        """The question of this entry that has most words in common with what was asked (Dice)."""
        first, last = int(self._first[entry]), int(self._first[entry + 1])
        if last - first == 1 or not len(codes):
            return self.question(first)
        at = self._words_at[first : last + 1]
        shared = np.concatenate([[0], np.cumsum(np.isin(self._words[at[0] : at[-1]], codes))])
        common = np.diff(shared[at - at[0]])
        return self.question(first + int(np.argmax(2 * common / (np.diff(at) + len(codes)))))
