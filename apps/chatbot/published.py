"""A release as it answers: two mapped matchers, the rest by small queries (B-8)."""

import threading
import time
from collections.abc import Iterable
from datetime import datetime

import numpy as np
from django.db.models import Q, QuerySet

from apps.chatbot.decision import Candidate
from apps.chatbot.knowing import Known
from apps.chatbot.matching import Matcher
from apps.chatbot.models import (
    QUESTION_LIMIT,
    EntryVersion,
    Library,
    ReleaseEntry,
    WelcomeQuestion,
    question_key,
)
from csdesk import clock

# Entries kept in memory, those asked for most lately.
_KEPT = 2_000
_WELCOME_SECONDS = 1.0

Dates = tuple[int, datetime | None, datetime | None]


class PublishedKnowledge:
    """All of it is of this one release, which never changes; used by many threads."""

    def __init__(self, release: int, qa: Matcher | None, chitchat: Matcher | None) -> None:
        self.release = release
        self._matchers = {Library.QA: qa, Library.CHITCHAT: chitchat}
        self._valid = {library: ValidNow(self, library) for library in Library}
        self._kept: dict[int, Known] = {}
        self._lock = threading.Lock()
        self._welcome: tuple[float, list[tuple[str, str]]] = (float("-inf"), [])
        self._keys: np.ndarray | None = None

    def warm_up(self) -> None:
        """Read what the first question would wait for."""
        self._may_be_exact("")
        for valid in self._valid.values():
            valid.labels()

    def versions(self) -> QuerySet[EntryVersion]:
        """The versions of entries that this release holds."""
        contents = ReleaseEntry.objects.filter(release_id=self.release)
        return EntryVersion.objects.filter(pk__in=contents.values("version_id"))

    def exactly(self, text: str) -> int | None:
        """The entry of the Q&A library whose standard question this is, if it is valid now."""
        key = question_key(text)
        if len(text) > 2 * QUESTION_LIMIT or not self._may_be_exact(key):
            return None
        rows = self.versions().filter(valid_at(clock.now()), library=Library.QA, key=key)
        return rows.values_list("entry_id", flat=True).first()

    def _may_be_exact(self, key: str) -> bool:
        """Whether a standard question has a key that begins so; most questions need no query to hear no."""
        if self._keys is None:
            rows = self.versions().filter(library=Library.QA).values_list("key", flat=True)
            keys = np.fromiter(map(_beginning, rows.iterator()), dtype=np.uint64)
            self._keys = np.sort(keys)
        wanted = np.uint64(_beginning(key))
        place = np.searchsorted(self._keys, wanted)
        return bool(place < len(self._keys) and self._keys[place] == wanted)

    def rank(self, library: str, text: str, limit: int) -> tuple[Candidate, ...]:
        """The entries of a library that may answer now, best first."""
        matcher = self._matchers[Library(library)]
        if matcher is None:
            return ()
        (found,) = matcher.rank([text], limit, allowed=self._valid[Library(library)].labels())
        return tuple(Candidate(match.label, match.score, match.question) for match in found)

    def known(self, entries: Iterable[int]) -> dict[int, Known]:
        """These entries by their numbers."""
        wanted = list(entries)
        missing = [entry for entry in wanted if entry not in self._kept]
        found = {}
        if missing:
            rows = self.versions().filter(entry_id__in=missing)
            found = {row.entry_id: _known(row) for row in rows}
            with self._lock:
                self._kept |= found
                while len(self._kept) > _KEPT:
                    self._kept.pop(next(iter(self._kept)))
        kept = {entry: self._kept.get(entry) for entry in wanted}
        return {entry: known for entry, known in (kept | found).items() if known}

    def welcome_items(self, language: str) -> tuple[str, ...]:
        """The card's questions for this language, entries by the words of the release."""
        until, rows = self._welcome
        if until < time.monotonic():
            rows = self._read_welcome()
            self._welcome = (time.monotonic() + _WELCOME_SECONDS, rows)
        family = language.lower().split("-")[0]
        return tuple(text for text, meant_for in rows if not meant_for or meant_for.split("-")[0] == family)

    def _read_welcome(self) -> list[tuple[str, str]]:
        rows = list(WelcomeQuestion.objects.values_list("entry_id", "text", "language"))
        known = self.known([entry for entry, _text, _language in rows if entry])
        questions = {entry: found.question for entry, found in known.items()}
        items = [(text or questions.get(entry, ""), language) for entry, text, language in rows]
        return [(text, language) for text, language in items if text]


class ValidNow:
    """Which entries of a library may answer now; computed anew when a date has passed."""

    def __init__(self, knowledge: PublishedKnowledge, library: Library) -> None:
        self._knowledge, self._library = knowledge, library
        self._dates: list[Dates] | None = None
        self._until: datetime | None = None
        self._labels: np.ndarray | None = None

    def labels(self) -> np.ndarray | None:
        """The entries that may answer, or None for all."""
        now = clock.now()
        if self._dates is None or (self._until is not None and now >= self._until):
            self._compute(now)
        return self._labels

    def _compute(self, now: datetime) -> None:
        rows = self._knowledge.versions().filter(library=self._library)
        if self._dates is None:
            dated = rows.filter(Q(valid_from__isnull=False) | Q(valid_to__isnull=False))
            self._dates = list(dated.values_list("entry_id", "valid_from", "valid_to"))
        over = [
            entry for entry, first, last in self._dates if (first and now < first) or (last and now >= last)
        ]
        labels = None
        if over:
            every = np.fromiter(rows.values_list("entry_id", flat=True).iterator(), dtype=np.int64)
            labels = np.setdiff1d(every, np.array(over, dtype=np.int64))
        moments = [moment for _entry, *dates in self._dates for moment in dates if moment and moment > now]
        self._labels, self._until = labels, min(moments, default=None)


def valid_at(moment: datetime) -> Q:
    """Entries whose dates, if they have any, include this moment (B-1)."""
    begun = Q(valid_from__isnull=True) | Q(valid_from__lte=moment)
    return begun & (Q(valid_to__isnull=True) | Q(valid_to__gt=moment))


def _beginning(key: str) -> int:
    """The first 64 bits of a question's key."""
    return int(key[:16] or "0", 16)


def _known(row: EntryVersion) -> Known:
    return Known(row.entry_id, row.library, row.question, tuple(row.answers), row.format)
