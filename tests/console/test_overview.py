"""The live figures (M-1)."""

import pytest
from django.db import transaction

from apps.routing.models import Availability, Status
from apps.sessions import transitions
from apps.team.models import Membership, Role
from csdesk.console import live
from tests.factories import PASSWORD, make_group, make_member, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    """A group with one full agent, one free and one offline; one customer served, two waiting."""
    group, other = make_group(), make_group()
    full = make_member(groups=[group], session_limit=1)
    free = make_member(groups=[group], session_limit=3)
    away = make_member(groups=[group])
    Availability.objects.create(member=full, status=Status.FREE, load=1)
    Availability.objects.create(member=free, status=Status.FREE, load=1)
    with transaction.atomic():
        for number in range(3):
            session = transitions.lock(make_session().pk)
            transitions.to_queue(session, group=other if number == 2 else group, seconds=600)
            if number == 0:
                transitions.serve(session, full)
    return group, other, full, free, away


def test_figures_are_those_of_the_database(scene):
    group, other, full, free, _away = scene
    found = live.figures(make_member(Role.ADMINISTRATOR, serves=False))
    rows = {row["id"]: row for row in found["groups"]}
    assert (rows[group.pk]["waiting"], rows[group.pk]["serving"]) == (1, 1)
    assert (rows[group.pk]["online"], rows[group.pk]["free"]) == (2, 1)
    assert (rows[other.pk]["waiting"], rows[other.pk]["online"]) == (1, 0)
    states = {agent["id"]: agent["status"] for agent in found["agents"]}
    assert states[full.pk] == "busy"
    assert states[free.pk] == "free"
    places = {agent["id"]: agent["places"] for agent in found["agents"]}
    assert (places[full.pk], places[free.pk]) == (0, 2)


def test_a_supervisor_sees_figures_of_their_groups_only(scene):
    group, other, *_agents = scene
    lead = make_member(Role.SUPERVISOR, groups=[group], serves=False)
    Membership.objects.filter(member=lead).update(supervises=True)
    found = live.figures(lead)
    assert [row["id"] for row in found["groups"]] == [group.pk]
    assert found["waiting"] == 1
    assert found["agent_count"] == 3
    assert other.name not in str(found)


def test_the_number_of_queries_does_not_grow_with_agents_and_groups(scene, django_assert_max_num_queries):
    admin = make_member(Role.ADMINISTRATOR, serves=False)
    for _number in range(10):
        make_member(groups=[make_group()])
    with django_assert_max_num_queries(9):
        live.figures(admin)


def test_the_page_and_its_live_part_show_them(scene, client):
    admin = make_member(Role.ADMINISTRATOR, serves=False)
    client.cookies["django_language"] = "en"
    client.post("/login/", {"login": admin.account, "password": PASSWORD})
    page = client.get("/console/").content.decode()
    assert 'data-live="/console/live/"' in page
    live = client.get("/console/live/")
    assert "no-store" in live["Cache-Control"]
    assert scene[0].name in live.content.decode()
    assert "<html" not in live.content.decode()
