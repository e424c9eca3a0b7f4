"""The sign-in log, and the page of how a member signs in (T-6, T-8, X-8)."""

import re

import pytest
from django.test import Client

from apps.routing import members as routing_members
from apps.team import second_factor, trail
from apps.team import sign_in as signing
from apps.team.models import Member, Role, SignInLink
from csdesk import clock
from tests.factories import PASSWORD, make_member
from tests.team.test_second_factor import with_factor

pytestmark = pytest.mark.django_db
LOG = "/console/team/signinentry/"


@pytest.fixture
def admin(client, sign_in):
    member = make_member(Role.ADMINISTRATOR, serves=False)
    client.cookies["django_language"] = "en"
    sign_in(member)
    return member


def page_of(member, part: str = "") -> str:
    return f"{LOG}member/{member.pk}/{part}"


def rows(client, address: str = LOG) -> list[list[str]]:
    """The cells of the list, as text."""
    page = client.get(address).content.decode()
    body = re.search(r"<tbody>(.*?)</tbody>", page, re.S)
    found = re.findall(r"<tr.*?>(.*?)</tr>", body.group(1), re.S) if body else []
    cells = [re.findall(r"<t[dh].*?>(.*?)</t[dh]>", row, re.S) for row in found]
    return [[re.sub(r"<.*?>", "", cell).strip() for cell in row] for row in cells]


def test_the_log_says_who_when_from_where_how_and_with_what_result(client, sign_in, admin):
    member = make_member(nickname="Lin Xiao")
    sign_in(member, "wrong", browser=Client(), REMOTE_ADDR="10.1.2.3")
    sign_in("nobody@example.com", browser=Client(), REMOTE_ADDR="10.1.2.4")
    shown = [row[1:] for row in rows(client)]
    assert shown == [
        ["unknown nobody@example.com", "Sign-in failed", "Password", "10.1.2.4"],
        ["Lin Xiao", "Sign-in failed", "Password", "10.1.2.3"],
        [admin.nickname, "Signed in", "Password", "127.0.0.1"],
    ]


def test_other_entries_of_the_trail_are_not_in_it(client, admin):
    trail.append("record.viewed", member=admin, object_type="record", object_id=7)
    assert len(rows(client)) == 1


def test_it_is_filtered_and_searched(client, sign_in, admin):
    member = make_member(nickname="Lin Xiao")
    sign_in(member, "wrong", browser=Client(), REMOTE_ADDR="10.1.2.3")
    assert [row[1] for row in rows(client, f"{LOG}?result=failed")] == ["Lin Xiao"]
    assert [row[1] for row in rows(client, f"{LOG}?result=succeeded")] == [admin.nickname]
    assert [row[1] for row in rows(client, f"{LOG}?q=10.1.2.3")] == ["Lin Xiao"]
    assert [row[1] for row in rows(client, f"{LOG}?q=lin+xiao")] == ["Lin Xiao"]
    assert len(rows(client, f"{LOG}?period=1&result=nonsense")) == 2


def test_erased_details_are_said_to_be_erased(client, admin):
    trail.erase([1])
    assert rows(client)[0][1] == "erased"


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
def test_only_administrators_see_either(sign_in, role):
    browser, member = Client(), make_member()
    sign_in(make_member(role), browser=browser)
    for address in (LOG, page_of(member), page_of(member, "link/"), page_of(member, "second-factor/")):
        assert browser.get(address).status_code == 403
        assert browser.post(address).status_code == 403
    assert not SignInLink.objects.exists()


def test_nothing_of_the_log_can_be_changed(client, admin):
    for address in ("add/", "1/change/", "1/delete/"):
        assert client.post(f"{LOG}{address}").status_code in (302, 403, 404)
    assert len(rows(client)) == 1


def test_an_address_is_made_shown_once_and_signs_in(client, admin):
    member = make_member()
    assert "Make an address" in client.get(page_of(member)).content.decode()
    asked = client.get(page_of(member, "link/"))
    assert "Whoever has the address becomes this member" in asked.content.decode()
    assert not SignInLink.objects.exists()
    shown = client.post(page_of(member, "link/"))
    assert "no-store" in shown["Cache-Control"]
    path = re.search(r"/login/once/[\w-]+/", shown.content.decode()).group()
    other = Client()
    other.post(path)
    assert other.get("/account/password/").status_code == 200
    assert path not in client.get(page_of(member)).content.decode()


def test_long_after_signing_in_ones_own_password_is_asked_for(client, admin, monkeypatch):
    member, real = make_member(), clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + signing.CONFIRMATION_LASTS)
    assert client.post(page_of(member, "link/")).status_code == 200
    assert not SignInLink.objects.exists()
    assert client.post(page_of(member, "link/"), {"confirmation": PASSWORD}).status_code == 200
    assert SignInLink.objects.count() == 1


def test_what_is_lost_is_taken_away(client, admin):
    member, _secret, _codes = with_factor(bound_phone="+8613800138000")
    page = client.get(page_of(member)).content.decode()
    assert "+86 138****8000" in page
    assert "13800138000" not in page
    client.post(page_of(member, "second-factor/"))
    client.post(page_of(member, "phone/"))
    member.refresh_from_db()
    assert (second_factor.is_on(member), member.bound_phone) == (False, "")


def test_oneself_the_super_administrator_and_who_is_offline_by_force_are_refused_with_the_reason(
    client, admin
):
    boss, forced = make_member(Role.SUPER), make_member()
    routing_members.force_offline(forced, admin)
    for member, words in (
        (admin, "Your own is on your page"),
        (boss, "Nobody else changes how the super administrator signs in"),
        (forced, "offline by force"),
    ):
        page = client.get(page_of(member)).content.decode()
        assert words in page
        assert page_of(member, "link/") not in page
        assert client.post(page_of(member, "link/")).status_code == 403
    assert client.post(page_of(boss, "second-factor/")).status_code == 403
    assert client.post(page_of(boss, "phone/")).status_code == 403
    assert not SignInLink.objects.exists()


def test_deleted_members_have_no_such_page(client, admin):
    assert client.get(page_of(make_member(deleted_at=clock.now()))).status_code == 404


def test_ones_own_page_shows_the_latest_sign_ins_and_what_is_set_up(client, sign_in):
    member = make_member()
    browser = Client()
    browser.cookies["django_language"] = "en"
    sign_in(member, "wrong", browser=Client(), REMOTE_ADDR="10.9.9.9")
    sign_in(member, browser=browser)
    Member.objects.filter(pk=member.pk).update(bound_phone="+8613800138000")
    page = browser.get("/account/").content.decode()
    for words in ("10.9.9.9", "Sign-in failed", "+86 138****8000", "Set it up", member.account):
        assert words in page
