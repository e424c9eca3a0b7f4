"""API credentials in the console (T-10, X-9): shown once, asked for one's password, refused to others."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.team import credentials
from apps.team.models import ApiCredential, Member, Role, TrailDetail
from csdesk import clock
from tests.factories import PASSWORD, make_member

pytestmark = pytest.mark.django_db
LIST = "/console/team/apicredential/"
GOOD = {"name": "orders", "actions": ["DescribeIMCdrs", "CreateStaff"], "networks": "203.0.113.0/24\n::1"}


def browser_of(member: Member) -> Client:
    browser = Client()
    browser.cookies["django_language"] = "en"
    assert browser.post("/login/", {"login": member.account, "password": PASSWORD}).status_code == 302
    return browser


@pytest.fixture
def browser() -> Client:
    return browser_of(make_member(Role.ADMINISTRATOR))


def made(browser: Client, **changes) -> tuple[ApiCredential, str]:
    answer = browser.post(f"{LIST}add/", GOOD | changes)
    assert answer.status_code == 200, answer
    return ApiCredential.objects.latest("pk"), answer.content.decode()


def errors(answer) -> dict:
    return answer.context["adminform"].form.errors


def test_a_pair_is_shown_once_and_never_again(browser):
    credential, shown = made(browser)
    [key] = credentials.keys_of(credential)
    assert credential.secret_id in shown
    assert key in shown
    assert "only time the SecretKey is shown" in shown
    for page in (LIST, f"{LIST}{credential.pk}/change/", f"{LIST}{credential.pk}/history/"):
        answer = browser.get(page)
        assert answer.status_code == 200
        assert key not in answer.content.decode()
    assert credential.networks == ["203.0.113.0/24", "::1/128"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"actions": []}, "actions"),
        ({"actions": ["DropTables"]}, "actions"),
        ({"actions": ["CreateAdminURL"]}, "actions"),
        ({"networks": "everywhere"}, "networks"),
        ({"networks": "0.0.0.0/0"}, "networks"),
        ({"ends_at": "2020-01-01"}, "ends_at"),
        ({"ends_at": "tomorrow"}, "ends_at"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(browser, changes, field):
    answer = browser.post(f"{LIST}add/", GOOD | changes)
    assert list(errors(answer)) == [field]
    assert not ApiCredential.objects.exists()


def test_all_that_does_not_fit_is_said_at_once(browser):
    wrong = {"name": "", "actions": ["CreateAdminURL"], "networks": "everywhere", "ends_at": "tomorrow"}
    answer = browser.post(f"{LIST}add/", GOOD | wrong)
    assert set(errors(answer)) == set(wrong)


def test_the_last_day_counts_whole(browser):
    day = timezone.localdate() + timedelta(days=3)
    credential, _shown = made(browser, ends_at=day.isoformat())
    local = timezone.localtime(credential.ends_at)
    assert (local.date(), local.hour) == (day + timedelta(days=1), 0)
    page = browser.get(f"{LIST}{credential.pk}/change/").content.decode()
    assert f'value="{day.isoformat()}"' in page
    assert day.isoformat() in browser.get(LIST).content.decode()


def test_a_form_that_is_saved_as_it_is_changes_nothing(browser):
    day = timezone.localdate() + timedelta(days=3)
    credential, _shown = made(browser, ends_at=day.isoformat())
    browser.post(f"{LIST}{credential.pk}/change/", GOOD | {"ends_at": day.isoformat()})
    assert not TrailDetail.objects.filter(entry__action="credential.changed").exists()
    browser.post(f"{LIST}{credential.pk}/change/", GOOD | {"name": "billing", "ends_at": ""})
    detail = TrailDetail.objects.get(entry__action="credential.changed")
    assert detail.values["after"] == {"name": "billing", "ends_at": None}


def test_a_new_key_is_shown_and_the_former_one_may_be_ended(browser):
    credential, _shown = made(browser)
    first = credentials.keys_of(credential)
    shown = browser.post(f"{LIST}{credential.pk}/rotate/", {"keep": "3600"}).content.decode()
    credential.refresh_from_db()
    second, former = credentials.keys_of(credential)
    assert (second in shown, former in shown, [former]) == (True, False, first)
    page = browser.get(f"{LIST}{credential.pk}/change/").content.decode()
    assert "The former one counts until" in page
    browser.post(f"{LIST}{credential.pk}/end-former/")
    credential.refresh_from_db()
    assert credentials.keys_of(credential) == [second]


def test_disabled_and_enabled_from_the_list(browser):
    credential, _shown = made(browser)
    browser.post(f"{LIST}{credential.pk}/disable/")
    listed = browser.get(LIST).content.decode()
    assert "Disabled" in listed
    assert "It is disabled: enable it first." in listed
    answer = browser.post(f"{LIST}{credential.pk}/rotate/", {"keep": "0"}, follow=True)
    assert "It is disabled: enable it first." in answer.content.decode()
    browser.post(f"{LIST}{credential.pk}/enable/")
    credential.refresh_from_db()
    assert credential.disabled_at is None


def test_after_a_while_ones_own_password_is_asked_for(browser, monkeypatch):
    credential, _shown = made(browser)
    keys = credentials.keys_of(credential)
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "confirmation" in errors(browser.post(f"{LIST}add/", GOOD | {"name": "second"}))
    for act in ("rotate", "disable", "end-former"):
        answer = browser.post(f"{LIST}{credential.pk}/{act}/", {"confirmation": "wrong"})
        assert "not your current password" in answer.content.decode()
    credential.refresh_from_db()
    assert (credentials.keys_of(credential), credential.disabled_at) == (keys, None)
    assert made(browser, name="second", confirmation=PASSWORD)[0].name == "second"


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT])
def test_others_see_and_do_nothing(browser, role):
    credential, _shown = made(browser)
    other = browser_of(make_member(role))
    assert other.get(LIST).status_code == 403
    assert LIST not in other.get("/console/").content.decode()
    for act in ("change", "rotate", "disable", "enable", "end-former", "history"):
        page = f"{LIST}{credential.pk}/{act}/"
        assert other.get(page).status_code in (302, 403)
        assert other.post(page, GOOD).status_code in (302, 403)
    assert other.post(f"{LIST}add/", GOOD).status_code == 403
    assert ApiCredential.objects.count() == 1
    credential.refresh_from_db()
    assert (credential.disabled_at, credential.name) == (None, "orders")


def test_nothing_is_deleted(browser):
    credential, _shown = made(browser)
    assert browser.post(f"{LIST}{credential.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ApiCredential.objects.filter(pk=credential.pk).exists()
