"""The columns of a library's file (M-4): what they are called, how each value is read and written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from import_export import resources
from import_export.fields import Field

from apps.chatbot import column_widgets as widgets
from apps.chatbot.knowledge import Problem, Row, RowProblem, Values
from apps.chatbot.knowledge.categories import steps_of
from apps.chatbot.models import ANSWERS_LIMIT, Format
from csdesk.tables import BadTable, column_name

MORE = "more_answers"
# What the columns are called, in this order; `more_answers` stands for several, each with a number.
TITLES = {
    "category": gettext_lazy("Category"),
    "question": gettext_lazy("Standard question"),
    "similar": gettext_lazy("Similar questions"),
    "answer": gettext_lazy("Answer"),
    "format": gettext_lazy("Format"),
    "is_enabled": gettext_lazy("Enabled"),
    "valid_from": gettext_lazy("Valid from"),
    "valid_to": gettext_lazy("Valid to"),
    "tags": gettext_lazy("Tags"),
    MORE: gettext_lazy("Other answer"),
}
NEEDED = ("question", "answer")
# How other products call them, so that their files need not be retyped.
_ALSO_CALLED = {
    "category": "分类 分类名称 类目 问题分类 目录 category folder topic",
    "question": "问题 标准问 标准问题 问题名称 标准问法 question standard_question title",
    "similar": "相似问 相似问题 相似问法 扩展问 similar similar_questions variants",
    "answer": "答案 回答 回复 答案内容 回复内容 标准答案 answer reply",
    "format": "格式 答案格式 format",
    "is_enabled": "状态 启用 是否启用 启用状态 enabled status state",
    "valid_from": "生效时间 开始时间 有效期开始 valid_from",
    "valid_to": "失效时间 结束时间 有效期结束 valid_to",
    "tags": "标签 tags labels",
    MORE: "其他答案 更多答案 other_answer other_answers more_answers",
}


@dataclass
class Line:
    """An entry between the table and the library."""

    category: str = ""
    question: str = ""
    similar: Sequence[str] = ()
    answer: str = ""
    format: str = Format.TEXT.value
    is_enabled: bool = True
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    tags: Sequence[str] = ()
    more_answers: Sequence[str] = ()


class EntryResource(resources.Resource):
    """Reads and writes one row; which column stands where is told by `Header`."""

    category = Field("category", "category", widgets.TextWidget())
    question = Field("question", "question", widgets.TextWidget())
    similar = Field("similar", "similar", widgets.LinesWidget())
    answer = Field("answer", "answer", widgets.TextWidget())
    format = Field("format", "format", widgets.FormatWidget(), default=Format.TEXT.value)
    is_enabled = Field("is_enabled", "is_enabled", widgets.YesNoWidget(), default=True)
    valid_from = Field("valid_from", "valid_from", widgets.MomentWidget())
    valid_to = Field("valid_to", "valid_to", widgets.MomentWidget())
    tags = Field("tags", "tags", widgets.TagsWidget())
    more_answers = Field(MORE, MORE, widgets.TextsWidget())

    def __init__(self, zone: ZoneInfo, *, date_1904: bool = False) -> None:
        super().__init__()
        for name in ("valid_from", "valid_to"):
            self.fields[name].widget = widgets.MomentWidget(zone, date_1904=date_1904)

    def read(self, number: int, cells: dict[str, object]) -> Iterator[Row | RowProblem]:
        """The row, or a problem for each cell that can't be read."""
        line = Line()
        try:
            self.import_instance(line, cells)
        except ValidationError as error:
            for name, problems in error.message_dict.items():
                yield RowProblem(number, Problem(name, " ".join(problems)))
            return
        values = {name: getattr(line, name) for name in TITLES if name != "category"}
        yield Row(number, Values(**values), steps_of(line.category))

    def written(self, line: Line, more: int) -> list[str]:
        """The cells of a row with so many columns for other answers."""
        *cells, others = self.export_resource(line)
        return [*cells, *others, *[""] * (more - len(others))]


@dataclass
class Header:
    """Which column of a file holds what. Raises BadTable for a first row that does not say it."""

    places: dict[str, int] = field(default_factory=dict)
    more: list[int] = field(default_factory=list)
    width: int = 0

    @classmethod
    def of(cls, cells: Sequence[str]) -> Header:
        known = _known_titles()
        found = cls(width=len(cells))
        strange = []
        for place, title in enumerate(cells):
            name = known.get(_folded(title), "")
            if name == MORE:
                found.more.append(place)
            elif name in found.places:
                raise BadTable(_("Two columns are called “%(title)s”.") % {"title": TITLES[name]})
            elif name:
                found.places[name] = place
            elif title.strip():
                strange.append(f"{column_name(place)} “{title.strip()[:40]}”")
        found._expect_sense(strange)
        return found

    @property
    def fields(self) -> set[str]:
        """The fields that the file has a column for."""
        return set(self.places) | ({MORE} if self.more else set())

    def column(self, name: str, place: int | None) -> str:
        """The letters of a field's column; of other answers the one at this place."""
        if name == MORE and self.more:
            return column_name(self.more[min(place or 0, len(self.more) - 1)])
        return column_name(self.places[name]) if name in self.places else ""

    def named(self, cells: Sequence[str]) -> dict[str, object]:
        """The cells of a row by their fields."""
        there = len(cells)
        row: dict[str, object] = {
            name: cells[place] if place < there else "" for name, place in self.places.items()
        }
        if self.more:
            row[MORE] = [cells[place] for place in self.more if place < there]
        return row

    def _expect_sense(self, strange: list[str]) -> None:
        missing = [name for name in NEEDED if name not in self.places]
        if missing:
            words = _("The first row must name the columns; there is none called %(names)s.")
            raise BadTable(words % {"names": _listed(missing)})
        if strange:
            words = _("These columns are not known: %(strange)s. Possible: %(possible)s.")
            raise BadTable(words % {"strange": ", ".join(strange), "possible": _listed(TITLES)})
        if len(self.more) >= ANSWERS_LIMIT:
            raise BadTable(_("At most %(most)s answers in all.") % {"most": ANSWERS_LIMIT})


def titles(more: int) -> list[str]:
    """The first row of a file with so many columns for other answers."""
    single = [str(title) for name, title in TITLES.items() if name != MORE]
    return [*single, *(f"{TITLES[MORE]} {number}" for number in range(1, more + 1))]


def title_of(name: str) -> str:
    return str(TITLES.get(name, name))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(str(TITLES[name]) for name in names)


def _known_titles() -> dict[str, str]:
    """Every title in all languages, and what else the columns are called, as their fields."""
    found = {_folded(word): name for name, words in _ALSO_CALLED.items() for word in words.split()}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found |= {_folded(str(title)): name for name, title in TITLES.items()}
    numbered = range(1, ANSWERS_LIMIT + 1)
    found |= {f"{title}{n}": MORE for title, name in list(found.items()) if name == MORE for n in numbered}
    return found


def _folded(title: str) -> str:
    """A title without what does not count: width, case, blanks, and the mark of what is needed."""
    text = unicodedata.normalize("NFKC", title).casefold()
    return "".join(text.replace("_", "").replace("*", "").split())
