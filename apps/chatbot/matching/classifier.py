"""The classifier as it is asked: a question's features times one matrix, then a calibrated score.

Learned by `learning.learn`; its files are mapped, so that all processes of a machine share the matrix.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import calibration, files
from .ensemble import Member
from .features import BLOCKS, Space, Taken, word_codes
from .types import BrokenMatcher
from .vocabulary import Vocabulary

NAME = "classifier"


class Classifier(NamedTuple):
    """A fitted classifier; may be asked by several threads at once."""

    space: Space
    member: Member
    vocabulary: Vocabulary
    coefficients: np.ndarray

    def knows(self, taken: Taken) -> np.ndarray:
        """Which words of the question any stored question has."""
        return self.space.place(0, np.array(word_codes(taken.stems), dtype=np.uint32))[1]

    def chances(self, taken: Taken, allowed: np.ndarray | None = None) -> np.ndarray:
        """How likely each entry is meant if one of them is; `allowed` is a mask over the entries."""
        columns, values = self.space.row(taken.counts)
        logits = values @ self.member.weights[columns].astype(np.float32) + self.member.bias
        if allowed is not None:
            logits[~allowed] = -np.inf
        return calibration.softmax(logits.astype(np.float64))

    def score(self, taken: Taken, chances: np.ndarray, best: int) -> float:
        """The calibrated chance that the entry thought best is the right one (B-5)."""
        calibrated = float(calibration.score(self.evidence(taken, chances, best), self.coefficients))
        return min(calibrated, calibration.of_two(chances))

    def evidence(self, taken: Taken, chances: np.ndarray, best: int) -> np.ndarray:
        """What the score is made of, as `calibration.EVIDENCE` names it."""
        covered, unknown = self.vocabulary.common(taken, best, self.space)
        sure = float(calibration.log_odds(chances[best])) if len(chances) > 1 else 0.0
        return np.array([sure, covered, unknown])

    def write(self, folder: Path) -> None:
        """Write the files of this classifier."""
        arrays = {
            "codes": self.space.codes,
            "starts": self.space.starts,
            "rarity": self.space.rarity,
            "shares": self.space.shares,
            "weights": _narrow(self.member.weights),
            "bias": self.member.bias,
            "word_starts": self.vocabulary.starts,
            "words": self.vocabulary.words,
            "telling": self.vocabulary.telling,
            "coefficients": self.coefficients,
        }
        facts = {"blocks": list(BLOCKS), "evidence": list(calibration.EVIDENCE)}
        files.write(folder, NAME, arrays, facts | {"expected": self.vocabulary.expected})


def load(folder: Path, *, check: bool = True) -> Classifier:
    """The classifier in this folder; BrokenMatcher for what is missing, damaged or of another version."""
    arrays, facts = files.read(folder, NAME, check=check)
    if facts.get("blocks") != list(BLOCKS) or facts.get("evidence") != list(calibration.EVIDENCE):
        raise BrokenMatcher(f"{NAME}: made by another version")
    try:
        return Classifier(
            Space(arrays["codes"], arrays["starts"], arrays["rarity"], arrays["shares"]),
            Member(arrays["weights"], arrays["bias"]),
            Vocabulary(arrays["word_starts"], arrays["words"], arrays["telling"], float(facts["expected"])),
            arrays["coefficients"],
        )
    except KeyError as error:
        raise BrokenMatcher(f"{NAME}: {error} is missing") from error


def _narrow(weights: np.ndarray) -> np.ndarray:
    """Half the bytes. What a feature says of all entries alike changes no chance and would cost precision."""
    return (weights - weights.mean(axis=1, keepdims=True)).astype(np.float16)
