"""Many entries at once, as imports bring them: all or nothing, 100,000 in seconds (B-1, M-4).

Every row is checked before anything is written, and before anybody has to wait for it. Rows are copied beside
the table as they come and joined with it, so that neither memory nor statements grow with their number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.chatbot.models import question_key
from apps.team.models import Member
from csdesk import clock
from csdesk.errors import DomainError, Invalid
from csdesk.file_jobs.models import Existing

from . import staging
from .categories import find_or_add, tree
from .draft import changing
from .texts import InvalidEntry, Problem, Values, checked

# What a file may say of an entry; its question says which entry it is.
FIELDS = (
    "similar",
    "answer",
    "more_answers",
    "format",
    "is_enabled",
    "valid_from",
    "valid_to",
    "tags",
    "category",
)
# Problems that are told of at once.
MOST_PROBLEMS = 1_000
# Rows copied at once, and the share of the time that reading, checking and copying them all takes.
STEP = 1_000
CHECKING = 0.6


@dataclass(frozen=True)
class Row:
    """A row of a file. `number` is what people call it by; `category` the names from the top."""

    number: int
    values: Values
    category: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowProblem:
    number: int
    problem: Problem


@dataclass(frozen=True)
class Upserted:
    """`unchanged` counts those that are there as the row says, or are kept whatever it says."""

    added: int
    changed: int
    unchanged: int


class InvalidRows(Invalid):
    """Rows that can't be taken: at most 1,000 problems, `count` rows in all. Nothing was written."""

    def __init__(self, problems: Sequence[RowProblem], count: int) -> None:
        super().__init__(_("%(count)s rows can't be taken.") % {"count": count})
        self.problems = problems
        self.count = count


def upsert_many(
    library: str,
    rows: Iterable[Row | RowProblem],
    *,
    fields: Collection[str] = FIELDS,
    existing: Existing = Existing.CHANGE,
    dry_run: bool = False,
    progress: Callable[[float], None] = lambda share: None,
    read: Callable[[], float] = lambda: 1.0,
    member: Member | None = None,
    address: str = "",
) -> Upserted:
    """Add the entries that are not there yet and change those that are, known by their question.

    Rows are taken one by one as they come; one that could not be read comes as its RowProblem. `fields` are
    those of FIELDS that the rows hold; of an entry that is there the others stay as they are. `progress`
    hears of shares between 0 and 1, and may raise to break off; `read` tells how far `rows` has come. With
    `dry_run` nothing is written and nobody waits. Raises InvalidRows before anything is written.
    """
    fields = [name for name in FIELDS if name in fields]
    with transaction.atomic(), connection.cursor() as cursor:
        staging.create(cursor)
        incoming = _Incoming(cursor)
        incoming.take(rows, progress, read)
        if dry_run:
            counts = _compared(cursor, library, incoming, fields, existing)
            transaction.set_rollback(True)
            progress(1.0)
            return counts
        with changing(library, member=member, address=address) as act:
            counts = _compared(cursor, library, incoming, fields, existing)
            progress(0.7)
            staging.write(cursor, library, fields, clock.now(), member.pk if member else None)
            progress(0.95)
            staging.drop(cursor)
            if counts.added or counts.changed:
                act.note("library.imported", "library", library, added=counts.added, changed=counts.changed)
    progress(1.0)
    return counts


class _Incoming:
    """The rows on their way beside the table, each checked; all that is wrong with any is told at once."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.count = self.wrong = 0
        self.last_wrong: int | None = None
        self.problems: list[RowProblem] = []
        # In which row a question, and a category, came first.
        self.questions: dict[str, int] = {}
        self.categories: dict[tuple[str, ...], tuple[int, int]] = {}

    def take(
        self,
        rows: Iterable[Row | RowProblem],
        progress: Callable[[float], None],
        read: Callable[[], float],
    ) -> None:
        progress(0.0)
        for some in _batched(rows, STEP):
            records = [record for row in some if (record := self._record(row))]
            # Nothing will be written any more: the rest is only looked through.
            if not self.wrong:
                staging.fill(self.cursor, records)
                self.count += len(records)
            progress(CHECKING * read())
        if self.wrong:
            raise InvalidRows(self.problems, self.wrong)
        staging.filled(self.cursor)

    def _record(self, row: Row | RowProblem) -> tuple | None:
        if isinstance(row, RowProblem):
            self._refuse(row.number, [row.problem])
            return None
        try:
            values = checked(row.values)
            earlier = self.questions.setdefault(values.key, row.number)
            if earlier != row.number:
                raise InvalidEntry(
                    Problem("question", _("The same question as in row %(row)s.") % {"row": earlier})
                )
        except InvalidEntry as error:
            self._refuse(row.number, error.problems)
            return None
        category = self.categories.setdefault(row.category, (len(self.categories), row.number))[0]
        return (
            row.number,
            values.key,
            values.question,
            values.answer,
            list(values.more_answers),
            str(values.format),
            values.is_enabled,
            values.valid_from,
            values.valid_to,
            list(values.tags),
            category,
            list(values.similar),
            [question_key(text) for text in values.similar],
        )

    def _refuse(self, number: int, problems: Iterable[Problem]) -> None:
        # A row that could not be read comes once for each of its problems.
        self.wrong += number != self.last_wrong
        self.last_wrong = number
        self.problems += [RowProblem(number, problem) for problem in problems]
        del self.problems[MOST_PROBLEMS:]


def _batched(rows: Iterable, size: int) -> Iterator[list]:
    """The rows, so many at a time."""
    rows = iter(rows)
    while some := list(islice(rows, size)):
        yield some


def _compared(
    cursor: Any, library: str, incoming: _Incoming, fields: Collection[str], existing: Existing
) -> Upserted:
    """What writing the rows would do, with their categories found or made."""
    if existing == Existing.REFUSE:
        _expect_none(staging.existing(cursor, library))
    elif existing == Existing.KEEP:
        staging.drop_existing(cursor, library)
    if "category" in fields:
        staging.set_categories(cursor, _categories(library, incoming.categories, staging.categories(cursor)))
    added, changed = staging.compare(cursor, library, fields)
    return Upserted(added, changed, incoming.count - added - changed)


def _expect_none(numbers: Sequence[int]) -> None:
    if numbers:
        problem = Problem("question", _("The library has this question already."))
        shown = [RowProblem(number, problem) for number in numbers[:MOST_PROBLEMS]]
        raise InvalidRows(shown, len(numbers))


def _categories(
    library: str, named: dict[tuple[str, ...], tuple[int, int]], wanted: Collection[int]
) -> dict[int, int]:
    """The id of each category that rows still name, by its place; made where it is missing."""
    known = tree(library)
    found: dict[int, int] = {}
    problems = []
    for steps, (place, number) in named.items():
        if steps and place in wanted:
            try:
                found[place] = find_or_add(known, library, steps)
            except DomainError as error:
                problems.append(RowProblem(number, Problem("category", error.detail)))
    if problems:
        raise InvalidRows(problems[:MOST_PROBLEMS], len(problems))
    return found
