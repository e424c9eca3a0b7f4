"""From 100,000 stored questions to the few that are worth a closer look: an inverted index over four fields.

A stored question is, in each field of `terms`, a vector of unit length (how often × how rare × how
telling its terms are); what is asked, too. The index keeps, per term, the questions it stands in, as
arrays that are mapped: no process builds anything, all processes of a machine share the pages. What it
finds goes to `rerank`.
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import files, rerank
from .terms import FIELDS, Terms, of_folded, take_apart
from .types import BrokenMatcher, Encoder

NAME = "retrieval"
FINE = 65_535
"""Steps of a stored weight between 0 and 1."""
ASKED = 64
"""Terms of a field that are looked up, the rarest first: 5,000 characters cost no more than these."""
ALWAYS = 8
"""Terms of a field that are looked up however common they are; others only where that tells anything."""
COMMON = 2_000, 0.05
"""A term is common that stands in more questions than this, and in more than this share of them."""
LOOKED_AT = 16
"""Entries that are compared closely."""

SHARES = np.array([2.0, 0.4, 0.4, 1.2])
"""What each field's cosine counts for when the candidates are chosen."""


VECTORS = "vectors"
ALIKE = 2.0
"""What the likeness of meaning, from an encoder, counts for when the candidates are chosen."""
MEANT = 12.0
"""What a candidate's logit loses for being less alike, by all of the likeness, than the most alike."""


class Meanings(NamedTuple):
    """An encoder and the vectors it made of the stored questions."""

    encoder: Encoder
    vectors: np.ndarray

    def likeness(self, question: str) -> np.ndarray:
        """The cosine with each stored question."""
        return self.vectors @ self.encoder.encode([question])[0]


class Candidates(NamedTuple):
    """What may answer a question, best first; all by position in what was trained."""

    entries: np.ndarray
    questions: np.ndarray
    logits: np.ndarray
    features: np.ndarray  # a row for each, columns as rerank.FEATURES


def train(
    entries: Iterable[Sequence[str]],
    folder: Path,
    *,
    progress: Callable[[float], None] | None = None,
    encoder: Encoder | None = None,
) -> None:
    """Write the index of these entries' questions; ValueError when there is nothing to find.

    With an encoder the questions' vectors are written beside it.
    """
    places, rows, texts, folded = [], [], [], []
    row = 0
    for place, questions in enumerate(entries):
        for question in questions:
            taken = take_apart(question)
            if taken.units:
                places.append(place)
                rows.append(row)
                texts.append(question)
                folded.append(taken)
            row += 1
    if not rows:
        raise ValueError("There is no question to learn from.")
    index = _index(folded, progress)
    files.write(
        folder,
        NAME,
        {
            **index,
            "entry": np.array(places, dtype=np.int32),
            "row": np.array(rows, dtype=np.int32),
            **_blob([taken.text for taken in folded]),
        },
        {"questions": len(rows), "fields": list(FIELDS)},
    )
    if encoder is not None:
        files.write(folder, VECTORS, {"vector": encoder.encode(texts)}, {"encoder": encoder.identity})


def load(folder: Path, *, encoder: Encoder | None = None, check: bool = True) -> "Retrieval":
    """The index in this folder; BrokenMatcher for what is missing, damaged or of another format.

    An encoder is used where the index was made with the very same one.
    """
    arrays, facts = files.read(folder, NAME, check=check)
    meanings = None
    if encoder is not None and (folder / f"{VECTORS}.json").exists():
        vectors, about = files.read(folder, VECTORS, check=check)
        if about.get("encoder") == encoder.identity and len(vectors["vector"]) == facts["questions"]:
            meanings = Meanings(encoder, vectors["vector"])
    try:
        if facts["fields"] != list(FIELDS):
            raise BrokenMatcher(f"{NAME}: other fields than {FIELDS}")
        return Retrieval(arrays, facts["questions"], meanings)
    except KeyError as error:
        raise BrokenMatcher(f"{NAME}: {error} is missing") from error


def _blob(texts: list[str]) -> dict[str, np.ndarray]:
    """Texts one after another in UTF-8, and where each begins."""
    encoded = [text.encode("utf-8", "replace") for text in texts]
    ends = np.cumsum([0, *map(len, encoded)])
    return {"text": np.frombuffer(b"".join(encoded), dtype=np.uint8), "text_at": ends.astype(np.int64)}


def _index(taken: list[Terms], progress: Callable[[float], None] | None) -> dict[str, np.ndarray]:
    """The postings of all fields, ordered by term, and the terms by their hash."""
    numbers: dict[tuple[int, str], int] = {}
    terms, docs, counts = array("i"), array("i"), array("f")
    for doc, question in enumerate(taken):
        for field, bag in enumerate(question.fields):
            for term, count in bag.items():
                terms.append(numbers.setdefault((field, term), len(numbers)))
                docs.append(doc)
                counts.append(count)
        if progress and doc % 1000 == 0:
            progress(doc / len(taken))
    term, doc = np.frombuffer(terms, dtype=np.int32), np.frombuffer(docs, dtype=np.int32)
    field_of = np.array([field for field, _ in numbers], dtype=np.int8)
    spread = np.bincount(term, minlength=len(numbers))
    weight = np.frombuffer(counts, dtype=np.float32) * rarity(len(taken), spread)[term]
    slot = doc.astype(np.int64) * len(FIELDS) + field_of[term]
    length = np.sqrt(np.bincount(slot, weight**2, minlength=len(taken) * len(FIELDS)))
    fine = np.rint(weight / length[slot] * FINE).astype(np.uint16)
    order = np.argsort(term, kind="stable")
    hashes = np.array([_hash(name, text) for name, text in numbers], dtype=np.uint64)
    by_hash = np.argsort(hashes)
    start = np.concatenate([[0], np.cumsum(spread)])
    return {
        "hash": hashes[by_hash],
        "start": start[:-1][by_hash].astype(np.int64),
        "spread": spread[by_hash].astype(np.int32),
        "doc": doc[order],
        "weight": fine[order],
    }


def rarity(questions: int, spread: np.ndarray | float) -> np.ndarray:
    """How telling a term is that stands in so many of the questions."""
    return np.log(1.0 + questions / (spread + 0.5))


def _hash(field: int, term: str) -> int:
    key = f"{field}{term}".encode("utf-8", "replace")
    return int.from_bytes(blake2b(key, digest_size=8).digest(), "little")


def _highest(values: np.ndarray, limit: int) -> np.ndarray:
    """Where the highest values above zero are, at least `limit` of them if there are so many, in no order."""
    floor = float(values.max(initial=0.0))
    for _ in range(4):
        floor /= 2
        found = np.flatnonzero(values > floor)
        if len(found) >= limit:
            break
    else:
        found = np.flatnonzero(values > 0)
    if len(found) > limit:
        found = found[np.argpartition(-values[found], limit)[:limit]]
    return found


class Retrieval:
    """A mapped index; may be asked by several threads at once."""

    def __init__(self, arrays: dict[str, np.ndarray], questions: int, meanings: Meanings | None = None):
        self.count = questions
        self.meanings = meanings
        self._hash, self._start, self._spread = arrays["hash"], arrays["start"], arrays["spread"]
        self._doc, self._weight = arrays["doc"], arrays["weight"]
        self.entry, self.row = arrays["entry"], arrays["row"]
        self._texts, self._text_at = arrays["text"], arrays["text_at"]
        first = np.flatnonzero(np.diff(self.entry, prepend=-1))
        self._first = None if len(first) == questions else first
        self._unknown = float(rarity(questions, 0.0))

    def _text(self, number: int) -> str:
        return self._texts[self._text_at[number] : self._text_at[number + 1]].tobytes().decode()

    def candidates(
        self,
        questions: Sequence[str],
        limit: int = LOOKED_AT,
        allowed: np.ndarray | None = None,
        without: np.ndarray | None = None,
    ) -> list[Candidates]:
        """For each question what may answer it, an entry once, by its most likely question.

        `allowed` is a mask over entries, `without` one over questions that are to be treated as if they were
        not there, both by position in what was trained.
        """
        shut = None
        if allowed is not None or without is not None:
            shut = np.zeros(self.count, dtype=bool)
            if allowed is not None:
                shut |= ~allowed[self.entry]
            if without is not None:
                shut |= without[self.row]
        return [self._candidates(question, limit, shut) for question in questions]

    def scores(self, found: Candidates) -> np.ndarray:
        """The calibrated chance of each candidate to be right (B-5); what the first leaves is the others'."""
        if not len(found.entries):
            return np.zeros(0)
        chances = np.exp(found.logits - found.logits[0])
        chances /= chances.sum()
        best = rerank.score(found.features, found.logits, self.count)
        return np.append(best, np.minimum(chances[1:] / chances[0], 1.0) * min(best, 1.0 - best))

    def _candidates(self, question: str, limit: int, shut: np.ndarray | None) -> Candidates:
        asked = take_apart(question)
        cosines, known = self._cosines(asked)
        total = SHARES @ cosines
        likeness = None
        if self.meanings and asked.units:
            likeness = self.meanings.likeness(question)
            total += ALIKE * np.maximum(likeness, 0.0)
        if shut is not None:
            total[shut] = 0.0
        found = self._best(total, max(limit, LOOKED_AT))
        stored = [of_folded(self._text(number)) for number in found]
        features = rerank.features(asked, stored, cosines[:, found].T, self.weights, known)
        logits = rerank.logits(features)
        if likeness is not None and len(found):
            logits += MEANT * (likeness[found] - likeness[found].max())
        order = np.argsort(-logits, kind="stable")[:limit]
        found = found[order]
        return Candidates(self.entry[found], self.row[found], logits[order], features[order])

    def _best(self, total: np.ndarray, limit: int) -> np.ndarray:
        """The questions with the highest sums, one of each entry."""
        if self._first is None:
            best = _highest(total, limit)
        else:
            heads = _highest(np.maximum.reduceat(total, self._first), limit)
            ends = np.append(self._first, self.count)
            best = np.array(
                [ends[head] + total[ends[head] : ends[head + 1]].argmax() for head in heads], dtype=np.int64
            )
        best = best[total[best] > 0]
        return best[np.lexsort((best, -total[best]))]

    def _cosines(self, asked: Terms) -> tuple[np.ndarray, np.ndarray]:
        """The cosine with every stored question, and the share of what was asked that is known, by field."""
        cosines = np.zeros((len(FIELDS), self.count))
        known = np.zeros(len(FIELDS))
        for field, bag in enumerate(asked.fields):
            if not bag:
                continue
            places, found = self._look_up(field, list(bag))
            spread = np.where(found, self._spread[places], 0)
            weight = np.fromiter(bag.values(), dtype=float) * rarity(self.count, spread)
            length = np.sqrt((weight**2).sum())
            known[field] = (weight[found] ** 2).sum() / length**2
            chosen = self._telling(np.flatnonzero(found), spread, weight)
            if not len(chosen):
                continue
            parts = [
                slice(start, start + size)
                for start, size in zip(
                    self._start[places[chosen]].tolist(), spread[chosen].tolist(), strict=True
                )
            ]
            docs = np.concatenate([self._doc[part] for part in parts])
            each = np.repeat(weight[chosen] / (length * FINE), spread[chosen])
            each *= np.concatenate([self._weight[part] for part in parts])
            cosines[field] = np.bincount(docs, each, minlength=self.count)
        return cosines, known

    def _telling(self, known: np.ndarray, spread: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Of the known terms those that are worth looking up, the most telling first."""
        known = known[np.argsort(-weight[known], kind="stable")][:ASKED]
        rare = spread[known] <= max(COMMON[0], COMMON[1] * self.count)
        rare[:ALWAYS] = True
        return known[rare]

    def _look_up(self, field: int, terms: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Where each term stands in the index, and whether it stands there at all."""
        hashes = np.array([_hash(field, term) for term in terms], dtype=np.uint64)
        places = np.minimum(np.searchsorted(self._hash, hashes), len(self._hash) - 1)
        return places, self._hash[places] == hashes

    def weights(self, field: int, terms: list[str]) -> np.ndarray:
        """How rare each term is."""
        places, found = self._look_up(field, terms)
        return rarity(self.count, np.where(found, self._spread[places], 0))
