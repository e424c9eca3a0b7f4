"""The columns of a library's file (M-4): what they are called, how each value is read and written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy
from import_export import resources
from import_export.fields import Field

from apps.chatbot.column_widgets import FormatWidget
from apps.chatbot.knowledge import Problem, Row, RowProblem, Values
from apps.chatbot.knowledge.categories import steps_of
from apps.chatbot.models import ANSWERS_LIMIT, Format
from csdesk.file_jobs import cells as widgets
from csdesk.file_jobs.columns import Columns

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
COLUMNS = Columns(
    TITLES,
    NEEDED,
    _ALSO_CALLED,
    several=MORE,
    most=ANSWERS_LIMIT,
    too_many=gettext_lazy("At most %(most)s answers in all."),
)


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
    """Reads and writes one row; which column stands where is told by its header."""

    category = Field("category", "category", widgets.TextWidget())
    question = Field("question", "question", widgets.TextWidget())
    similar = Field("similar", "similar", widgets.LinesWidget())
    answer = Field("answer", "answer", widgets.TextWidget())
    format = Field("format", "format", FormatWidget(), default=Format.TEXT.value)
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


def titles(more: int) -> list[str]:
    """The first row of a file with so many columns for other answers."""
    return COLUMNS.titles_of(more)


def title_of(name: str) -> str:
    return COLUMNS.title_of(name)
