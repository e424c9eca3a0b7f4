"""Tables as files (M-4, X-13): what was written is read again, and nothing of a file is trusted."""

import contextlib
import csv
import errno
import io
import tempfile
import zipfile

import openpyxl
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from csdesk.tables import BadTable, Formula, Number, column_name, csv_pieces, opened, write_xlsx
from csdesk.tables.cells import MOST_CHARACTERS, column_place

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PARTS = {
    "book": "xl/workbook.xml",
    "sheet": "xl/worksheets/sheet1.xml",
    "links": "xl/_rels/workbook.xml.rels",
    "texts": "xl/sharedStrings.xml",
}
CONTROL = {chr(number) for number in range(32)}
DANGEROUS = ["=1+1", "+1", "-1", "@a", "\tx", "＝1", "  =1", "'=1", "''-x", "'", "- a list", "\r=x"]


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def csv_of(rows) -> io.BytesIO:
    return io.BytesIO(b"".join(csv_pieces(rows)))


def xlsx_of(rows, title="Sheet") -> io.BytesIO:
    target = io.BytesIO()
    write_xlsx(target, rows, title=title, widths=(20, 30))
    return target


def read(file, name="x.csv"):
    return [cells for _number, cells in opened(file, name).rows()]


def changed(file: io.BytesIO, **parts: bytes) -> io.BytesIO:
    """The same archive with other parts, which are called by their last names."""
    target = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        kept = {name: old.read(name) for name in old.namelist()}
        for name, content in (kept | {PARTS[part]: content for part, content in parts.items()}).items():
            new.writestr(name, content)
    return target


def sheet(content: str, texts: str = "") -> io.BytesIO:
    """An XLSX whose sheet holds these rows, and these shared texts."""
    rows = f'<worksheet xmlns="{MAIN}"><sheetData>{content}</sheetData></worksheet>'
    return changed(xlsx_of([]), sheet=rows.encode(), texts=f'<sst xmlns="{MAIN}">{texts}</sst>'.encode())


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(DANGEROUS)
tables = st.lists(st.lists(cells, min_size=1, max_size=4).filter(any), min_size=1, max_size=5)


def trimmed(row):
    """Empty cells at the end are not kept."""
    while row and not row[-1]:
        row = row[:-1]
    return row


@given(tables)
def test_xlsx_is_read_as_it_was_written(rows):
    assert read(xlsx_of(rows), "x.xlsx") == [trimmed(row) for row in rows]


@given(st.lists(st.lists(cells.filter(lambda text: "\0" not in text), min_size=2, max_size=4), max_size=5))
def test_csv_is_read_as_it_was_written(rows):
    head = ["one", "two"]
    plain = [[cell for cell in row if cell in DANGEROUS or not set(cell) & CONTROL] for row in rows]
    plain = [row for row in plain if any(row)]
    assert read(csv_of([head, *plain])) == [head, *plain]


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_spreadsheet_would_run_a_cell_of_ours(text):
    written = csv_of([[text]]).getvalue().decode("utf-8-sig")
    [[cell]] = list(csv.reader(io.StringIO(written, newline="")))
    assert cell.startswith("'")
    [[kept]] = openpyxl.load_workbook(xlsx_of([[text]])).active.iter_rows(max_col=1)
    assert kept.data_type in ("s", "inlineStr")


def test_other_programs_read_our_xlsx():
    rows = [["标准问题", "b"], [" a <&> \n 行", "x" * 32_000]]
    book = openpyxl.load_workbook(xlsx_of(rows, title="问答/库"))
    assert book.active.title == "问答 库"
    assert [[cell.value for cell in row] for row in book.active.rows] == rows


def test_xlsx_of_other_programs_is_read():
    book = openpyxl.Workbook()
    for row in [["q", "n", "d"], ["怎么退款", 12, 0.5], [None, True, "=SUM(A1)"], [], ["rich", "", "last"]]:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    rows = list(opened(target, "x.xlsx").rows())
    assert rows == [
        (1, ["q", "n", "d"]),
        (2, ["怎么退款", "12", "0.5"]),
        (3, ["", "TRUE", "="]),
        (5, ["rich", "", "last"]),
    ]
    assert [type(cell) for cell in rows[1][1]] == [str, Number, Number]
    assert isinstance(rows[2][1][2], Formula)


def test_shared_texts_are_read_without_their_phonetics():
    texts = (
        "<si><r><t>東</t></r><r><t>京</t></r><rPh><t>トウ</t></rPh></si>"
        "<si><t>two_x000D_</t></si><si/><si><t>'=3</t></si>"
    )
    cells = "".join(f'<c t="s"><v>{place}</v></c>' for place in (1, 0, 2, 3))
    assert read(sheet(f"<row>{cells}</row>", texts)) == [["two\r", "東京", "", "=3"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_csv_is_read_in_the_encodings_that_people_have(encoding):
    text = "question,answer\r\n怎么退款？,“七天”内\r\nplain words,Grüße\r\n" + "padding,padding\r\n" * 40
    assert read(io.BytesIO(text.encode(encoding)))[:3] == [
        ["question", "answer"],
        ["怎么退款？", "“七天”内"],
        ["plain words", "Grüße"],
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_with_the_delimiters_that_people_have(delimiter):
    text = f'"a,;\t"{delimiter}b\n1{delimiter}2\n'
    assert read(io.BytesIO(text.encode())) == [["a,;\t", "b"], ["1", "2"]]


def test_rows_keep_the_numbers_a_spreadsheet_shows():
    table = opened(io.BytesIO(b'a,b\n\n,\n"two\nlines",x\nlast,y\n'), "x.csv")
    assert [number for number, _cells in table.rows()] == [1, 4, 5]
    assert table.share == 1.0


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("x.csv", b"", "empty"),
        ("x.xlsx", b"question,answer\n", "called XLSX"),
        ("x.xlsx", b"PK\x03\x04 nothing of the kind", "damaged"),
        ("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "old or protected"),
        ("x.csv", b"\x89PNG\r\n\x1a\n....", "neither CSV nor XLSX"),
        ("x.csv", b"%PDF-1.4 ...", "neither CSV nor XLSX"),
        ("x.csv", b"MZ\x90\x00\x03\x00\x00\x00\x04" * 20, r"neither|encoding"),
        ("x.csv", b"a,b\n\x81\xff\xff", "encoding"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(name, content, why):
    with pytest.raises(BadTable, match=why):
        read(io.BytesIO(content), name)


def test_a_cell_of_ten_megabytes_is_refused():
    for file in (
        io.BytesIO(b'a,b\n"' + b"x" * 10_000_000 + b'",y\n'),
        sheet(f'<row><c t="inlineStr"><is><t>{"x" * 10_000_000}</t></is></c></row>'),
    ):
        with pytest.raises(BadTable, match=r"too long|more than"):
            read(file)


def test_an_open_quote_is_told_with_its_row():
    text = 'a,b\n1,2\n"open,4\n' + "x,y\n" * MOST_CHARACTERS
    with pytest.raises(BadTable, match="Row 3"):
        read(io.BytesIO(text.encode()))


@pytest.mark.parametrize("part", PARTS)
def test_entities_are_not_expanded(part):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
    for content in (bomb, ("\ufeff" + bomb.decode()).encode("utf-16")):
        with pytest.raises(BadTable, match=r"entities|damaged"):
            read(changed(xlsx_of([["a"]]), **{part: content}))


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr("csdesk.tables.xlsx_files.MOST_BYTES", 100_000)
    with pytest.raises(BadTable, match="larger than 500 MB"):
        read(xlsx_of([["x" * 200_000]]))


def test_a_part_that_is_longer_than_it_says_is_refused():
    file = xlsx_of([["x" * 50_000]])
    data = bytearray(file.getvalue())
    with zipfile.ZipFile(file) as archive:
        real = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    place = data.rindex(real.to_bytes(4, "little"))
    data[place : place + 4] = (1_000).to_bytes(4, "little")
    with pytest.raises(BadTable, match="damaged"):
        read(io.BytesIO(bytes(data)))


def test_a_tag_without_end_does_not_fill_memory():
    with pytest.raises(BadTable, match="damaged"):
        read(sheet('<row r="' + "1" * 3_000_000 + '"></row>'))


@pytest.mark.parametrize(
    "row",
    [
        '<row r="99999999999999999999"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>',
        '<row r="-1"><c r="!!" t="inlineStr"><is><t>x</t></is></c></row>',
        '<row><c r="ZZZZZZZZZZ1" t="inlineStr"><is><t>x</t></is></c></row>',
        '<row><c t="s"><v>7</v></c></row>',
        '<row><c t="s"><v>x</v></c></row>',
        "<row><row><c><v>1</v></c></row></row>",
        "<row><c",
    ],
)
def test_a_sheet_that_makes_no_sense_breaks_nothing(row):
    try:
        read(sheet(row))
    except BadTable as refused:
        assert "damaged" in refused.detail


WHOLE = xlsx_of([[f"question {number}", "答案", str(number)] for number in range(30)]).getvalue()
BYTES = st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))


@given(st.lists(BYTES, min_size=1, max_size=4), st.integers(1, len(WHOLE)) | st.just(len(WHOLE)))
def test_a_damaged_archive_is_read_or_refused(changes, length):
    """Nothing but BadTable comes out, whatever is wrong; from a real file, too, which seeks otherwise."""
    data = bytearray(WHOLE)
    for place, byte in changes:
        data[place] = byte
    with tempfile.TemporaryFile() as real:
        real.write(data[:length])
        for file in (real, io.BytesIO(data[:length])):
            with contextlib.suppress(BadTable):
                read(file)


@pytest.mark.parametrize("name", ["gbk", "rot13", "idna", "no-such", "hex"])
def test_a_part_in_an_encoding_that_xlsx_has_not_is_refused(name):
    content = f'<?xml version="1.0" encoding="{name}"?><worksheet/>'.encode()
    with pytest.raises(BadTable, match="damaged"):
        read(changed(xlsx_of([["a"]]), sheet=content))


def test_a_part_in_utf_16_is_read():
    rows = f'<worksheet xmlns="{MAIN}"><row><c t="inlineStr"><is><t>好</t></is></c></row></worksheet>'
    content = f'<?xml version="1.0" encoding="UTF-16"?>{rows}'.encode("utf-16")
    assert read(changed(xlsx_of([]), sheet=content)) == [["好"]]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_part_packed_otherwise_than_xlsx_is_refused(method):
    target = io.BytesIO()
    with zipfile.ZipFile(xlsx_of([["a"]])) as old, zipfile.ZipFile(target, "w", method) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(BadTable, match="damaged"):
        read(target)


def test_our_own_disk_being_full_is_no_fault_of_the_file(monkeypatch):
    """What goes wrong on our side is not told as damage."""

    class Full:
        def __enter__(self):
            return self

        def __exit__(self, *problem):
            return None

        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", Full)
    with pytest.raises(OSError, match="No space left"):
        read(sheet('<row><c t="s"><v>0</v></c></row>', "<si><t>a</t></si>"))


@given(st.integers(0, 20_000))
def test_columns_are_called_as_spreadsheets_call_them(place):
    assert column_place(f"{column_name(place)}7") == place


def test_the_first_columns():
    assert [column_name(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
