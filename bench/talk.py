"""What is said in the measured conversations: Chinese and English as varied as people's.

How much a text costs depends on its length and on how many different words there are (the search
index keeps one entry per word). So lengths and words are drawn as they occur in languages: many
short texts and a few long ones; few frequent words and very many rare ones (Zipf's law). The texts
have no sense.
"""

from __future__ import annotations

import math
import random
from itertools import accumulate

CHINESE_SHARE = 0.7
# Characters of a Chinese text and words of an English one: half are shorter than this …
CHINESE_MEDIAN, ENGLISH_MEDIAN = 14, 8
# … and one in forty is longer than three times that.
SPREAD = 0.55
# Characters in daily use and words of a speaker.
CHARACTERS, WORDS = 3_500, 20_000
SYLLABLES = (
    "ta",
    "ne",
    "so",
    "ri",
    "ko",
    "mal",
    "ver",
    "pen",
    "shi",
    "lor",
    "ing",
    "est",
    "tion",
    "com",
    "pre",
)
MARKS = "，。？！、"


class Talker:
    """Makes texts; the same seed makes the same ones."""

    def __init__(self, seed: int = 1) -> None:
        self._dice = random.Random(seed)  # noqa: S311
        self._characters = [chr(0x4E00 + n) for n in range(CHARACTERS)]
        self._words = list(dict.fromkeys(self._word(n) for n in range(WORDS)))
        self._often = {CHARACTERS: _zipf(CHARACTERS), len(self._words): _zipf(len(self._words))}

    def text(self) -> str:
        return self._chinese() if self._dice.random() < CHINESE_SHARE else self._english()

    def length(self, median: float, least: int = 1, most: int = 5_000) -> int:
        """A whole number: half of them are below the median, few are many times it."""
        drawn = self._dice.lognormvariate(math.log(median), SPREAD)
        return max(least, min(most, round(drawn)))

    def _chinese(self) -> str:
        length = self.length(CHINESE_MEDIAN)
        drawn = self._drawn(self._characters, length)
        # A mark after about every eighth character, and a number now and then.
        parts = [one + (self._dice.choice(MARKS) if self._dice.random() < 0.12 else "") for one in drawn]
        return "".join(parts) + (self._number() if self._dice.random() < 0.1 else "")

    def _english(self) -> str:
        words = self._drawn(self._words, self.length(ENGLISH_MEDIAN))
        if self._dice.random() < 0.1:
            words.append(self._number())
        return " ".join(words).capitalize() + self._dice.choice(".?!")

    def _drawn(self, known: list[str], number: int) -> list[str]:
        return self._dice.choices(known, cum_weights=self._often[len(known)], k=number)

    def _number(self) -> str:
        """An order's number or an amount."""
        return str(self._dice.randrange(10**8))

    def _word(self, rank: int) -> str:
        """Frequent words are short."""
        parts = 1 + int(math.log10(rank + 1) / 1.5)
        return "".join(self._dice.choices(SYLLABLES, k=parts)) + ("s" if rank % 7 == 0 else "")


def _zipf(number: int) -> list[float]:
    return list(accumulate(1 / (rank + 2.7) for rank in range(number)))
