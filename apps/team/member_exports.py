"""Members as a file (M-4, T-2), which an import takes again and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import BinaryIO

from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.team import trail
from apps.team.abilities import Ability, may
from apps.team.member_columns import COLUMNS, USUAL, WIDTHS, Line, MemberResource, examples
from apps.team.member_imports import SUBJECT
from apps.team.models import FileJob, Member
from apps.team.queries import visible_members
from csdesk.errors import NotAllowed
from csdesk.file_jobs import exports, jobs

# More members than these are written by a job.
AT_ONCE = 2_000
STEP = 1_000


def file_name(form: str, *, template: bool = False) -> str:
    return exports.file_name(slugify(_("Members"), allow_unicode=True), form, template=template)


def template(form: str) -> bytes:
    """An empty file with its columns' titles, and rows that show how to fill it."""
    resource = MemberResource()
    rows = [COLUMNS.titles_of(), *(resource.written(line) for line in examples())]
    return exports.at_once(
        lambda target: exports.write_rows(target, form, rows, title=_("Members"), widths=WIDTHS)
    )


def at_once(ids: Collection[int], form: str, *, member: Member, address: str = "") -> bytes:
    """The file, where it is small. In the trail before anybody sees it (X-13). Raises NotAllowed."""
    _expect_right(member)
    _note(len(ids), form, member, address)
    return exports.at_once(lambda target: _export(target, ids, form, member, lambda share: None))


def new_job(ids: Collection[int], form: str, *, member: Member, address: str = "") -> FileJob:
    """A job for `exports.begin`, not saved."""
    wanted = {"ids": list(ids)}
    return FileJob(subject=SUBJECT, member=member, address=address, name=file_name(form), wanted=wanted)


def write(job: FileJob, target: BinaryIO) -> int:
    """In the worker: the file of a job."""
    if job.member is None:
        raise NotAllowed(_("Only administrators may do this."))
    _expect_right(job.member)
    form = exports.form_of(job.name)
    return _export(target, job.wanted["ids"], form, job.member, jobs.telling(job))


def note_download(job: FileJob, *, member: Member, address: str = "") -> None:
    """The trail's entry for a file that is fetched now."""
    _note(job.rows, exports.form_of(job.name), member, address)


def _export(
    target: BinaryIO, ids: Collection[int], form: str, reader: Member, tell: Callable[[float], None]
) -> int:
    written = 0
    resource = MemberResource()
    there = visible_members(reader).filter(pk__in=ids).order_by("pk")

    def rows() -> Iterator[list[str]]:
        nonlocal written
        yield COLUMNS.titles_of()
        for member in _some_at_a_time(there):
            yield resource.written(_line(member))
            written += 1
            if written % STEP == 0:
                tell(min(0.99, written / max(1, len(ids))))

    tell(0.0)
    exports.write_rows(target, form, rows(), title=_("Members"), widths=WIDTHS)
    tell(1.0)
    return written


def _some_at_a_time(members: QuerySet[Member]) -> Iterator[Member]:
    return members.prefetch_related("memberships__group").iterator(chunk_size=STEP)


def _line(member: Member) -> Line:
    places = sorted(
        (row for row in member.memberships.all() if row.group.deleted_at is None),
        key=lambda row: row.group.name,
    )
    return Line(
        nickname=member.nickname,
        email=member.email,
        account=member.account,
        role=member.role,
        phone=member.phone,
        staff_no=member.staff_no,
        groups=[
            row.group.name if row.priority == USUAL else f"{row.group.name}:{row.priority}" for row in places
        ],
        supervises=[row.group.name for row in places if row.supervises],
        serves=member.serves,
        session_limit=member.session_limit,
    )


def _expect_right(member: Member) -> None:
    if not may(member, Ability.MANAGE_MEMBERS):
        raise NotAllowed(_("Only administrators may do this."))


def _note(count: int, form: str, member: Member, address: str) -> None:
    trail.append(
        "members.exported",
        member=member,
        address=address,
        object_type="members",
        values={"members": count, "format": form},
    )
