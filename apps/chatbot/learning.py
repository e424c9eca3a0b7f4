"""Training a library's matcher; runs in the worker, for only there scikit-learn is loaded."""

import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from apps.chatbot import artifacts
from apps.chatbot.encoding import encoder
from apps.chatbot.matching import BrokenMatcher, load, train
from apps.chatbot.models import Artifact
from apps.chatbot.snapshots import Lessons

log = logging.getLogger(__name__)

Progress = Callable[[float], None]


def learn(lessons: Lessons, progress: Progress | None = None, *, anew: bool = False) -> Artifact | None:
    """The artifact of these lessons, trained unless it is there; None where there is nothing to learn.

    `anew` trains although it is there, in place of files that turned out to be broken. `progress` hears the
    share done, in [0, 1].
    """
    known = Artifact.objects.filter(digest=lessons.digest).first()
    if known and not anew:
        return known if known.files else None
    if not lessons.rows:
        return None
    with tempfile.TemporaryDirectory(prefix="csdesk-bot-") as made:
        folder, started = Path(made), time.monotonic()
        try:
            train(lessons.rows, folder, progress=progress, encoder=encoder())
        except ValueError:
            if _has_letters(lessons):
                raise
            return None
        load(folder)  # what can't be loaded here is never published
        seconds = time.monotonic() - started
        log.info("bot: learnt %s questions in %.1f s (%s)", lessons.questions, seconds, lessons.library)
        return artifacts.store(
            folder,
            lessons.digest,
            anew=anew,
            library=lessons.library,
            entries=lessons.entries,
            questions=lessons.questions,
            seconds=seconds,
        )


def _has_letters(lessons: Lessons) -> bool:
    """Whether there is anything to learn from, be it a single letter."""
    return any(sign.isalnum() for _entry, texts in lessons.rows for text in texts for sign in text)


def fits_draft(artifact: Artifact, revision: int) -> None:
    """Note that this is what the library's draft has learnt as of a revision, unless a newer one is noted."""
    made = Artifact.objects.filter(library=artifact.library)
    if made.filter(draft_revision__gt=revision).exists():
        return
    made.exclude(pk=artifact.pk).exclude(draft_revision=None).update(draft_revision=None)
    made.filter(pk=artifact.pk).update(draft_revision=revision)


def is_usable(artifact: Artifact) -> bool:
    """Whether the artifact can be unpacked and loaded here."""
    try:
        load(artifacts.fetch(artifact))
    except (artifacts.BrokenArtifact, BrokenMatcher, OSError):
        return False
    return True
