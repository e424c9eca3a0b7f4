"""How the values of a library's file are read and written beside those of every file (M-4)."""

from __future__ import annotations

from apps.chatbot.models import Format
from csdesk.file_jobs.cells import WordWidget

_TEXT = "text plain txt 文本 纯文本"
_MARKDOWN = "markdown md rich 富文本 图文"


class FormatWidget(WordWidget):
    def __init__(self) -> None:
        super().__init__(
            {
                _TEXT: (Format.TEXT.label, Format.TEXT.value),
                _MARKDOWN: (Format.MARKDOWN.label, Format.MARKDOWN.value),
            }
        )
