"""How many codes leave, for whom, and what is kept of them (X-2); the same at the same moment."""

import pytest
from django.db import connection

from apps.team import phone_codes
from csdesk.errors import Invalid, RateLimited
from tests.factories import make_member
from tests.team import outbox
from tests.team.outbox import NUMBER, OTHER, bound
from tests.team.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sms")]


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
