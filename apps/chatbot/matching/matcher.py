"""The whole matcher: what is trained and saved together, and what answers.

Where classifiers can be learned they rank; retrieval has a say where entries have few questions (`blending`),
and ranks alone where a library is too large for classifiers.
"""

import itertools
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np

from . import blending, classifier, files, learning, library, retrieval, typos
from .features import Taken, of_words, take, word_codes
from .types import BrokenMatcher, Encoder, Entries, Match

NAME = "matcher"
SAME = 0.99
"""The chance that an entry is right which has the very question that is asked."""


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
    folder, tell = Path(folder), progress or (lambda share: None)
    labels, entry, texts, taken = [], [], [], []
    for label, questions in entries:
        rows = [(text, question) for text in questions if (question := take(text)).words]
        if rows:
            entry += [len(labels)] * len(rows)
            labels.append(label)
            texts += [text for text, _ in rows]
            taken += [question for _, question in rows]
    if not labels:
        raise ValueError("There is no question to learn from.")
    entry = np.array(entry)
    library.write(folder, labels, entry, texts, taken)
    tell(0.1)
    classified = learning.is_worth_it(entry, len(labels))
    retrieved = not classified or encoder is not None or blending.is_heard(len(texts) / len(labels))
    if retrieved:
        starts = np.searchsorted(entry, np.arange(len(labels) + 1))
        retrieval.train([texts[a:b] for a, b in itertools.pairwise(starts)], folder, encoder=encoder)
    tell(0.3)
    if classified:
        typos.write(folder, (question.words for question in taken))
        learning.learn(taken, entry, len(labels), lambda share: tell(0.3 + 0.7 * share)).write(folder)
    files.write(folder, NAME, {}, {"classified": classified, "retrieved": retrieved, "questions": len(texts)})
    tell(1.0)


def load(folder: Path, *, encoder: Encoder | None = None) -> "Matcher":
    """The matcher in this folder; raises BrokenMatcher for what is missing, damaged or of another version.

    An encoder is of use where the matcher was trained with the same one.
    """
    return Matcher(Path(folder), encoder)


class Matcher:
    """A trained matcher; may be used by several threads at once."""

    def __init__(self, folder: Path, encoder: Encoder | None = None):
        _, facts = files.read(folder, NAME)
        self._library = library.Library(folder)
        try:
            self._classifier = classifier.load(folder) if facts["classified"] else None
            self._spelling = typos.Spelling(folder) if facts["classified"] else None
            self._retrieval = retrieval.load(folder, encoder=encoder) if facts["retrieved"] else None
            self._questions_each = facts["questions"] / len(self._library.labels)
        except (KeyError, TypeError, ZeroDivisionError) as error:
            raise BrokenMatcher(f"{NAME}: {error!r}") from error
        if self._classifier is None and self._retrieval is None:
            raise BrokenMatcher(f"{NAME}: nothing that could rank")
        self._mask: tuple[object, int, np.ndarray] | None = None

    def rank(
        self, questions: Sequence[str], limit: int = 10, allowed: Collection[int] | np.ndarray | None = None
    ) -> list[list[Match]]:
        """The entries that may answer each question, best first, at most `limit`.

        Only entries whose label is in `allowed` (None: all) are given; a collection that is given again must
        not have been changed. A question without any word gets an empty list.
        """
        mask = None if allowed is None else self._allowed(allowed)
        return [self._rank(question, limit, mask) for question in questions]

    def _allowed(self, allowed: Collection[int] | np.ndarray) -> np.ndarray:
        """The mask of these labels; the last one is kept, as making it takes longer than an answer."""
        last = self._mask
        if last is None or last[0] is not allowed or last[1] != len(allowed):
            last = self._mask = (allowed, len(allowed), self._library.mask(allowed))
        return last[2]

    def _rank(self, question: str, limit: int, mask: np.ndarray | None) -> list[Match]:
        taken = asked = take(question)
        if not taken.words or limit < 1 or (mask is not None and not mask.any()):
            return []
        weight = blending.weight(taken.words, self._questions_each)
        alone = weight >= blending.ALONE and len(self._library.labels) >= blending.TINY
        if self._classifier is None or (self._retrieval is not None and alone):
            order, scores = self._retrieve(question, limit, mask)
        else:
            taken = self._spelled(taken)
            order, scores = self._classify(question, taken, limit, mask, weight)
        order, scores = self._with_very_question(asked, order, scores, limit, mask)
        codes = np.unique(np.array(word_codes(taken.stems), dtype=np.uint32))
        return [
            Match(int(self._library.labels[entry]), float(score), self._library.speaker(entry, codes))
            for entry, score in zip(order.tolist(), scores.tolist(), strict=True)
        ]

    def _classify(
        self, question: str, taken: Taken, limit: int, mask: np.ndarray | None, weight: float
    ) -> tuple[np.ndarray, np.ndarray]:
        chances = self._classifier.chances(taken, mask)
        if self._retrieval is not None and self._retrieval.meanings:
            weight = max(weight, blending.WITH_MEANING)
        if self._retrieval is not None and weight >= blending.LEAST:
            (found,) = self._retrieval.candidates([question], allowed=mask)
            chances = blending.blend(chances, found.entries, found.logits, weight)
        order = _best(chances, limit)
        score = self._classifier.score(taken, chances, int(order[0]))
        return order, _of_the_others(chances[order], score)

    def _spelled(self, taken: Taken) -> Taken:
        """The question with what are likely slips put right."""
        known = self._classifier.knows(taken)
        if known.all():
            return taken
        words = [
            word if is_known else self._spelling.meant(word) or word
            for word, is_known in zip(taken.words, known.tolist(), strict=True)
        ]
        return taken if words == list(taken.words) else of_words(words)

    def _with_very_question(
        self, asked: Taken, order: np.ndarray, scores: np.ndarray, limit: int, mask: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """What is ranked, behind the entries that have this very question; these share the chance."""
        same = self._library.with_question(asked)
        if mask is not None:
            same = same[mask[same]]
        if not len(same):
            return order, scores
        others = ~np.isin(order, same)
        shared = np.full(len(same), SAME / len(same))
        left = np.minimum(scores[others], 1 - SAME)
        return np.concatenate([same, order[others]])[:limit], np.concatenate([shared, left])[:limit]

    def _retrieve(self, question: str, limit: int, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        (found,) = self._retrieval.candidates([question], limit, allowed=mask)
        return found.entries, self._retrieval.scores(found)


def _best(chances: np.ndarray, limit: int) -> np.ndarray:
    """The places of the highest chances, best first, none without any."""
    if limit < len(chances):
        places = np.argpartition(-chances, limit)[:limit]
    else:
        places = np.arange(len(chances))
    places = places[np.lexsort((places, -chances[places]))]
    return places[: max(1, np.count_nonzero(chances[places]))]


def _of_the_others(chances: np.ndarray, score: float) -> np.ndarray:
    """Scores: the best one's is calibrated, the others' keep their proportion to it and to what is left."""
    scores = score * chances / chances[0]
    scores[1:] = np.minimum(scores[1:], 1 - score)
    return np.minimum(scores, score)
