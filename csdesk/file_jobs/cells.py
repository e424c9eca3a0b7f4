"""How values of a file are read and written, cell by cell (M-4).

Reading takes what people type in either language; what is written can be read again as it was.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from import_export.widgets import Widget

from csdesk.tables import Formula, Number

_ENDS_OF_LINES = re.compile(r"\r\n|\r|\n")
_BETWEEN_TAGS = re.compile(r"[,，、;；]")
_MOMENT = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[T\s]+(\d{1,2})[:：](\d{2})(?:[:：](\d{2})(?:\.(\d{1,6}))?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)
# What spreadsheets count days from; the last day they know.
_FIRST_DAY, _FIRST_DAY_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_LAST_DAY = 2_958_465

YES, NO = gettext_lazy("Yes"), gettext_lazy("No")
_YES = "yes y true 1 on enabled active 是 启用 启用中 开启 已启用 有效 对"
_NO = "no n false 0 off disabled inactive 否 停用 已停用 关闭 禁用 未启用 无效"


class CellWidget(Widget):
    """A cell as text; a formula is refused, for nobody knows what it would come to."""

    def clean(self, value: object, row: object = None, **kwargs: object) -> object:
        if isinstance(value, Formula):
            raise ValueError(_("The cell holds a formula. Put what it comes to there instead."))
        return self.read(value)

    def read(self, text: str) -> object:
        return str(text)


class TextWidget(CellWidget):
    """A text as it stands."""

    def render(self, value: str, obj: object = None, **kwargs: object) -> str:
        return value


class TextsWidget(CellWidget):
    """Several columns, a text in each."""

    def clean(self, value: Sequence[str], row: object = None, **kwargs: object) -> list[str]:
        return [str(super(TextsWidget, self).clean(one)) for one in value]

    def render(self, value: Sequence[str], obj: object = None, **kwargs: object) -> Sequence[str]:
        return value


class LinesWidget(CellWidget):
    """A text in each line of the cell."""

    def read(self, text: str) -> list[str]:
        return [line for line in _ENDS_OF_LINES.split(text) if line]

    def render(self, value: Sequence[str], obj: object = None, **kwargs: object) -> str:
        return "\n".join(value)


class TagsWidget(LinesWidget):
    """One in each line, or all in one line with commas."""

    def read(self, text: str) -> list[str]:
        if "\n" in text:
            return super().read(text)
        return [tag for part in _BETWEEN_TAGS.split(text) if (tag := part.strip())]

    def render(self, value: Sequence[str], obj: object = None, **kwargs: object) -> str:
        # A second line says that commas part nothing.
        has_comma = len(value) == 1 and _BETWEEN_TAGS.search(value[0])
        return f"{value[0]}\n" if has_comma else "\n".join(value)


class WordWidget(CellWidget):
    """One of a few words, in any of our languages."""

    def __init__(self, words: dict[str, tuple[object, object]]) -> None:
        """`words`: what people may write, as blank-parted words, by title; with the value it means."""
        super().__init__()
        self.given = words
        self.titles = {value: title for title, value in words.values()}

    @cached_property
    def words(self) -> dict[str, object]:
        """All that is understood, without what does not count."""
        found = {word: value for every, (_title, value) in self.given.items() for word in every.split()}
        for language, _name in settings.LANGUAGES:
            with override(language):
                found |= {_folded(str(title)): value for title, value in self.given.values()}
        return found

    def read(self, text: str) -> object:
        wanted = _folded(text)
        if not wanted:
            return None
        try:
            return self.words[wanted]
        except KeyError:
            possible = ", ".join(str(title) for title in self.titles.values())
            raise ValueError(_("Possible here: %(possible)s.") % {"possible": possible}) from None

    def render(self, value: object, obj: object = None, **kwargs: object) -> str:
        return str(self.titles[value])


class YesNoWidget(WordWidget):
    def __init__(self) -> None:
        super().__init__({_YES: (YES, True), _NO: (NO, False)})


class MomentWidget(CellWidget):
    """A day, or a day with a time, in the business's zone."""

    def __init__(self, zone: ZoneInfo | None = None, *, date_1904: bool = False) -> None:
        super().__init__()
        self.zone = zone or ZoneInfo(settings.TIME_ZONE)
        self.first_day = _FIRST_DAY_1904 if date_1904 else _FIRST_DAY

    def read(self, text: str) -> datetime | None:
        plain = unicodedata.normalize("NFKC", text).strip()
        if not plain:
            return None
        try:
            if isinstance(text, Number):
                return self._of_days(plain)
            found = _MOMENT.fullmatch(plain)
            return self._of_parts(*found.groups()) if found else self._refuse()
        except (ValueError, OverflowError):
            return self._refuse()

    def render(self, value: datetime | None, obj: object = None, **kwargs: object) -> str:
        if value is None:
            return ""
        local = value.astimezone(self.zone)
        text = f"{local:%Y-%m-%d %H:%M}"
        if local.microsecond:
            text += f"{local::%S.%f}"
        elif local.second:
            text += f"{local::%S}"
        if local.replace(tzinfo=None, fold=0).replace(tzinfo=self.zone).astimezone(UTC) != value:
            # The hour that comes twice when the clocks go back.
            text += f"{local:%z}"
        return text

    def _of_days(self, text: str) -> datetime:
        days = float(text)
        if not 1 <= days < _LAST_DAY + 1:
            return self._refuse()
        moment = self.first_day + timedelta(seconds=round(days * 86_400))
        return moment.replace(tzinfo=self.zone)

    def _of_parts(self, *parts: str | None) -> datetime:
        year, month, day, hour, minute, second = (int(part or 0) for part in parts[:6])
        microsecond = int((parts[6] or "").ljust(6, "0"))
        moment = datetime(year, month, day, hour, minute, second, microsecond)
        if parts[7] is None:
            return moment.replace(tzinfo=self.zone)
        return datetime.fromisoformat(f"{moment.isoformat()}{parts[7]}")

    def _refuse(self) -> datetime:
        raise ValueError(_("Write a time like 2026-07-15 18:00, or a day like 2026-07-15."))


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
