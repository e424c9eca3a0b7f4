"""The second factor: set up, asked for, required by role, lost and replaced (T-6, T-8, X-6)."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.db import connection
from django.test import Client

from apps.team import passwords, second_factor
from apps.team import sign_in as signing
from apps.team.models import Member, Role, TrailEntry
from csdesk import clock
from csdesk.errors import NotAllowed, RateLimited
from tests.factories import PASSWORD, make_member
from tests.team.threads import at_once

pytestmark = pytest.mark.django_db
HTML = {"Accept": "text/html"}
STEP = "/login/second-factor/"
SET_UP = "/account/second-factor/"


@pytest.fixture(autouse=True)
def _in_english(client):
    client.cookies["django_language"] = "en"


@pytest.fixture(autouse=True)
def time(monkeypatch):
    """A clock that stands still until it is moved: codes change with time."""
    now = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: now[0])

    def move(**how: float) -> None:
        now[0] += timedelta(**how)

    return move


def code_now(secret: str, periods: int = 0) -> str:
    step = int(clock.now().timestamp()) // second_factor.PERIOD + periods
    return format_hotp_value(hotp_value(secret, step))


def with_factor(role: str = Role.AGENT, **fields) -> tuple[Member, str, list[str]]:
    """A member with a second factor set up a while ago, its secret and the recovery codes."""
    member, session = make_member(role, **fields), Client().session
    secret = second_factor.offered_secret(member, session)
    codes = second_factor.turn_on(member, session, code_now(secret, -1))
    return member, secret, codes


def is_signed_in(browser: Client) -> bool:
    return browser.get("/account/password/").status_code == 200


# --- signing in ---


def test_the_password_alone_signs_nobody_in(client, sign_in):
    member, secret, _codes = with_factor()
    assert sign_in(member)["Location"] == STEP
    assert not is_signed_in(client)
    assert client.get("/desk/", headers=HTML)["Location"].startswith("/login/")
    sign_in(member)
    answer = client.post(STEP, {"code": code_now(secret)})
    assert answer["Location"] == "/desk/"
    assert is_signed_in(client)
    entry = TrailEntry.objects.select_related("detail").get(action="sign_in.succeeded")
    assert entry.detail.values == {"how": "password", "second_factor": "totp"}


def test_until_the_code_is_right_the_former_place_goes_on(sign_in, client):
    member, secret, _codes = with_factor()
    sign_in(member)
    client.post(STEP, {"code": code_now(secret)})
    thief = Client()
    sign_in(member, browser=thief)
    thief.post(STEP, {"code": "000000"})
    assert is_signed_in(client)
    assert not is_signed_in(thief)


def test_one_goes_where_one_wanted_after_both_steps(client):
    member, secret, _codes = with_factor()
    client.post(
        "/login/?next=/records/", {"login": member.account, "password": PASSWORD, "next": "/records/"}
    )
    assert client.post(STEP, {"code": code_now(secret)})["Location"] == "/records/"


def test_a_code_counts_once_and_none_before_it(client, sign_in, time):
    member, secret, _codes = with_factor()
    used, before = code_now(secret), code_now(secret, -1)
    assert second_factor.check(member, used, "10.0.0.1") == "totp"
    assert second_factor.check(member, used, "10.0.0.1") == ""
    assert second_factor.check(member, before, "10.0.0.1") == ""
    # Also not when whatever is kept in memory is lost.
    cache.clear()
    assert second_factor.check(member, used, "10.0.0.1") == ""
    time(seconds=30)
    assert second_factor.check(member, code_now(secret), "10.0.0.1") == "totp"


def test_clocks_may_be_half_a_minute_wrong_and_no_more(time):
    member, secret, _codes = with_factor()
    time(minutes=10)
    assert second_factor.check(member, code_now(secret, -2), "10.0.0.1") == ""
    assert second_factor.check(member, code_now(secret, 2), "10.0.0.1") == ""
    assert second_factor.check(member, code_now(secret, -1), "10.0.0.1") == "totp"
    assert second_factor.check(member, code_now(secret, 1), "10.0.0.1") == "totp"


@pytest.mark.parametrize("typed", ["", "abc", "１２３４５６", "1" * 50, "000000\x00", "-", "12345"])
def test_what_is_no_code_is_none(typed):
    member, _secret, _codes = with_factor()
    assert second_factor.check(member, typed, "10.0.0.1") == ""


def test_guessing_is_slowed_down_and_logged(client, sign_in):
    member, secret, _codes = with_factor()
    sign_in(member)
    wrong = next(code for code in ("000000", "111111", "222222", "333333") if code != code_now(secret))
    for _try in range(5):
        assert "not the code" in client.post(STEP, {"code": wrong}).content.decode()
    assert "Too many tries" in client.post(STEP, {"code": code_now(secret)}).content.decode()
    assert not is_signed_in(client)
    failed = TrailEntry.objects.filter(action="sign_in.failed", member_id=member.pk)
    assert failed.count() == 5
    assert TrailEntry.objects.filter(action="sign_in.locked", member_id=member.pk).count() == 1
    # Typing the password again is no way around it.
    sign_in(member)
    with pytest.raises(RateLimited):
        second_factor.check(member, code_now(secret), "127.0.0.1")


def test_a_recovery_code_signs_in_once(client, sign_in):
    member, _secret, codes = with_factor()
    assert len(set(codes)) == 10
    sign_in(member)
    assert client.post(STEP, {"code": codes[3]}).status_code == 302
    assert is_signed_in(client)
    assert second_factor.recovery_codes_left(member) == 9
    assert second_factor.check(member, codes[3], "10.0.0.1") == ""
    assert second_factor.check(member, codes[4].replace(" ", "-"), "10.0.0.1") == "recovery_code"


def test_a_half_made_sign_in_ends_with_the_password_or_the_member(client, sign_in):
    for change in (
        lambda member: passwords.change(member, "another password"),
        lambda member: Member.objects.filter(pk=member.pk).update(forced_offline_at=clock.now()),
        lambda member: Member.objects.filter(pk=member.pk).update(deleted_at=clock.now()),
    ):
        member, secret, _codes = with_factor()
        sign_in(member)
        change(member)
        assert client.post(STEP, {"code": code_now(secret)})["Location"] == "/login/"
        assert not is_signed_in(client)


def test_one_may_begin_anew_as_somebody_else(client, sign_in):
    member, secret, _codes = with_factor()
    sign_in(member)
    assert client.post(STEP, {"cancel": "1"})["Location"] == "/login/"
    assert client.post(STEP, {"code": code_now(secret)})["Location"] == "/login/"
    assert not is_signed_in(client)


def test_without_a_first_step_there_is_no_second(client):
    assert client.get(STEP)["Location"] == "/login/"


# --- setting it up ---


def test_setting_up_shows_a_picture_a_key_and_then_the_recovery_codes_once(client, sign_in):
    member = make_member()
    sign_in(member)
    page = client.get(SET_UP)
    assert "<svg" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    secret = page.context["secret"].replace(" ", "")
    assert client.get(SET_UP).context["secret"].replace(" ", "") == secret
    assert "not the code" in client.post(SET_UP, {"code": "000000"}).content.decode()
    assert not second_factor.is_on(member)
    shown = client.post(SET_UP, {"code": code_now(secret)})
    codes = shown.context["codes"]
    assert all(code in shown.content.decode() for code in codes)
    assert "no-store" in shown["Cache-Control"]
    assert second_factor.is_on(member)
    assert client.get(SET_UP)["Location"] == "/account/"
    assert "10 recovery codes left" in client.get("/account/").content.decode()
    assert not any(code in client.get("/account/").content.decode() for code in codes)


def test_a_secret_is_sealed_for_its_member_alone():
    member, secret, codes = with_factor()
    other, _secret, _codes = with_factor()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(a::text, ' ') FROM mfa_authenticator a")
        kept = cursor.fetchone()[0]
    assert secret not in kept
    assert not any(code.replace(" ", "") in kept for code in codes)
    # Moved into another member's row it opens nothing.
    own = Authenticator.objects.get(user=member, type="totp")
    Authenticator.objects.filter(user=other, type="totp").update(data=own.data)
    assert second_factor.check(other, code_now(secret), "10.0.0.1") == ""
    assert second_factor.check(member, code_now(secret), "10.0.0.1") == "totp"


def test_the_code_that_set_it_up_does_not_sign_in(client, sign_in):
    member, session = make_member(), Client().session
    secret = second_factor.offered_secret(member, session)
    second_factor.turn_on(member, session, code_now(secret))
    assert second_factor.check(member, code_now(secret), "10.0.0.1") == ""


def test_another_members_browser_session_takes_no_secret_along():
    member, other, session = make_member(), make_member(), Client().session
    secret = second_factor.offered_secret(member, session)
    assert second_factor.offered_secret(other, session) != secret


def test_new_recovery_codes_end_the_former_ones(client, sign_in):
    member, secret, codes = with_factor()
    sign_in(member)
    client.post(STEP, {"code": code_now(secret)})
    fresh = client.post("/account/second-factor/codes/").context["codes"]
    assert not set(fresh) & set(codes)
    assert second_factor.check(member, codes[0], "10.0.0.1") == ""
    assert second_factor.check(member, fresh[0], "10.0.0.1") == "recovery_code"


def test_turning_it_off_needs_the_password_when_one_signed_in_a_while_ago(client, sign_in, time):
    member, secret, _codes = with_factor()
    sign_in(member)
    client.post(STEP, {"code": code_now(secret)})
    time(minutes=16)
    for address in (SET_UP, "/account/second-factor/codes/", "/account/second-factor/off/"):
        assert client.post(address)["Location"].startswith("/account/confirm/")
    assert second_factor.is_on(member)
    client.post("/account/confirm/", {"password": PASSWORD})
    assert client.post("/account/second-factor/off/")["Location"] == "/account/"
    assert not second_factor.is_on(member)
    assert TrailEntry.objects.filter(action="second_factor.turned_off", member_id=member.pk).exists()


@pytest.mark.parametrize("address", ["/account/second-factor/off/", "/account/second-factor/codes/"])
def test_what_changes_something_is_no_get(client, sign_in, address):
    sign_in(make_member())
    assert client.get(address).status_code == 405


@pytest.mark.parametrize("address", ["/account/", SET_UP, "/account/phone/", "/account/confirm/"])
def test_strangers_sign_in_first(client, address):
    assert client.get(address)["Location"].startswith("/login/?next=")


# --- required by role (X-6) ---


def test_a_role_that_needs_one_sets_it_up_before_anything_else(client, sign_in, settings):
    settings.SECOND_FACTOR_ROLES = [Role.ADMINISTRATOR]
    admin = make_member(Role.ADMINISTRATOR)
    sign_in(admin)
    for address in ("/desk/", "/console/", "/records/", "/account/", "/account/phone/"):
        assert client.get(address, headers=HTML)["Location"] == SET_UP, address
    refused = client.post("/console/settings/closing/", headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert signing.member_of(client.session) is None
    page = client.get(SET_UP)
    assert "Your role signs in with a second factor" in page.content.decode()
    client.post(SET_UP, {"code": code_now(page.context["secret"].replace(" ", ""))})
    assert client.get("/console/", headers=HTML).status_code == 200
    assert signing.member_of(client.session) == admin


def test_other_roles_and_the_demo_do_not_need_one(client, sign_in, settings):
    assert settings.SECOND_FACTOR_ROLES == []
    settings.SECOND_FACTOR_ROLES = [Role.ADMINISTRATOR]
    sign_in(make_member())
    assert client.get("/desk/", headers=HTML).status_code == 200


def test_who_becomes_an_administrator_sets_one_up_at_once(client, sign_in, settings):
    settings.SECOND_FACTOR_ROLES = [Role.ADMINISTRATOR]
    member = make_member()
    sign_in(member)
    Member.objects.filter(pk=member.pk).update(role=Role.ADMINISTRATOR)
    assert client.get("/console/", headers=HTML)["Location"] == SET_UP


def test_where_the_role_needs_one_turning_off_leads_to_a_new_one(client, sign_in, settings):
    settings.SECOND_FACTOR_ROLES = [Role.ADMINISTRATOR]
    admin, secret, _codes = with_factor(Role.ADMINISTRATOR)
    sign_in(admin)
    client.post(STEP, {"code": code_now(secret)})
    assert client.get("/console/", headers=HTML).status_code == 200
    client.post("/account/second-factor/off/")
    assert client.get("/console/", headers=HTML)["Location"] == SET_UP


# --- lost: an administrator takes it away ---


def test_an_administrator_turns_off_what_is_lost_and_the_member_is_signed_out(client, sign_in):
    member, secret, _codes = with_factor()
    sign_in(member)
    client.post(STEP, {"code": code_now(secret)})
    for stranger in (make_member(), make_member(Role.SUPERVISOR)):
        with pytest.raises(NotAllowed):
            second_factor.turn_off(member, stranger)
    second_factor.turn_off(member, make_member(Role.ADMINISTRATOR))
    assert not is_signed_in(client)
    sign_in(member)
    assert is_signed_in(client)


def test_nobody_else_turns_off_the_super_administrators():
    boss, _secret, _codes = with_factor(Role.SUPER)
    with pytest.raises(NotAllowed):
        second_factor.turn_off(boss, make_member(Role.ADMINISTRATOR))


# --- keys change ---


def test_after_a_new_key_of_the_deployment_the_app_goes_on(settings):
    member, secret, codes = with_factor()
    former = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 40, [former]
    assert second_factor.seal_anew() == 2
    assert second_factor.seal_anew() == 0
    settings.SECRET_KEY_FALLBACKS = []
    assert second_factor.check(member, code_now(secret), "10.0.0.1") == "totp"
    assert second_factor.check(member, codes[0], "10.0.0.1") == "recovery_code"
    settings.SECRET_KEY = "o" * 40
    assert second_factor.seal_anew() == 0
    # What no key opens lets nobody in, and breaks no page.
    assert second_factor.check(member, codes[1], "10.0.0.1") == ""
    assert second_factor.recovery_codes_left(member) == 0


# --- at the same moment ---


@pytest.mark.django_db(transaction=True)
def test_one_code_typed_in_many_places_at_once_counts_once():
    member, secret, codes = with_factor()
    typed = code_now(secret)
    assert (
        sum(bool(kind) for kind in at_once(lambda n: second_factor.check(member, typed, f"10.0.0.{n}"), 5))
        == 1
    )
    typed = codes[0]
    assert (
        sum(bool(kind) for kind in at_once(lambda n: second_factor.check(member, typed, f"10.0.1.{n}"), 5))
        == 1
    )
