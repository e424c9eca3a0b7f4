"""Customers are found among very many by name, user ID and contact, masked where they must be (D-9, X-7)."""

import pytest
from django.core.cache import cache
from django.db import connection

from apps.sessions.customer_search import search
from apps.sessions.models import Customer
from apps.sessions.permissions import customers_visible_to
from apps.team.models import Role
from csdesk.errors import Invalid
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def administrator():
    return make.make_member(Role.ADMINISTRATOR)


def names(member, text: str) -> list[str]:
    return sorted(search(customers_visible_to(member), member, text).values_list("name", flat=True))


def test_any_part_of_a_name_or_user_id_finds_in_any_case(administrator):
    make.make_customer(name="李雷 Leo", user_id="Shop-4711")
    make.make_customer(name="Hannah", user_id="")
    for text in ("李", "雷 l", "李雷", "LEO", "eo", "4711", "shop-4", "  李雷   leo "):
        assert names(administrator, text) == ["李雷 Leo"], text
    assert names(administrator, "h") == ["Hannah", "李雷 Leo"]
    assert names(administrator, "leo shop") == []


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", "a%b", "{}", "100%"])
def test_signs_with_a_meaning_elsewhere_have_none_here(administrator, text):
    make.make_customer(name="plain")
    odd = make.make_customer(name=f"x{text}y")
    assert names(administrator, text) == [odd.name]


@pytest.mark.parametrize("text", ["", "   ", "a\x00b", "x" * 101])
def test_what_cannot_be_searched_for_is_refused(administrator, text):
    with pytest.raises(Invalid):
        names(administrator, text)


def test_who_may_see_contacts_finds_by_a_part_of_them(administrator):
    make.make_customer(name="Li", phone="13812345678", email="li.lei@example.com")
    assert names(administrator, "1234") == ["Li"]
    assert names(administrator, "LEI@example") == ["Li"]


def test_who_may_not_finds_by_the_whole_only():
    agent = make.make_member()
    session = make.make_served_session(agent)
    Customer.objects.filter(id=session.customer_id).update(
        name="Li", phone="13812345678", email="li.lei@example.com"
    )
    assert names(agent, "13812345678") == ["Li"]
    assert names(agent, "LI.LEI@example.com") == ["Li"]
    for part in ("1381234567", "5678", "lei@example.com", "example.com"):
        assert names(agent, part) == [], part


def test_nobody_finds_customers_they_may_not_see():
    make.make_customer(name="Elsewhere")
    assert names(make.make_member(), "Elsewhere") == []
    gone = make.make_member(Role.ADMINISTRATOR, forced_offline_at="2026-01-01T00:00Z")
    assert names(gone, "Elsewhere") == []


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("Customer 1234", "customer_name_pieces"),
        ("user-12345", "customer_name_pieces"),
        ("13800012345", "customer_contact_pieces"),
    ],
)
def test_a_search_reads_an_index_and_not_all_customers(administrator, text, index):
    source = make.make_channel()
    Customer.objects.bulk_create(
        Customer(source=source, visitor_no=1, name=f"Customer {n}", user_id=f"user-{n}", phone=f"1380{n:07}")
        for n in range(10_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE service_sessions_customer")
    plan = search(customers_visible_to(administrator), administrator, text).explain()
    assert index in plan
    assert "Seq Scan" not in plan
