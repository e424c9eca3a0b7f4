"""Signing in with a code by SMS, and binding the number (T-6, T-8)."""

import pytest
from django.test import Client

from apps.team import phone_binding, phone_codes, phones
from apps.team import sign_in as signing
from apps.team.models import Member, PhoneCode, Role, TrailEntry
from csdesk import clock
from csdesk.errors import Invalid, NotAllowed
from tests.factories import PASSWORD, make_member
from tests.team import outbox
from tests.team.outbox import NUMBER, OTHER, bound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sms")]
HTML = {"Accept": "text/html"}


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


def test_a_sign_in_by_phone_counts_as_a_fresh_proof_and_replaces_the_former_place(client, ask, sign_in):
    member = bound()
    elsewhere = Client()
    sign_in(member, browser=elsewhere)
    ask()
    client.post("/login/phone/code/", {"code": outbox.last_code()})
    assert signing.is_confirmed(client.session)
    assert not is_signed_in(elsewhere)
