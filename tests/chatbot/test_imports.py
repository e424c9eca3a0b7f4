"""Files into the libraries (M-4): checked whole, told row by row, written all or nothing."""

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from apps.chatbot import exports, imports, knowledge
from apps.chatbot.job_models import FileJob
from apps.chatbot.knowledge import Values
from apps.chatbot.models import Entry, Library, LibraryState
from apps.team.models import Member, Role, TrailEntry
from csdesk.errors import TooLarge, WrongState
from csdesk.file_jobs import exports as files_out
from csdesk.file_jobs import imports as files_in
from csdesk.file_jobs import jobs
from csdesk.file_jobs.models import JobState
from csdesk.tables import BadTable
from tests.chatbot.files import HEAD, cancel_at_once, csv_file, imported, problems, uploaded, xlsx_file
from tests.factories import make_member

pytestmark = pytest.mark.django_db
QA = Library.QA
ROWS = [
    HEAD,
    ["After sales / Refunds", "How long does a refund take?", "refund time\nmoney back", "3 to 7 days"],
    ["", "Do you ship abroad?", "", "Yes."],
]


def there(library=QA) -> dict[str, str]:
    return dict(Entry.objects.filter(library=library).values_list("question", "answer"))


@pytest.mark.parametrize("file", [csv_file(ROWS), xlsx_file(ROWS)])
def test_a_file_becomes_entries(file):
    job = imported(file, "x")
    assert (job.state, job.rows, job.added, job.changed, job.unchanged) == (JobState.DONE, 2, 2, 0, 0)
    refund = Entry.objects.get(question="How long does a refund take?")
    assert list(refund.similar.values_list("text", flat=True)) == ["refund time", "money back"]
    assert knowledge.tree(QA).nodes[refund.category_id].steps == ("After sales", "Refunds")
    assert refund.changed_by == job.member
    assert TrailEntry.objects.filter(action="library.imported").count() == 1


def test_checking_writes_nothing():
    job = uploaded(csv_file(ROWS))
    assert (job.state, job.added) == (JobState.CHECKED, 2)
    assert there() == {}
    assert knowledge.revision(QA) == 0
    assert not knowledge.tree(QA).nodes


def test_every_problem_is_told_with_its_place_and_nothing_is_written():
    head = [*HEAD, "Format", "Enabled", "Valid from", "Valid to", "Tags", "Other answer 1", "Other answer 2"]
    rows = [
        head,
        ["", "fine", "", "yes"],
        ["", "", "", "no question"],
        ["", "dates", "", "a", "", "", "7/15/2026", "2026-13-01"],
        ["", "words", "", "a", "pdf", "perhaps"],
        ["", "order", "", "a", "", "", "2026-02-01", "2026-01-01"],
        ["", "Fine", "", "twice"],
        ["", "long", "ok\n" + "x" * 201, "a"],
        ["", "others", "", "a", "", "", "", "", "", "b", "x" * 5_001],
        ["", "stray", "", "a", *[""] * 7, "!"],
        ["a/b/c/d/e", "deep", "", "a"],
    ]
    job = uploaded(csv_file(rows))
    assert problems(job) == [
        (3, "B", "Standard question"),
        (4, "G", "Valid from"),
        (4, "H", "Valid to"),
        (5, "E", "Format"),
        (5, "F", "Enabled"),
        (6, "H", "Valid to"),
        (7, "B", "Standard question"),
        (8, "C", "Similar questions"),
        (9, "K", "Other answer"),
        (10, "", ""),
    ]
    assert job.wrong == 8
    assert job.problems[7][3].startswith("Line 2:")
    assert "column L" in job.problems[9][3]
    assert there() == {}
    assert job.stored == ""


def test_a_category_that_cannot_be_is_told_with_its_row():
    job = uploaded(csv_file([HEAD, ["ok", "one", "", "a"], ["a/b/c/d/e", "two", "", "a"]]))
    assert problems(job) == [(3, "A", "Category")]
    assert not knowledge.tree(QA).nodes


def test_only_the_first_problems_are_kept():
    job = uploaded(csv_file([HEAD, *[["", "", "", "answer"]] * 700]))
    assert (len(job.problems), job.wrong) == (files_in.SHOWN, 700)


def test_what_the_file_has_no_column_for_stays():
    kept = Values(question="Do you ship abroad?", answer="No.", similar=["abroad"], tags=["t"])
    knowledge.add_entry(QA, kept)
    job = imported(csv_file([["答案", "标准问题"], ["Yes.", "do you ship abroad?"]]))
    assert (job.added, job.changed) == (0, 1)
    entry = Entry.objects.get()
    assert (entry.answer, entry.tags, entry.similar.get().text) == ("Yes.", ["t"], "abroad")


@pytest.mark.parametrize(
    ("existing", "answer", "counts"),
    [("change", "theirs", (1, 1, 0)), ("keep", "mine", (1, 0, 1))],
)
def test_entries_that_are_there(existing, answer, counts):
    knowledge.add_entry(QA, Values(question="there", answer="mine"))
    job = imported(csv_file([HEAD, ["", "There", "", "theirs"], ["", "new", "", "a"]]), existing=existing)
    assert (job.added, job.changed, job.unchanged) == counts
    assert Entry.objects.exclude(question="new").get().answer == answer


def test_entries_that_are_there_can_be_refused():
    knowledge.add_entry(QA, Values(question="there", answer="mine"))
    job = uploaded(csv_file([HEAD, ["", "new", "", "a"], ["", "there", "", "b"]]), existing="refuse")
    assert problems(job) == [(3, "B", "Standard question")]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([["Name", "Phone"]], "there is none called Standard question, Answer"),
        ([["Standard question", "Similar questions"], ["a", "b"]], "none called Answer"),
        ([["Question", "Answer", "Colour"], ["a", "b", "c"]], "not known: C “Colour”"),
        ([["Question", "Answer", "标准问题"], ["a", "b", "c"]], "Two columns"),
        ([["Question", "Answer"]], "no rows"),
        ([["Question", "Answer"], [" ", ""]], "no rows"),
        ([["How do I pay?", "By card."], ["a", "b"]], "must name the columns"),
    ],
)
def test_wrong_columns_are_told(rows, why):
    job = uploaded(csv_file(rows))
    assert job.state == JobState.REFUSED
    assert why in job.error


def test_a_cell_without_a_title_above_it_is_told():
    """As in files whose answers hold commas and no quotes."""
    job = uploaded(b"question,answer\nfirst,one\nsecond,two, three and four\n")
    assert [problem[0] for problem in job.problems] == [3]
    assert "column C" in job.problems[0][3]


def test_formulas_are_refused_and_quoted_texts_are_texts():
    main = xlsx_file([["Question", "Answer"], ["a", "=1+1"]])
    assert imported(main, "x.xlsx").added == 1
    assert there() == {"a": "=1+1"}
    imported(csv_file([["Question", "Answer"], ["b", "=HYPERLINK(1)"], ["c", "'=2"]]))
    assert there() == {"a": "=1+1", "b": "=HYPERLINK(1)", "c": "'=2"}


def test_a_formula_in_a_sheet_is_told():
    import io

    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["Question", "Answer"])
    book.active.append(["a", "=SUM(A1:A9)"])
    file = io.BytesIO()
    book.save(file)
    job = uploaded(file.getvalue(), "x.xlsx")
    assert problems(job) == [(2, "B", "Answer")]
    assert "formula" in job.problems[0][3]


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"", "x.csv", "empty"),
        (b"question", "x.xlsx", "called XLSX"),
        (b"\xff\xfe\x00\xd8\x00\xd8", "x.csv", "encoding"),
    ],
)
def test_what_is_no_table_is_refused_before_anything_is_kept(content, name, why):
    with translation.override("en"), pytest.raises(BadTable, match=why):
        imports.receive(QA, SimpleUploadedFile(name, content), member=make_member(Role.ADMINISTRATOR))
    assert not FileJob.objects.exists()


def test_a_file_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(files_in, "MOST_BYTES", 10)
    with pytest.raises(TooLarge):
        uploaded(csv_file(ROWS))


def test_more_rows_than_a_library_takes_are_refused(monkeypatch):
    monkeypatch.setattr(imports, "MOST_ROWS", 5)
    job = uploaded(csv_file([HEAD, *[["", f"q {n}", "", "a"] for n in range(6)]]))
    assert "more than 5 rows" in job.error
    assert there() == {}


def test_a_broken_file_is_told_at_the_row_where_it_breaks():
    job = uploaded(b'question,answer\na,b\n"open,c\n' + b"x,y\n" * 60_000)
    assert "Row 3" in job.error


def test_an_import_is_confirmed_once():
    job = uploaded(csv_file(ROWS))
    imports.confirm(job)
    with pytest.raises(WrongState):
        imports.confirm(job)
    imports.write(job.pk)
    # The same task may come a second time.
    imports.write(job.pk)
    assert TrailEntry.objects.filter(action="library.imported").count() == 1
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_the_file_is_kept_no_longer_than_it_is_needed():
    job = uploaded(csv_file(ROWS))
    stored = job.stored
    assert default_storage.exists(stored)
    imports.confirm(job)
    imports.write(job.pk)
    assert not default_storage.exists(stored)


def test_an_import_can_be_cancelled_before_it_is_confirmed():
    job = uploaded(csv_file(ROWS))
    jobs.cancel(job)
    job.refresh_from_db()
    assert (job.state, job.stored) == (JobState.CANCELLED, "")
    with pytest.raises(WrongState):
        imports.confirm(job)


def test_an_import_under_way_is_cancelled_at_its_next_step():
    job = uploaded(csv_file(ROWS))
    imports.confirm(job)
    cancel_at_once(job)
    imports.write(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert there() == {}
    assert not knowledge.tree(QA).nodes


def test_what_was_checked_is_checked_again_when_it_is_written():
    job = uploaded(csv_file(ROWS), existing="refuse")
    assert job.state == JobState.CHECKED
    knowledge.add_entry(QA, Values(question="Do you ship abroad?", answer="mine"))
    imports.confirm(job)
    imports.write(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.REFUSED
    assert there() == {"Do you ship abroad?": "mine"}


def test_who_may_not_manage_the_bot_any_more_imports_nothing():
    job = uploaded(csv_file(ROWS))
    Member.objects.filter(pk=job.member_id).update(role=Role.AGENT)
    imports.confirm(job)
    imports.write(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert there() == {}


def test_a_mistake_of_ours_writes_nothing_and_says_so(monkeypatch):
    job = uploaded(csv_file(ROWS))
    imports.confirm(job)
    monkeypatch.setattr(imports.knowledge, "upsert_many", lambda *args, **kwargs: 1 / 0)
    imports.write(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "logged" in job.error
    assert not LibraryState.objects.exists()


def test_the_rows_of_a_template_are_no_entries():
    for library in Library.values:
        for language in ("en", "zh-hans"):
            for form in files_out.TYPES:
                with translation.override(language):
                    content = exports.template(library, form)
                job = uploaded(content, f"x.{form}", library=library)
                assert "no rows" in job.error


def test_files_had_their_day_after_a_day(monkeypatch):
    job = uploaded(csv_file(ROWS))
    assert jobs.purge(FileJob) == 0
    monkeypatch.setattr(jobs, "KEPT", -jobs.KEPT)
    assert jobs.purge(FileJob) == 1
    assert not default_storage.exists(job.stored)
