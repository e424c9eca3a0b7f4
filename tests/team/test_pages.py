"""What goes wrong is told on pages of our own; what ended a sign-in, a password or a target is too."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client, RequestFactory
from django.utils import translation
from django.views import defaults

from apps.team import lockout, members, passwords
from apps.team.models import Role, TrailEntry
from csdesk import clock
from tests.factories import PASSWORD, make_member

pytestmark = pytest.mark.django_db
HTML = {"Accept": "text/html"}
OLD = "This page is too old"


@pytest.fixture(autouse=True)
def _in_english(client):
    client.cookies["django_language"] = "en"


def strict() -> Client:
    browser = Client(enforce_csrf_checks=True)
    browser.cookies["django_language"] = "en"
    return browser


def sign_in_at(browser: Client, member, target: str = "") -> object:
    token = browser.get("/login/").cookies["csdesk_csrf"].value
    data = {"login": member.account, "password": PASSWORD, "csrfmiddlewaretoken": token, "next": target}
    return browser.post("/login/", data)


# --- pages for what goes wrong ---


def test_the_second_of_two_sign_in_tabs_just_goes_on():
    member, browser = make_member(), strict()
    old = browser.get("/login/").cookies["csdesk_csrf"].value
    assert sign_in_at(browser, member).status_code == 302
    data = {"login": member.account, "password": PASSWORD, "csrfmiddlewaretoken": old}
    assert browser.post("/login/", data)["Location"] == "/desk/"
    assert browser.post("/login/", {**data, "next": "/records/?q=a"})["Location"] == "/records/?q=a"
    assert browser.post("/login/", {**data, "next": "//evil.com"})["Location"] == "/desk/"


@pytest.mark.parametrize(("language", "words"), [("en", OLD), ("zh-hans", "页面已过期")])
def test_a_form_that_is_too_old_has_a_way_back(language, words):
    browser = strict()
    browser.cookies["django_language"] = language
    answer = browser.post("/login/", {"login": "x", "password": "y"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert words in page
    assert 'href="/login/"' in page


def test_a_program_is_answered_in_its_language():
    answer = strict().post("/api/desk/upload", {})
    assert answer.status_code in (401, 403)
    assert answer.json()["code"]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "This page does not exist"), ("zh-hans", "没有这个页面")]
)
def test_an_address_that_is_none(client, language, words):
    client.cookies["django_language"] = language
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert words in answer.content.decode()


def test_every_error_page_is_ours_and_needs_no_database(django_assert_num_queries):
    request = RequestFactory().get("/x/")
    with translation.override("en"), django_assert_num_queries(0):
        pages = {
            "You may not see this page": defaults.permission_denied(request, PermissionDenied()),
            "This request makes no sense": defaults.bad_request(request, ValueError()),
            "Something went wrong": defaults.server_error(request),
        }
    for words, page in pages.items():
        assert words in page.content.decode()
        assert "ui/base" in page.content.decode()


# --- where to go next ---


@pytest.mark.parametrize(
    "target",
    [
        "/%09/evil.com",
        "/\t/evil.com",
        "//evil.com",
        "/\\evil.com",
        "/%5cevil.com",
        "/%2fevil.com",
        "https://evil.com/",
        "javascript:alert(1)",
        "/desk/\x00",
    ],
)
def test_a_target_elsewhere_is_neither_kept_nor_shown(client, sign_in, target):
    page = client.get("/login/", {"next": target}).content.decode()
    assert "evil" not in page.partition("<main")[2]
    assert 'name="next"' not in page.partition("<main")[2]
    answer = client.post("/login/", {"login": make_member().account, "password": PASSWORD, "next": target})
    assert answer["Location"] == "/desk/"


def test_a_target_of_ours_is_kept_with_its_query(client):
    target = "/records/?q=green tea&period=30"
    page = client.get("/login/", {"next": target})
    assert page.context["redirect_field_value"] == target


# --- passwords ---


def test_wrong_current_passwords_are_slowed_down(client, sign_in):
    sign_in(make_member())
    data = {"oldpassword": "wrong", "password1": "a new password 1", "password2": "a new password 1"}
    for _try in range(lockout.FREE_TRIES):
        assert "not your current password" in client.post("/account/password/", data).content.decode()
    assert "Too many tries" in client.post("/account/password/", data).content.decode()
    # Not even the right one, until the wait is over.
    answer = client.post("/account/password/", {**data, "oldpassword": PASSWORD})
    assert "Too many tries" in answer.content.decode()
    assert TrailEntry.objects.filter(action="sign_in.failed").count() == lockout.FREE_TRIES


@pytest.mark.parametrize("password", [" " * 10, "\u3000 " * 6, "a" * 12, "7" * 14])
def test_one_character_again_and_again_is_no_password(client, sign_in, password):
    with pytest.raises(ValidationError):
        validate_password(password)
    sign_in(make_member())
    data = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    assert client.post("/account/password/", data).status_code == 200


# --- who is signed out is told why, once ---


def told(client: Client) -> list[str]:
    return [str(message) for message in client.get("/login/", headers=HTML).context["messages"]]


def test_a_reset_is_told_once(client, sign_in):
    member, admin = make_member(), make_member(Role.ADMINISTRATOR)
    sign_in(member)
    passwords.reset(member, admin)
    assert client.get("/desk/", headers=HTML).status_code == 302
    assert ["password was reset" in words for words in told(client)] == [True]
    assert told(client) == []


@pytest.mark.parametrize("how", ["deleted", "forced"])
def test_so_is_what_an_administrator_did(client, sign_in, how):
    member, admin = make_member(), make_member(Role.ADMINISTRATOR)
    sign_in(member)
    if how == "deleted":
        members.delete(member, admin)
    else:
        member.forced_offline_at = clock.now()
        member.save()
    reasons = {
        "deleted": "You have been signed out by an administrator.",
        "forced": "An administrator has taken you offline. Ask one to restore you.",
    }
    assert told(client) == [reasons[how]]
    assert told(client) == []


def test_who_signed_out_is_told_nothing(client, sign_in):
    sign_in(make_member())
    client.post("/logout/")
    assert told(client) == []
