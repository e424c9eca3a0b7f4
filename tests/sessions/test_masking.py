"""Contacts are masked by name and by looks, in any value and on every way to a member (S-13, T-9)."""

from contextlib import suppress

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from apps.routing import events
from apps.sessions import customer_edits, masking, permissions, pre_chat
from apps.sessions.customer_edits import InvalidField
from apps.sessions.masking import Contact, masked_text, readable
from apps.team.models import Role
from csdesk import clock, realtime
from tests import factories as make
from tests.records.scene import make_record
from tests.routing.scene import Told

pytestmark = pytest.mark.django_db

PHONE, EMAIL = "13812341234", "li.lei@example.com"
MASKED = Contact("", "", True)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Tel.", "5551234", "5****34"),
        ("tel_no", "010-1234", "0**-**34"),
        ("telNo", 1381234, "1****34"),
        ("联系方式", "wxid_abcdef", "wxi****cdef"),
        ("座机", "8765 4321", "87** **21"),
        ("cell", 13812341234.0, "138****1234"),
        ("mob", "138-1234-1234", "138-****-1234"),
        ("whatsapp", "+4915112345678", "+4915****45678"),
        ("微信", "lilei", "*****"),
        ("ＰＨＯＮＥ", PHONE, "138****1234"),
        ("订单电话", PHONE, "138****1234"),
        ("note", "call 138 1234 1234, or li.lei＠example.com", "call 138 **** 1234, or l***＠example.com"),
        ("note", "电话１３８１２３４１２３４。", "电话１３８****１２３４。"),
        ("note", "(010) 12345678", "(010) ****5678"),
        ("note", 4155550123, "415****123"),
        ("note", "order phone 13812341234", "order phone 138****1234"),
    ],
)
def test_contacts_are_masked_whatever_they_are_called(name, value, shown):
    assert MASKED.told({name: value}) == {name: shown}
    assert Contact("", "", False).told({name: value}) == {name: value}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OrderNo", PHONE),
        ("订单号", 20261122000123),
        ("订单号码", "202611220001"),
        ("hotel", "12345"),
        ("headphones", "Sony"),
        ("cancelled", "yes"),
        ("phone_verified", True),
        ("note", "order 20261122000123 is late since 2026-11-22 10:30, 订单号：4711000123"),
        ("paid", 12345.5),
        ("address", "192.168.100.200"),
        ("card", None),
    ],
)
def test_orders_dates_and_sums_are_not_contacts(name, value):
    assert MASKED.told({name: value}) == {name: value}


def test_lists_and_objects_are_masked_within():
    told = {
        "contact": {"home": "8765432", "others": [PHONE, {"at": 13912341234}]},
        "order": {"no": PHONE, "phone": PHONE},
        PHONE: 1,
    }
    masked = MASKED.told(told)
    assert masked["contact"] == {"home": "8****32", "others": ["138****1234", {"at": "139****1234"}]}
    assert masked["order"] == {"no": PHONE, "phone": "138****1234"}
    assert masked["138****1234"] == 1


def test_very_deep_data_is_cut():
    deep: object = PHONE
    for _level in range(300):
        deep = {"a": [deep]}
    assert PHONE not in str(MASKED.told({"deep": deep})) + readable(deep)


def test_values_are_shown_as_people_read_them():
    told = {"size": [42, 43.0, 9.5], "gift": True, "none": None, "to": {"city": "Bonn"}}
    with override("en"):
        assert readable(told) == "size: 42, 43, 9.5; gift: Yes; to: city: Bonn"


def test_long_texts_take_no_time_to_speak_of():
    for text in ("a" * 20_000, "1 " * 10_000, "1-" * 10_000, "@" * 20_000, "a@" * 10_000, "0" * 20_000):
        assert len(masked_text(text)) > 0


# --- on every way ---


@pytest.fixture
def told_of():
    """What an app has told of a customer, with a remark and attributes of the team."""
    return {
        "client_data": {"level": "gold", "reach": {"Tel.": PHONE}, "write": EMAIL},
        "remark": f"Calls from {PHONE}",
        "attributes": {"微信": "lilei-1990", "Size": "42"},
    }


def signed_in(member) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.post("/login/", {"login": member.account, "password": make.PASSWORD})
    return browser


@pytest.mark.django_db(transaction=True)
def test_an_offer_tells_the_agent_no_contact_in_full(monkeypatch, told_of):
    told = Told()
    monkeypatch.setattr(realtime, "_sender", lambda: told)
    agent, chief = make.make_member(), make.make_member(Role.ADMINISTRATOR)
    session = make.make_session(make.make_customer(**told_of))
    for member in (agent, chief):
        with transaction.atomic():
            is_masked = member.pk not in permissions.who_sees_unmasked([member])
            events.call_in(session, member, clock.now(), None, is_masked=is_masked)
    (offer,), (whole,) = told.member(agent, "callIn"), told.member(chief, "callIn")
    assert offer["remark"] == "Calls from 138****1234"
    assert offer["clientData"] == {
        "level": "gold",
        "reach": {"Tel.": "138****1234"},
        "write": "l***@example.com",
    }
    assert (whole["remark"], whole["clientData"]) == (told_of["remark"], told_of["client_data"])


def test_the_workbenchs_card_masks_what_is_noted_and_told(told_of):
    agent = make.make_member()
    session = make.make_served_session(agent, customer=make.make_customer(**told_of))
    session.variables = {"call": PHONE, "flags": [True]}
    session.save(update_fields=["variables"])
    shown = signed_in(agent).get(reverse("desk-session", args=[session.id])).json()
    card = {row["label"]: row.get("value") for row in shown["customer"]}
    assert (card["Remark"], card["微信"], card["Size"]) == ("Calls from 138****1234", "lil****990", "42")
    data = {row["label"]: row.get("value") for part in shown["data"] for row in part["rows"]}
    assert (data["reach"], data["flags"]) == ("Tel.: 138****1234", "Yes")
    assert shown["variables"]["call"] == "138****1234"
    assert PHONE not in str(shown) and EMAIL not in str(shown)


def test_a_customers_pages_mask_what_is_noted(told_of):
    agent = make.make_member()
    customer = make.make_customer(**told_of)
    make_record("Hello", customer=customer, channel=customer.source, agent=agent)
    for suffix in ("", "edit/"):
        page = signed_in(agent).get(f"/customers/{customer.id}/{suffix}").content.decode()
        assert "Calls from 138****1234" in page and "lil****990" in page
        assert PHONE not in page and "lilei-1990" not in page and EMAIL not in page
        assert "{&#x27;" not in page
    chief = make.make_member(Role.ADMINISTRATOR)
    assert PHONE in signed_in(chief).get(f"/customers/{customer.id}/").content.decode()


def test_a_records_facts_mask_what_was_answered():
    agent = make.make_member()
    record = make_record("Hello", agent=agent)
    record.session.variables = {"Tel.": PHONE, "about": {"mail": EMAIL}}
    record.session.save(update_fields=["variables"])
    page = signed_in(agent).get(f"/records/{record.id}/").content.decode()
    assert "138****1234" in page and "mail: l***@example.com" in page
    assert PHONE not in page and EMAIL not in page


def test_an_answer_to_a_question_for_the_phone_is_masked_whatever_it_is_called():
    question = {"key": "q1", "kind": "phone", "label": {"en": "Where do we reach you?"}, "required": True}
    channel = make.make_channel(pre_chat={"is_on": True, "questions": [question]})
    assert pre_chat.form_of(channel) is not None
    shown = pre_chat.answers(channel, {"q1": "5551234", "size": "42"}, MASKED)
    assert shown == {"q1": "5****34", "size": "42"}


# --- what is masked can be edited ---


def edit(member, customer, remark, *attributes):
    return customer_edits.change(
        member,
        customer.id,
        remark=remark,
        tag_ids=[],
        attributes=attributes,
        seen=customer_edits.version(customer),
    )


@pytest.fixture
def known(told_of):
    agent = make.make_member()
    customer = make.make_customer(**told_of)
    make_record("Hello", customer=customer, channel=customer.source, agent=agent)
    return agent, customer


def test_what_comes_back_masked_stays_what_it_is(known):
    agent, customer = known
    changed = edit(
        agent, customer, "Often: Calls from 138****1234\r\nSince May", ("微信", "lil****990"), ("Size", "43")
    )
    assert changed.remark == f"Often: Calls from {PHONE}\nSince May"
    assert changed.attributes == {"微信": "lilei-1990", "Size": "43"}


def test_a_masked_value_can_be_replaced_and_removed(known):
    agent, customer = known
    changed = edit(agent, customer, "Calls no more", ("微信", "new-one-1"))
    assert (changed.remark, changed.attributes) == ("Calls no more", {"微信": "new-one-1"})


@pytest.mark.parametrize(
    ("remark", "attributes"),
    [
        ("order 138****1234", []),
        ("Calls from 99138****1234", []),
        ("", [("OrderNo", "lil****990")]),
        ("", [("微信", "lil****990"), ("Size", "lil****990")]),
    ],
)
def test_no_edit_brings_to_light_what_is_masked(known, remark, attributes):
    agent, customer = known
    with suppress(InvalidField):
        edit(agent, customer, remark, *attributes)
    customer.refresh_from_db()
    contact = masking.contact_of(agent, customer)
    shown = contact.text(customer.remark) + str(contact.told(customer.attributes))
    assert PHONE not in shown and "lilei-1990" not in shown and "1234123" not in shown


def test_the_mark_of_a_form_cannot_be_tried_out(known, settings):
    _agent, customer = known
    before = customer_edits.version(customer)
    settings.SECRET_KEY = "another"
    assert customer_edits.version(customer) != before
