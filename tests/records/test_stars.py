"""Stars (C-5, D-8): a member's own marks, and the filters that go with them."""

from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from apps.records import queries, stars
from apps.records.filters import read
from apps.records.models import Star
from apps.team.models import Role
from tests.factories import make_member
from tests.records.scene import make_record

pytestmark = pytest.mark.django_db


def found(member, query: str) -> set:
    filters = read(QueryDict(f"period=all&{query}"), queries.choices(member))
    return {row.record.id for row in queries.page(member, filters, ZoneInfo("Asia/Shanghai")).rows}


def test_a_star_is_its_members_alone_and_kept_once():
    agent, admin = make_member(), make_member(Role.ADMINISTRATOR)
    first, second = make_record("one", agent=agent), make_record("two", agent=agent)
    stars.star(agent, first)
    stars.star(agent, first)
    assert Star.objects.count() == 1
    assert found(agent, "starred=1") == {first.id}
    assert found(admin, "starred=1") == set()
    assert stars.among(agent, [first.id, second.id]) == {first.id}
    stars.unstar(agent, first)
    stars.unstar(agent, first)
    assert found(agent, "starred=1") == set()


def test_a_starred_record_that_one_may_not_read_any_more_is_not_found():
    agent = make_member()
    record = make_record("one", agent=make_member())
    Star.objects.create(member=agent, record=record)
    assert found(agent, "starred=1") == set()


def test_the_keyword_and_the_star_go_together():
    agent = make_member()
    starred, other = make_record("green kettle", agent=agent), make_record("red kettle", agent=agent)
    stars.star(agent, starred)
    assert found(agent, "q=kettle") == {starred.id, other.id}
    assert found(agent, "q=kettle&starred=1") == {starred.id}


@pytest.mark.parametrize(
    ("rating", "levels"), [("good", {4, 5}), ("middle", {3}), ("bad", {1, 2}), ("none", {None})]
)
def test_records_are_found_by_their_rating(rating, levels):
    agent = make_member()
    records = {level: make_record("hi", agent=agent, rating_level=level) for level in (None, 1, 2, 3, 4, 5)}
    assert found(agent, f"rating={rating}") == {records[level].id for level in levels}


def test_a_rating_that_is_none_is_left_out_and_told():
    filters = read(QueryDict("rating=brilliant&starred=yes"), queries.choices(make_member()))
    assert (filters.rating, filters.is_starred, len(filters.problems)) == ("", False, 1)


def test_pressing_the_star_by_form_and_by_script(reading):
    agent = make_member()
    record = make_record("hi", agent=agent)
    browser = reading(agent)
    address = f"/records/{record.id}/star/"
    answer = browser.post(address, {"starred": "1", "next": "/records/?period=all"})
    assert (answer.status_code, answer.url) == (302, "/records/?period=all")
    page = browser.get(f"/records/?open={record.id}").content.decode()
    assert page.count(f'data-star="{record.id}" aria-pressed="true"') == 2, (
        "in the row and above the transcript"
    )
    answer = browser.post(address, {"starred": "0"}, headers={"accept": "application/json"})
    assert answer.json() == {"starred": False}
    assert not Star.objects.exists()


@pytest.mark.parametrize("following", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_form_leads_nowhere_else(reading, following):
    agent = make_member()
    record = make_record("hi", agent=agent)
    answer = reading(agent).post(f"/records/{record.id}/star/", {"starred": "1", "next": following})
    assert answer.url == f"/records/{record.id}/"


def test_others_records_cannot_be_starred_and_a_look_changes_nothing(reading, client):
    agent = make_member()
    secret, own = make_record("hi", agent=make_member()), make_record("hi", agent=agent)
    browser = reading(agent)
    assert browser.post(f"/records/{secret.id}/star/", {"starred": "1"}).status_code == 404
    assert browser.get(f"/records/{own.id}/star/").status_code == 405
    assert client.post(f"/records/{own.id}/star/", {"starred": "1"}).url.startswith("/login/")
    assert not Star.objects.exists()
