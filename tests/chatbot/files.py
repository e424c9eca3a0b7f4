"""Files for imports, and what became of them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from apps.chatbot import imports
from apps.chatbot.job_models import FileJob
from apps.chatbot.models import Library
from apps.team.models import Role
from csdesk.file_jobs import jobs
from csdesk.file_jobs.models import JobState
from csdesk.tables import csv_pieces, opened, write_xlsx
from tests.factories import make_member

HEAD = ["Category", "Standard question", "Similar questions", "Answer"]


def csv_file(rows: Sequence[Sequence[str]]) -> bytes:
    return b"".join(csv_pieces(rows))


def xlsx_file(rows: Sequence[Sequence[str]]) -> bytes:
    target = io.BytesIO()
    write_xlsx(target, rows, title="Sheet")
    return target.getvalue()


def cells_of(content: bytes, name: str = "x.csv") -> list[list[str]]:
    """All rows of a file, without empty cells at their ends."""
    found = []
    for _number, cells in opened(io.BytesIO(content), name).rows():
        while cells and not cells[-1]:
            cells = cells[:-1]
        found.append([str(cell) for cell in cells])
    return found


def uploaded(content: bytes, name: str = "x.csv", **options) -> FileJob:
    """A file that was uploaded by an administrator and checked by the worker."""
    member = options.pop("member", None) or make_member(Role.ADMINISTRATOR)
    with translation.override("en"):
        job = imports.receive(
            options.pop("library", Library.QA), SimpleUploadedFile(name, content), member=member, **options
        )
        imports.check(job.pk)
    job.refresh_from_db()
    return job


def imported(content: bytes, name: str = "x.csv", **options) -> FileJob:
    """A file that was uploaded, checked, confirmed and written."""
    job = uploaded(content, name, **options)
    assert job.state == JobState.CHECKED, (job.error, job.problems)
    imports.confirm(job)
    imports.write(job.pk)
    job.refresh_from_db()
    return job


def problems(job: FileJob) -> list[tuple]:
    """Row, column and title of what is wrong."""
    assert job.state == JobState.REFUSED, (job.state, job.error)
    return [tuple(problem[:3]) for problem in job.problems]


def cancel_at_once(job: FileJob) -> None:
    """Somebody cancels while the worker is at it."""
    from django.core.cache import cache

    cache.set(jobs._key(job, "cancelled"), True)
