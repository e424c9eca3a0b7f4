"""What the draft would have the bot know now, row by row (B-8): for releases and for the test window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from apps.chatbot.models import Entry, SimilarQuestion

from .categories import tree

AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Known:
    """An entry as a release takes it. `category` is the path as it is kept: a preset one by its code."""

    entry_id: int
    question: str
    similar: tuple[str, ...]
    answers: tuple[str, ...]
    format: str
    category: str
    tags: tuple[str, ...]
    valid_from: datetime | None
    valid_to: datetime | None


def snapshot(library: str) -> Iterator[Known]:
    """The enabled entries of enabled categories, by id; streamed, and all of one moment.

    Entries of a category that is off, or within one that is off, are left out. When an answer counts
    (`valid_from`, `valid_to`) is told, not applied: a release lives longer than that.
    """
    known = tree(library)
    paths = {node.id: node.path for node in known.walk()}
    rows = _enabled(library, known.off()).values_list(
        "pk",
        "question",
        "similar_texts",
        "answer",
        "more_answers",
        "format",
        "category_id",
        "tags",
        "valid_from",
        "valid_to",
    )
    for row in rows.iterator(chunk_size=AT_ONCE):
        number, question, similar, answer, more, kind, category, tags, since, until = row
        yield Known(
            number,
            question,
            tuple(similar),
            (answer, *more),
            kind,
            paths.get(category, ""),
            tuple(tags),
            since,
            until,
        )


def _enabled(library: str, off: list[int]) -> QuerySet[Entry]:
    similar = SimilarQuestion.objects.filter(entry=OuterRef("pk")).order_by("position", "id")
    return (
        Entry.objects.filter(library=library, is_enabled=True)
        .exclude(category__in=off)
        .annotate(similar_texts=ArraySubquery(similar.values("text")))
        .order_by("pk")
    )
