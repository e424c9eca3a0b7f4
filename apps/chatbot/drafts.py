"""The draft as it would answer, for the test window (B-8): learnt in the worker, as soon as somebody asks.

What the draft learns is an artifact as any other, so publishing finds it made. Answers come from the entries
as they are now; only which questions are known may lag while a large library is learnt.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass

from celery import current_app
from django.core.cache import cache
from django.db import connection, transaction

from apps.chatbot import artifacts, knowledge, learning, snapshots
from apps.chatbot.decision import Candidate
from apps.chatbot.encoding import encoder
from apps.chatbot.knowing import Known
from apps.chatbot.matching import BrokenMatcher, Matcher, load
from apps.chatbot.models import QUESTION_LIMIT, Artifact, Entry, Library, question_key
from apps.chatbot.published import valid_at
from csdesk import clock

log = logging.getLogger(__name__)

# One process learns the draft at a time: a two-key advisory lock.
_LOCK = (0xB07, 1)
# Matches that are looked at beyond those wanted, for some may have been deleted since.
_MORE = 20
# A request for learning is not repeated while the last one is this young, in seconds.
_ASKED_FOR = 5
_LOOK_EVERY = 0.1  # seconds


@dataclass(frozen=True)
class Learnt:
    """What of a library's draft is learnt: the artifact, and how many acts of editing are newer."""

    artifact: Artifact | None
    behind: int

    @property
    def is_fresh(self) -> bool:
        return self.behind == 0


def learnt(library: str) -> Learnt:
    """How far the draft of a library is learnt."""
    made = Artifact.objects.filter(library=library, draft_revision__isnull=False)
    artifact = made.order_by("-draft_revision").first()
    revision = snapshots.revision_of(library)
    if artifact is None:
        # Nothing was ever edited: there is nothing to learn.
        return Learnt(None, revision if Entry.objects.filter(library=library).exists() else 0)
    return Learnt(artifact, max(0, revision - artifact.draft_revision))


def behind() -> int:
    """How many acts of editing are not learnt yet."""
    return sum(learnt(library).behind for library in Library)


def prepare(seconds: float = 0) -> int:
    """Have the draft learnt if it changed, and wait so long for it; how many acts are not learnt then."""
    until = time.monotonic() + seconds
    missing = behind()
    if missing and cache.add("bot:learning", 1, timeout=_ASKED_FOR):
        try:
            current_app.send_task("chatbot.tasks.learn_draft")
        except Exception:
            log.exception("bot: nobody can be asked to learn the draft")
            return missing
    while missing and time.monotonic() < until:
        time.sleep(_LOOK_EVERY)
        missing = behind()
    return missing


def learn() -> None:
    """Learn what changed in the draft; what is edited meanwhile as well."""
    for _round in range(20):
        late = [library for library in Library if not learnt(library).is_fresh]
        # Whoever else learns now looks again when it is done.
        if not late or not all(list(map(_learn, late))):
            break
    cache.delete("bot:learning")


def _learn(library: str) -> bool:
    """Learn a library's draft; False when another process does."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", _LOCK)
            if not cursor.fetchone()[0]:
                return False
        lessons = snapshots.lessons_of_draft(library)
        artifact = learning.learn(lessons)
        if artifact is None:
            # Nothing is left to learn: an artifact without files says so.
            nothing = {"library": library, "entries": 0, "questions": 0}
            artifact, _is_new = Artifact.objects.get_or_create(digest=lessons.digest, defaults=nothing)
        learning.fits_draft(artifact, lessons.revision)
    return True


class DraftKnowledge:
    """The draft as it is now, found by what is learnt of it."""

    release = None

    def exactly(self, text: str) -> int | None:
        """The entry whose standard question this is."""
        if len(text) > 2 * QUESTION_LIMIT:
            return None
        rows = _answering(Library.QA).filter(key=question_key(text))
        return rows.values_list("pk", flat=True).first()

    def rank(self, library: str, text: str, limit: int) -> tuple[Candidate, ...]:
        """The entries of a library that would answer now, best first."""
        matcher = _matcher(learnt(library).artifact)
        if matcher is None:
            return ()
        (found,) = matcher.rank([text], limit + _MORE)
        there = set(
            _answering(library).filter(pk__in=[match.label for match in found]).values_list("pk", flat=True)
        )
        kept = [match for match in found if match.label in there][:limit]
        return tuple(Candidate(match.label, match.score, match.question) for match in kept)

    def known(self, entries: Iterable[int]) -> dict[int, Known]:
        """These entries by their numbers."""
        rows = Entry.objects.filter(pk__in=list(entries))
        return {
            row.pk: Known(row.pk, row.library, row.question, (row.answer, *row.more_answers), row.format)
            for row in rows
        }

    def welcome_items(self, language: str) -> tuple[str, ...]:
        """The card is no part of the draft: what is saved is shown."""
        return ()


def _answering(library: str):
    off = knowledge.tree(library).off()
    rows = Entry.objects.filter(valid_at(clock.now()), library=library, is_enabled=True)
    return rows.exclude(category__in=off)


_loaded: dict[str, tuple[int, Matcher]] = {}


def _matcher(artifact: Artifact | None) -> Matcher | None:
    """The matcher of this artifact; each library's last one is kept mapped."""
    if artifact is None or not artifact.files:
        return None
    number, matcher = _loaded.get(artifact.library, (0, None))
    if number != artifact.pk:
        try:
            matcher = load(artifacts.fetch(artifact), encoder=encoder())
        except BrokenMatcher:
            matcher = load(artifacts.fetch(artifact, anew=True), encoder=encoder())
        _loaded[artifact.library] = (artifact.pk, matcher)
    return matcher
