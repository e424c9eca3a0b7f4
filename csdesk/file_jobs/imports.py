"""A file in (M-4): uploaded, checked in a dry run, confirmed, written whole or not at all.

What is imported, and how, is the caller's: it brings a `Take`, which reads the table and raises when anything
is wrong with it.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from shutil import copyfileobj
from typing import Any, BinaryIO

from django.core.files.base import File
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from csdesk.errors import DomainError, Invalid, TooLarge, WrongState
from csdesk.file_jobs import jobs
from csdesk.file_jobs.models import AbstractFileJob, JobState, Kind
from csdesk.tables import BadTable, Table, opened

log = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
MOST_BYTES = 64 * MEGABYTE
# Problems that are kept, to be shown.
SHOWN = 500


class BadRows(Invalid):
    """Rows that can't be taken: `problems` as [row, column, title, sentence], `count` rows in all."""

    def __init__(self, problems: list[list[Any]], count: int) -> None:
        super().__init__(_("%(count)s rows can't be taken.") % {"count": count})
        self.problems = problems
        self.count = count


# Takes what the table holds, for this job; when it is a dry run nothing may stay. Sets the job's figures.
# Raises BadRows, BadTable, Cancelled or any DomainError.
Take = Callable[[Any, Table, bool], None]


def receive(job: AbstractFileJob, file: File, check: jobs.Task) -> None:
    """Take an uploaded file in for a new job, whose subject and member are given, and begin to check it.

    Raises TooLarge and BadTable for what needs no further look. The messages of the job are in the
    language of now.
    """
    if file.size > MOST_BYTES:
        raise TooLarge(_("The file is larger than %(limit)s MB.") % {"limit": MOST_BYTES // MEGABYTE})
    job.name = (file.name or "").rpartition("/")[2][-120:]
    with _local(file) as local:
        opened(local, job.name)
    job.kind, job.state = Kind.IMPORT, JobState.CHECKING
    job.language = translation.get_language()
    file.seek(0)
    job.keep(file)
    with transaction.atomic():
        job.save()
        jobs.begin(job, check)


def confirm(job: AbstractFileJob, write: jobs.Task, *, address: str = "") -> None:
    """Write what was checked. Raises WrongState when it is not waiting for that."""
    with transaction.atomic():
        rows = type(job).objects.filter(pk=job.pk, kind=Kind.IMPORT, state=JobState.CHECKED)
        if not rows.update(state=JobState.WRITING, address=address):
            raise WrongState(_("This import is over. Upload the file again."))
        jobs.begin(job, write)


def check(model: type[AbstractFileJob], job_id: int, take: Take) -> None:
    """In the worker: what would happen."""
    _run(model, job_id, take, JobState.CHECKING, JobState.CHECKED)


def write(model: type[AbstractFileJob], job_id: int, take: Take) -> None:
    """In the worker: make it happen."""
    _run(model, job_id, take, JobState.WRITING, JobState.DONE)


def _run(model: type[AbstractFileJob], job_id: int, take: Take, state: JobState, then: JobState) -> None:
    try:
        with jobs.claimed(model, job_id, state) as job:
            if job:
                with translation.override(job.language):
                    _done(job, take, then)
    except Exception:
        log.exception("import %s of %s", job_id, model._meta.label)
        with jobs.claimed(model, job_id, state) as job:
            if job:
                with translation.override(job.language):
                    error = _("Something went wrong; nothing was written. It has been logged.")
                    jobs.end(job, JobState.FAILED, error)


def _done(job: AbstractFileJob, take: Take, then: JobState) -> None:
    """Run the job; its end and what it wrote are committed together."""
    try:
        # Parted from the job's own row: what breaks off is rolled back, and told.
        with transaction.atomic(), job.opened() as stored, _local(stored) as local:
            take(job, opened(local, job.name), then == JobState.CHECKED)
    except jobs.Cancelled:
        jobs.end(job, JobState.CANCELLED)
    except BadRows as error:
        job.problems, job.wrong = error.problems[:SHOWN], error.count
        jobs.end(job, JobState.REFUSED)
    except BadTable as error:
        jobs.end(job, JobState.REFUSED, error.detail)
    except DomainError as error:
        jobs.end(job, JobState.FAILED, error.detail)
    else:
        jobs.end(job, then)


@contextmanager
def _local(file: File) -> Iterator[BinaryIO]:
    """The file on this machine, whatever it is stored in."""
    with tempfile.TemporaryFile() as local:
        file.seek(0)
        copyfileobj(file, local, MEGABYTE)
        yield local
