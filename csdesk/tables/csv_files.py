"""CSV as people have it: in any of the usual encodings and delimiters, never trusted."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import BinaryIO

from django.utils.translation import gettext as _

from .cells import MOST_CHARACTERS, MOST_COLUMNS, guarded, plain
from .errors import BadTable

BYTE_ORDER_MARK = "\ufeff"
PIECE = 256 * 1024
DELIMITERS = (",", ";", "\t")
# What no text holds.
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")

csv.field_size_limit(MOST_CHARACTERS)


class CsvTable:
    """The rows of a CSV file. Raises BadTable when it is not text, or in an encoding that is not known."""

    date_1904 = False

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = max(1, file.seek(0, os.SEEK_END))
        self.encoding = _encoding(file)
        self.share = 0.0

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        self.file.seek(0)
        # Its own wrapper, detached at the end: the file stays the caller's.
        text = io.TextIOWrapper(self.file, encoding=self.encoding, newline="")
        number = 0
        try:
            delimiter = _delimiter(text)
            for number, cells in enumerate(csv.reader(text, delimiter=delimiter), start=1):
                if number % 500 == 0:
                    self.share = min(1.0, self.file.tell() / self.size)
                if any(cells):
                    yield number, [plain(cell) for cell in cells[:MOST_COLUMNS]]
        except csv.Error:
            words = _("Row %(row)s: a cell is too long, or its closing quote is missing.")
            raise BadTable(words % {"row": number + 1}) from None
        finally:
            # Closed already where somebody has stopped half-way.
            with suppress(ValueError):
                text.detach()
        self.share = 1.0


def csv_pieces(rows: Iterable[Iterable[str]]) -> Iterator[bytes]:
    """The rows as a CSV file, piece by piece, marked as UTF-8 and with nothing a spreadsheet would run."""
    piece = io.StringIO()
    piece.write(BYTE_ORDER_MARK)
    writer = csv.writer(piece)
    for row in rows:
        writer.writerow([guarded(cell) for cell in row])
        if piece.tell() > PIECE:
            yield piece.getvalue().encode("utf-8", "replace")
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue().encode("utf-8", "replace")


def _encoding(file: BinaryIO) -> str:
    """The encoding in which all of the file is text."""
    file.seek(0)
    head = file.read(4096)
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            _expect_text(file, (name,))
            return name
    possible = ["utf-8", "gb18030"]
    # Latin letters, digits and commas take two bytes there, one of them empty.
    if head.count(b"\0") > len(head) // 4:
        possible = ["utf-16-le" if head[1::2].count(b"\0") >= head[::2].count(b"\0") else "utf-16-be"]
    return _expect_text(file, possible)


def _expect_text(file: BinaryIO, encodings: Iterable[str]) -> str:
    for name in encodings:
        try:
            _read_through(file, name)
        except UnicodeError:
            continue
        return name
    raise BadTable(_("The file's encoding is not known. Save it as CSV in UTF-8, or as XLSX."))


def _read_through(file: BinaryIO, encoding: str) -> None:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    while piece := file.read(PIECE):
        if _BINARY.search(decoder.decode(piece)):
            raise BadTable(_("The file is neither CSV nor XLSX."))
    decoder.decode(b"", final=True)


def _delimiter(text: io.TextIOWrapper) -> str:
    """What parts the cells of the first line that holds anything."""
    first = ""
    while not first.strip():
        first = text.readline(MOST_CHARACTERS)
        if not first:
            break
    text.seek(0)
    # What is quoted belongs to a cell.
    bare = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=bare.count)
