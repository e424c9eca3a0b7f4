"""The job behind a publish: content, matchers, switch (B-8)."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from apps.chatbot import artifacts, learning, releases, snapshots
from apps.chatbot.models import Artifact, Failure, Library, Release, ReleaseState

log = logging.getLogger(__name__)

BEAT_EVERY = 5.0  # seconds
# Shares of the progress bar: copying, the Q&A library, chit-chat.
_COPIED, _QA, _CHITCHAT = 0.1, 0.85, 0.97
# Releases whose matchers are kept; an older one is learnt anew when somebody goes back to it.
KEPT_RELEASES = 20


def build(release_id: int) -> bool:
    """Build a release and let it go live; False when it failed or is somebody else's."""
    release = releases.claim(release_id)
    if release is None:
        return False
    try:
        with _heard_of(release):
            _build(release)
        is_done = releases.go_live(release)
    except Exception as error:
        log.exception("bot: building %s failed", release.number)
        releases.fail(release, Failure.BROKEN, type(error).__name__)
        return False
    tidy_up()
    return is_done


def renew(release_id: int) -> bool:
    """Learn a published release's matchers anew where they are broken or of an older csdesk; True if so."""
    release = Release.objects.filter(pk=release_id, state=ReleaseState.PUBLISHED).first()
    if release is None:
        return False
    renewed = False
    for library in Library:
        artifact = getattr(release, library)
        if artifact is not None and not learning.is_usable(artifact):
            lessons = snapshots.lessons_of(release, library)
            fresh = learning.learn(lessons, anew=True)
            if fresh is not None:
                artifacts.fetch(fresh, anew=True)
            Release.objects.filter(**{library.value: artifact}).update(**{library.value: fresh})
            log.warning("bot: %s of %s was learnt anew", library, release.number)
            renewed = True
    return renewed


def tidy_up() -> None:
    """Forget matchers of long ago, in the database and on this machine; what they are made from stays."""
    published = Release.objects.filter(state=ReleaseState.PUBLISHED).order_by("-live_from", "-pk")
    recent = list(published.values_list("pk", flat=True)[:KEPT_RELEASES])
    with transaction.atomic():
        Release.objects.exclude(pk__in=recent).exclude(state=ReleaseState.BUILDING).update(
            qa=None, chitchat=None
        )
        used = set(Release.objects.values_list("qa", flat=True))
        used |= set(Release.objects.values_list("chitchat", flat=True))
        for library in Library:
            drafts = Artifact.objects.filter(library=library, draft_revision__isnull=False)
            used |= set(drafts.order_by("-draft_revision").values_list("pk", flat=True)[:1])
        Artifact.objects.exclude(pk__in=used - {None}).delete()
    artifacts.clean(set(Artifact.objects.values_list("digest", flat=True)))


def _build(release: Release) -> None:
    if release.same_as_id is None:
        with transaction.atomic():
            release.contents.all().delete()
            snapshots.take(release)
            release.save(update_fields=["entries", "qa_revision", "chitchat_revision"])
    releases.progressed(release, _COPIED)
    release.qa = _learn(release, Library.QA, _COPIED, _QA)
    release.chitchat = _learn(release, Library.CHITCHAT, _QA, _CHITCHAT)


def _learn(release: Release, library: Library, begin: float, end: float) -> Artifact | None:
    told = time.monotonic()

    def progress(share: float) -> None:
        nonlocal told
        if time.monotonic() - told > 0.5:
            told = time.monotonic()
            releases.progressed(release, begin + (end - begin) * share)

    artifact = learning.learn(snapshots.lessons_of(release, library), progress)
    if artifact is not None:
        artifacts.fetch(artifact)  # on this machine it is there before the switch
        if release.same_as_id is None:
            learning.fits_draft(artifact, getattr(release, f"{library.value}_revision"))
    releases.progressed(release, end)
    return artifact


@contextmanager
def _heard_of(release: Release) -> Iterator[None]:
    """Meanwhile a thread notes every few seconds that the build is alive."""
    over = threading.Event()

    def beat() -> None:
        try:
            while not over.wait(BEAT_EVERY):
                releases.progressed(release, -1)
        except Exception:
            log.exception("bot: the build can't tell that it is alive")
        finally:
            connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
