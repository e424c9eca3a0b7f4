"""The access log in the console (C-9): shown, checked, never changed."""

import pytest
from django.test import Client

from apps.team import trail
from apps.team.models import Role, TrailDetail, TrailEntry
from tests.factories import PASSWORD, make_member

pytestmark = pytest.mark.django_db
LOG = "/console/team/trailentry/"


@pytest.fixture
def browser() -> Client:
    admin = make_member(Role.ADMINISTRATOR, nickname="Zhou Ning", serves=False)
    client = Client()
    client.cookies["django_language"] = "en"
    client.post("/login/", {"login": admin.account, "password": PASSWORD})
    return client


def test_entries_are_shown_newest_first_and_can_be_filtered(browser):
    lin = make_member(nickname="Lin Xiaowen")
    trail.append("record.viewed", member=lin, address="192.0.2.7", object_type="record", object_id="abc-1")
    trail.append(
        "record.searched",
        member=lin,
        address="192.0.2.8",
        object_type="records",
        values={"q": "<b>refund</b>"},
    )
    page = browser.get(LOG).content.decode()
    assert page.index("Searched") < page.index("Viewed") < page.index("Signed in")
    assert "&lt;b&gt;refund" in page
    assert "<b>refund" not in page
    found = browser.get(f"{LOG}?thing=record").content.decode()
    assert "abc-1" in found
    assert "Searched" not in found
    assert "192.0.2.8" in browser.get(f"{LOG}?q=192.0.2.8").content.decode()
    assert "192.0.2.7" not in browser.get(f"{LOG}?q=192.0.2.8").content.decode()
    assert "abc-1" in browser.get(f"{LOG}?q=xiaowen&period=1").content.decode()
    assert browser.get(f"{LOG}?period=x&thing=y").status_code == 200


def test_erased_details_are_said_to_be_erased(browser):
    trail.append("record.viewed", address="192.0.2.7")
    TrailDetail.objects.all().delete()
    assert "erased" in browser.get(LOG).content.decode()


def test_nothing_can_be_added_changed_or_deleted(browser):
    entry = trail.append("record.viewed")
    for address in (
        f"{LOG}add/",
        f"{LOG}{entry.number}/change/",
        f"{LOG}{entry.number}/delete/",
        f"{LOG}{entry.number}/",
    ):
        assert browser.post(address, {"post": "yes", "action": "x"}).status_code in (403, 404), address
    chosen = {"action": "delete_selected", "_selected_action": [entry.number], "post": "yes"}
    browser.post(LOG, chosen)
    assert TrailEntry.objects.filter(number=entry.number).exists()
    assert trail.verify().is_unaltered


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT])
def test_only_administrators_see_it(role):
    member = make_member(role)
    client = Client()
    client.post("/login/", {"login": member.account, "password": PASSWORD})
    for address in (LOG, f"{LOG}check/"):
        assert client.get(address).status_code in (302, 403)


def test_the_check_answers_both_questions_apart(browser, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        trail.append("record.viewed")
        trail.append("record.viewed")
    found = browser.get(f"{LOG}check/").context["found"]
    assert (found.is_unaltered, found.is_complete) == (True, True)
    last = TrailEntry.objects.order_by("-number").first()
    TrailDetail.objects.filter(entry=last).delete()
    last.delete()
    found = browser.get(f"{LOG}check/").context["found"]
    assert (found.is_unaltered, found.is_complete) == (True, False)
    TrailEntry.objects.filter(number=1).update(action="forged")
    page = browser.get(f"{LOG}check/").content.decode()
    assert "Has anything been altered?" in page
    assert "altered</td>" in page
