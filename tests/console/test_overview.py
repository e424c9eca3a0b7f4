"""The live figures (M-1)."""

import html

import pytest
from django.db import transaction
from django.test import Client

from apps.chatbot.models import Entry, Release, ReleaseState
from apps.records import overview
from apps.routing.models import Availability, Status
from apps.sessions import transitions
from apps.sessions.models import Channel
from apps.team.models import Membership, Role
from csdesk import clock
from csdesk.console import charts, live, today
from tests.factories import PASSWORD, make_channel, make_group, make_member, make_session

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


def signed_in(member):
    browser = Client()
    browser.cookies["django_language"] = "en"
    browser.post("/login/", {"login": member.account, "password": PASSWORD})
    return browser


def tiles_of(browser, address="/console/live/"):
    return {tile.key: tile for tile in browser.get(address).context["tiles"]}


def test_every_figure_has_its_definition_beside_it(scene):
    browser = signed_in(make_member(Role.ADMINISTRATOR, serves=False))
    page = browser.get("/console/live/").content.decode()
    tiles = tiles_of(browser)
    assert list(tiles) == [
        *("waiting", "serving", "sessions", "served", "missed"),
        *("asked", "solved", "wait", "first_reply", "rating"),
    ]
    assert page.count('class="menu meaning"') == len(tiles)
    assert all(tile.meaning in html.unescape(page) for tile in tiles.values())
    assert (tiles["waiting"].figure, tiles["serving"].figure, tiles["sessions"].figure) == ("2", "1", "3")
    assert (tiles["served"].figure, tiles["served"].beside) == ("1", "of 3")


def test_a_supervisor_gets_no_figures_of_sessions_without_agents(scene):
    group, *_rest = scene
    lead = make_member(Role.SUPERVISOR, groups=[group], serves=False)
    Membership.objects.filter(member=lead).update(supervises=True)
    tiles = tiles_of(signed_in(lead))
    assert not {"asked", "solved"} & set(tiles)
    assert tiles["sessions"].figure == "2"


def test_figures_of_one_kind_of_channel(scene):
    with transaction.atomic():
        session = transitions.lock(make_session(channel=make_channel(kind="app", account_id="@kind")).pk)
        transitions.to_queue(session, group=scene[0], seconds=600)
    browser = signed_in(make_member(Role.ADMINISTRATOR, serves=False))
    assert tiles_of(browser)["waiting"].figure == "3"
    assert tiles_of(browser, "/console/live/?kind=app")["waiting"].figure == "1"
    assert tiles_of(browser, "/console/live/?kind=app")["sessions"].figure == "1"
    page = browser.get("/console/?kind=app").content.decode()
    assert 'data-live="/console/live/?kind=app"' in page
    # What is no kind is all of them.
    for kind in ("nonsense", "app' OR 1=1", "%00"):
        assert tiles_of(browser, f"/console/live/?kind={kind}")["waiting"].figure == "3"


def test_a_new_installation_is_told_what_is_missing_until_it_is_done():
    admin = make_member(Role.ADMINISTRATOR, serves=False)
    browser = signed_in(admin)
    steps = {step.title: step for step in browser.get("/console/").context["steps"]}
    assert not any(step.is_done for step in steps.values())
    channel = make_channel(is_active=False)
    make_member()
    steps = {step.title: step.is_done for step in browser.get("/console/").context["steps"]}
    assert (steps["Connect a channel"], steps["Add members who serve"]) == (False, True)
    Channel.objects.filter(pk=channel.pk).update(is_active=True)
    Entry.objects.create(library="qa", question="Where?")
    Release.objects.create(number="V1", state=ReleaseState.PUBLISHED, live_from=clock.now())
    page = browser.get("/console/")
    # Hours have a default that works: always open.
    assert page.context["steps"] == []
    assert "A few steps" not in page.content.decode()


def test_only_who_may_set_up_sees_the_steps_and_the_cards():
    group = make_group()
    lead = make_member(Role.SUPERVISOR, groups=[group], serves=False)
    page = signed_in(lead).get("/console/")
    assert page.context["steps"] == []
    assert page.context["cards"] == []


def test_cards_say_how_each_channel_stands():
    admin = make_member(Role.ADMINISTRATOR, serves=False)
    browser = signed_in(admin)
    titles = [(card.title, card.state) for card in browser.get("/console/").context["cards"]]
    assert titles[:2] == [("Web (H5)", "Not set up"), ("App / client", "Not set up")]
    site = make_channel(name="Used")
    make_session(channel=site)
    app = make_channel(kind="app", account_id="@card_account", name="New")
    make_channel(name="Closed", is_active=False)
    page = browser.get("/console/")
    cards = {card.name: card for card in page.context["cards"]}
    assert (cards["Used"].state, cards["New"].state, cards["Closed"].state) == (
        "Connected", "No customer yet", "Off",
    )  # fmt: skip
    assert cards["Used"].seen_at is not None
    text = page.content.decode()
    assert 'data-copy="@card_account"' in text
    assert f'href="/console/service_sessions/channel/{app.pk}/guide/"' in text


def test_members_who_serve_find_the_way_to_the_workbench():
    for serves in (True, False):
        page = signed_in(make_member(Role.ADMINISTRATOR, serves=serves)).get("/console/")
        assert ('href="/desk/"' in page.content.decode()) == serves


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [(6, 1, "+5"), (1, 19, "−18"), (7, 7, "±0"), (412, 381, "+8%"), (10, 20, "−50%"), (3, 0, "")],
)
def test_a_change_of_few_is_told_in_sessions(now, before, told):
    days = [overview.Day(clock.now(), overview.Figures(sessions=count), {}, None) for count in (now, before)]
    [sessions, *_others] = today.tiles(overview.Comparison(*days), sees_all=True)
    assert sessions.beside == told


def test_changes_are_good_or_bad_by_what_they_are():
    days = [
        overview.Day(clock.now(), overview.Figures(**facts), {}, None)
        for facts in (
            {"sessions": 50, "asked": 30, "missed": 4, "wait": 20.0, "ratings": 10, "good": 9},
            {"sessions": 50, "asked": 20, "missed": 9, "wait": 26.4, "ratings": 10, "good": 5},
        )
    ]
    tiles = {tile.key: tile for tile in today.tiles(overview.Comparison(*days), sees_all=True)}
    told = {key: (tiles[key].beside, tiles[key].mood) for key in ("asked", "missed", "wait", "rating")}
    assert told == {
        "asked": ("+20", "bad"),
        "missed": ("−5", "good"),
        "wait": ("−6 s", "good"),
        "rating": ("+40", "good"),
    }


def test_a_wait_is_drawn_through_hours_that_have_one_and_stops_where_none_has():
    moment = clock.now().replace(hour=12)
    waits = {8: 30.0, 9: 60.0, 11: 90.0}
    hours = {hour: overview.Hour(2, wait) for hour, wait in waits.items()} | {10: overview.Hour(1, None)}
    day = overview.Day(moment, overview.Figures(sessions=7), hours, None)
    drawn = charts.waits(overview.Comparison(day, overview.Day(moment, overview.Figures(), {}, None)))
    assert (drawn.now.count("M"), drawn.now.count("L")) == (2, 1)
    assert len(drawn.dots) == 1
    assert drawn.mark.label == "1:30"
    # The highest line is no lower than the longest wait, and the shop's day is there whole.
    assert drawn.lines[-1].label == "1:30"
    assert [slot.hour for slot in drawn.slots] == list(range(8, 20))
    bars = [bar for slot in charts.sessions(overview.Comparison(day, day)).slots for bar in slot.bars]
    assert {bar.name for bar in bars} == {"bar", "bar before"}
    assert all(bar.y >= charts.TOP and abs(bar.y + bar.height - charts.FOOT) < 0.2 for bar in bars)
