"""A file of members into the team (M-4, T-2): checked whole, written whole or not at all.

Members are found by their e-mail, in any case. New ones get a password by e-mail later, made by whoever
sends it (`due_passwords`); nobody's e-mail, and no deleted member, is changed by a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from apps.team import member_plans, member_writing
from apps.team.abilities import Ability, may
from apps.team.member_columns import COLUMNS, Line, MemberResource, is_example
from apps.team.members import hold_names
from apps.team.models import FileJob, Member
from csdesk.errors import NotAllowed
from csdesk.file_jobs import jobs
from csdesk.file_jobs.columns import Header
from csdesk.file_jobs.imports import SHOWN, BadRows
from csdesk.file_jobs.models import Existing
from csdesk.tables import BadTable, Table

SUBJECT = "members"
MOST_ROWS = 50_000
# Shares of the time that reading and checking take.
READ, CHECKED = 0.5, 0.6

# Has the open sessions of members who serve no more go back to the queue; called after the commit.
Release = Callable[[Member], object]


def take(job: FileJob, table: Table, dry_run: bool, *, release: Release) -> None:
    """Check the table; unless it is a dry run write it. Raises BadRows, BadTable, NotAllowed, Cancelled …"""
    actor = Member.objects.filter(pk=job.member_id).first()
    if actor is None or not may(actor, Ability.MANAGE_MEMBERS):
        raise NotAllowed(_("Only administrators may do this."))
    tell = jobs.telling(job)
    if not dry_run:
        hold_names()
    source = _Source(table)
    rows = list(source.rows(lambda: tell(READ * table.share)))
    job.rows = source.count
    plans = member_plans.Planner(actor, source.header.fields, Existing(job.existing))
    for number, line, unread in rows:
        for name, detail in plans.add(number, line, unread):
            source.refuse(number, name, detail)
    source.raise_problems()
    tell(CHECKED)
    job.added, job.changed, job.unchanged = len(plans.new), len(plans.changed), plans.unchanged
    if not dry_run:
        member_writing.write(
            plans, actor, job.address, lambda share: tell(CHECKED + (1 - CHECKED) * share), release
        )
    tell(1.0)


class _Source:
    """The rows of a table, and what is wrong with any. BadTable when the first says not what they hold."""

    def __init__(self, table: Table) -> None:
        self._rows = table.rows()
        first = next(self._rows, None)
        if first is None:
            raise BadTable(_("The file is empty."))
        self.header = Header.of(COLUMNS, first[1])
        self.resource = MemberResource()
        self.count = 0
        self.wrong: set[int] = set()
        self.problems: list[list[Any]] = []

    def rows(self, tell: Callable[[], None]) -> Iterator[tuple[int, Line, frozenset[str]]]:
        """Each with its number and the fields that could not be read, which are told already."""
        for number, cells in self._rows:
            if not any(cell.strip() for cell in cells):
                continue
            named = self.header.named(cells)
            if is_example(named["email"]):
                continue
            self.count += 1
            if self.count % 1000 == 0:
                tell()
            if self.count > MOST_ROWS:
                words = _("The file holds more than %(most)s rows. Split it into several.")
                raise BadTable(words % {"most": f"{MOST_ROWS:,}"})
            if stray := self.header.stray(cells):
                detail = _("There is something in column %(column)s, which has no title.")
                self.refuse(number, "", detail % {"column": stray})
                continue
            line, wrong = self.resource.read(named)
            for name, details in wrong.items():
                self.refuse(number, name, " ".join(details))
            yield number, line, frozenset(wrong)
        if not self.count:
            raise BadTable(_("The file holds the titles of its columns, but no rows."))

    def refuse(self, number: int, name: str, detail: str) -> None:
        self.wrong.add(number)
        # The first of them, in the order of the file, are shown.
        self.problems.append([number, self.header.column(name), COLUMNS.title_of(name), detail])

    def raise_problems(self) -> None:
        if self.wrong:
            self.problems.sort(key=lambda problem: problem[0])
            raise BadRows(self.problems[:SHOWN], len(self.wrong))
