"""Tables that people send and fetch as files: CSV and XLSX, read and written row by row (M-4, X-13).

Neither way keeps a file in memory, however large it is, and reading trusts nothing in it.
"""

from .cells import Formula, Number, column_name
from .csv_files import CsvTable, csv_pieces
from .errors import BadTable
from .reading import Row, Table, opened
from .xlsx_files import XlsxTable
from .xlsx_writing import write_xlsx

__all__ = [
    "BadTable",
    "CsvTable",
    "Formula",
    "Number",
    "Row",
    "Table",
    "XlsxTable",
    "column_name",
    "csv_pieces",
    "opened",
    "write_xlsx",
]
