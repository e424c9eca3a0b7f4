"""English words without their endings, so that one word stands for all its forms."""

from functools import lru_cache

VOWELS = frozenset("aeiouy")
ENDINGS = ("ization", "ational", "ation", "ment", "ness", "ful", "ly")
SHORTEST = 4
"""Letters a word must have to lose anything."""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word without plural, tense and common suffixes; the first steps of Porter (1980), made shorter.

    It need not be a word, only the same for all forms. What is not plain a–z stays as it is.
    """
    if len(word) < SHORTEST or not (word.isascii() and word.isalpha()):
        return word
    word = _without_tense(_without_plural(word))
    if word.endswith("tion") and len(word) >= 7:
        word = word[:-3]
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST:
            word = word[: -len(ending)]
            break
    if word.endswith("e") and len(word) >= SHORTEST:
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) >= SHORTEST else word


def _without_plural(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _without_tense(word: str) -> str:
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and not VOWELS.isdisjoint(rest):
            doubled = len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "lsz"
            return rest[:-1] if doubled else rest
    return word
