"""The columns of a file of quick replies (D-5, M-4), and its rows with what is wrong in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.sessions import quick_replies
from apps.sessions.models import QuickReply
from csdesk.errors import DomainError
from csdesk.file_jobs.cells import TextWidget, WordWidget
from csdesk.file_jobs.columns import Columns, Header, folded
from csdesk.tables import BadTable, Table

TITLES = {**quick_replies.NAMES, "language": gettext_lazy("Language")}
_ALSO_CALLED = {
    "category": "分类 分组 类别 category group folder",
    "title": "标题 名称 title name shortcut",
    "text": "内容 回复 回复内容 快捷回复 text content reply message",
    "language": "语言 language",
}
SHARED = Columns(TITLES, ("title", "text"), _ALSO_CALLED)
OWN = Columns({name: TITLES[name] for name in ("title", "text", "category")}, ("title", "text"), _ALSO_CALLED)
WIDTHS = (18, 26, 70, 12)

# As the list of the console calls them; nothing stands for any language.
_ANY = gettext_lazy("Any")
_LANGUAGES = {"any *": (_ANY, ""), "zh zh-hans zh-cn": ("中文", "zh-hans"), "en english": ("English", "en")}
LANGUAGE = WordWidget(_LANGUAGES)
_TEXT = TextWidget()


@dataclass(frozen=True)
class Reply:
    """A row that can be taken. `language` None: the file has no column for it."""

    number: int
    title: str
    text: str
    category: str = ""
    language: str | None = None


class Rows:
    """The replies of a table; what is wrong is gathered in `problems` as [row, column, title, sentence].

    Raises BadTable for a first row that does not say what stands where, unless `may_lack_titles`, and for
    more than `most` rows or none.
    """

    def __init__(self, table: Table, columns: Columns, *, most: int, may_lack_titles: bool = False) -> None:
        self.columns, self.most = columns, most
        self.count = 0
        self.problems: list[list] = []
        self.wrong: set[int] = set()
        self._rows = table.rows()
        first = next(self._rows, None)
        if first is None:
            raise BadTable(_("The file is empty."))
        has_titles = any(folded(cell) in columns.known for cell in first[1])
        if may_lack_titles and not has_titles:
            self._first = [first]
            self.header = Header.of(columns, columns.titles_of()[: max(2, min(len(first[1]), 3))])
        else:
            self._first = []
            self.header = Header.of(columns, first[1])

    def __iter__(self) -> Iterator[Reply]:
        for number, cells in [*self._first, *self._rows]:
            if not any(cell.strip() for cell in cells):
                continue
            named = self.header.named(cells)
            if is_example(named["title"]):
                continue
            self.count += 1
            if self.count > self.most:
                words = _("The file holds more than %(most)s rows. Split it into several.")
                raise BadTable(words % {"most": f"{self.most:,}"})
            found = self._read(number, named, self.header.stray(cells))
            if found:
                yield found
        if not self.count:
            raise BadTable(_("The file holds the titles of its columns, but no rows."))

    def wrong_at(self, number: int, field: str, detail: str) -> None:
        """Something is wrong in this row."""
        self.wrong.add(number)
        self.problems.append([number, self.header.column(field), self.columns.title_of(field), detail])

    def _read(self, number: int, named: dict, stray: str) -> Reply | None:
        if stray:
            self.wrong.add(number)
            detail = _("There is something in column %(column)s, which has no title.")
            self.problems.append([number, stray, "", detail % {"column": stray}])
            return None
        values: dict[str, str] = {}
        for field in ("title", "text", "category"):
            try:
                values[field] = quick_replies.checked_field(field, _TEXT.clean(named.get(field, "")))
            except ValueError as error:
                self.wrong_at(number, field, str(error))
            except DomainError as error:
                self.wrong_at(number, field, error.detail)
        language = None
        if "language" in self.header.fields:
            try:
                language = LANGUAGE.clean(named["language"]) or ""
            except ValueError as error:
                self.wrong_at(number, "language", str(error))
        return None if number in self.wrong else Reply(number, language=language, **values)


def examples() -> list[list[str]]:
    """The row with which a template shows how to fill it, in the reader's language."""
    text = _("Hello ${CustomerName}, this is ${StaffName}. How can I help you?")
    return [[_("Greetings"), _("Example: Hello"), text, str(_ANY)]]


def is_example(title: object) -> bool:
    """Whether this is the title of the row that a template came with."""
    return str(title).strip() in ("Example: Hello", "示例：您好")


def line(reply: QuickReply) -> list[str]:
    """A shared reply as a row."""
    language = reply.language if reply.language in ("zh-hans", "en") else ""
    return [reply.category, reply.title, reply.text, LANGUAGE.render(language)]
