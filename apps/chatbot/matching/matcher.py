"""The whole matcher: what is trained and saved together, and what answers."""

import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from .types import BrokenMatcher, Encoder, Entries, Match

FORMAT = 1
GRAMS = (2, 3, 4)


def fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def features(text: str) -> Counter[str]:
    padded = f" {fold(text)} "
    return Counter(padded[at : at + size] for size in GRAMS for at in range(len(padded) - size + 1))


def train(
    entries: Entries,
    folder: Path,
    *,
    progress: Callable[[float], None] | None = None,
    encoder: Encoder | None = None,
) -> None:
    """Write all files of a matcher for these entries into an empty folder.

    `progress` hears the share done, in [0, 1]. Raises ValueError when there is no question to learn from.
    """
    rows = [(place, text) for place, (_, texts) in enumerate(entries) for text in texts if fold(text)]
    if not rows:
        raise ValueError("There is no question to learn from.")
    counts = [features(text) for _, text in rows]
    spread = Counter(gram for count in counts for gram in count)
    vocabulary = {gram: number for number, gram in enumerate(sorted(spread))}
    rarity = np.array([np.log((1 + len(rows)) / (1 + spread[gram])) + 1 for gram in sorted(spread)])
    matrix = _weigh(counts, vocabulary, rarity)
    folder = Path(folder)
    np.save(folder / "data.npy", matrix.data)
    np.save(folder / "indices.npy", matrix.indices)
    np.save(folder / "indptr.npy", matrix.indptr)
    np.save(folder / "rarity.npy", rarity)
    np.save(folder / "entry_of.npy", np.array([place for place, _ in rows]))
    np.save(folder / "labels.npy", np.array([label for label, _ in entries], dtype=np.int64))
    about = {"format": FORMAT, "vocabulary": sorted(spread), "questions": [text for _, text in rows]}
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
    if progress:
        progress(1.0)


def _weigh(counts: list[Counter[str]], vocabulary: dict[str, int], rarity: np.ndarray) -> sparse.csr_array:
    """Rows of unit length, (1 + log count) × rarity."""
    data, indices, indptr = [], [], [0]
    for count in counts:
        known = [(vocabulary[gram], n) for gram, n in count.items() if gram in vocabulary]
        weights = np.array([(1 + np.log(n)) * rarity[place] for place, n in known])
        data.append(weights / (np.linalg.norm(weights) or 1))
        indices.extend(place for place, _ in known)
        indptr.append(len(indices))
    return sparse.csr_array((np.concatenate(data), indices, indptr), shape=(len(counts), len(vocabulary)))


class Matcher:
    """A trained matcher; may be used by several threads at once."""

    def __init__(self, folder: Path):
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        if about["format"] != FORMAT:
            raise BrokenMatcher(f"Format {about['format']} instead of {FORMAT}")
        self._vocabulary = {gram: number for number, gram in enumerate(about["vocabulary"])}
        self._questions = about["questions"]
        self._rarity, self._entry_of, self._labels = (
            np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("rarity", "entry_of", "labels")
        )
        parts = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("data", "indices", "indptr"))
        shape = (len(self._questions), len(self._vocabulary))
        self._columns = sparse.csr_array(tuple(parts), shape=shape).T

    def rank(
        self, questions: Sequence[str], limit: int = 10, allowed: Collection[int] | np.ndarray | None = None
    ) -> list[list[Match]]:
        """The entries that may answer each question, best first, at most `limit`.

        Only entries whose label is in `allowed` (None: all) are given. A question without any letter or digit
        gets an empty list.
        """
        may = None if allowed is None else {int(label) for label in allowed}
        return [self._rank(question, limit, may) for question in questions]

    def _rank(self, question: str, limit: int, may: set[int] | None) -> list[Match]:
        if not any(letter.isalnum() for letter in question):
            return []
        row = _weigh([features(question)], self._vocabulary, self._rarity)
        scores = (row @ self._columns).toarray()[0]
        found: dict[int, Match] = {}
        for at in np.argsort(-scores, kind="stable"):
            label = int(self._labels[self._entry_of[at]])
            if scores[at] <= 0 or len(found) == limit:
                break
            if label not in found and (may is None or label in may):
                found[label] = Match(label, float(min(scores[at], 1.0)), self._questions[at])
        return list(found.values())


def load(folder: Path) -> Matcher:
    """The matcher in this folder; raises BrokenMatcher for what is missing or damaged."""
    try:
        return Matcher(Path(folder))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BrokenMatcher(str(error)) from error
