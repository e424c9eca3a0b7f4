"""Signing in and out (T-2, T-6, T-7, T-8, X-2, X-6)."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client

from apps.team import lockout, passwords
from apps.team import sign_in as signing
from apps.team.models import Member, Role, TrailEntry
from csdesk import clock, realtime
from csdesk.errors import RateLimited
from tests.factories import PASSWORD, make_member

pytestmark = pytest.mark.django_db

HTML = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def _in_english(client):
    client.cookies["django_language"] = "en"


@pytest.fixture
def orders(monkeypatch) -> list:
    sent: list = []
    monkeypatch.setattr(realtime, "control", lambda recipient, order: sent.append((recipient, order)))
    return sent


def is_signed_in(browser: Client) -> bool:
    return browser.get("/account/password/").status_code == 200


def test_account_and_email_sign_in_in_any_case_of_letters(client, sign_in):
    member = make_member(account="Lin.Xiao", email="lin@Example.com")
    for name in ("lin.xiao", "LIN.XIAO", "Lin@example.COM", "  lin@example.com "):
        browser = Client()
        assert sign_in(name, browser=browser).status_code == 302, name
        assert is_signed_in(browser)
    assert Member.objects.get(pk=member.pk).sign_in_id is not None


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("", ""),
        ("nobody@example.com", "x"),
        ("x" * 5000, "y" * 5000),
        ("a\x00b", "c"),
        ("' OR 1=1 --", "' OR '1'='1"),
    ],
)
def test_bad_input_is_refused_and_the_page_stays(client, sign_in, login, password):
    answer = sign_in(login, password)
    assert answer.status_code == 200
    assert b'name="password"' in answer.content
    assert not is_signed_in(client)


def test_the_answer_for_an_unknown_account_is_that_for_a_wrong_password(client, sign_in):
    member = make_member()
    wrong = sign_in(member, "wrong").context["form"].errors
    unknown = sign_in("nobody@example.com", "wrong").context["form"].errors
    assert wrong == unknown
    assert "do not belong together" in str(wrong)


def test_deleted_members_do_not_sign_in_and_their_account_can_come_again(client, sign_in):
    gone = make_member(deleted_at=clock.now())
    assert sign_in(gone).status_code == 200
    again = make_member(account=gone.account, email=gone.email)
    assert sign_in(again).status_code == 302


def test_who_was_forced_offline_is_told_so(client, sign_in):
    member = make_member(forced_offline_at=clock.now())
    answer = sign_in(member)
    assert answer["Location"] == "/login/closed/"
    assert not is_signed_in(client)
    assert client.get("/login/closed/").status_code == 403


def test_a_second_sign_in_ends_the_first_and_tells_its_desk(client, sign_in, orders):
    member, second = make_member(), Client()
    sign_in(member)
    assert is_signed_in(client)
    sign_in(member, browser=second)
    recipient, order = orders[-1]
    assert recipient == realtime.member(member.pk)
    assert (order["op"], order["reason"]) == ("kicked", "signed_in_elsewhere")
    assert order["except"] == second.session[signing.ID_KEY]
    answer = client.get("/account/password/", headers=HTML, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/login/")
    assert "signed in elsewhere" in answer.content.decode()
    assert is_signed_in(second)


def test_the_reason_waits_for_a_page_when_a_script_of_an_open_one_asks_first(client, sign_in):
    member = make_member()
    sign_in(member)
    sign_in(member, browser=Client())
    script = client.get("/desk/ended/?since=0", headers={"Accept": "*/*"})
    assert script.status_code in (302, 401, 403)
    answer = client.get("/account/password/", headers=HTML, follow=True)
    assert "signed in elsewhere" in answer.content.decode()
    again = client.get("/account/password/", headers=HTML, follow=True)
    assert "signed in elsewhere" not in again.content.decode()


def test_a_sign_in_lasts_twelve_hours_whatever_is_done(client, sign_in, monkeypatch):
    sign_in(make_member())
    later = clock.now() + timedelta(hours=11, minutes=59)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert is_signed_in(client)
    client.session.save()
    monkeypatch.setattr(clock, "now", lambda: later + timedelta(minutes=2))
    assert not is_signed_in(client)


def test_a_session_made_without_our_sign_in_does_not_count(client):
    client.force_login(make_member())
    assert not is_signed_in(client)


def test_sockets_know_the_member_of_a_browser_session(client, sign_in):
    member = make_member()
    sign_in(member)
    session = client.session
    assert signing.member_of(session) == member
    Member.objects.filter(pk=member.pk).update(must_change_password=True)
    assert signing.member_of(session) is None
    Member.objects.filter(pk=member.pk).update(must_change_password=False, deleted_at=clock.now())
    assert signing.member_of(session) is None
    assert signing.member_of(Client().session) is None


def test_a_changed_password_ends_what_a_socket_may_use(client, sign_in):
    member = make_member()
    sign_in(member)
    session = client.session
    member.refresh_from_db()
    member.set_password("another password")
    member.save()
    assert signing.member_of(session) is None


def test_five_failures_then_growing_waits_then_the_right_password_works(client, sign_in, monkeypatch):
    member = make_member()
    for _try in range(5):
        assert "do not belong together" in sign_in(member, "wrong").content.decode()
    refused = sign_in(member)
    assert "Too many tries" in refused.content.decode()
    assert not is_signed_in(client)
    # Another address is not concerned.
    assert sign_in(member, browser=Client(), REMOTE_ADDR="10.1.1.1").status_code == 302


def test_the_waits_end_and_grow():
    attempt = lockout.Attempt("7", "10.0.0.9")
    for _try in range(5):
        attempt.begin()
    waits = []
    for _try in range(8):
        with pytest.raises(RateLimited) as refused:
            attempt.begin()
        waits.append(refused.value.extra["seconds"])
        cache.delete(f"{attempt._pair}:gate")  # the wait is over: one try is let through
        attempt.begin()
    assert waits == [15, 30, 60, 120, 240, 480, 900, 900]
    attempt.succeeded()
    for _try in range(5):
        attempt.begin()


def test_unknown_accounts_are_slowed_down_alike(client, sign_in):
    for _try in range(5):
        sign_in("nobody@example.com", "wrong")
    assert "Too many tries" in sign_in("nobody@example.com", "wrong").content.decode()


def test_an_owner_is_not_shut_out_where_they_have_signed_in_before(sign_in):
    member = make_member()
    sign_in(member, browser=Client(), REMOTE_ADDR="10.0.0.1")
    for number in range(30):
        sign_in(member, "wrong", browser=Client(), REMOTE_ADDR=f"10.9.0.{number}")
    stranger = sign_in(member, browser=Client(), REMOTE_ADDR="10.9.1.1")
    assert stranger.status_code == 200  # the account is slowed down
    assert sign_in(member, browser=Client(), REMOTE_ADDR="10.0.0.1").status_code == 302


def test_tries_are_in_the_trail_without_what_was_typed_by_mistake(client, sign_in):
    member = make_member()
    sign_in("my secret password", "wrong")
    sign_in(member, "wrong")
    sign_in(member)
    made = list(TrailEntry.objects.order_by("number").select_related("detail"))
    assert [entry.action for entry in made] == ["sign_in.failed", "sign_in.failed", "sign_in.succeeded"]
    assert [entry.member_id for entry in made] == [None, member.pk, member.pk]
    assert made[0].detail.values == {"how": "password"}
    assert made[1].detail.values == {"account": member.account, "how": "password"}
    assert made[2].detail.address == "127.0.0.1"
    assert not any("wrong" in str(entry.detail.values) for entry in made)


def test_sign_in_needs_a_csrf_token(sign_in):
    browser = Client(enforce_csrf_checks=True)
    assert sign_in(make_member(), browser=browser).status_code == 403


def test_after_signing_in_one_goes_where_one_wanted_but_never_elsewhere(sign_in):
    member = make_member(Role.ADMINISTRATOR)
    data = {"login": member.account, "password": PASSWORD}
    assert Client().post("/login/?next=/console/", {**data, "next": "/console/"})["Location"] == "/console/"
    assert Client().post("/login/", {**data, "next": "https://evil.example/"})["Location"] == "/desk/"
    assert Client().post("/login/", {**data, "next": "//evil.example/"})["Location"] == "/desk/"


def test_administrators_who_do_not_serve_start_in_the_console(sign_in):
    member = make_member(Role.ADMINISTRATOR, serves=False)
    assert sign_in(member, browser=Client())["Location"] == "/console/"


def test_the_login_page_cannot_be_framed_or_kept(client):
    answer = client.get("/login/")
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    assert "<script>" not in answer.content.decode()
    assert " style=" not in answer.content.decode()


def test_there_is_no_sign_up(client):
    for address in ("/signup/", "/login/signup/", "/accounts/signup/", "/account/email/"):
        assert client.get(address).status_code == 404


# --- passwords ---


def test_an_emailed_password_must_be_changed_before_anything_else(client, sign_in):
    member = make_member(must_change_password=True)
    sign_in(member)
    for address in ("/desk/", "/console/", "/records/"):
        assert client.get(address, headers=HTML)["Location"] == "/account/password/"
    refused = client.get("/desk/", headers={"Accept": "application/json"})
    assert refused.status_code == 403
    assert refused.json()["code"] == "not_allowed"
    new = {"oldpassword": PASSWORD, "password1": "a much better one", "password2": "a much better one"}
    assert client.post("/account/password/", new).status_code == 302
    member.refresh_from_db()
    assert not member.must_change_password
    assert member.check_password("a much better one")
    assert is_signed_in(client)
    assert TrailEntry.objects.filter(action="password.changed", member_id=member.pk).exists()


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("wrong", "a much better one", "a much better one"),
        (PASSWORD, PASSWORD, PASSWORD),
        (PASSWORD, "short", "short"),
        (PASSWORD, "password123", "password123"),
        (PASSWORD, "a much better one", "not the same one"),
        (PASSWORD, "", ""),
    ],
)
def test_a_new_password_must_be_right_new_and_good(client, sign_in, old, new, again):
    member = make_member(must_change_password=True)
    sign_in(member)
    answer = client.post("/account/password/", {"oldpassword": old, "password1": new, "password2": again})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    member.refresh_from_db()
    assert member.must_change_password


def test_an_emailed_password_ends_after_72_hours(
    client, sign_in, monkeypatch, django_capture_on_commit_callbacks
):
    admin, member = make_member(Role.ADMINISTRATOR), make_member()
    monkeypatch.setattr(passwords, "generate", lambda: "abcde-fghi-jklmn")
    with django_capture_on_commit_callbacks(execute=True):
        passwords.reset(member, admin)
    assert "abcde-fghi-jklmn" in mail.outbox[0].body
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=71))
    assert sign_in(member, "abcde-fghi-jklmn").status_code == 302
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=73))
    answer = sign_in(member, "abcde-fghi-jklmn", browser=Client())
    assert answer.status_code == 200
    assert TrailEntry.objects.filter(action="sign_in.password_ended").exists()


def test_a_reset_ends_the_old_password_and_all_sign_ins(client, sign_in, orders):
    admin, member = make_member(Role.ADMINISTRATOR), make_member()
    sign_in(member)
    passwords.reset(member, admin)
    assert not is_signed_in(client)
    assert sign_in(member, browser=Client()).status_code == 200
    assert orders[-1][1]["reason"] == "signed_out"


def test_generated_passwords_are_long_and_never_the_same():
    made = {passwords.generate() for _number in range(200)}
    assert len(made) == 200
    assert all(len(password) == 16 for password in made)


# --- signing out ---


def test_signing_out_is_a_post_and_takes_the_member_offline(client, sign_in, orders):
    member = make_member()
    sign_in(member)
    assert client.get("/logout/").status_code == 200
    assert is_signed_in(client)
    assert client.post("/logout/")["Location"] == settings.LOGIN_URL
    assert not is_signed_in(client)
    member.refresh_from_db()
    assert member.sign_in_id is None
    assert orders[-1][1]["reason"] == "signed_out"
    assert TrailEntry.objects.filter(action="sign_in.ended", member_id=member.pk).exists()


def test_signing_out_while_signed_out_goes_to_the_sign_in_page(client):
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/logout/")["Location"] == "/login/"
