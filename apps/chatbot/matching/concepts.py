"""Words that are used for one another, so that "lost" finds "missing" (everyday.txt, synonyms_zh.txt)."""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from .stems import stem
from .terms import cut, groups, lines


@lru_cache(maxsize=1)
def _groups() -> dict[tuple[str, ...], tuple[int, ...]]:
    """Stems of a word or phrase, and the groups it belongs to."""
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, line in enumerate(lines("everyday")):
        for phrase in line:
            stems = tuple(stem(word) for word in cut(phrase.replace("_", " ")))
            if stems and number not in groups[stems]:
                groups[stems].append(number)
    return {stems: tuple(numbers) for stems, numbers in groups.items()}


@lru_cache(maxsize=1)
def _longest() -> int:
    return max(map(len, _groups()))


def concepts(stems: Sequence[str]) -> list[str]:
    """Names of the groups that the words and phrases of a question belong to, in order."""
    known, longest, chinese = _groups(), _longest(), groups()
    found: list[str] = []
    for start, word in enumerate(stems):
        for end in range(start + 1, min(start + longest, len(stems)) + 1):
            found.extend(f"g{number}" for number in known.get(tuple(stems[start:end]), ()))
        if word in chinese:
            found.append(f"s{chinese[word]}")
    return found


def is_everyday(word: str) -> bool:
    """Whether this is a word that everybody knows: it is meant as it stands."""
    return (stem(word),) in _groups()
