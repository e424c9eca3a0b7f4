"""Entries of the trail for people (T-11): who, when, from where, before → after, in words."""

import pytest
from django.test import Client
from django.utils import translation

from apps.team import members, trail
from apps.team.models import Role, TrailDetail, TrailEntry
from apps.team.trail_reading import changes_of, facts_of
from tests.factories import PASSWORD, make_group, make_member

pytestmark = pytest.mark.django_db
LOG = "/console/team/trailentry/"


@pytest.fixture
def admin():
    return make_member(Role.ADMINISTRATOR, nickname="Zhou Ning", serves=False)


@pytest.fixture
def browser(admin) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.post("/login/", {"login": admin.account, "password": PASSWORD})
    return client


def newest(action: str) -> TrailDetail:
    return TrailDetail.objects.select_related("entry").filter(entry__action=action).latest("entry__number")


def test_an_entry_has_a_page_with_before_and_after_in_words(browser, admin):
    member = make_member(nickname="Ann <b>", role=Role.AGENT)
    members.change(member, {"role": Role.SUPERVISOR, "serves": False}, admin, address="203.0.113.7")
    number = newest("member.changed").entry_id
    listed = browser.get(LOG).content.decode()
    assert f'href="{LOG}entry/{number}/"' in listed
    page = browser.get(f"{LOG}entry/{number}/").content.decode()
    for words in ("Zhou Ning", "203.0.113.7", "<del>Agent</del>", "<ins>Supervisor</ins>", "<ins>no</ins>"):
        assert words in page
    assert f"/console/team/member/{member.pk}/history/" in page


def test_a_history_says_the_same(browser, admin):
    member = make_member(role=Role.AGENT)
    members.change(member, {"role": Role.SUPERVISOR}, admin)
    page = browser.get(f"/console/team/member/{member.pk}/history/").content.decode()
    assert "<del>Agent</del> → <ins>Supervisor</ins>" in page


def test_places_times_and_settings_are_read_in_the_readers_language():
    trail.append(
        "member.changed",
        object_type="member",
        object_id=1,
        values={
            "before": {"groups": []},
            "after": {"groups": [{"group": "Care", "priority": 1, "supervises": True}], "phone": None},
        },
    )
    with translation.override("en"):
        [change] = changes_of(newest("member.changed"))
        assert (change.name, change.before, change.after) == ("groups", "", "Care (1, supervises)")
    trail.append(
        "credential.changed",
        object_type="credential",
        object_id=1,
        values={"before": {"ends_at": None}, "after": {"ends_at": "2031-05-06T09:00:00Z"}},
    )
    with translation.override("zh-hans"):
        [change] = changes_of(newest("credential.changed"))
        assert (change.name, change.after) == ("有效期至", "2031-05-06 17:00")
    trail.append(
        "settings.changed",
        object_type="settings",
        object_id="reception",
        values={"version": 2, "before": {"accept_seconds": 20}, "after": {"accept_seconds": 30}},
    )
    with translation.override("en"):
        [change] = changes_of(newest("settings.changed"))
        assert (change.name, change.before, change.after) == ("Accept time-out", "20", "30")
        assert facts_of(newest("settings.changed")) == [("Version", "2")]


def test_erased_details_are_said_to_be_erased(browser):
    entry = trail.append("record.viewed", address="192.0.2.7")
    TrailDetail.objects.filter(entry=entry).delete()
    page = browser.get(f"{LOG}entry/{entry.number}/").content.decode()
    assert "have been erased" in page
    assert "192.0.2.7" not in page


def test_an_entry_is_read_by_administrators_only_and_changed_by_nobody(browser):
    entry = trail.append("record.viewed")
    assert browser.get(f"{LOG}entry/{10**15}/").status_code == 404
    lead = make_member(Role.SUPERVISOR, groups=[make_group()])
    other = Client()
    other.post("/login/", {"login": lead.account, "password": PASSWORD})
    assert other.get(f"{LOG}entry/{entry.number}/").status_code == 403
    browser.post(f"{LOG}entry/{entry.number}/", {"action": "x"})
    assert TrailEntry.objects.get(number=entry.number).action == "record.viewed"


def test_many_entries_of_one_act_stay_one_chain():
    trail.append("record.viewed")
    count = trail.append_many(
        (("member.added", number, {"after": {"nickname": f"N{number}"}}) for number in range(4321)),
        address="203.0.113.7",
        object_type="member",
    )
    trail.append("record.viewed")
    found = trail.verify()
    assert (count, found.is_unaltered, found.entries) == (4321, True, TrailEntry.objects.count())
    assert newest("member.added").values == {"after": {"nickname": "N4320"}}
    assert trail.append_many([], object_type="member") == 0
