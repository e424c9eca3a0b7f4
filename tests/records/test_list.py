"""The list of records: who sees what, filters, the keyword, paging by key."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from apps.records import queries
from apps.records.filters import Filters, read
from apps.records.queries import PAGE, Place, page
from apps.sessions.models import Message
from apps.team.models import Membership, Role
from csdesk import clock
from csdesk.errors import Invalid
from tests.factories import make_channel, make_customer, make_group, make_member
from tests.records.scene import add_message, make_record, next_part

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Asia/Shanghai")
ALL = Filters(period="all")


def ids(found) -> list:
    return [row.record.id for row in found.rows]


@pytest.fixture
def admin():
    return make_member(Role.ADMINISTRATOR)


def search(member, query: str):
    return page(member, read(QueryDict(f"period=all&{query}"), queries.choices(member)), ZONE)


def test_agents_see_their_own_supervisors_their_groups_administrators_all(admin):
    mine, other = make_group(), make_group()
    agent, colleague, lead = make_member(), make_member(), make_member(Role.SUPERVISOR)
    Membership.objects.create(member=lead, group=mine, supervises=True)
    own = make_record("hi", agent=agent, group=mine)
    theirs = make_record("hi", agent=colleague, group=mine)
    elsewhere = make_record("hi", agent=colleague, group=other)
    nobodys = make_record("hi", status="abandoned_in_flow")
    assert set(ids(page(agent, ALL, ZONE))) == {own.id}
    assert set(ids(page(lead, ALL, ZONE))) == {own.id, theirs.id}
    assert set(ids(page(admin, ALL, ZONE))) == {own.id, theirs.id, elsewhere.id, nobodys.id}


def test_a_member_who_may_not_sign_in_sees_nothing(admin):
    make_record("hi")
    admin.forced_offline_at = clock.now()
    assert ids(page(admin, ALL, ZONE)) == []


def test_sessions_in_which_nobody_spoke_are_no_records(admin):
    make_record(is_engaged=False)
    assert ids(page(admin, ALL, ZONE)) == []


def test_one_row_per_record_of_a_transferred_session(admin):
    first = make_record("hi", agent=make_member())
    second = next_part(first, agent=make_member())
    assert ids(page(admin, ALL, ZONE)) == [second.id, first.id]


def test_filters_combine(admin):
    group, agent, channel = make_group(), make_member(), make_channel()
    wanted = make_record("hi", agent=agent, group=group, channel=channel, status="customer_ended")
    make_record("hi", agent=agent, group=group, status="customer_ended")
    make_record("hi", agent=agent, channel=channel, status="customer_ended")
    make_record("hi", group=group, channel=channel, status="customer_ended")
    make_record("hi", agent=agent, group=group, channel=channel)
    make_record("hi", agent=agent, group=group, channel=channel, is_open=True)
    query = f"group={group.pk}&agent={agent.pk}&channel={channel.pk}&status=customer_ended&state=ended"
    assert ids(search(admin, query)) == [wanted.id]


def test_open_records_are_those_without_an_end(admin):
    running = make_record("hi", agent=make_member(), is_open=True)
    make_record("hi", agent=make_member())
    assert ids(search(admin, "state=open")) == [running.id]


def test_a_period_keeps_what_began_in_it(admin):
    now = clock.now()
    recent = make_record("hi", started_at=now - timedelta(days=6))
    older = make_record("hi", started_at=now - timedelta(days=20))
    make_record("hi", started_at=now - timedelta(days=60))
    assert ids(page(admin, Filters(period="7"), ZONE)) == [recent.id]
    assert ids(page(admin, Filters(period="30"), ZONE)) == [recent.id, older.id]


def test_agents_cannot_choose_what_they_may_not_see():
    agent, group = make_member(), make_group()
    colleague = make_member(groups=[group])
    assert read(QueryDict(f"agent={colleague.pk}&group={group.pk}"), queries.choices(agent)).problems


# --- keyword -----------------------------------------------------------------------------------


def test_words_are_found_in_any_order_and_the_first_hit_is_shown(admin):
    record = make_record("您好", "几天能到账？", "那退款大概几天能到账？", agent=make_member())
    make_record("只要退款")
    [row] = search(admin, "q=到账 退款").rows
    assert row.record.id == record.id
    assert [piece.text for piece in row.hit if piece.is_hit] == ["退款", "到账"]


@pytest.mark.parametrize("typed", ["壶", "铁壶", "kettle", "KETTLE", '"iron kettle"', "“铁壶生锈”"])
def test_single_characters_pairs_words_and_phrases_are_found(admin, typed):
    record = make_record("我的铁壶生锈了, the iron kettle")
    make_record("iron, and a tin of tea 铁和茶")
    assert ids(search(admin, f"q={typed}")) == [record.id]


def test_a_phrase_is_verified_on_the_text(admin):
    make_record("kettle of iron")
    exact = make_record("an iron  kettle")
    assert ids(search(admin, 'q="iron kettle"')) == [exact.id]


def test_recalled_messages_are_not_found(admin):
    record = make_record("the secret kettle")
    Message.objects.filter(session=record.session).update(recalled_at=clock.now())
    assert ids(search(admin, "q=kettle")) == []


def test_a_search_stays_within_what_one_may_see():
    agent = make_member()
    own = make_record("kettle", agent=agent)
    make_record("kettle", agent=make_member())
    assert ids(search(agent, "q=kettle")) == [own.id]


def test_names_of_files_and_cards_are_found(admin):
    record = make_record("look")
    card = {"customerServicePlugin": 0, "src": "22", "content": {"header": "Gaiwan", "desc": "¥198"}}
    add_message(record.session, kind="custom", body={"data": card})
    assert ids(search(admin, "q=gaiwan")) == [record.id]


def test_rare_words_are_found_beyond_the_nearest_records(admin, monkeypatch):
    monkeypatch.setattr(queries, "BATCH", 5)
    now = clock.now()
    rare = [make_record("celadon", started_at=now - timedelta(hours=50 + n)) for n in range(7)]
    for n in range(12):
        make_record("kettle", started_at=now - timedelta(hours=n))
    assert ids(search(admin, "q=celadon")) == [record.id for record in rare]


def test_a_search_that_gives_up_says_where_to_go_on(admin, monkeypatch):
    monkeypatch.setattr(queries, "BATCH", 4)
    monkeypatch.setattr(queries, "MOST_BATCHES", 2)
    now = clock.now()
    for n in range(10):
        make_record("iron and kettle", started_at=now - timedelta(hours=n))
    exact = make_record("iron kettle", started_at=now - timedelta(hours=20))
    filters = Filters(period="all", q='"iron kettle"')
    first = page(admin, filters, ZONE)
    assert (first.rows, first.stopped) == ([], True)
    second = page(admin, filters, ZONE, Place.read(str(first.older)))
    assert ids(second) == [exact.id]
    assert not second.stopped


# --- paging ------------------------------------------------------------------------------------


@pytest.mark.parametrize("q", ["", "kettle"])
def test_pages_lead_to_the_end_and_back(admin, q):
    now = clock.now()
    customer = make_customer()
    channel = customer.source
    made = []
    for n in range(2 * PAGE + 7):
        # Several begin at the same moment: the id decides.
        at = now - timedelta(minutes=n // 3)
        made.append(make_record("a kettle", channel=channel, customer=customer, started_at=at))
    wanted = [record.id for record in sorted(made, key=lambda r: (r.started_at, r.id), reverse=True)]
    filters = Filters(period="all", q=q)
    first = page(admin, filters, ZONE)
    second = page(admin, filters, ZONE, Place.read(str(first.older)))
    third = page(admin, filters, ZONE, Place.read(str(second.older)))
    assert ids(first) + ids(second) + ids(third) == wanted
    assert first.newer is None and third.older is None
    back = page(admin, filters, ZONE, Place.read(str(third.newer), is_newer=True))
    assert ids(back) == ids(second)
    home = page(admin, filters, ZONE, Place.read(str(back.newer), is_newer=True))
    assert ids(home) == ids(first)


def test_newer_records_do_not_shift_the_next_page(admin):
    now = clock.now()
    for n in range(PAGE + 3):
        make_record("hi", started_at=now - timedelta(minutes=n + 1))
    first = page(admin, ALL, ZONE)
    make_record("hi", started_at=now)
    second = page(admin, ALL, ZONE, first.older)
    assert not set(ids(first)) & set(ids(second))
    assert len(second.rows) == 3


@pytest.mark.parametrize(
    "written", ["", "x", "12-34", "9" * 18 + "-" + "0" * 32, "-" + "0" * 32, "1e5-" + "0" * 32]
)
def test_a_place_that_is_none_is_refused(written):
    with pytest.raises(Invalid):
        Place.read(written)


def test_the_count_is_of_all_pages(admin):
    for _ in range(PAGE + 2):
        make_record("hi")
    assert page(admin, ALL, ZONE).count == PAGE + 2
    assert search(admin, "q=hi").count is None
