"""Quick replies as files, and back (D-5, M-4): one's own at once, the shared ones by a job with a dry run."""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO

from django.core.files.base import File
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.sessions import quick_replies
from apps.sessions.models import QuickReply
from apps.sessions.reply_table import OWN, SHARED, WIDTHS, Reply, Rows, examples, line
from apps.team import trail
from apps.team.abilities import Ability, may
from apps.team.job_models import FileJob
from apps.team.models import Member
from csdesk.errors import DomainError, Invalid, NotAllowed, TooLarge
from csdesk.file_jobs import exports, imports, jobs
from csdesk.file_jobs.imports import BadRows
from csdesk.file_jobs.models import Existing
from csdesk.tables import Table, opened

SUBJECT = "quick_replies"
OWN_LIMIT = 1024 * 1024
MOST_SHARED = 5_000


# --- one's own ---


def written(member: Member, form: str = exports.CSV) -> bytes:
    """All of the member's own, in their order, as CSV or XLSX."""
    own = QuickReply.objects.filter(owner=member).order_by("category", "position", "id")
    rows = [OWN.titles_of(), *([reply.title, reply.text, reply.category] for reply in own)]
    title = _("Quick replies")
    return exports.at_once(
        lambda target: exports.write_rows(target, form, rows, title=title, widths=(26, 70, 18))
    )


def read(member: Member, data: bytes, name: str = "") -> int:
    """Take in a file, all or nothing; one of the same title and category is replaced. How many it held.

    Raises Invalid (BadTable for what is no table) or TooLarge, naming the row.
    """
    if len(data) > OWN_LIMIT:
        raise TooLarge(_("The file is larger than 1 MB."))
    rows = Rows(opened(BytesIO(data), name), OWN, most=quick_replies.MOST_OWN, may_lack_titles=True)
    found = list(rows)
    if rows.problems:
        number, _column, title, why = rows.problems[0]
        where = _("Row %(number)s, %(title)s: %(why)s")
        raise Invalid(where % {"number": number, "title": title, "why": why})
    with transaction.atomic():
        known = {(one.title, one.category): one.pk for one in QuickReply.objects.filter(owner=member)}
        for reply in found:
            try:
                _take_own(member, reply, known)
            except DomainError as error:
                words = _("Row %(number)s: %(why)s") % {"number": reply.number, "why": error.detail}
                raise type(error)(words) from None
    return len(found)


def _take_own(member: Member, reply: Reply, known: dict[tuple[str, str], int]) -> None:
    name = (reply.title, reply.category)
    words = {"title": reply.title, "text": reply.text, "category": reply.category}
    if name in known:
        quick_replies.change(member, known[name], **words)
    else:
        known[name] = quick_replies.add(member, **words).pk


# --- the shared ones ---


def template(form: str) -> tuple[bytes, str]:
    """An empty file with an example row, and what it is called."""
    rows = [SHARED.titles_of(), *examples()]
    content = exports.at_once(lambda target: _write(target, form, rows))
    return content, exports.file_name(_name(), form, template=True)


def exported(form: str, *, member: Member, address: str = "") -> tuple[bytes, str]:
    """The shared ones, and what the file is called. In the trail first (X-13)."""
    _expect_may(member)
    found = QuickReply.objects.filter(owner__isnull=True)
    replies = list(found.order_by("category", "position", "id"))
    trail.append(
        "quick_reply.exported",
        member=member,
        address=address,
        object_type="quick_reply",
        values={"form": form, "rows": len(replies)},
    )
    rows = [SHARED.titles_of(), *map(line, replies)]
    return exports.at_once(lambda target: _write(target, form, rows)), exports.file_name(_name(), form)


def receive(file: File, existing: str, *, member: Member, address: str = "") -> FileJob:
    """Take an uploaded file in and begin to check it. Raises TooLarge and BadTable."""
    from apps.sessions import tasks

    job = FileJob(subject=SUBJECT, member=member, address=address, existing=Existing(existing))
    imports.receive(job, file, tasks.check_quick_replies)
    return job


def confirm(job: FileJob, *, address: str = "") -> None:
    """Write what was checked. Raises WrongState when it is not waiting for that."""
    from apps.sessions import tasks

    imports.confirm(job, tasks.write_quick_replies, address=address)


def check(job_id: int) -> None:
    """In the worker: what would happen."""
    imports.check(FileJob, job_id, _take)


def write(job_id: int) -> None:
    """In the worker: make it happen."""
    imports.write(FileJob, job_id, _take)


def _take(job: FileJob, table: Table, dry_run: bool) -> None:
    _expect_may(job.member)
    tell = jobs.telling(job)
    rows = Rows(table, SHARED, most=MOST_SHARED)
    quick_replies.lock_shared()
    known = {_key(one): one for one in QuickReply.objects.filter(owner__isnull=True)}
    changes = _Changes(Existing(job.existing), known, rows)
    for reply in rows:
        changes.take(reply)
        if reply.number % 200 == 0:
            tell(min(0.99, table.share))
    job.rows = rows.count
    if rows.problems:
        raise BadRows(rows.problems, len(rows.wrong))
    job.added, job.changed, job.unchanged = len(changes.new), len(changes.changed), changes.unchanged
    if not dry_run:
        changes.write(job)


class _Changes:
    """What a file comes to beside what is there."""

    def __init__(self, existing: Existing, known: dict[tuple, QuickReply], rows: Rows) -> None:
        self.existing, self.known, self.rows = existing, known, rows
        self.new: list[QuickReply] = []
        self.changed: list[QuickReply] = []
        self.unchanged = 0
        self.seen: dict[tuple, int] = {}
        self.position = max((one.position for one in known.values()), default=0)

    def take(self, reply: Reply) -> None:
        key = (reply.title.lower(), reply.category.lower(), reply.language or "")
        if key in self.seen:
            words = _("The same as in row %(row)s: title, category and language.") % {"row": self.seen[key]}
            return self.rows.wrong_at(reply.number, "title", words)
        self.seen[key] = reply.number
        there = self.known.get(key)
        if there is None:
            return self._add(reply)
        if self.existing == Existing.REFUSE:
            return self.rows.wrong_at(reply.number, "title", _("It is there already."))
        if self.existing == Existing.KEEP or there.text == reply.text:
            self.unchanged += 1
        else:
            there.text = reply.text
            self.changed.append(there)
        return None

    def _add(self, reply: Reply) -> None:
        self.position += 1
        self.new.append(
            QuickReply(
                title=reply.title,
                text=reply.text,
                category=reply.category,
                language=reply.language or "",
                position=self.position,
            )
        )

    def write(self, job: FileJob) -> None:
        QuickReply.objects.bulk_create(self.new)
        QuickReply.objects.bulk_update(self.changed, ["text"], batch_size=500)
        trail.append(
            "quick_reply.imported",
            member=job.member,
            address=job.address,
            object_type="quick_reply",
            values={"file": job.name, "added": job.added, "changed": job.changed},
        )


def _key(reply: QuickReply) -> tuple[str, str, str]:
    return reply.title.lower(), reply.category.lower(), reply.language


def _write(target: BinaryIO, form: str, rows: list[list[str]]) -> None:
    exports.write_rows(target, form, rows, title=_("Quick replies"), widths=WIDTHS)


def _name() -> str:
    return slugify(_("Quick replies"), allow_unicode=True)


def _expect_may(member: Member | None) -> None:
    if member is None or not may(member, Ability.EDIT_SHARED_REPLIES):
        raise NotAllowed(_("Only supervisors and administrators may do this."))
