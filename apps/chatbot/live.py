"""Which release this process answers from (B-8).

Every process answers from the published release with the newest `live_from` that is not ahead. It looks
twice a second, loads a release whose moment is still to come, and goes over to it as a whole at that moment,
which the database's clock sets; so all processes change at once, and no answer mixes two releases.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from celery import current_app
from django.core.cache import cache
from django.db import DatabaseError, close_old_connections, connection

from apps.chatbot import artifacts
from apps.chatbot.encoding import encoder
from apps.chatbot.matching import BrokenMatcher, Matcher, load
from apps.chatbot.models import Artifact
from apps.chatbot.published import PublishedKnowledge

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5  # seconds
# A release that could not be loaded is tried again after this many seconds.
RETRY_AFTER = 10.0
# How many published releases are looked at when the newest can't be used.
_BACK = 5

_NEWEST = """
SELECT id, qa_id, chitchat_id, extract(epoch FROM live_from - clock_timestamp())::float
FROM chatbot_release WHERE state = 'published' ORDER BY live_from DESC, id DESC LIMIT %s"""


@dataclass(frozen=True)
class Published:
    """A published release as the database lists it; `live_at` in the seconds of `time.monotonic()`."""

    release: int
    qa: int | None
    chitchat: int | None
    live_at: float


class Pointer:
    """What this process answers from; used by all its threads."""

    def __init__(self, loaded: Callable[[Published], PublishedKnowledge]) -> None:
        self._loaded = loaded
        self._looking = threading.Lock()
        self._looked_at = float("-inf")
        self._current: PublishedKnowledge | None = None
        self._ahead: list[tuple[float, PublishedKnowledge]] = []
        self._failed: dict[int, float] = {}

    def current(self) -> PublishedKnowledge | None:
        """The live release, at most half a second behind what is listed; None while nothing can be used."""
        is_late = time.monotonic() - self._looked_at > LOOK_EVERY
        # Whoever comes while another thread looks answers from what is there, unless there is nothing.
        if is_late and self._looking.acquire(blocking=self._current is None):
            try:
                self.look()
            finally:
                self._looking.release()
        return self._due()

    def look(self) -> None:
        """Read the list, load what is new in it."""
        now = time.monotonic()
        if now - self._looked_at <= LOOK_EVERY:
            return  # another thread was faster
        try:
            published = _newest()
        except DatabaseError:
            if self._current is None:
                raise
            log.warning("bot: the releases can't be read, this process stays with the one it has")
            self._looked_at = now
            return
        self._looked_at = time.monotonic()
        kept = {knowledge.release: knowledge for knowledge in self._known()}
        now = time.monotonic()
        ahead = [release for release in published if release.live_at > now]
        current = self._first_usable([release for release in published if release.live_at <= now], kept)
        if current is not None or not published:
            self._current = current
        usable = [(release.live_at, self._usable(release, kept)) for release in ahead]
        self._ahead = [(at, knowledge) for at, knowledge in usable if knowledge is not None]

    def _due(self) -> PublishedKnowledge | None:
        now = time.monotonic()
        due = [pair for pair in self._ahead if pair[0] <= now]
        return max(due, key=lambda pair: pair[0])[1] if due else self._current

    def _known(self) -> list[PublishedKnowledge]:
        current = [self._current] if self._current else []
        return current + [knowledge for _at, knowledge in self._ahead]

    def _first_usable(
        self, releases: list[Published], kept: dict[int, PublishedKnowledge]
    ) -> PublishedKnowledge | None:
        """The newest release that can be loaded; one that can't leaves the one before it live."""
        for release in releases:
            if usable := self._usable(release, kept):
                return usable
        return None

    def _usable(self, release: Published, kept: dict[int, PublishedKnowledge]) -> PublishedKnowledge | None:
        if release.release in kept:
            return kept[release.release]
        if time.monotonic() < self._failed.get(release.release, 0):
            return None
        try:
            knowledge = self._loaded(release)
        except Exception as error:  # whatever is wrong with it, the one before goes on
            log.exception("bot: release %s can't be used, the one before stays", release.release)
            self._failed[release.release] = time.monotonic() + RETRY_AFTER
            tell_trouble(release.release, str(error))
            _have_it_mended(release.release)
            return None
        if self._failed.pop(release.release, None):
            cache.delete(_trouble_key(release.release))
        return knowledge


def _have_it_mended(release: int) -> None:
    """Ask the worker, once a minute, to learn the release anew."""
    if not cache.add(f"bot:renew:{release}", 1, timeout=60):
        return
    try:
        current_app.send_task("chatbot.tasks.renew", [release])
    except Exception:
        log.exception("bot: nobody can be asked to learn release %s anew", release)


def _newest() -> list[Published]:
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [_BACK])
        now = time.monotonic()
        return [Published(pk, qa, chitchat, now + seconds) for pk, qa, chitchat, seconds in cursor.fetchall()]


def loaded(release: Published) -> PublishedKnowledge:
    """A release with its matchers, mapped; raises BrokenArtifact, BrokenMatcher or OSError."""
    matchers = [_matcher(number) for number in (release.qa, release.chitchat)]
    artifacts.clean(set(Artifact.objects.values_list("digest", flat=True)))
    knowledge = PublishedKnowledge(release.release, *matchers)
    knowledge.warm_up()
    return knowledge


def _matcher(number: int | None) -> Matcher | None:
    if number is None:
        return None
    artifact = Artifact.objects.get(pk=number)
    try:
        return load(artifacts.fetch(artifact), encoder=encoder())
    except BrokenMatcher:
        # Damaged on this machine only? The database has it whole.
        return load(artifacts.fetch(artifact, anew=True), encoder=encoder())


def tell_trouble(release: int, error: str) -> None:
    """Let the console know that a process can't use a release."""
    cache.set(_trouble_key(release), error[:500], timeout=int(RETRY_AFTER * 3))


def trouble(release: int) -> str:
    """Why some process can't use this release; empty when all is well."""
    return cache.get(_trouble_key(release)) or ""


def _trouble_key(release: int) -> str:
    return f"bot:trouble:{release}"


_pointer = Pointer(loaded)


def current() -> PublishedKnowledge | None:
    """The release this process answers from; None while nothing is published."""
    return _pointer.current()


def start_watching() -> None:
    """Look all the time, so that no customer's question waits for a release to be loaded (web processes)."""
    threading.Thread(target=_watch, name="bot-releases", daemon=True).start()


def _watch() -> None:
    while True:
        try:
            close_old_connections()
            current()
        except Exception:
            log.exception("bot: the releases can't be read")
            connection.close()
        time.sleep(LOOK_EVERY)


def forget() -> None:
    """Begin anew, as a process that has just started."""
    global _pointer
    _pointer = Pointer(loaded)
