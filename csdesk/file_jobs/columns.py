"""The columns of a file (M-4): what they are called in each language, and which stands where."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.conf import settings
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from csdesk.tables import BadTable, column_name


@dataclass(frozen=True)
class Columns:
    """Fields by their titles, in the order of a file that we write.

    `also_called` are other names that are understood, as words with blanks between them. `several` is the
    field, if any, of which a file may have up to `most` columns, each with a number.
    """

    titles: Mapping[str, object]
    needed: Sequence[str]
    also_called: Mapping[str, str] = field(default_factory=dict)
    several: str = ""
    most: int = 0
    too_many: object = ""

    def titles_of(self, more: int = 0) -> list[str]:
        """The first row of a file, with so many columns for the field that may have several."""
        single = [str(title) for name, title in self.titles.items() if name != self.several]
        return [*single, *(f"{self.titles[self.several]} {number}" for number in range(1, more + 1))]

    def title_of(self, name: str) -> str:
        return str(self.titles.get(name, name))

    def listed(self, names: Iterable[str], language: str | None = None) -> str:
        """The titles one after the other, in the reader's language unless another is given."""
        with override(language or get_language()):
            return ", ".join(str(self.titles[name]) for name in names)

    @cached_property
    def known(self) -> dict[str, str]:
        """Every title in all languages, and what else the columns are called, as their fields."""
        found = {folded(word): name for name, words in self.also_called.items() for word in words.split()}
        for language, _name in settings.LANGUAGES:
            with override(language):
                found |= {folded(str(title)): name for name, title in self.titles.items()}
        numbers = range(1, self.most + 1)
        several = [title for title, name in found.items() if name == self.several]
        return found | {f"{title}{number}": self.several for title in several for number in numbers}


@dataclass
class Header:
    """Which column of a file holds what. `of` raises BadTable for a first row that does not say it."""

    columns: Columns
    places: dict[str, int] = field(default_factory=dict)
    more: list[int] = field(default_factory=list)
    width: int = 0
    # In which its titles are written: what is missing is named as it would stand there.
    language: str | None = None

    @classmethod
    def of(cls, columns: Columns, cells: Sequence[str]) -> Header:
        found = cls(columns, width=len(cells), language=_language_of(cells))
        strange = []
        for place, title in enumerate(cells):
            name = columns.known.get(folded(title), "")
            if name and name == columns.several:
                found.more.append(place)
            elif name in found.places:
                raise BadTable(_("Two columns are called “%(title)s”.") % {"title": columns.titles[name]})
            elif name:
                found.places[name] = place
            elif title.strip():
                strange.append(f"{column_name(place)} “{title.strip()[:40]}”")
        found._expect_sense(strange)
        return found

    @property
    def fields(self) -> set[str]:
        """The fields that the file has a column for."""
        return set(self.places) | ({self.columns.several} if self.more else set())

    def column(self, name: str, place: int | None = None) -> str:
        """The letters of a field's column; of a field with several the one at this place."""
        if name == self.columns.several and self.more:
            return column_name(self.more[min(place or 0, len(self.more) - 1)])
        return column_name(self.places[name]) if name in self.places else ""

    def named(self, cells: Sequence[str]) -> dict[str, object]:
        """The cells of a row by their fields."""
        there = len(cells)
        row: dict[str, object] = {
            name: cells[place] if place < there else "" for name, place in self.places.items()
        }
        if self.more:
            row[self.columns.several] = [cells[place] for place in self.more if place < there]
        return row

    def stray(self, cells: Sequence[str]) -> str:
        """The letters of a column that holds something and has no title; "" when there is none."""
        known = {*self.places.values(), *self.more}
        found = (place for place, cell in enumerate(cells) if cell and place not in known)
        place = next(found, None)
        return "" if place is None else column_name(place)

    def _expect_sense(self, strange: list[str]) -> None:
        columns = self.columns
        missing = [name for name in columns.needed if name not in self.places]
        if missing:
            words = _("The first row must name the columns; there is none called %(names)s.")
            raise BadTable(words % {"names": columns.listed(missing, self.language)})
        if strange:
            words = _("These columns are not known: %(strange)s. Possible: %(possible)s.")
            possible = columns.listed(columns.titles, self.language)
            raise BadTable(words % {"strange": ", ".join(strange), "possible": possible})
        if columns.several and len(self.more) >= columns.most:
            raise BadTable(str(columns.too_many) % {"most": columns.most})


def _language_of(cells: Sequence[str]) -> str:
    """The language of a first row: Chinese as soon as any of it is."""
    is_chinese = any("\u4e00" <= sign <= "\u9fff" for cell in cells for sign in cell)
    return "zh-hans" if is_chinese else "en"


def folded(title: str) -> str:
    """A title without what does not count: width, case, blanks, and the mark of what is needed."""
    text = unicodedata.normalize("NFKC", title).casefold()
    return "".join(text.replace("_", "").replace("*", "").split())
