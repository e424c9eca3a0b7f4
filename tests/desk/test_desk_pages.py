"""The workbench's page and its data (D-1, D-5, S-13): who gets what, and what stays masked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.routing import closing
from apps.sessions.masking import masked_email, masked_phone
from apps.sessions.models import ChatSession, QuickReply
from apps.team.models import Member
from csdesk import clock
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> Member:
    return make.make_member(nickname="林晓雯")


def signed_in(member: Member, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    answer = client.post("/login/", {"login": member.account, "password": make.PASSWORD})
    assert answer.status_code == 302, "the sign-in was refused"
    return client


def profile_of(member: Member, session: ChatSession) -> dict:
    answer = signed_in(member).get(reverse("desk-session", args=[session.id]))
    assert answer.status_code == 200
    return answer.json()


def rows(part: list[dict]) -> dict:
    return {row["label"]: row.get("value", row.get("time")) for row in part}


@pytest.mark.parametrize("name", ["desk", "desk-quick-replies", "desk-ended"])
def test_strangers_are_asked_to_sign_in(client: Client, name: str) -> None:
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


def test_the_page_is_not_kept_by_any_cache_and_not_framed(agent: Member) -> None:
    answer = signed_in(agent).get("/desk/")
    assert "no-store" in answer["Cache-Control"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    text = answer.content.decode()
    assert "<style" not in text
    assert "onclick" not in text
    assert "/console/" not in text, "an agent has no console"


def test_administrators_find_the_console(agent: Member) -> None:
    chief = make.make_member("administrator")
    assert "/console/" in signed_in(chief).get("/desk/").content.decode()


def test_a_name_in_the_page_is_only_a_name() -> None:
    hostile = make.make_member(nickname="</script><b>x")
    text = signed_in(hostile).get("/desk/").content.decode()
    assert "</script><b>x" not in text


def test_quick_replies_are_the_shared_ones_and_ones_own(agent: Member) -> None:
    QuickReply.objects.all().delete()
    QuickReply.objects.create(title="shared", text="for all", category="Greetings")
    QuickReply.objects.create(title="own", text="mine", owner=agent)
    QuickReply.objects.create(title="secret", text="hers", owner=make.make_member())
    found = signed_in(agent).get(reverse("desk-quick-replies")).json()["replies"]
    assert {(reply["title"], reply["mine"]) for reply in found} == {("shared", False), ("own", True)}


def test_quick_replies_come_in_the_order_of_a_conversation(agent: Member) -> None:
    QuickReply.objects.all().delete()
    lines = [
        ("Welcome", "Greetings", 1),
        ("Later", "Apologies", 2),
        ("Bye", "Good-byes", 3),
        ("Hi", "Greetings", 9),
    ]
    for title, category, position in reversed(lines):
        QuickReply.objects.create(title=title, text=title, category=category, position=position)
    found = signed_in(agent).get(reverse("desk-quick-replies")).json()["replies"]
    assert [reply["title"] for reply in found] == ["Welcome", "Hi", "Later", "Bye"]


def test_ended_sessions_are_ones_own_of_today(agent: Member) -> None:
    mine, other = make.make_served_session(agent), make.make_served_session()
    closing.by_agent(agent, mine.id)
    closing.by_agent(other.agent, other.id)
    since = clock.milliseconds(clock.now() - timedelta(hours=1))
    ended = signed_in(agent).get(reverse("desk-ended"), {"since": since}).json()["sessions"]
    assert [one["session"] for one in ended] == [str(mine.id)]
    assert ended[0]["status"] == "normal"
    later = clock.milliseconds(clock.now() + timedelta(hours=1))
    assert signed_in(agent).get(reverse("desk-ended"), {"since": later}).json()["sessions"] == []


@pytest.mark.parametrize("since", ["", "x", "-1", "9" * 30, "1e3", "NaN"])
def test_a_wrong_time_is_a_day_or_two_ago(agent: Member, since: str) -> None:
    assert signed_in(agent).get(reverse("desk-ended"), {"since": since}).status_code == 200


def test_a_customers_card_masks_phone_and_mail(agent: Member) -> None:
    session = make.make_served_session(agent)
    customer = session.customer
    customer.phone, customer.email, customer.remark = "13812341234", "lilei@example.com", "rings twice"
    customer.client_data = {"level": "gold"}
    customer.save()
    profile = profile_of(agent, session)
    card = rows(profile["customer"])
    assert card["Phone"] == "138****1234"
    assert card["E-mail"] == "li***@example.com"
    assert card["Remark"] == "rings twice"
    assert {"title": "From the app", "rows": [{"label": "level", "value": "gold"}]} in profile["data"]
    assert "13812341234" not in str(profile)


def test_nobody_sees_the_customer_of_somebody_else(agent: Member) -> None:
    session = make.make_served_session()
    answer = signed_in(agent).get(reverse("desk-session", args=[session.id]))
    assert answer.status_code == 404


def test_earlier_sessions_are_listed_and_open_only_where_one_may(agent: Member) -> None:
    other = make.make_member(nickname="周宁")
    customer = make.make_customer()
    hers = make.make_served_session(other, customer=customer)
    closing.by_agent(other, hers.id)
    mine = make.make_served_session(agent, customer=customer)
    closing.by_agent(agent, mine.id)
    now = make.make_served_session(agent, customer=customer)
    earlier = profile_of(agent, now)["earlier"]
    assert [one["session"] for one in earlier] == [str(mine.id), str(hers.id)]
    assert [one["agent"] for one in earlier] == ["林晓雯", "周宁"]
    assert earlier[0]["record_url"].startswith("/records/")
    assert earlier[1]["record_url"] == "", "the record of a colleague is not one's own"


def test_the_profile_costs_the_same_however_long_the_history(
    agent: Member, django_assert_max_num_queries: object
) -> None:
    customer = make.make_customer()
    for _visit in range(4):
        closing.by_agent(agent, make.make_served_session(agent, customer=customer).id)
    session = make.make_served_session(agent, customer=customer)
    client = signed_in(agent)
    with django_assert_max_num_queries(15):
        client.get(reverse("desk-session", args=[session.id]))


def test_short_and_odd_contacts_are_masked_too() -> None:
    assert masked_phone("110") == "***"
    assert masked_phone("+8613812341234") == "+8613****41234"
    assert masked_email("nonsense") == "***"
