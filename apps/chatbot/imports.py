"""A file into a library (M-4): uploaded, checked in a dry run, confirmed, written whole or not at all.

Rows are read, checked and copied one after the other, so that 100,000 of them need no more memory than ten.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.core.files.base import File
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.chatbot import knowledge
from apps.chatbot.examples import is_example
from apps.chatbot.job_models import FileJob
from apps.chatbot.knowledge import Existing, InvalidRows, Problem, Row, RowProblem
from apps.chatbot.resources import COLUMNS, EntryResource, title_of
from apps.team.abilities import Ability, may
from apps.team.models import Member
from csdesk.errors import NotAllowed
from csdesk.file_jobs import imports, jobs
from csdesk.file_jobs.columns import Header
from csdesk.file_jobs.imports import BadRows
from csdesk.tables import BadTable, Table

MOST_ROWS = 200_000


def receive(
    library: str,
    file: File,
    *,
    existing: str = Existing.CHANGE,
    member: Member,
    address: str = "",
) -> FileJob:
    """Take an uploaded file in and begin to check it; raises TooLarge and BadTable."""
    from apps.chatbot import tasks

    job = FileJob(library=library, member=member, address=address, existing=Existing(existing))
    imports.receive(job, file, tasks.check_import)
    return job


def confirm(job: FileJob, *, address: str = "") -> None:
    """Write what was checked. Raises WrongState when it is not waiting for that."""
    from apps.chatbot import tasks

    imports.confirm(job, tasks.write_import, address=address)


def check(job_id: int) -> None:
    """In the worker: what would happen."""
    imports.check(FileJob, job_id, _take)


def write(job_id: int) -> None:
    """In the worker: make it happen."""
    imports.write(FileJob, job_id, _take)


def _take(job: FileJob, table: Table, dry_run: bool) -> None:
    if job.member is None or not may(job.member, Ability.MANAGE_BOT):
        raise NotAllowed(_("Only administrators may do this."))
    source = Source(table)
    try:
        counts = knowledge.upsert_many(
            job.library,
            source.rows(),
            fields=source.header.fields,
            existing=Existing(job.existing),
            dry_run=dry_run,
            progress=jobs.telling(job),
            read=lambda: source.table.share,
            member=job.member,
            address=job.address,
        )
    except InvalidRows as error:
        job.rows = source.count
        raise BadRows([source.shown(problem) for problem in error.problems], error.count) from None
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
        self.header = Header.of(COLUMNS, first[1])
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
            if stray := self.header.stray(cells):
                detail = _("There is something in column %(column)s, which has no title.")
                yield RowProblem(number, Problem("", detail % {"column": stray}))
            else:
                yield from self.resource.read(number, named)
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
