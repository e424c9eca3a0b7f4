"""Signing in with a code by SMS, and binding the number (T-6, T-8, X-2)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from apps.team import phone_binding, phone_codes, phones
from apps.team import sign_in as signing
from apps.team.models import Member, PhoneCode, Role, TrailEntry
from csdesk import clock
from csdesk.errors import Invalid, NotAllowed, RateLimited
from tests.factories import PASSWORD, make_member
from tests.team import outbox
from tests.team.threads import at_once

pytestmark = pytest.mark.django_db
HTML = {"Accept": "text/html"}
NUMBER, OTHER = "+8613800138000", "+8613900139000"


@pytest.fixture(autouse=True)
def _outbox(settings, monkeypatch, client):
    """Messages leave at once, into a list; nobody is on the list without limits."""
    outbox.SENT.clear()
    outbox.FAILS.clear()
    settings.SMS_BACKEND = "tests.team.outbox.Backend"
    settings.LIMIT_EXEMPT = []
    monkeypatch.setattr(phone_codes, "_start", lambda send: send())
    client.cookies["django_language"] = "en"


@pytest.fixture
def later(monkeypatch):
    """Let time pass."""
    real, passed = clock.now, [timedelta()]
    monkeypatch.setattr(clock, "now", lambda: real() + passed[0])

    def move(**how: float) -> None:
        passed[0] += timedelta(**how)

    return move


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """What is to happen after the commit happens within."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def ask(client, committed):
    """Ask for a code on the page; the answer."""

    def post(number: str = NUMBER, browser: Client = client, **extra):
        with committed():
            return browser.post("/login/phone/", {"phone": number}, **extra)

    return post


def bound(role: str = Role.AGENT, **fields) -> Member:
    return make_member(role, **({"bound_phone": NUMBER} | fields))


def is_signed_in(browser: Client) -> bool:
    return browser.get("/account/password/").status_code == 200


# --- numbers ---


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("138 0013 8000", NUMBER),
        ("+86 138-0013-8000", NUMBER),
        ("0086 13800138000", NUMBER),
        ("１３８００１３８０００", NUMBER),
        ("+1 (415) 555-0132", "+14155550132"),
        ("", ""),
        ("12", ""),
        ("+86 138 0013 800x", ""),
        ("1" * 40, ""),
        ("+0 138 0013 8000", ""),
        ("١٣٨٠٠١٣٨٠٠٠", ""),
    ],
)
def test_numbers_are_read_as_people_type_them(typed, number):
    assert phones.normalised(typed) == number


def test_a_number_is_shown_without_its_middle():
    assert phones.masked(NUMBER) == "+86 138****8000"
    assert "5550" not in phones.masked("+14155550132")


# --- signing in ---


def test_a_bound_number_signs_in_with_the_code(client, ask):
    member = bound()
    assert ask("138 0013 8000")["Location"] == "/login/phone/code/"
    assert [message.to for message in outbox.SENT] == [NUMBER]
    assert not is_signed_in(client)
    answer = client.post("/login/phone/code/", {"code": outbox.last_code()})
    assert answer["Location"] == "/desk/"
    assert is_signed_in(client)
    entry = TrailEntry.objects.select_related("detail").get(action="sign_in.succeeded")
    assert (entry.member_id, entry.detail.values) == (member.pk, {"how": "phone"})


def test_a_number_that_nobody_has_bound_gets_the_same_answers_and_no_message(ask, later):
    bound(bound_phone=OTHER)
    answers = []
    for number in (NUMBER, OTHER):
        browser = Client()
        browser.cookies["django_language"] = "en"
        first = ask(number, browser)
        page = browser.get("/login/phone/code/").content.decode()
        wrong = browser.post("/login/phone/code/", {"code": "000000"}).context["form"].errors
        too_soon = ask(number, browser).context["form"].errors
        shown = phones.masked(number).replace(" ", "\N{NO-BREAK SPACE}")
        text = page.replace(shown, "NUMBER").replace(number, "NUMBER")
        answers.append((first["Location"], without_tokens(text), str(wrong), str(too_soon)))
    assert answers[0] == answers[1]
    assert [message.to for message in outbox.SENT] == [OTHER]


def without_tokens(page: str) -> str:
    return "\n".join(line for line in page.splitlines() if "csrfmiddlewaretoken" not in line)


def test_a_code_holds_for_five_minutes_and_once(client, ask, later):
    bound()
    ask()
    code = outbox.last_code()
    later(minutes=5, seconds=1)
    assert "has ended" in client.post("/login/phone/code/", {"code": code}).content.decode()
    ask()
    code = outbox.last_code()
    row = PhoneCode.objects.latest("pk")
    assert phone_codes.check(row.pk, "sign_in", code).pk == row.pk
    with pytest.raises(Invalid):
        phone_codes.check(row.pk, "sign_in", code)


def test_a_code_allows_five_tries(client, ask):
    bound()
    ask()
    code = outbox.last_code()
    wrong = "000000" if code != "000000" else "111111"
    for _try in range(5):
        assert "not the code" in client.post("/login/phone/code/", {"code": wrong}).content.decode()
    assert "has ended" in client.post("/login/phone/code/", {"code": code}).content.decode()
    assert not is_signed_in(client)
    assert TrailEntry.objects.filter(action="sign_in.failed").count() == 6


def test_a_code_is_for_what_it_was_asked_for_and_for_who_asked(client, ask, committed):
    member, other = bound(), make_member()
    with committed():
        row = phone_codes.ask_to_bind(member, OTHER, address="10.0.0.1", language="en")
    code = outbox.last_code()
    with pytest.raises(Invalid):
        phone_codes.check(row.pk, "sign_in", code)
    assert phone_binding.bind(other, row.pk, code) is False
    other.refresh_from_db()
    assert other.bound_phone == ""


@pytest.mark.parametrize("typed", ["", "abc", "1" * 40, "１２３４５６", "12 34 5"])
def test_what_is_no_code_is_none(client, ask, typed):
    bound()
    ask()
    assert client.post("/login/phone/code/", {"code": typed}).status_code == 200
    assert not is_signed_in(client)


def test_without_having_asked_there_is_no_code_page(client):
    assert client.get("/login/phone/code/")["Location"] == "/login/"


def test_whoever_was_forced_offline_or_deleted_does_not_sign_in_by_phone(client, ask):
    member = bound()
    ask()
    Member.objects.filter(pk=member.pk).update(forced_offline_at=clock.now())
    assert client.post("/login/phone/code/", {"code": outbox.last_code()})["Location"] == "/login/closed/"
    assert TrailEntry.objects.filter(action="sign_in.closed", member_id=member.pk).exists()
    Member.objects.filter(pk=member.pk).update(forced_offline_at=None, deleted_at=clock.now())
    assert not is_signed_in(client)


def test_no_backend_means_no_phone_at_all(client, settings, sign_in):
    settings.SMS_BACKEND = ""
    assert "/login/phone/" not in client.get("/login/").content.decode()
    assert client.get("/login/phone/").status_code == 404
    sign_in(make_member())
    assert client.get("/account/phone/").status_code == 404
    assert "/account/phone/" not in client.get("/account/").content.decode()


# --- limits (X-2) ---


def test_one_code_per_minute_and_number(ask, later):
    bound()
    ask()
    assert "Wait 60 seconds" in ask().content.decode()
    later(seconds=61)
    assert ask().status_code == 302
    assert len(outbox.SENT) == 2


def test_ten_codes_a_day_and_number_whoever_asks(ask, later):
    bound()
    for number in range(10):
        assert ask(REMOTE_ADDR=f"10.0.0.{number}").status_code == 302
        later(minutes=1, seconds=1)
    assert "Too many codes" in ask(REMOTE_ADDR="10.0.1.1").content.decode()
    later(hours=24)
    assert ask(REMOTE_ADDR="10.0.1.1").status_code == 302


def test_twenty_codes_an_hour_and_address_also_for_unknown_numbers(later):
    for number in range(20):
        phone_codes.ask_to_sign_in(f"138001380{number:02d}", address="10.0.0.1", language="")
    with pytest.raises(RateLimited):
        phone_codes.ask_to_sign_in(OTHER, address="10.0.0.1", language="")
    phone_codes.ask_to_sign_in(OTHER, address="10.0.0.2", language="")
    later(hours=1, seconds=1)
    phone_codes.ask_to_sign_in(NUMBER, address="10.0.0.1", language="")


def test_offices_on_the_list_share_an_address_without_limit(settings):
    settings.LIMIT_EXEMPT = ["10.0.0.0/24"]
    for number in range(25):
        phone_codes.ask_to_sign_in(f"138001380{number:02d}", address="10.0.0.1", language="")


def test_a_days_total_counts_what_was_sent_and_nothing_else(settings, later):
    settings.LIMIT_SMS_TOTAL = 2
    bound()
    for number in range(5):
        phone_codes.ask_to_sign_in(f"1390013900{number}", address=f"10.0.0.{number}", language="")
    for _time in range(2):
        phone_codes.ask_to_sign_in(NUMBER, address="10.0.1.1", language="")
        later(minutes=2)
    with pytest.raises(RateLimited):
        phone_codes.ask_to_sign_in(NUMBER, address="10.0.1.1", language="")


def test_a_member_has_at_most_ten_strangers_written_to_in_a_day(settings, later):
    settings.LIMIT_SMS_ADDRESS = 0
    member = make_member()
    for number in range(10):
        phone_codes.ask_to_bind(member, f"1380013800{number}", address="10.0.0.1", language="")
    with pytest.raises(RateLimited):
        phone_codes.ask_to_bind(member, OTHER, address="10.0.0.1", language="")


def test_old_rows_are_purged_and_new_ones_kept(later):
    phone_codes.ask_to_sign_in(NUMBER, address="10.0.0.1", language="")
    later(days=1)
    assert phone_codes.purge() == 0
    later(days=1, minutes=1)
    assert phone_codes.purge() == 1


def test_neither_codes_nor_unbound_numbers_stand_in_the_database(ask):
    bound()
    ask()
    ask(OTHER)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(p::text, ' ') FROM team_phonecode p")
        kept = cursor.fetchone()[0]
    assert outbox.last_code() not in kept
    assert "13900139000" not in kept


def test_what_the_gateway_does_not_take_is_told_to_who_binds_and_to_nobody_else(
    client, ask, sign_in, committed
):
    bound()
    outbox.FAILS.append("status")
    ask()
    assert "could not be sent" not in client.get("/login/phone/code/").content.decode()
    sign_in(make_member())
    with committed():
        client.post("/account/phone/", {"phone": OTHER})
    assert "could not be sent" in client.get("/account/phone/code/").content.decode()


# --- binding ---


def test_binding_needs_the_code_and_then_the_number_signs_in(client, sign_in, committed):
    member = make_member()
    sign_in(member)
    with committed():
        answer = client.post("/account/phone/", {"phone": "13800138000"})
    assert answer["Location"] == "/account/phone/code/"
    assert client.post("/account/phone/code/", {"code": "000000"}).status_code == 200
    member.refresh_from_db()
    assert member.bound_phone == ""
    assert client.post("/account/phone/code/", {"code": outbox.last_code()})["Location"] == "/account/"
    member.refresh_from_db()
    assert member.bound_phone == NUMBER
    entry = TrailEntry.objects.select_related("detail").get(action="phone.bound")
    assert entry.detail.values == {"phone": "+86 138****8000"}
    assert "+86 138****8000" in client.get("/account/").content.decode()
    client.post("/account/phone/remove/")
    member.refresh_from_db()
    assert member.bound_phone == ""


def test_one_number_signs_one_member_in(client, sign_in, committed):
    first = bound()
    second = make_member()
    sign_in(second)
    with committed():
        client.post("/account/phone/", {"phone": NUMBER})
    answer = client.post("/account/phone/code/", {"code": outbox.last_code()})
    assert "signs another member in" in answer.content.decode()
    second.refresh_from_db()
    assert (first.bound_phone, second.bound_phone) == (NUMBER, "")


def test_long_after_signing_in_the_password_is_asked_for_first(client, sign_in, later):
    sign_in(make_member())
    later(minutes=16)
    answer = client.get("/account/phone/")
    assert answer["Location"].startswith("/account/confirm/?next=")
    assert client.post("/account/phone/", {"phone": NUMBER}).status_code == 302
    assert not outbox.SENT
    wrong = client.post("/account/confirm/", {"password": "wrong", "next": "/account/phone/"})
    assert wrong.status_code == 200
    right = client.post("/account/confirm/", {"password": PASSWORD, "next": "/account/phone/"})
    assert right["Location"] == "/account/phone/"
    assert client.get("/account/phone/").status_code == 200
    elsewhere = client.post("/account/confirm/", {"password": PASSWORD, "next": "https://evil.example/"})
    assert elsewhere["Location"] == "/account/"


def test_the_first_sign_in_asks_for_a_number_until_it_is_given_or_passed_over(client, sign_in):
    member = make_member(must_change_password=True)
    sign_in(member)
    assert client.get("/desk/", headers=HTML)["Location"] == "/account/password/"
    new = {"oldpassword": PASSWORD, "password1": "a much better one", "password2": "a much better one"}
    client.post("/account/password/", new)
    asked = client.get("/desk/", headers=HTML)
    assert asked["Location"] == "/account/phone/?next=%2Fdesk%2F"
    assert "Not now" in client.get(asked["Location"]).content.decode()
    # Signing in again does not make it go away.
    sign_in(member, "a much better one")
    assert client.get("/records/", headers=HTML)["Location"].startswith("/account/phone/")
    assert client.post("/account/phone/skip/", {"next": "/records/"})["Location"] == "/records/"
    assert client.get("/desk/", headers=HTML).status_code == 200
    sign_in(member, "a much better one")
    assert client.get("/desk/", headers=HTML).status_code == 200


def test_later_sign_ins_and_reset_passwords_do_not_ask(client, sign_in):
    member = make_member()
    sign_in(member)
    assert client.get("/desk/", headers=HTML).status_code == 200
    Member.objects.filter(pk=member.pk).update(must_change_password=True)
    sign_in(member)
    member.refresh_from_db()
    assert not member.asks_for_phone


def test_who_has_come_by_phone_chooses_a_password_without_the_e_mailed_one(client, ask):
    bound(must_change_password=True)
    ask()
    client.post("/login/phone/code/", {"code": outbox.last_code()})
    page = client.get("/account/password/").content.decode()
    assert 'name="oldpassword"' not in page
    answer = client.post(
        "/account/password/", {"password1": "a better one yet", "password2": "a better one yet"}
    )
    assert answer.status_code == 302
    # Later, the password they have now is asked for.
    assert 'name="oldpassword"' in client.get("/account/password/").content.decode()


def test_only_who_may_change_a_member_removes_their_number():
    member = bound()
    for actor in (make_member(), make_member(Role.SUPERVISOR)):
        with pytest.raises(NotAllowed):
            phone_binding.unbind(member, actor)
    phone_binding.unbind(member, make_member(Role.ADMINISTRATOR))
    member.refresh_from_db()
    assert member.bound_phone == ""


# --- at the same moment ---


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_moment_are_five_all_the_same():
    bound()
    row = phone_codes.ask_to_sign_in(NUMBER, address="10.0.0.1", language="")

    def guess(number: int) -> bool:
        try:
            phone_codes.check(row.pk, "sign_in", f"x{number}")
        except Invalid:
            return False
        return True

    assert sum(at_once(guess, 12)) == phone_codes.TRIES


@pytest.mark.django_db(transaction=True)
def test_of_codes_asked_for_at_the_same_moment_one_is_sent():
    bound()

    def ask(number: int) -> bool:
        try:
            phone_codes.ask_to_sign_in(NUMBER, address=f"10.0.0.{number}", language="")
        except RateLimited:
            return False
        return True

    assert sum(at_once(ask, 6)) == len(outbox.SENT) == 1


@pytest.mark.django_db(transaction=True)
def test_the_right_code_typed_twice_at_the_same_moment_signs_in_once():
    bound()
    row = phone_codes.ask_to_sign_in(NUMBER, address="10.0.0.1", language="")
    code = outbox.last_code()

    def use(_number: int) -> bool:
        try:
            return phone_codes.check(row.pk, "sign_in", code) is not None
        except Invalid:
            return False

    assert sum(at_once(use, 5)) == 1


def test_a_sign_in_by_phone_counts_as_a_fresh_proof_and_replaces_the_former_place(client, ask, sign_in):
    member = bound()
    elsewhere = Client()
    sign_in(member, browser=elsewhere)
    ask()
    client.post("/login/phone/code/", {"code": outbox.last_code()})
    assert signing.is_confirmed(client.session)
    assert not is_signed_in(elsewhere)
