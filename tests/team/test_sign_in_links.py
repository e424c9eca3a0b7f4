"""Addresses that sign one member in, once (X-8)."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from apps.routing import members as routing_members
from apps.team import passwords, second_factor, sign_in_links, tasks
from apps.team import sign_in as signing
from apps.team.models import Role, SignInLink, TrailEntry
from csdesk import clock
from csdesk.errors import NotAllowed, NotFound
from csdesk.logging import without_secrets
from tests.factories import make_member
from tests.team.test_second_factor import code_now, with_factor
from tests.team.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english(client):
    client.cookies["django_language"] = "en"


@pytest.fixture
def admin():
    return make_member(Role.ADMINISTRATOR)


def path_of(address: str) -> str:
    """The path that the address leads to."""
    return "/" + address.split("/", 3)[3]


def is_signed_in(browser: Client) -> bool:
    return browser.get("/account/password/").status_code == 200


def test_looking_uses_nothing_up_and_the_button_signs_in_once(client, admin):
    member = make_member()
    path = path_of(sign_in_links.make(member, actor=admin, address="10.0.0.7"))
    for _look in range(3):
        page = client.get(path)
        assert member.nickname in page.content.decode()
        assert page["Referrer-Policy"] == "no-referrer"
        assert "no-store" in page["Cache-Control"]
    assert not is_signed_in(client)
    assert client.post(path).status_code == 302
    assert is_signed_in(client)
    entry = TrailEntry.objects.select_related("detail").get(action="sign_in.succeeded")
    assert (entry.member_id, entry.detail.values) == (member.pk, {"how": "link"})
    made = TrailEntry.objects.get(action="member.link_made")
    assert (made.member_id, made.object_id) == (admin.pk, str(member.pk))
    other = Client()
    assert other.get(path).status_code == 410
    assert other.post(path).status_code == 410
    assert not is_signed_in(other)
    assert TrailEntry.objects.filter(action="sign_in.failed", member_id=None).count() == 1


def test_the_button_needs_a_form_of_ours(admin):
    path = path_of(sign_in_links.make(make_member(), actor=admin))
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(path).status_code == 403
    assert browser.get(path).status_code == 200


def test_an_address_ends_after_ten_minutes(client, admin, monkeypatch):
    path = path_of(sign_in_links.make(make_member(), actor=admin))
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=10, seconds=1))
    assert client.post(path).status_code == 410
    assert not is_signed_in(client)


def test_a_new_address_a_new_password_and_being_forced_offline_end_it(client, admin):
    member = make_member()

    def restored() -> None:
        routing_members.force_offline(member, admin)
        routing_members.restore(member, admin)

    for end in (
        lambda: sign_in_links.make(member, actor=admin),
        lambda: passwords.reset(member, admin),
        restored,
        lambda: passwords.change(member, "another password"),
    ):
        path = path_of(sign_in_links.make(member, actor=admin))
        end()
        assert client.post(path).status_code == 410
    assert not is_signed_in(client)


def test_who_is_forced_offline_after_the_look_does_not_come_in(client, admin):
    member = make_member()
    token = path_of(sign_in_links.make(member, actor=admin)).split("/")[-2]
    member.forced_offline_at = clock.now()
    member.save()
    assert client.post(f"/login/once/{token}/")["Location"] == "/login/closed/"
    assert not is_signed_in(client)


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
def test_only_administrators_make_addresses(role):
    with pytest.raises(NotAllowed):
        sign_in_links.make(make_member(), actor=make_member(role))


def test_none_is_made_for_the_super_administrator_oneself_or_who_may_not_sign_in(admin):
    for member in (make_member(Role.SUPER), admin, make_member(forced_offline_at=clock.now())):
        with pytest.raises(NotAllowed):
            sign_in_links.make(member, actor=admin)
    with pytest.raises(NotAllowed):
        sign_in_links.make(make_member(deleted_at=clock.now()), credential_id=7)
    assert not SignInLink.objects.exists()


def test_a_credential_of_the_api_makes_one_and_the_trail_names_it():
    member = make_member(Role.ADMINISTRATOR)
    sign_in_links.make(member, credential_id=7, address="10.0.0.7")
    entry = TrailEntry.objects.select_related("detail").get(action="member.link_made")
    assert (entry.member_id, entry.detail.values) == (None, {"credential": 7})


def test_the_second_factor_is_still_asked_for(client, admin):
    member, secret, _codes = with_factor()
    path = path_of(sign_in_links.make(member, actor=admin))
    assert client.post(path)["Location"] == "/login/second-factor/"
    assert not is_signed_in(client)
    client.post("/login/second-factor/", {"code": code_now(secret)})
    assert is_signed_in(client)
    entry = TrailEntry.objects.select_related("detail").get(action="sign_in.succeeded")
    assert entry.detail.values == {"how": "link", "second_factor": "totp"}
    assert second_factor.is_on(member)


def test_an_address_proves_too_little_to_change_how_one_signs_in(client, admin):
    client.post(path_of(sign_in_links.make(make_member(), actor=admin)))
    assert not signing.is_confirmed(client.session)
    assert client.get("/account/second-factor/")["Location"].startswith("/account/confirm/")
    assert 'name="oldpassword"' in client.get("/account/password/").content.decode()


def test_a_new_member_whose_mail_never_came_chooses_a_password(client, admin):
    member = make_member(must_change_password=True)
    client.post(path_of(sign_in_links.make(member, actor=admin)))
    new = {"password1": "a much better one", "password2": "a much better one"}
    assert client.post("/account/password/", new).status_code == 302
    member.refresh_from_db()
    assert member.check_password("a much better one")


def test_the_token_is_neither_kept_nor_logged(admin):
    token = path_of(sign_in_links.make(make_member(), actor=admin)).split("/")[-2]
    assert len(token) == 43  # 256 bits
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(l::text, ' ') FROM team_signinlink l")
        assert token not in cursor.fetchone()[0]
    assert token not in without_secrets(f'"GET /login/once/{token}/ HTTP/1.1" 200')
    assert not TrailEntry.objects.filter(detail__values__icontains=token).exists()


@pytest.mark.parametrize("token", ["x", "x" * 43, "%00", "..%2f", "ü"])
def test_what_is_no_token_opens_nothing(client, token):
    assert client.get(f"/login/once/{token}/").status_code in (404, 410)


def test_ended_ones_are_purged_after_a_month(admin, monkeypatch):
    sign_in_links.make(make_member(), actor=admin)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=29))
    assert sign_in_links.purge() == 0
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=31))
    assert sign_in_links.purge() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_signs_in():
    token = path_of(sign_in_links.make(make_member(), actor=make_member(Role.ADMINISTRATOR))).split("/")[-2]

    def use(_number: int) -> bool:
        try:
            sign_in_links.use(token)
        except NotFound:
            return False
        return True

    assert sum(at_once(use, 6)) == 1


def test_every_night_what_is_over_goes_and_browsers_that_are_signed_in_stay(client, sign_in):
    sign_in(make_member())
    over = Client().session
    over.set_expiry(-1)
    over.save()
    tasks.purge_sign_ins()
    assert is_signed_in(client)
    assert not Session.objects.filter(session_key=over.session_key).exists()
