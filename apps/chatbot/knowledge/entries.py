"""Entries one by one and by selection (B-1): add, change, delete, switch, move."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.chatbot.models import Category, Entry, SimilarQuestion, question_key
from apps.team.models import Member
from csdesk import clock
from csdesk.errors import NotFound, WrongState

from .draft import changing
from .texts import InvalidEntry, Problem, Values, checked

# Questions of a selection that the trail names.
NAMED_IN_TRAIL = 20
DELETED_AT_ONCE = 5_000

_FIELDS = ("question", "answer", "format", "is_enabled", "valid_from", "valid_to")


def add_entry(
    library: str,
    values: Values,
    *,
    category: int | None = None,
    member: Member | None = None,
    address: str = "",
) -> Entry:
    """A new entry of the draft. Raises InvalidEntry naming each field; a question is there once (B-1)."""
    values = checked(values)
    with changing(library, member=member, address=address) as act:
        _expect_new(library, values)
        _expect_category(library, category)
        entry = Entry(library=library, category_id=category, changed_by=member)
        filled(entry, values)
        entry.save(force_insert=True)
        _add_similar(entry, values)
        act.note("entry.added", "entry", entry.pk, after=_said(entry, values.similar))
    return entry


def change_entry(
    entry_id: int,
    values: Values,
    *,
    category: int | None,
    seen: datetime | None = None,
    member: Member | None = None,
    address: str = "",
) -> Entry:
    """All of an entry anew. Nothing happens when nothing changes.

    Raises InvalidEntry, NotFound for one that is gone, and WrongState when somebody else has changed it
    since `seen` (the `changed_at` that the form was filled from).
    """
    values = checked(values)
    library = _expect_there(Entry.objects.filter(pk=entry_id).first()).library
    with changing(library, member=member, address=address) as act:
        entry = _expect_there(Entry.objects.filter(pk=entry_id).first())
        if seen is not None and seen != entry.changed_at:
            raise WrongState(_("Somebody else has changed this entry meanwhile. Look at theirs first."))
        _expect_new(entry.library, values, besides=entry_id)
        _expect_category(entry.library, category)
        similar = list(entry.similar.values_list("text", flat=True))
        before = _said(entry, similar)
        entry.category_id = category
        filled(entry, values)
        after = _said(entry, values.similar)
        names = [name for name in after if after[name] != before[name]]
        if not names:
            return entry
        entry.changed_at, entry.changed_by = clock.now(), member
        entry.save()
        if "similar" in names:
            entry.similar.all().delete()
            _add_similar(entry, values)
        act.note(
            "entry.changed",
            "entry",
            entry_id,
            before={name: before[name] for name in names},
            after={name: after[name] for name in names},
        )
    return entry


def delete_entries(
    library: str, entries: QuerySet[Entry] | Iterable[int], *, member: Member | None = None, address: str = ""
) -> int:
    """Delete these; how many. Those that came with csdesk stay: they are switched off instead (B-2)."""
    with changing(library, member=member, address=address) as act:
        chosen = _chosen(library, entries).filter(preset="")
        named = _named(chosen)
        count = delete_rows(chosen)
        if count:
            act.note("entry.deleted", "entry", before={"count": count, "questions": named})
    return count


def switch_entries(
    library: str,
    entries: QuerySet[Entry] | Iterable[int],
    *,
    is_enabled: bool,
    member: Member | None = None,
    address: str = "",
) -> int:
    """Enable or disable these; how many were not so before."""
    with changing(library, member=member, address=address) as act:
        chosen = _chosen(library, entries).filter(is_enabled=not is_enabled)
        named = _named(chosen)
        count = chosen.update(is_enabled=is_enabled, changed_at=clock.now(), changed_by=member)
        if count:
            verb = "entry.enabled" if is_enabled else "entry.disabled"
            act.note(verb, "entry", count=count, questions=named)
    return count


def move_entries(
    library: str,
    entries: QuerySet[Entry] | Iterable[int],
    *,
    category: int | None,
    member: Member | None = None,
    address: str = "",
) -> int:
    """Put these into a category (None: into none); how many were not there before."""
    with changing(library, member=member, address=address) as act:
        _expect_category(library, category)
        chosen = _chosen(library, entries)
        if category is None:
            chosen = chosen.filter(category__isnull=False)
        else:
            chosen = chosen.exclude(category=category)
        named = _named(chosen)
        count = chosen.update(category=category, changed_at=clock.now(), changed_by=member)
        if count:
            act.note(
                "entry.moved",
                "entry",
                count=count,
                questions=named,
                after={"category": category},
            )
    return count


def delete_rows(chosen: QuerySet[Entry]) -> int:
    """Entries with what hangs on them, without reading them all first; inside an act.

    Their lines of the welcome card stay: customers have them until a release without these is live (B-8).
    """
    ids = list(chosen.values_list("pk", flat=True))
    for start in range(0, len(ids), DELETED_AT_ONCE):
        some = ids[start : start + DELETED_AT_ONCE]
        SimilarQuestion.objects.filter(entry__in=some).delete()
        rows = Entry.objects.filter(pk__in=some)
        rows._raw_delete(rows.db)
    return len(ids)


def _chosen(library: str, entries: QuerySet[Entry] | Iterable[int]) -> QuerySet[Entry]:
    """As a plain set of ids, which can be counted, changed and deleted whatever it was found by."""
    ids = entries.order_by().values("pk") if isinstance(entries, QuerySet) else list(entries)
    return Entry.objects.filter(library=library, pk__in=ids)


def _named(chosen: QuerySet[Entry]) -> list[str]:
    return list(chosen.order_by("pk").values_list("question", flat=True)[:NAMED_IN_TRAIL])


def _expect_there(entry: Entry | None) -> Entry:
    if entry is None:
        raise NotFound(_("This entry is gone: somebody has deleted it."))
    return entry


def _expect_new(library: str, values: Values, *, besides: int | None = None) -> None:
    """InvalidEntry when another entry has this standard question."""
    other = Entry.objects.filter(library=library, key=values.key).exclude(pk=besides).first()
    if other is not None:
        detail = _("There is an entry with this question already: “%(question)s”.")
        problem = Problem("question", detail % {"question": other.question}, entry=other.pk)
        raise InvalidEntry(problem)


def _expect_category(library: str, category: int | None) -> None:
    if category is not None and not Category.objects.filter(pk=category, library=library).exists():
        raise InvalidEntry(Problem("category", _("This category is gone.")))


def filled(entry: Entry, values: Values) -> Entry:
    """The entry with these values, which are checked."""
    for name in _FIELDS:
        setattr(entry, name, getattr(values, name))
    entry.key = values.key
    entry.more_answers, entry.tags = list(values.more_answers), list(values.tags)
    return entry


def _add_similar(entry: Entry, values: Values) -> None:
    SimilarQuestion.objects.bulk_create(
        SimilarQuestion(entry=entry, text=text, key=question_key(text), position=position)
        for position, text in enumerate(values.similar)
    )


def _said(entry: Entry, similar: Iterable[str]) -> dict[str, Any]:
    """All that can be edited, for the trail."""
    names = (*_FIELDS, "category_id", "more_answers", "tags")
    return {name: getattr(entry, name) for name in names} | {"similar": list(similar)}
