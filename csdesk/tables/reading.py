"""A file of unknown kind as a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from django.utils.translation import gettext as _

from .csv_files import CsvTable
from .errors import BadTable
from .xlsx_files import XlsxTable

# Its number as a spreadsheet shows it, and its cells.
Row = tuple[int, list[str]]

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")


class Table(Protocol):
    """Rows of cells; `share` says how much of the file has been read, from 0 to 1."""

    share: float
    date_1904: bool

    def rows(self) -> Iterator[Row]:
        """The rows that hold anything, once. Raises BadTable where the file breaks off."""


def opened(file: BinaryIO, name: str) -> Table:
    """The table in a file, by what the file is and not by what it is called. Raises BadTable.

    The file must be one that can be read from any place, and is the caller's to close.
    """
    file.seek(0)
    head = file.read(8)
    file.seek(0)
    if not head:
        raise BadTable(_("The file is empty."))
    if head.startswith(b"PK\x03\x04"):
        return XlsxTable(file)
    if head.startswith(_OLD_OFFICE):
        raise BadTable(
            _("This is an old or protected Excel file. Save it as XLSX without a password, or as CSV.")
        )
    if head.startswith(_OTHERS):
        raise BadTable(_("The file is neither CSV nor XLSX."))
    if Path(name).suffix.lower() == ".xlsx":
        raise BadTable(_("The file is called XLSX but is none."))
    return CsvTable(file)
