"""What people type into the search field: words in any order, and exact phrases in quotes (C-2).

The database narrows down by tokens (`csdesk.tokens`); phrases are then verified on the text.
Both see text as `folded` does: width, case and ligatures do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from csdesk.tokens import folded, query_tokens

LONGEST = 200
BEFORE, AFTER = 24, 90
# Straight, full-width, curly and Chinese corner quotes.
_QUOTED = re.compile(r"[\"＂“”„]([^\"＂“”„]*)[\"＂“”„]|「([^」]*)」|『([^』]*)』")
_QUOTES = re.compile(r"[\"＂“”„「」『』]")
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_IS_CJK = re.compile(f"[{_CJK}]")


@dataclass(frozen=True)
class Piece:
    """A stretch of text; `is_hit` says that it was searched for."""

    text: str
    is_hit: bool = False


@dataclass(frozen=True)
class Keyword:
    """A parsed search: a text must hold all words, and all phrases as they are written."""

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()

    @cached_property
    def tokens(self) -> list[str]:
        """What a matching text's tokens must contain; empty when there is nothing to search for."""
        return sorted({token for part in (*self.words, *self.phrases) for token in query_tokens(part)})

    def is_in(self, text: str) -> bool:
        """Whether a text whose tokens match also holds the phrases."""
        if not self.phrases:
            return True
        seen = " ".join(folded(text).split())
        return all(phrase in seen for phrase in self.phrases)

    def pieces(self, text: str) -> list[Piece]:
        """The whole text, cut where hits begin and end."""
        return list(_cut(text, _spans(text, self._pattern)))

    def surroundings(self, text: str) -> list[Piece]:
        """The first hit with some text around it, on one line, for a row of a list."""
        line = " ".join(text.split())
        first = next(iter(_spans(line, self._pattern)), (0, 0))
        start = max(0, first[0] - BEFORE)
        end = min(len(line), first[0] + AFTER)
        shown = line[start:end]
        found = self.pieces(shown)
        if start:
            found.insert(0, Piece("…"))
        if end < len(line):
            found.append(Piece("…"))
        return found

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        parts = [r"\s+".join(map(re.escape, phrase.split(" "))) for phrase in self.phrases]
        parts += [form for word in self.words for form in _forms(word)]
        return re.compile("|".join(sorted(parts, key=len, reverse=True))) if parts else None


def parse(typed: str) -> Keyword:
    """Words and quoted phrases of what was typed; an unpaired quote counts for nothing."""
    phrases = []
    for match in _QUOTED.finditer(typed):
        phrase = " ".join(folded(next(group for group in match.groups() if group is not None)).split())
        if query_tokens(phrase):
            phrases.append(phrase)
    rest = _QUOTES.sub(" ", _QUOTED.sub(" ", typed))
    words = [word for word in folded(rest).split() if query_tokens(word)]
    return Keyword(tuple(dict.fromkeys(words)), tuple(dict.fromkeys(phrases)))


def _forms(word: str) -> Iterator[str]:
    """Patterns of what a word was found by: itself, and the parts that the tokens are made of.

    Chinese has no gaps between words, so a run of it matches anywhere; other words only whole.
    """
    if len(_IS_CJK.sub("", word)) == 0:
        yield re.escape(word)
    for token in query_tokens(word):
        if _IS_CJK.match(token):
            yield re.escape(token)
        else:
            yield rf"(?<![^\W{_CJK}]){re.escape(token)}(?![^\W{_CJK}])"


def _spans(text: str, pattern: re.Pattern[str] | None) -> list[tuple[int, int]]:
    """Where hits begin and end in the text as it is, though they are looked for in the folded one."""
    if pattern is None:
        return []
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for seen in folded(letter):
            letters.append(seen)
            places.append(place)
    found = []
    for match in pattern.finditer("".join(letters)):
        if match.end() > match.start():
            found.append((places[match.start()], places[match.end() - 1] + 1))
    return found


def _cut(text: str, spans: list[tuple[int, int]]) -> Iterator[Piece]:
    at = 0
    for start, end in spans:
        if start < at:
            continue
        if start > at:
            yield Piece(text[at:start])
        yield Piece(text[start:end], True)
        at = end
    if at < len(text):
        yield Piece(text[at:])
