"""Jobs in the worker for files on their way in and out (M-4).

How far a running job has come is told through the cache, for its own transaction is seen by nobody yet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol, TypeVar

from django.core.cache import cache
from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from csdesk import clock
from csdesk.file_jobs.models import RUNNING, AbstractFileJob, JobState, Kind

log = logging.getLogger(__name__)

Job = TypeVar("Job", bound=AbstractFileJob)

# How long a file and what is told of it are kept.
KEPT = timedelta(days=1)
_KEPT_SECONDS = 24 * 3600


class Cancelled(Exception):
    """Somebody has cancelled the job that hears this."""


class Task(Protocol):
    """A Celery task that takes the number of a job."""

    def delay(self, job_id: int) -> object: ...


def share(job: AbstractFileJob) -> float:
    """How far the job has come, from 0 to 1."""
    return cache.get(_key(job, "share")) or 0.0


def has_begun(job: AbstractFileJob) -> bool:
    """Whether a worker has taken the job."""
    return cache.get(_key(job, "share")) is not None


def telling(job: AbstractFileJob) -> Callable[[float], None]:
    """Tells how far the job is; raises Cancelled when somebody does not want it any more."""

    def tell(share: float) -> None:
        cache.set(_key(job, "share"), round(share, 3), _KEPT_SECONDS)
        if cache.get(_key(job, "cancelled")):
            raise Cancelled

    return tell


def begin(job: AbstractFileJob, task: Task) -> None:
    """Hand the job to the worker once its row is there."""

    def send() -> None:
        try:
            cache.delete_many([_key(job, "share"), _key(job, "cancelled")])
            task.delay(job.pk)
        except Exception:
            log.exception("%s can't be handed out", _key(job, "job"))
            rows = type(job).objects.filter(pk=job.pk, state__in=RUNNING)
            rows.update(state=JobState.FAILED, error=_("The worker can't be reached. Try again later."))

    transaction.on_commit(send)


@contextmanager
def claimed(model: type[Job], job_id: int, state: JobState) -> Iterator[Job | None]:
    """The job in this state for whoever does it now, with its row locked until all is committed.

    None when it is not in this state any more, or somebody else is at it: the same task may come twice.
    """
    with transaction.atomic():
        rows = model.objects.select_for_update(skip_locked=True, of=("self",))
        yield rows.filter(pk=job_id, state=state).first()


def end(job: AbstractFileJob, state: JobState, error: str = "") -> None:
    """The job's last state, or the one in which it waits for a yes."""
    job.state, job.error, job.ended_at = state, error, clock.now()
    if state != JobState.CHECKED and job.kind == Kind.IMPORT:
        job.drop()
    job.save()


def cancel(job: AbstractFileJob) -> None:
    """Stop it: at once where nobody is at it, else at its next step. What is done stays done."""
    try:
        with transaction.atomic():
            found = type(job).objects.select_for_update(nowait=True, of=("self",)).get(pk=job.pk)
            if found.is_running or found.state == JobState.CHECKED:
                end(found, JobState.CANCELLED)
    except OperationalError:
        cache.set(_key(job, "cancelled"), True, _KEPT_SECONDS)


def purge(model: type[AbstractFileJob]) -> int:
    """Files and what is told of them, after a day; how many."""
    old = model.objects.filter(made_at__lt=clock.now() - KEPT)
    for job in old.exclude(stored=""):
        job.drop()
    return old.delete()[0]


def _key(job: AbstractFileJob, what: str) -> str:
    return f"file-job:{job._meta.label_lower}:{job.pk}:{what}"
