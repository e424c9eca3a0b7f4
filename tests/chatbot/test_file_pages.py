"""Import and export in the console (M-4): who may, what the pages say, what comes out."""

import html

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from apps.chatbot import exports, imports, knowledge
from apps.chatbot.job_models import FileJob
from apps.chatbot.knowledge import Row, Values
from apps.chatbot.models import Entry, Library
from apps.team.models import Role, TrailEntry
from csdesk.file_jobs.models import JobState
from tests.chatbot.files import HEAD, cells_of, csv_file
from tests.factories import PASSWORD, make_member

pytestmark = pytest.mark.django_db
IMPORT, EXPORT = "/console/bot/qa/import/", "/console/bot/qa/export/"
GOOD = csv_file([HEAD, ["", "How do I pay?", "", "By card."]])


def signed_in(role: str = Role.ADMINISTRATOR) -> Client:
    browser = Client()
    browser.cookies["django_language"] = "en"
    browser.post("/login/", {"login": make_member(role).account, "password": PASSWORD})
    return browser


@pytest.fixture
def browser() -> Client:
    return signed_in()


def sent(browser: Client, content: bytes = GOOD, name: str = "x.csv", existing: str = "change"):
    return browser.post(IMPORT, {"file": SimpleUploadedFile(name, content), "existing": existing})


async def read(answer) -> bytes:
    return b"".join([piece async for piece in answer.streaming_content])


def job_size(job: FileJob) -> int:
    job.refresh_from_db()
    return job.size


def fill(count: int) -> None:
    rows = (Row(n, Values(question=f"question {n}", answer="a"), ("one",)) for n in range(count))
    knowledge.upsert_many(Library.QA, rows)


def test_a_file_is_uploaded_checked_confirmed_and_written(browser):
    page = sent(browser)
    job = FileJob.objects.get()
    address = f"/console/bot/qa/files/{job.pk}/"
    assert page["Location"] == address
    waiting = browser.get(address).content.decode()
    assert "The rows are being checked" in waiting
    assert f'data-progress="{address}progress/"' in waiting

    imports.check(job.pk)
    assert browser.get(f"{address}progress/").json()["state"] == JobState.CHECKED
    checked = browser.get(address).content.decode()
    assert "1 row was checked" in checked
    assert not Entry.objects.exists()

    assert browser.post(f"{address}confirm/")["Location"] == address
    imports.write(job.pk)
    assert "Written into the draft" in browser.get(address).content.decode()
    assert Entry.objects.get().answer == "By card."
    assert "x.csv" in browser.get(IMPORT).content.decode()


def test_what_is_wrong_is_listed(browser):
    sent(browser, csv_file([HEAD, ["", "<b>bold</b>", "", ""], ["", "", "", "a"]]))
    job = FileJob.objects.get()
    imports.check(job.pk)
    page = browser.get(f"/console/bot/qa/files/{job.pk}/").content.decode()
    assert "2 rows are wrong" in page
    assert "<b>D</b> Answer" in page
    assert "<b>B</b> Standard question" in page


@pytest.mark.parametrize(
    ("content", "name", "why"), [(b"", "x.csv", "empty"), (b"%PDF-1.7", "x.csv", "neither CSV nor XLSX")]
)
def test_a_file_that_is_none_is_refused_on_the_page(browser, content, name, why):
    page = sent(browser, content, name)
    assert page.status_code == 400
    assert why in page.content.decode()


def test_no_file_is_refused_on_the_page(browser):
    page = browser.post(IMPORT, {"existing": "change"})
    assert page.status_code == 400
    assert "Choose a file first." in page.content.decode()
    assert sent(browser, existing="whatever").status_code == 400


def test_an_import_that_is_over_cannot_be_confirmed(browser):
    sent(browser)
    job = FileJob.objects.get()
    imports.check(job.pk)
    address = f"/console/bot/qa/files/{job.pk}/"
    assert browser.post(f"{address}cancel/")["Location"] == IMPORT
    page = browser.post(f"{address}confirm/", follow=True).content.decode()
    assert "This import is over" in page
    assert "Cancelled: nothing was written." in page


def test_a_worker_that_cannot_be_reached_is_told(browser, monkeypatch, django_capture_on_commit_callbacks):
    def unreachable(*args: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("apps.chatbot.tasks.check_import.delay", unreachable)
    with django_capture_on_commit_callbacks(execute=True):
        sent(browser)
    job = FileJob.objects.get()
    assert job.state == JobState.FAILED
    page = browser.get(f"/console/bot/qa/files/{job.pk}/").content.decode()
    assert job.error in html.unescape(page)


def test_of_others_jobs_one_learns_nothing(browser):
    sent(browser)
    job = FileJob.objects.get()
    other = signed_in()
    for end in ("", "progress/", "download/"):
        assert other.get(f"/console/bot/qa/files/{job.pk}/{end}").status_code == 404
    for end in ("confirm/", "cancel/"):
        assert other.post(f"/console/bot/qa/files/{job.pk}/{end}").status_code == 404
    assert browser.get(f"/console/bot/chitchat/files/{job.pk}/").status_code == 404


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
def test_only_who_manages_the_bot_imports_and_exports(role):
    browser = signed_in(role)
    assert browser.get(IMPORT).status_code == 403
    assert sent(browser).status_code == 403
    assert browser.post(EXPORT, {"format": "csv"}).status_code == 403
    assert browser.get(f"{IMPORT}template.csv").status_code == 403
    assert not FileJob.objects.exists()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_template_shows_how_to_fill_it(browser, form):
    answer = browser.get(f"{IMPORT}template.{form}")
    assert "attachment" in answer["Content-Disposition"]
    head, *rows = cells_of(answer.content, f"x.{form}")
    assert head[:4] == ["Category", "Standard question", "Similar questions", "Answer"]
    assert rows[0][1].startswith("Example:")
    assert browser.get(f"{IMPORT}template.exe").status_code == 404


def test_the_whole_library_what_is_shown_or_what_was_chosen_is_exported(browser):
    fill(4)
    chosen = Entry.objects.get(question="question 2").pk
    for post, questions in (
        ({}, ["question 0", "question 1", "question 2", "question 3"]),
        ({"q": "3"}, ["question 3"]),
        ({"chosen": [chosen, "x"], "act": "csv"}, ["question 2"]),
        ({"chosen": [chosen], "all": "1", "q": "question"}, [f"question {n}" for n in range(4)]),
    ):
        answer = browser.post(EXPORT, {"format": "csv"} | post if "act" not in post else post)
        assert [row[1] for row in cells_of(answer.content)[1:]] == questions
        assert "no-store" in answer["Cache-Control"]
    assert browser.post(EXPORT, {"format": "exe"}).status_code == 400
    assert TrailEntry.objects.filter(action="library.exported").count() == 4


def test_a_category_that_is_gone_exports_nothing(browser):
    fill(1)
    assert browser.post(EXPORT, {"format": "csv", "category": "999999"}).status_code == 302


def test_a_large_export_is_fetched_when_it_is_done(browser, monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    fill(3)
    address = browser.post(EXPORT, {"format": "csv"})["Location"]
    job = FileJob.objects.get()
    assert browser.get(f"{address}download/").status_code == 404
    assert "The file is being written" in browser.get(address).content.decode()
    exports.write(job.pk)
    assert "3 entries are in the file" in browser.get(address).content.decode()
    answer = browser.get(f"{address}download/")
    assert int(answer["Content-Length"]) == job_size(job)
    assert len(cells_of(async_to_sync(read)(answer))) == 4
    assert TrailEntry.objects.filter(action="library.exported").count() == 1


def test_the_pages_speak_chinese(browser):
    browser.cookies["django_language"] = "zh-hans"
    assert "导入模板" in browser.get(IMPORT).content.decode()
    with translation.override("zh-hans"):
        assert cells_of(browser.get(f"{IMPORT}template.csv").content)[0][1] == "标准问题"
