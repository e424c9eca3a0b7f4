"""How much retrieval is heard beside the classifier.

With one question an entry there is little to learn a classifier from: what was asked is better compared
with that question itself. This is so most of all in Chinese, where retrieval knows more than words. The more
questions entries have, the less it adds. (Weights chosen on paraphrases written for the project and on
CLINC150's validation questions, see docs/matching.md.)
"""

import math
from collections.abc import Sequence

import numpy as np

from .calibration import softmax
from .terms import IS_DENSE

LATIN, DENSE = 0.2, 0.8
"""Retrieval's share where each entry has one question, in scripts with spaces and without."""
WITH_MEANING = 0.5
"""Its least share where an encoder compares meanings."""
ALONE = 0.6
"""From this share on it is asked alone: its own score is calibrated for such libraries."""
TINY = 20
"""Entries below which it is not: among few, hardly any word is known to be common."""
LEAST = 0.15
"""A share below this is not worth the time."""
ELSEWHERE = 1.0
"""How far below the last candidate's logit entries are that retrieval did not bring up."""


def weight(words: Sequence[str], questions_each: float) -> float:
    """Retrieval's share for a question of these words in a library of so many questions an entry."""
    dense = sum(bool(IS_DENSE.match(word)) for word in words) / max(len(words), 1)
    return (LATIN + (DENSE - LATIN) * dense) / math.sqrt(questions_each)


def is_heard(questions_each: float) -> bool:
    """Whether there may be a question for which retrieval is asked at all."""
    return DENSE / math.sqrt(questions_each) >= LEAST


def blend(chances: np.ndarray, entries: np.ndarray, logits: np.ndarray, share: float) -> np.ndarray:
    """The geometric mean of both opinions, weighted; `entries` and `logits` are what retrieval brought up."""
    if not len(entries):
        return chances
    other = np.full(len(chances), logits.min() - ELSEWHERE)
    other[entries] = logits
    with np.errstate(divide="ignore"):
        mine = np.log(chances)
    return softmax((1 - share) * mine + share * other)
