"""What comes with csdesk (B-2): brought once, never over what people have made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.chatbot.models import Category, Entry, SimilarQuestion, question_key
from apps.team.models import Member

from .draft import changing
from .entries import filled
from .texts import Values, checked


@dataclass(frozen=True)
class Preset:
    """An entry by a code that never changes, in the preset category with this code."""

    code: str
    category: str
    values: Values


def install_presets(
    library: str, presets: Sequence[Preset], *, member: Member | None = None, address: str = ""
) -> int:
    """Add those whose code and question are not there yet, and their categories; how many were added.

    Raises InvalidEntry for one that can't be an entry: nothing was added then.
    """
    wanted = [Preset(one.code, one.category, checked(one.values)) for one in presets]
    with changing(library, member=member, address=address) as act:
        there = Entry.objects.filter(library=library).values_list("preset", "key")
        codes, keys = {code for code, _key in there if code}, {key for _code, key in there}
        added: dict[str, Preset] = {}
        for one in wanted:
            if one.code not in codes and one.values.key not in keys:
                added.setdefault(one.values.key, one)
        if added:
            categories = _categories(library, [one.category for one in wanted])
            _add(library, list(added.values()), categories)
            act.note("library.presets_added", "library", library, added=len(added))
    return len(added)


def _categories(library: str, codes: Sequence[str]) -> dict[str, int]:
    """The id of each preset category; those that are missing come last."""
    known = dict(Category.objects.filter(library=library).exclude(preset="").values_list("preset", "pk"))
    position = Category.objects.filter(library=library, parent__isnull=True).count()
    for code in dict.fromkeys(codes):
        if code not in known:
            known[code] = Category.objects.create(library=library, preset=code, position=position).pk
            position += 1
    return known


def _add(library: str, presets: list[Preset], categories: dict[str, int]) -> None:
    entries = [
        filled(Entry(library=library, preset=one.code, category_id=categories[one.category]), one.values)
        for one in presets
    ]
    Entry.objects.bulk_create(entries)
    SimilarQuestion.objects.bulk_create(
        SimilarQuestion(entry=entry, text=text, key=question_key(text), position=position)
        for entry, one in zip(entries, presets, strict=True)
        for position, text in enumerate(one.values.similar)
    )
