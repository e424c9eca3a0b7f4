"""A file into a library (M-4): uploaded, checked in a dry run, confirmed, written whole or not at all.

Rows are read, checked and copied one after the other, so that 100,000 of them need no more memory than ten.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import copyfileobj
from typing import BinaryIO

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.chatbot import file_jobs, knowledge
from apps.chatbot.examples import is_example
from apps.chatbot.file_jobs import Cancelled
from apps.chatbot.job_models import FileJob, JobState, Kind
from apps.chatbot.knowledge import Existing, InvalidRows, Problem, Row, RowProblem
from apps.chatbot.resources import EntryResource, Header, title_of
from apps.team.abilities import Ability, may
from apps.team.models import Member
from csdesk.errors import DomainError, NotAllowed, TooLarge, WrongState
from csdesk.tables import BadTable, Table, column_name, opened

log = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
MOST_BYTES = 64 * MEGABYTE
MOST_ROWS = 200_000
# Problems that are kept, to be shown.
SHOWN = 500


def receive(
    library: str,
    file: File,
    *,
    existing: str = Existing.CHANGE,
    member: Member,
    address: str = "",
) -> FileJob:
    """Take an uploaded file in and begin to check it.

    Raises TooLarge and BadTable for what needs no further look. The messages of the job are in the
    language of now.
    """
    from apps.chatbot import tasks

    if file.size > MOST_BYTES:
        raise TooLarge(_("The file is larger than %(limit)s MB.") % {"limit": MOST_BYTES // MEGABYTE})
    name = (file.name or "").rpartition("/")[2][-120:]
    with _local(file) as local:
        opened(local, name)
    job = FileJob(
        kind=Kind.IMPORT,
        library=library,
        state=JobState.CHECKING,
        member=member,
        address=address,
        language=translation.get_language(),
        name=name,
        existing=Existing(existing),
    )
    file.seek(0)
    job.keep(file)
    with transaction.atomic():
        job.save()
        file_jobs.begin(job, tasks.check_import)
    return job


def confirm(job: FileJob, *, address: str = "") -> None:
    """Write what was checked. Raises WrongState when it is not waiting for that."""
    from apps.chatbot import tasks

    with transaction.atomic():
        rows = FileJob.objects.filter(pk=job.pk, kind=Kind.IMPORT, state=JobState.CHECKED)
        if not rows.update(state=JobState.WRITING, address=address):
            raise WrongState(_("This import is over. Upload the file again."))
        file_jobs.begin(job, tasks.write_import)


def check(job_id: int) -> None:
    """In the worker: what would happen."""
    _run(job_id, JobState.CHECKING, JobState.CHECKED)


def write(job_id: int) -> None:
    """In the worker: make it happen."""
    _run(job_id, JobState.WRITING, JobState.DONE)


def _run(job_id: int, state: JobState, then: JobState) -> None:
    try:
        with file_jobs.claimed(job_id, state) as job:
            if job:
                with translation.override(job.language):
                    _done(job, then)
    except Exception:
        log.exception("bot: import %s", job_id)
        with file_jobs.claimed(job_id, state) as job:
            if job:
                with translation.override(job.language):
                    error = _("Something went wrong; nothing was written. It has been logged.")
                    file_jobs.end(job, JobState.FAILED, error)


def _done(job: FileJob, then: JobState) -> None:
    """Run the job; its end and what it wrote are committed together."""
    try:
        # Parted from the job's own row: what breaks off is rolled back, and told.
        with transaction.atomic():
            _take(job, dry_run=then == JobState.CHECKED)
    except Cancelled:
        file_jobs.end(job, JobState.CANCELLED)
    except InvalidRows as error:
        job.wrong = error.count
        file_jobs.end(job, JobState.REFUSED)
    except BadTable as error:
        file_jobs.end(job, JobState.REFUSED, error.detail)
    except DomainError as error:
        file_jobs.end(job, JobState.FAILED, error.detail)
    else:
        file_jobs.end(job, then)


def _take(job: FileJob, *, dry_run: bool) -> None:
    if job.member is None or not may(job.member, Ability.MANAGE_BOT):
        raise NotAllowed(_("Only administrators may do this."))
    with job.opened() as stored, _local(stored) as local:
        source = Source(opened(local, job.name))
        try:
            counts = knowledge.upsert_many(
                job.library,
                source.rows(),
                fields=source.header.fields,
                existing=Existing(job.existing),
                dry_run=dry_run,
                progress=file_jobs.telling(job),
                read=lambda: source.table.share,
                member=job.member,
                address=job.address,
            )
        except InvalidRows as error:
            job.rows = source.count
            job.problems = [source.shown(problem) for problem in error.problems[:SHOWN]]
            raise
    job.rows = source.count
    job.added, job.changed, job.unchanged = counts.added, counts.changed, counts.unchanged


class Source:
    """The rows of a table as entries. Raises BadTable when its first row does not say what it holds."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.count = 0
        self._rows = table.rows()
        first = next(self._rows, None)
        if first is None:
            raise BadTable(_("The file is empty."))
        self.header = Header.of(first[1])
        self.known = {*self.header.places.values(), *self.header.more}
        self.resource = EntryResource(timezone.get_default_timezone(), date_1904=table.date_1904)

    def rows(self) -> Iterator[Row | RowProblem]:
        for number, cells in self._rows:
            if not any(cell.strip() for cell in cells):
                continue
            named = self.header.named(cells)
            if is_example(named["question"]):
                continue
            self.count += 1
            if self.count > MOST_ROWS:
                words = _("The file holds more than %(most)s rows. Split it into several.")
                raise BadTable(words % {"most": f"{MOST_ROWS:,}"})
            strays = (place for place, cell in enumerate(cells) if cell and place not in self.known)
            stray = next(strays, None)
            if stray is None:
                yield from self.resource.read(number, named)
            else:
                detail = _("There is something in column %(column)s, which has no title.")
                yield RowProblem(number, Problem("", detail % {"column": column_name(stray)}))
        if not self.count:
            raise BadTable(_("The file holds the titles of its columns, but no rows."))

    def shown(self, found: RowProblem) -> list:
        """Row, column, its title and the sentence."""
        problem = found.problem
        detail = problem.detail
        if problem.place is not None and problem.field in ("similar", "tags"):
            detail = _("Line %(line)s: %(why)s") % {"line": problem.place + 1, "why": detail}
        column = self.header.column(problem.field, problem.place)
        return [found.number, column, title_of(problem.field), detail]


@contextmanager
def _local(file: File) -> Iterator[BinaryIO]:
    """The file on this machine, whatever it is stored in."""
    with tempfile.TemporaryFile() as local:
        file.seek(0)
        copyfileobj(file, local, MEGABYTE)
        yield local
