"""`POST /api/desk/upload` (X-2, X-6, X-10); with the page's own check of forgery in tests/live."""

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.desk import uploads
from apps.sessions.models import Attachment
from apps.team import sign_in
from apps.team.models import Member
from tests import factories as make

pytestmark = pytest.mark.django_db
ADDRESS = "/api/desk/upload"


def browser_of(member: Member) -> Client:
    client = Client()
    client.force_login(member, backend="apps.team.backends.AccountOrEmail")
    session = client.session
    sign_in.begin(member, session, "10.0.0.9")
    session.save()
    return client


def text(name: str = "a.txt", content: bytes = b"some words") -> dict:
    return {"file": SimpleUploadedFile(name, content)}


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    cache.clear()


def test_a_file_is_kept_for_its_uploader():
    agent = make.make_member()
    answer = browser_of(agent).post(ADDRESS, text("../../etc/发票.txt"))
    assert answer.status_code == 201
    kept = Attachment.objects.get(id=answer.json()["upload"])
    assert (kept.uploader, kept.name, kept.mime) == (f"m:{agent.pk}", "发票.txt", "text/plain")
    assert "no-store" in answer["Cache-Control"]


def test_only_a_present_sign_in_of_one_who_serves_counts():
    agent = make.make_member()
    first = browser_of(agent)
    browser_of(agent)
    assert first.post(ADDRESS, text()).json()["code"] == "unauthorized"
    assert Client().post(ADDRESS, text()).status_code == 401
    idle = make.make_member(serves=False)
    assert browser_of(idle).post(ADDRESS, text()).json()["code"] == "not_allowed"
    assert not Attachment.objects.exists()


def test_a_forged_post_from_another_page_is_refused_in_json():
    browser = browser_of(make.make_member())
    browser.handler.enforce_csrf_checks = True
    answer = browser.post(ADDRESS, text())
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_nothing_and_empty_files_are_invalid():
    browser = browser_of(make.make_member())
    for form in ({}, {"file": "just a field"}, text(content=b"")):
        answer = browser.post(ADDRESS, form)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_too_many_in_a_minute_wait(monkeypatch):
    monkeypatch.setattr(uploads, "UPLOADS_A_MINUTE", 2)
    browser = browser_of(make.make_member())
    codes = [browser.post(ADDRESS, text()).status_code for _ in range(3)]
    assert codes == [201, 201, 429]
    assert browser_of(make.make_member()).post(ADDRESS, text()).status_code == 201
