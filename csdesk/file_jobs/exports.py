"""A file out (M-4, X-13): written row by row as CSV or XLSX, large ones by a job in the worker."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any, BinaryIO

from django.core.files.base import File
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from csdesk import clock
from csdesk.errors import DomainError
from csdesk.file_jobs import jobs
from csdesk.file_jobs.models import AbstractFileJob, JobState, Kind
from csdesk.tables import csv_pieces, write_xlsx

log = logging.getLogger(__name__)

CSV, XLSX = "csv", "xlsx"
TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

# Writes what this job is to hold into the file; how many rows.
Write = Callable[[Any, BinaryIO], int]


def file_name(name: str, form: str, *, template: bool = False) -> str:
    """What a file is called: `members_20260715-1430.csv`; a template by its name."""
    if template:
        return f"{name}-{_('template')}.{form}"
    return f"{name}_{timezone.localtime(clock.now()):%Y%m%d-%H%M}.{form}"


def form_of(name: str) -> str:
    """`csv` or `xlsx`, by the name of the file."""
    return name.rpartition(".")[2]


def write_rows(
    target: BinaryIO,
    form: str,
    rows: Iterable[Sequence[str]],
    *,
    title: str = "",
    widths: Sequence[int] = (),
) -> None:
    """The rows as a file of this form; `title` and `widths` (in characters) are of a sheet."""
    if form == XLSX:
        write_xlsx(target, rows, title=title, widths=widths)
    else:
        for piece in csv_pieces(rows):
            target.write(piece)


def at_once(write: Callable[[BinaryIO], object]) -> bytes:
    """The content of a small file."""
    with tempfile.TemporaryFile() as target:
        write(target)
        target.seek(0)
        return target.read()


def begin(job: AbstractFileJob, task: jobs.Task) -> None:
    """Have a new job, whose name, member and what is wanted are given, write the file."""
    job.kind, job.state = Kind.EXPORT, JobState.WRITING
    job.language = translation.get_language()
    job.save()
    jobs.begin(job, task)


def write(model: type[AbstractFileJob], job_id: int, write: Write) -> None:
    """In the worker: write the file."""
    with jobs.claimed(model, job_id, JobState.WRITING) as job:
        if job is None:
            return
        with translation.override(job.language):
            try:
                _done(job, write)
            except jobs.Cancelled:
                jobs.end(job, JobState.CANCELLED)
            except DomainError as error:
                jobs.end(job, JobState.FAILED, error.detail)
            except Exception:
                log.exception("export %s of %s", job_id, model._meta.label)
                jobs.end(job, JobState.FAILED, _("Something went wrong. It has been logged."))


def _done(job: AbstractFileJob, write: Write) -> None:
    with tempfile.TemporaryFile() as target:
        job.rows = write(job, target)
        target.seek(0)
        job.keep(File(target, name=job.name))
    jobs.end(job, JobState.DONE)
