"""XLSX read by streaming, with nothing of it trusted: no entities, no bombs, no formulas run (X-13)."""

from __future__ import annotations

import array
import contextlib
import os
import posixpath
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

from django.utils.translation import gettext as _

from .cells import MOST_CHARACTERS, MOST_COLUMNS, Formula, Number, column_place, plain
from .errors import BadTable

# All parts together, unpacked: what a bomb would go beyond.
MOST_BYTES = 500 * 1024 * 1024
MOST_PARTS = 2_000
PIECE = 128 * 1024
# The longest tag there may be: expat keeps one in memory until it ends.
MOST_IN_TAG = 1024 * 1024
# What the archive's reader says of a damaged one: wrong bytes where it looks for its own, packed data that
# make no sense, an end too early, names or places that can't be, a password asked for.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError)
# What spreadsheets pack with; others unpack more from less than the sizes above keep in bounds.
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What expat reads by itself. For others it asks for codecs, some of which are no alphabets.
ENCODINGS = frozenset({"utf-8", "utf-16", "us-ascii", "iso-8859-1"})
_NUMBER = re.compile(r"[0-9]{1,9}")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class XlsxTable:
    """The rows of the first sheet. Raises BadTable when the file is no XLSX or too much of one."""

    def __init__(self, file: BinaryIO) -> None:
        with _told_as_damage():
            self.archive = zipfile.ZipFile(file)
        self.share = 0.0
        parts = self.archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
            raise BadTable(_("Unpacked, the file is larger than 500 MB. Split it into several."))
        if any(part.compress_type not in PACKED or part.header_offset < 0 for part in parts):
            raise _damaged()
        self.names = {part.filename for part in parts}
        if "xl/workbook.xml" not in self.names:
            raise BadTable(_("The file holds no Excel workbook."))
        book = _Book()
        self._parse("xl/workbook.xml", book)
        self.date_1904 = book.date_1904
        self.sheet = self._sheet(book.sheet)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        with tempfile.TemporaryFile() as store:
            texts = _SharedTexts(store)
            if "xl/sharedStrings.xml" in self.names:
                self._parse("xl/sharedStrings.xml", texts)
            texts.finish()
            sheet = _Sheet(texts)
            size = max(1, self.archive.getinfo(self.sheet).file_size)
            read = 0
            for piece_size in self._fed(self.sheet, sheet):
                read += piece_size
                self.share = min(1.0, read / size)
                yield from sheet.taken()
            yield from sheet.taken()
        self.share = 1.0

    def _sheet(self, key: str) -> str:
        """The part with the sheet that the workbook refers to."""
        links = _Links(key)
        if "xl/_rels/workbook.xml.rels" in self.names:
            self._parse("xl/_rels/workbook.xml.rels", links)
        target = links.target or "worksheets/sheet1.xml"
        part = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
        if part not in self.names:
            raise BadTable(_("The file holds no sheet."))
        return part

    def _parse(self, part: str, reader: _Reader) -> None:
        for _size in self._fed(part, reader):
            pass

    def _fed(self, part: str, reader: _Reader) -> Iterator[int]:
        """Read a part piece by piece; how many bytes each had."""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, attrs: reader.start(name.rpartition("}")[2], attrs)
        parser.EndElementHandler = lambda name: reader.end(name.rpartition("}")[2])
        parser.CharacterDataHandler = reader.text
        parser.StartDoctypeDeclHandler = _refuse_entities
        parser.XmlDeclHandler = _refuse_encoding
        fed = 0
        for piece in self._pieces(part):
            _parse(parser, piece)
            fed += len(piece)
            if fed - parser.CurrentByteIndex > MOST_IN_TAG:
                raise _damaged()
            yield len(piece)
        _parse(parser, b"", is_last=True)

    def _pieces(self, part: str) -> Iterator[bytes]:
        """A part, unpacked. What is done with a piece happens outside of what is told as damage."""
        with _told_as_damage():
            source = self.archive.open(part)
        with source:
            while True:
                with _told_as_damage():
                    piece = source.read(PIECE)
                if not piece:
                    return
                yield piece


@contextlib.contextmanager
def _told_as_damage() -> Iterator[None]:
    """Around the archive's reader alone: our own errors, a full disk for one, are no fault of the file."""
    try:
        yield
    except DAMAGED:
        raise _damaged() from None


def _damaged() -> BadTable:
    return BadTable(_("The file is damaged: it can't be opened as XLSX."))


def _parse(parser: expat.XMLParserType, piece: bytes, *, is_last: bool = False) -> None:
    try:
        parser.Parse(piece, is_last)
    except expat.ExpatError:
        raise _damaged() from None


def _refuse_encoding(version: str, encoding: str | None, standalone: int) -> None:
    if encoding and encoding.lower() not in ENCODINGS:
        raise _damaged()


def _refuse_entities(*declared: object) -> None:
    raise BadTable(_("The file declares entities, which no spreadsheet does. It was not read."))


class _Reader:
    """What is done with the elements of a part."""

    def start(self, name: str, attrs: dict[str, str]) -> None:
        pass

    def end(self, name: str) -> None:
        pass

    def text(self, data: str) -> None:
        pass


class _Book(_Reader):
    """The key of the first sheet, and since when days are counted."""

    sheet = ""
    date_1904 = False

    def start(self, name: str, attrs: dict[str, str]) -> None:
        if name == "sheet" and not self.sheet:
            self.sheet = next((value for key, value in attrs.items() if key.endswith("}id")), "")
        elif name == "workbookPr":
            self.date_1904 = attrs.get("date1904") in ("1", "true")


class _Links(_Reader):
    target = ""

    def __init__(self, key: str) -> None:
        self.key = key

    def start(self, name: str, attrs: dict[str, str]) -> None:
        if name == "Relationship" and attrs.get("Id") == self.key:
            self.target = attrs.get("Target", "")


class _Text(_Reader):
    """Collects the text of `t` elements, without what is read aloud for it (rPh)."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.wanted = self.aside = False

    def begin(self) -> None:
        self.parts, self.length = [], 0

    def start(self, name: str, attrs: dict[str, str]) -> None:
        if name == "rPh":
            self.aside = True
        self.wanted = name == "t" and not self.aside

    def end(self, name: str) -> None:
        if name == "rPh":
            self.aside = False
        self.wanted = False

    def text(self, data: str) -> None:
        if self.wanted:
            self.add(data)

    def add(self, data: str) -> None:
        self.length += len(data)
        if self.length > MOST_CHARACTERS:
            raise BadTable(
                _("A cell of the file holds more than %(most)s characters.")
                % {"most": f"{MOST_CHARACTERS:,}"}
            )
        self.parts.append(data)

    def said(self) -> str:
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), "".join(self.parts))


class _SharedTexts(_Text):
    """The texts that cells refer to by number, kept in a file of our own beside an index of their places."""

    def __init__(self, store: object) -> None:
        super().__init__()
        self.store = store
        self.ends = array.array("Q", [0])

    def start(self, name: str, attrs: dict[str, str]) -> None:
        if name == "si":
            self.begin()
        super().start(name, attrs)

    def end(self, name: str) -> None:
        super().end(name)
        if name == "si":
            written = self.store.write(self.said().encode("utf-8", "surrogatepass"))
            self.ends.append(self.ends[-1] + written)

    def finish(self) -> None:
        self.store.flush()

    def __getitem__(self, place: int) -> str:
        if not 0 <= place < len(self.ends) - 1:
            raise _damaged()
        begin, end = self.ends[place], self.ends[place + 1]
        return os.pread(self.store.fileno(), end - begin, begin).decode("utf-8", "surrogatepass")


class _Sheet(_Text):
    """Rows as they are read; `taken` hands over those that are complete."""

    def __init__(self, texts: _SharedTexts) -> None:
        super().__init__()
        self.texts = texts
        self.complete: list[tuple[int, list[str]]] = []
        self.cells: list[str] = []
        self.number = 0
        self.place = -1
        self.kind = ""
        self.has_formula = self.in_value = False

    def taken(self) -> list[tuple[int, list[str]]]:
        complete, self.complete = self.complete, []
        return complete

    def start(self, name: str, attrs: dict[str, str]) -> None:
        if name == "row":
            given = attrs.get("r", "")
            self.number = int(given) if _NUMBER.fullmatch(given) else self.number + 1
            self.cells, self.place = [], -1
        elif name == "c":
            place = column_place(attrs.get("r", ""))
            self.place = self.place + 1 if place is None else place
            self.kind, self.has_formula = attrs.get("t", "n"), False
            self.begin()
        elif name == "f":
            self.has_formula = True
        elif name == "v":
            self.in_value = True
        super().start(name, attrs)

    def text(self, data: str) -> None:
        if self.in_value:
            self.add(data)
        else:
            super().text(data)

    def end(self, name: str) -> None:
        super().end(name)
        if name == "v":
            self.in_value = False
        elif name == "c":
            self._keep()
        elif name == "row" and any(self.cells):
            self.complete.append((self.number, self.cells))

    def _keep(self) -> None:
        if self.place >= MOST_COLUMNS:
            return
        value = self._value()
        if value:
            self.cells += [""] * (self.place - len(self.cells) + 1)
            self.cells[self.place] = value

    def _value(self) -> str:
        said = self.said()
        if self.has_formula:
            return Formula(said or "=")
        if self.kind == "s":
            return plain(self.texts[int(said)]) if _NUMBER.fullmatch(said) else ""
        if self.kind == "b":
            return "TRUE" if said == "1" else "FALSE"
        if self.kind == "n":
            return Number(said)
        return plain(said)
