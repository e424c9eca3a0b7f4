"""A library, or a part of it, as a file (M-4): small ones at once, large ones by a job in the worker."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import BinaryIO

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField, Max, OuterRef, QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.chatbot import knowledge
from apps.chatbot.examples import examples
from apps.chatbot.job_models import FileJob
from apps.chatbot.knowledge import Wanted
from apps.chatbot.knowledge.categories import Tree
from apps.chatbot.models import Entry, Library, SimilarQuestion
from apps.chatbot.resources import EntryResource, Line, titles
from apps.team import trail
from apps.team.abilities import Ability, may
from apps.team.models import Member
from csdesk.errors import NotAllowed
from csdesk.file_jobs import exports, jobs

# More entries than these are written by a job.
AT_ONCE = 2_000
# Entries read from the database at a time.
STEP = 2_000
# How wide the columns of a sheet are, in characters.
WIDTHS = (22, 36, 44, 60, 16, 10, 18, 18, 18)
WIDTH_OF_OTHERS = 60


def file_name(library: str, form: str, *, template: bool = False) -> str:
    """What the file is called: `qa-library_20260715-1430.csv`; a template by its name."""
    name = slugify(str(Library(library).label), allow_unicode=True)
    return exports.file_name(name, form, template=template)


def template(library: str, form: str) -> bytes:
    """An empty file with its columns' titles, and rows that show how to fill it."""
    lines = examples(library)
    more = max(1, *(len(line.more_answers) for line in lines))
    rows = _table(lines, EntryResource(timezone.get_default_timezone()), more)
    return exports.at_once(lambda target: _write(target, form, library, rows, more))


def entries_of(library: str, wanted: dict) -> QuerySet[Entry]:
    """The entries that an export is to hold: those chosen by their ids, or all that fit."""
    if "ids" in wanted:
        return Entry.objects.filter(library=library, pk__in=wanted["ids"])
    return knowledge.found(Wanted(library, **wanted), knowledge.tree(library))


def at_once(library: str, wanted: dict, form: str, *, member: Member, address: str = "") -> bytes:
    """The file, where it is small. In the trail before anybody sees it (X-13)."""
    _note(library, entries_of(library, wanted).count(), form, member, address)
    return exports.at_once(lambda target: _export(target, library, wanted, form, lambda share: None))


def begin(library: str, wanted: dict, form: str, *, member: Member, address: str = "") -> FileJob:
    """Have a job write the file."""
    from apps.chatbot import tasks

    name = file_name(library, form)
    job = FileJob(library=library, member=member, address=address, name=name, wanted=wanted)
    exports.begin(job, tasks.write_export)
    return job


def write(job_id: int) -> None:
    """In the worker: write the file."""
    exports.write(FileJob, job_id, _written)


def note_download(job: FileJob, *, member: Member, address: str = "") -> None:
    """The trail's entry for a file that is fetched now."""
    _note(job.library, job.rows, exports.form_of(job.name), member, address)


def _written(job: FileJob, target: BinaryIO) -> int:
    if job.member is None or not may(job.member, Ability.MANAGE_BOT):
        raise NotAllowed(_("Only administrators may do this."))
    form = exports.form_of(job.name)
    return _export(target, job.library, job.wanted, form, jobs.telling(job))


def _export(
    target: BinaryIO, library: str, wanted: dict, form: str, progress: Callable[[float], None]
) -> int:
    """Write the file; how many entries it holds."""
    entries = entries_of(library, wanted)
    count = entries.count()
    progress(0.0)
    cardinality = Func("more_answers", function="cardinality", output_field=IntegerField())
    more = entries.aggregate(most=Max(cardinality))["most"] or 0
    lines = _Lines(library, entries, count, progress)
    resource = EntryResource(timezone.get_default_timezone())
    _write(target, form, library, _table(lines, resource, more), more)
    progress(1.0)
    return lines.written


class _Lines:
    """The entries as lines, read some at a time: a library is larger than memory should be."""

    def __init__(
        self, library: str, entries: QuerySet[Entry], count: int, progress: Callable[[float], None]
    ) -> None:
        similar = SimilarQuestion.objects.filter(entry=OuterRef("pk")).order_by("position", "id")
        self.entries = entries.order_by("pk").annotate(alike=ArraySubquery(similar.values("text")))
        self.tree: Tree = knowledge.tree(library)
        self.paths: dict[int | None, str] = {}
        self.count = max(1, count)
        self.progress = progress
        self.written = 0

    def __iter__(self) -> Iterator[Line]:
        last = 0
        while some := list(self.entries.filter(pk__gt=last)[:STEP]):
            for entry in some:
                yield self._line(entry)
            last = some[-1].pk
            self.written += len(some)
            self.progress(min(0.99, self.written / self.count))

    def _line(self, entry: Entry) -> Line:
        if entry.category_id not in self.paths:
            self.paths[entry.category_id] = self.tree.shown_path(entry.category_id)
        return Line(
            category=self.paths[entry.category_id],
            question=entry.question,
            similar=entry.alike,
            answer=entry.answer,
            format=entry.format,
            is_enabled=entry.is_enabled,
            valid_from=entry.valid_from,
            valid_to=entry.valid_to,
            tags=entry.tags,
            more_answers=entry.more_answers,
        )


def _table(lines: Collection[Line] | _Lines, resource: EntryResource, more: int) -> Iterator[list[str]]:
    yield titles(more)
    for line in lines:
        yield resource.written(line, more)


def _write(target: BinaryIO, form: str, library: str, rows: Iterator[list[str]], more: int) -> None:
    widths = (*WIDTHS, *[WIDTH_OF_OTHERS] * more)
    exports.write_rows(target, form, rows, title=str(Library(library).label), widths=widths)


def _note(library: str, count: int, form: str, member: Member, address: str) -> None:
    trail.append(
        "library.exported",
        member=member,
        address=address,
        object_type="library",
        object_id=library,
        values={"library": library, "entries": count, "format": form},
    )
