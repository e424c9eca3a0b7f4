"""Files of members in the console (M-4, X-6): who may, what is asked before, what comes out."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.routing import tasks
from apps.team.models import FileJob, Member, Role, TrailEntry
from csdesk import clock
from csdesk.tables import csv_pieces, opened
from tests.factories import PASSWORD, make_member

pytestmark = pytest.mark.django_db
LIST = "/console/team/member/"
GOOD = b"".join(csv_pieces([["Nickname", "E-mail"], ["Ann", "ann@example.com"]]))


def browser_of(member: Member) -> Client:
    browser = Client()
    browser.cookies["django_language"] = "en"
    assert browser.post("/login/", {"login": member.account, "password": PASSWORD}).status_code == 302
    return browser


@pytest.fixture
def admin() -> Member:
    return make_member(Role.ADMINISTRATOR)


def sent(content: bytes = GOOD) -> dict:
    return {"file": SimpleUploadedFile("x.csv", content), "existing": "change"}


def test_a_file_is_uploaded_checked_confirmed_and_written(admin):
    browser = browser_of(admin)
    page = browser.get(f"{LIST}import/").content.decode()
    assert "When a member is there already" in page
    answer = browser.post(f"{LIST}import/", sent())
    job = FileJob.objects.get()
    assert answer.url == f"{LIST}files/{job.pk}/"
    tasks.check_members(job.pk)
    assert "1 row was checked" in browser.get(answer.url).content.decode()
    assert not Member.objects.filter(nickname="Ann").exists()
    browser.post(f"{answer.url}confirm/")
    tasks.write_members(job.pk)
    assert "New members get their passwords by e-mail" in browser.get(answer.url).content.decode()
    assert Member.objects.filter(email="ann@example.com").exists()


def test_what_is_wrong_is_listed_with_its_row(admin):
    browser = browser_of(admin)
    rows = [["Nickname", "E-mail"], ["Ann", "ann@example.com"], ["Bo", "nowhere"]]
    browser.post(f"{LIST}import/", sent(b"".join(csv_pieces(rows))))
    job = FileJob.objects.get()
    tasks.check_members(job.pk)
    shown = browser.get(f"{LIST}files/{job.pk}/").content.decode()
    assert "1 row is wrong" in shown
    assert "This is no e-mail address." in shown
    browser.post(f"{LIST}files/{job.pk}/confirm/")
    tasks.write_members(job.pk)
    assert not Member.objects.filter(nickname="Ann").exists()


def test_what_the_list_shows_is_exported(admin):
    make_member(nickname="Ann"), make_member(nickname="Bo")
    answer = browser_of(admin).post(f"{LIST}export/?q=Ann", {"format": "csv"})
    rows = [cells for _number, cells in opened(io.BytesIO(answer.content), "x.csv").rows()]
    assert [cells[0] for cells in rows] == ["Nickname", "Ann"]
    assert TrailEntry.objects.filter(action="members.exported").count() == 1


def test_after_a_while_ones_own_password_is_asked_for(admin, monkeypatch):
    browser = browser_of(admin)
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    answer = browser.get(f"{LIST}import/")
    assert answer.url.startswith(f"{LIST}confirm/?next=")
    assert browser.post(f"{LIST}import/", sent()).status_code == 302
    assert browser.post(f"{LIST}export/", {"format": "csv"}).status_code == 302
    assert not FileJob.objects.exists()
    assert not TrailEntry.objects.filter(action="members.exported").exists()
    assert "not your current password" in browser.post(answer.url, {"confirmation": "x"}).content.decode()
    assert browser.post(answer.url, {"confirmation": PASSWORD}).url == f"{LIST}import/"
    assert browser.get(f"{LIST}import/").status_code == 200


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_from_there_one_goes_nowhere_else(admin, wanted):
    assert browser_of(admin).get(f"{LIST}confirm/", {"next": wanted}).url == LIST


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT])
def test_nobody_but_administrators(admin, role):
    job = FileJob.objects.create(
        kind="import", subject="members", state="checked", member=admin, language="en"
    )
    other = browser_of(make_member(role))
    for page in (
        "import/",
        "import/template.csv",
        f"files/{job.pk}/",
        f"files/{job.pk}/progress/",
        "confirm/",
    ):
        assert other.get(f"{LIST}{page}").status_code == 403
    for page in ("import/", "export/", f"files/{job.pk}/confirm/", f"files/{job.pk}/cancel/"):
        assert other.post(f"{LIST}{page}", sent() | {"format": "csv"}).status_code == 403
    shown = other.get(LIST, follow=True).content.decode()
    assert f"{LIST}import/" not in shown


def test_of_others_jobs_one_learns_nothing(admin):
    job = FileJob.objects.create(
        kind="import", subject="members", state="checked", member=admin, language="en"
    )
    other = browser_of(make_member(Role.ADMINISTRATOR))
    assert other.get(f"{LIST}files/{job.pk}/").status_code == 404
    assert other.post(f"{LIST}files/{job.pk}/confirm/").status_code == 404
