"""Who may open the socket, and why somebody may not stay (X-5, X-6, T-7)."""

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from apps.desk import access
from apps.team import sign_in
from apps.team.models import Member, Role
from csdesk import clock
from csdesk.errors import NotAllowed, Unauthorized
from tests import factories as make


def scope(origin: str | None, host: str = "desk.example.com", scheme: str = "wss", **headers: str) -> dict:
    found = [(b"host", host.encode())]
    if origin is not None:
        found.append((b"origin", origin.encode()))
    found += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"scheme": scheme, "headers": found, "client": ["10.0.0.9", 1234]}


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("https://desk.example.com", "desk.example.com", "wss"),
        ("https://desk.example.com:443", "desk.example.com", "wss"),
        ("https://DESK.example.com", "desk.example.com", "wss"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "ws"),
        ("http://[::1]:8000", "[::1]:8000", "ws"),
    ],
)
def test_pages_of_the_host_itself_are_ours(origin, host, scheme):
    assert access.is_own_origin(scope(origin, host, scheme))


def test_the_configured_address_is_ours_whatever_a_proxy_makes_of_the_host(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://desk.example.com"]
    assert access.is_own_origin(scope("https://desk.example.com", "10.0.0.1:8000", "ws"))


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "file://",
        "http://desk.example.com",
        "https://desk.example.com:8443",
        "https://desk.example.com.evil.example",
        "https://evil.example/desk.example.com",
        "https://user@desk.example.com",
        "https://desk.example.com/",
        "https://[desk.example.com",
        "https://desk.example.com:99999999",
    ],
)
def test_everything_else_is_not(origin):
    assert not access.is_own_origin(scope(origin))


def test_the_caller_is_read_from_cookies_and_headers(settings):
    cookie = f"a=1; {settings.SESSION_COOKIE_NAME}=key; django_language=en"
    caller = access.caller_of(scope("https://x", cookie=cookie, accept_language="zh-CN"))
    assert caller == access.Caller("key", "en", "10.0.0.9")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-hans"),
        ("en-GB", "en"),
        ("fr, en;q=0.5", "en"),
        ("xx", None),
        ("", None),
    ],
)
def test_the_language_is_what_a_page_would_have(settings, accepted, language):
    caller = access.caller_of(scope("https://x", accept_language=accepted))
    assert caller.language == (language or settings.LANGUAGE_CODE)


@pytest.mark.parametrize("cookie", ['a="', "\x00", "=;=;=", "ключ=1"])
def test_broken_cookies_are_no_cookies(cookie):
    assert access.caller_of(scope("https://x", cookie=cookie)).session_key == ""


def signed_in(member: Member) -> access.Caller:
    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = "apps.team.backends.AccountOrEmail"
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    sign_in.begin(member, session, "10.0.0.9")
    session.save()
    return access.Caller(session.session_key, "en", "10.0.0.9")


def why_not(caller: access.Caller) -> str:
    with pytest.raises((Unauthorized, NotAllowed)) as refused:
        access.member_of(caller)
    return refused.value.extra["reason"]


@pytest.mark.django_db
def test_the_member_is_read_anew_each_time():
    agent = make.make_member()
    caller = signed_in(agent)
    Member.objects.filter(pk=agent.pk).update(nickname="New name")
    assert access.member_of(caller).nickname == "New name"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"deleted_at": "now"}, "deleted"),
        ({"forced_offline_at": "now"}, "forced_offline"),
        ({"serves": False}, "forced_offline"),
        ({"must_change_password": True}, "signed_out"),
        ({"sign_in_id": None}, "signed_out"),
    ],
)
def test_a_right_that_is_gone_says_why(change, reason):
    agent = make.make_member()
    caller = signed_in(agent)
    values = {name: clock.now() if value == "now" else value for name, value in change.items()}
    Member.objects.filter(pk=agent.pk).update(**values)
    assert why_not(caller) == reason


@pytest.mark.django_db
def test_a_newer_sign_in_a_new_password_and_signing_out_end_the_right():
    agent = make.make_member()
    caller = signed_in(agent)
    newer = signed_in(agent)
    assert why_not(caller) == "signed_in_elsewhere"
    assert access.member_of(newer) == agent
    agent.set_password("another correct horse")
    agent.save()
    assert why_not(newer) == "signed_out"
    last = signed_in(agent)
    SessionStore(last.session_key).flush()
    assert why_not(last) == "signed_out"


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "no-such-session", "x" * 500])
def test_forged_keys_are_nobody(key):
    assert why_not(access.Caller(key, "en", "")) == "signed_out"


@pytest.mark.django_db
def test_an_administrator_who_serves_may_sit_at_a_desk():
    manager = make.make_member(Role.ADMINISTRATOR, serves=True)
    assert access.member_of(signed_in(manager)) == manager
