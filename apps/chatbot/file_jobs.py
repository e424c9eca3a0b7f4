"""Jobs in the worker for files on their way into a library and out of it (M-4).

How far a running job has come is told through the cache, for its own transaction is seen by nobody yet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.core.cache import cache
from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from apps.chatbot.job_models import RUNNING, FileJob, JobState, Kind
from csdesk import clock

log = logging.getLogger(__name__)

# How long a file and what is told of it are kept.
KEPT = timedelta(days=1)
_KEPT_SECONDS = 24 * 3600


class Cancelled(Exception):
    """Somebody has cancelled the job that hears this."""


def share(job: FileJob) -> float:
    """How far the job has come, from 0 to 1."""
    return cache.get(_key(job, "share")) or 0.0


def has_begun(job: FileJob) -> bool:
    """Whether a worker has taken the job."""
    return cache.get(_key(job, "share")) is not None


def telling(job: FileJob) -> Callable[[float], None]:
    """Tells how far the job is; raises Cancelled when somebody does not want it any more."""

    def tell(share: float) -> None:
        cache.set(_key(job, "share"), round(share, 3), _KEPT_SECONDS)
        if cache.get(_key(job, "cancelled")):
            raise Cancelled

    return tell


def begin(job: FileJob, task: Callable[[int], object]) -> None:
    """Hand the job to the worker once its row is there."""

    def send() -> None:
        try:
            cache.delete_many([_key(job, "share"), _key(job, "cancelled")])
            task.delay(job.pk)
        except Exception:
            log.exception("bot: job %s can't be handed out", job.pk)
            rows = FileJob.objects.filter(pk=job.pk, state__in=RUNNING)
            rows.update(state=JobState.FAILED, error=_("The worker can't be reached. Try again later."))

    transaction.on_commit(send)


@contextmanager
def claimed(job_id: int, state: JobState) -> Iterator[FileJob | None]:
    """The job in this state for whoever does it now, with its row locked until all is committed.

    None when it is not in this state any more, or somebody else is at it: the same task may come twice.
    """
    with transaction.atomic():
        rows = FileJob.objects.select_for_update(skip_locked=True, of=("self",))
        yield rows.filter(pk=job_id, state=state).first()


def end(job: FileJob, state: JobState, error: str = "") -> None:
    job.state, job.error, job.ended_at = state, error, clock.now()
    if state != JobState.CHECKED and job.kind == Kind.IMPORT:
        job.drop()
    job.save()


def cancel(job: FileJob) -> None:
    """Stop it: at once where nobody is at it, else at its next step. What is done stays done."""
    try:
        with transaction.atomic():
            found = FileJob.objects.select_for_update(nowait=True).get(pk=job.pk)
            if found.is_running or found.state == JobState.CHECKED:
                end(found, JobState.CANCELLED)
    except OperationalError:
        cache.set(_key(job, "cancelled"), True, _KEPT_SECONDS)


def purge() -> int:
    """Files and what is told of them, after a day; how many."""
    old = FileJob.objects.filter(made_at__lt=clock.now() - KEPT)
    for job in old.exclude(stored=""):
        job.drop()
    return old.delete()[0]


def _key(job: FileJob, what: str) -> str:
    return f"bot-file-job:{job.pk}:{what}"
