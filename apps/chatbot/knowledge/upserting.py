"""Many entries at once, as imports bring them: all or nothing, 100,000 in seconds (B-1, M-4).

Every row is checked before anything is written. Rows are then copied beside the table and joined with it,
so that the number of statements does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.chatbot.models import question_key
from apps.team.models import Member
from csdesk import clock
from csdesk.errors import DomainError, Invalid

from . import staging
from .categories import Tree, find_or_add, tree
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
# Rows between two calls of `progress`, and the share of the time that checking them takes.
STEP = 1_000
CHECKING = 0.4


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
    rows: Iterable[Row],
    *,
    fields: Collection[str] = FIELDS,
    dry_run: bool = False,
    progress: Callable[[float], None] = lambda share: None,
    member: Member | None = None,
    address: str = "",
) -> Upserted:
    """Add the entries that are not there yet and change those that are, known by their question.

    `fields` are those of FIELDS that the rows hold; of an entry that is there the others stay as they are.
    `progress` hears of shares between 0 and 1. With `dry_run` nothing is written and nobody waits.
    Raises InvalidRows before anything is written.
    """
    taken = _checked_rows(rows, progress)
    fields = [name for name in FIELDS if name in fields]
    if dry_run:
        with transaction.atomic():
            counts = _staged(library, taken, fields, progress)
            transaction.set_rollback(True)
        return counts
    with changing(library, member=member, address=address) as act:
        counts = _staged(library, taken, fields, progress)
        with connection.cursor() as cursor:
            staging.write(cursor, library, fields, clock.now(), member.pk if member else None)
            progress(0.95)
            staging.drop(cursor)
        if counts.added or counts.changed:
            act.note("library.imported", "library", library, added=counts.added, changed=counts.changed)
    progress(1.0)
    return counts


def _checked_rows(rows: Iterable[Row], progress: Callable[[float], None]) -> list[Row]:
    """The rows made plain. All that is wrong with any of them is told at once."""
    rows = rows if isinstance(rows, Sequence) else list(rows)
    problems: list[RowProblem] = []
    taken: list[Row] = []
    first: dict[str, int] = {}
    wrong = 0
    for place, row in enumerate(rows):
        try:
            values = checked(row.values)
            earlier = first.setdefault(values.key, row.number)
            if earlier != row.number:
                raise InvalidEntry(
                    Problem("question", _("The same question as in row %(row)s.") % {"row": earlier})
                )
        except InvalidEntry as error:
            wrong += 1
            problems += [RowProblem(row.number, problem) for problem in error.problems]
            del problems[MOST_PROBLEMS:]
            continue
        taken.append(Row(row.number, values, row.category))
        if place % STEP == 0:
            progress(CHECKING * place / len(rows))
    if problems:
        raise InvalidRows(problems, wrong)
    return taken


def _staged(
    library: str, rows: list[Row], fields: Collection[str], progress: Callable[[float], None]
) -> Upserted:
    """The rows beside the table, joined with it; what writing them would do."""
    categories = _categories(library, rows) if "category" in fields else {}
    with connection.cursor() as cursor:
        staging.create(cursor)
        staging.fill(cursor, (_record(row, categories) for row in rows))
        progress(0.6)
        added, changed = staging.compare(cursor, library, fields)
    progress(0.7)
    return Upserted(added, changed, len(rows) - added - changed)


def _categories(library: str, rows: list[Row]) -> dict[tuple[str, ...], int | None]:
    """The id of each category that the rows name; made where it is missing."""
    found: dict[tuple[str, ...], int | None] = {(): None}
    known: Tree = tree(library)
    problems = []
    for row in rows:
        if row.category not in found:
            try:
                found[row.category] = find_or_add(known, library, row.category)
            except DomainError as error:
                problems.append(RowProblem(row.number, Problem("category", error.detail)))
    if problems:
        raise InvalidRows(problems[:MOST_PROBLEMS], len(problems))
    return found


def _record(row: Row, categories: dict[tuple[str, ...], int | None]) -> tuple:
    values = row.values
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
        categories.get(row.category),
        list(values.similar),
        [question_key(text) for text in values.similar],
    )
