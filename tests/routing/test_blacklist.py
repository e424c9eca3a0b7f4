"""Who is on the blacklist is not served (S-14): the notice, the record, the end of what was open."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from apps.routing import barring, flow, merging
from apps.sessions import blacklist
from apps.sessions.blacklist import Target
from apps.sessions.blacklist_settings import BlacklistSettings
from apps.sessions.models import (
    BlacklistEntry,
    BlacklistState,
    ChatSession,
    ClosedBy,
    CustomerTag,
    Message,
    ServiceRecord,
    ServiceStatus,
    State,
    Tag,
)
from apps.team import trail
from apps.team.models import Member, Role, TrailDetail
from apps.visitor import tokens
from csdesk import clock
from csdesk.errors import Invalid, NotAllowed, NotFound, WrongState
from tests import factories as make
from tests.routing import scene
from tests.routing.scene import again, asks, codes, customer_comes

pytestmark = pytest.mark.usefixtures("time")

OFFICE = "198.51.100.4"


@pytest.fixture
def administrator() -> Member:
    return make.make_member(Role.ADMINISTRATOR)


def bar(member: Member, **whom) -> BlacklistEntry:
    return barring.add(member, blacklist.target(**whom), reason="Insults everybody", address=OFFICE)


def statuses(session: ChatSession) -> list[tuple[str, str]]:
    return list(ServiceRecord.objects.filter(session=session).values_list("status", "closed_by"))


@pytest.mark.parametrize(
    "whom",
    [
        lambda customer: {"customer": customer},
        lambda customer: {"user_id": "buyer-7"},
        lambda customer: {"address": "203.0.113.9"},
        lambda customer: {"address": "203.0.113.0/24"},
    ],
    ids=["customer", "user ID", "address", "network"],
)
def test_what_a_barred_customer_writes_gets_the_notice_and_becomes_a_record(administrator, whom):
    agent = scene.agent_at_desk()
    customer = make.make_customer(user_id="buyer-7", address="203.0.113.9")
    bar(administrator, **whom(customer))
    session = asks(flow.trigger(customer, customer.source), "agent")
    assert (session.state, session.agent) == (State.CLOSED, None)
    assert session.engaged_at is not None
    assert codes(session) == ["blacklisted", "src19"]
    assert statuses(session) == [(ServiceStatus.BLACKLISTED, ClosedBy.ADMIN)]
    assert Message.objects.filter(session=session, body__text="agent").exists()
    assert agent.chat_sessions.count() == 0


def test_another_customer_of_the_same_street_is_served(administrator):
    scene.agent_at_desk()
    bar(administrator, address="203.0.113.9")
    neighbour = make.make_customer(address="203.0.113.10")
    assert asks(flow.trigger(neighbour, neighbour.source)).state == State.SERVING


def test_an_address_in_the_clothes_of_ipv6_is_the_same_one(administrator):
    bar(administrator, address="203.0.113.9")
    assert blacklist.bars(make.make_customer(address="::ffff:203.0.113.9"))


def test_one_ipv6_address_stands_for_the_line_it_comes_from(administrator):
    bar(administrator, address="2001:db8:1:2::77")
    assert blacklist.bars(make.make_customer(address="2001:db8:1:2:ffff::1"))
    assert not blacklist.bars(make.make_customer(address="2001:db8:1:3::77"))


def test_the_button_to_a_human_leads_a_barred_customer_to_the_notice(administrator):
    scene.agent_at_desk()
    customer = make.make_customer()
    bar(administrator, customer=customer)
    session = flow.request_agent(customer, customer.source)
    assert session.state == State.CLOSED
    assert codes(session) == ["blacklisted", "src19"]
    assert statuses(session) == [(ServiceStatus.BLACKLISTED, ClosedBy.ADMIN)]


def test_each_attempt_is_a_record_and_no_agent_hears_of_it(administrator, told):
    agent = scene.agent_at_desk()
    customer = make.make_customer()
    bar(administrator, customer=customer)
    told.clear()
    for _attempt in range(2):
        asks(flow.trigger(customer, customer.source))
    assert ServiceRecord.objects.filter(customer=customer, status=ServiceStatus.BLACKLISTED).count() == 2
    assert told.member(agent) == []


def test_open_sessions_end_with_the_notice_and_give_the_agent_their_place_back(administrator, told):
    agent = scene.agent_at_desk()
    session = asks(customer_comes())
    assert session.agent == agent
    told.clear()
    bar(administrator, customer=session.customer)
    session = again(session)
    assert (session.state, session.status, session.closed_by) == ("closed", "blacklisted", "admin")
    assert codes(session)[-2:] == ["blacklisted", "src19"]
    assert not Message.objects.filter(session=session, body__data__src="9").exists()
    assert told.member(agent, "sessionEnded") or told.member(agent, "session")
    agent.availability.refresh_from_db()
    assert agent.availability.load == 0


def test_a_network_ends_the_open_sessions_from_within_it_only(administrator):
    inside = make.make_session(make.make_customer(address="203.0.113.200"))
    outside = make.make_session(make.make_customer(address="203.0.114.1"))
    bar(administrator, address="203.0.113.0/24")
    assert again(inside).state == State.CLOSED
    assert again(outside).state == State.FLOW


def test_when_the_time_is_over_they_are_served_again(administrator, time):
    scene.agent_at_desk()
    customer = make.make_customer()
    until = clock.now() + timedelta(days=1)
    barring.add(administrator, Target(customer=customer), reason="A day to cool down", until=until)
    assert blacklist.bars(customer)
    time.move(86_401)
    assert not blacklist.bars(customer)
    assert asks(flow.trigger(customer, customer.source)).state == State.SERVING
    # An entry whose time is over stands in nobody's way.
    assert bar(administrator, customer=customer).state == BlacklistState.ACTIVE


def test_who_was_barred_when_the_window_opened_and_is_not_any_more_is_served(administrator):
    scene.agent_at_desk()
    customer = make.make_customer()
    entry = bar(administrator, customer=customer)
    session = flow.trigger(customer, customer.source)
    assert codes(session) == []
    blacklist.lift(administrator, entry.pk)
    assert asks(session).state == State.SERVING


def test_agents_propose_and_nothing_happens_until_somebody_decides(administrator):
    agent = scene.agent_at_desk()
    session = asks(customer_comes())
    entry = bar(agent, customer=session.customer)
    assert entry.state == BlacklistState.PROPOSED
    assert again(session).state == State.SERVING
    barring.decide(administrator, entry.pk, accepts=True)
    assert again(session).status == ServiceStatus.BLACKLISTED
    actions = trail.TrailEntry.objects.filter(action__startswith="blacklist.").order_by("number")
    assert list(actions.values_list("action", "member_id")) == [
        ("blacklist.proposed", agent.pk),
        ("blacklist.accepted", administrator.pk),
    ]


def test_a_declined_proposal_changes_nothing_and_is_decided_once(administrator):
    agent = scene.agent_at_desk()
    session = asks(customer_comes())
    entry = bar(agent, customer=session.customer)
    barring.decide(administrator, entry.pk, accepts=False)
    assert again(session).state == State.SERVING
    with pytest.raises(WrongState):
        barring.decide(administrator, entry.pk, accepts=True)


def test_agents_decide_nothing_and_propose_only_whom_they_have_served():
    agent = scene.agent_at_desk()
    session = asks(customer_comes())
    stranger = make.make_customer(user_id="stranger", address="203.0.113.50")
    entry = bar(agent, customer=session.customer)
    with pytest.raises(NotAllowed):
        barring.decide(agent, entry.pk, accepts=True)
    for whom in ({"customer": stranger}, {"user_id": "stranger"}, {"address": "203.0.113.50"}):
        with pytest.raises(NotAllowed):
            bar(agent, **whom)
    assert BlacklistEntry.objects.count() == 1


def test_an_agent_takes_their_own_proposal_back_and_no_other():
    agent = scene.agent_at_desk()
    session = asks(customer_comes())
    entry = bar(agent, customer=session.customer)
    with pytest.raises(NotFound):
        blacklist.lift(make.make_member(), entry.pk)
    assert blacklist.lift(agent, entry.pk).state == BlacklistState.LIFTED


def test_a_supervisor_decides_on_customers_of_their_groups_only():
    group = make.make_group()
    supervisor = make.make_member(Role.SUPERVISOR)
    supervisor.memberships.create(group=group, supervises=True)
    agent, other = scene.agent_at_desk(group), scene.agent_at_desk()
    ours = scene.customer_asks(group)
    assert ours.agent == agent
    theirs = make.make_served_session(other)
    ours_entry, theirs_entry = bar(agent, customer=ours.customer), bar(other, customer=theirs.customer)
    assert list(blacklist.visible_entries(supervisor)) == [ours_entry]
    barring.decide(supervisor, ours_entry.pk, accepts=True)
    with pytest.raises(NotFound):
        barring.decide(supervisor, theirs_entry.pk, accepts=True)
    with pytest.raises(NotFound):
        bar(supervisor, customer=theirs.customer)


def test_the_setting_says_who_decides():
    supervisor, agent = make.make_member(Role.SUPERVISOR), make.make_member()
    assert blacklist.may_decide(supervisor) and not blacklist.may_decide(agent)
    scene.set_rules(BlacklistSettings, decides="administrators")
    assert not blacklist.may_decide(supervisor)
    scene.set_rules(BlacklistSettings, decides="agents")
    assert blacklist.may_decide(supervisor) and blacklist.may_decide(agent)
    agent.forced_offline_at = clock.now()
    assert not blacklist.may_decide(agent)


def test_nobody_stands_on_it_twice(administrator):
    customer = make.make_customer(user_id="once")
    for whom in ({"customer": customer}, {"user_id": "once"}, {"address": "203.0.113.9"}):
        entry = bar(administrator, **whom)
        with pytest.raises(WrongState):
            bar(administrator, **whom)
        blacklist.lift(administrator, entry.pk)
        bar(administrator, **whom)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "shop.example.com",
        "203.0.113",
        "203.0.113.9/33",
        "0.0.0.0/0",
        "10.0.0.0/8",
        "2001:db8::/16",
        "203.0.113.9/24",
        "127.0.0.1",
        "::1",
        "203.0.113.9; DROP",
    ],
)
def test_what_is_no_address_to_bar_is_refused(administrator, typed):
    with pytest.raises(Invalid):
        bar(administrator, address=typed)


def test_ones_own_addresses_cannot_be_barred_by_mistake(administrator):
    scene.set_rules(BlacklistSettings, own_networks=["192.0.2.0/24"])
    trail.append("sign_in.succeeded", member=administrator, address="203.0.113.77")
    for typed in ("192.0.2.9", "192.0.0.0/16", OFFICE, "198.51.100.0/24", "203.0.113.77"):
        with pytest.raises(Invalid):
            bar(administrator, address=typed)
    bar(administrator, address="203.0.113.78")


def test_a_setting_that_is_no_address_is_refused():
    with pytest.raises(Invalid, match=r"office\.example"):
        scene.set_rules(BlacklistSettings, own_networks=["office.example"])


@pytest.mark.parametrize("reason", ["", "  \n ", "\u200b", "x" * 301])
def test_a_reason_is_needed(administrator, reason):
    with pytest.raises(Invalid):
        barring.add(administrator, Target(customer=make.make_customer()), reason=reason)


@pytest.mark.parametrize("days", [-1, 0, 5000])
def test_an_end_that_is_over_or_too_far_is_refused(administrator, days):
    until = clock.now() + timedelta(days=days)
    with pytest.raises(Invalid):
        barring.add(administrator, Target(customer=make.make_customer()), reason="why", until=until)


def test_the_trail_says_why_without_phone_numbers(administrator):
    barring.add(administrator, Target(user_id="loud"), reason="Calls from 13812345678 all day")
    details = TrailDetail.objects.get(entry__action="blacklist.added")
    assert details.values["user_id"] == "loud"
    assert "138****5678" in details.values["reason"]


def test_nobody_slips_in_between_being_barred_and_opening_a_session(administrator):
    """A session that opens while somebody is being barred is either seen and ended, or carries it."""
    customer = make.make_customer()
    has_locked, may_go = threading.Event(), threading.Event()

    def open_slowly() -> None:
        with transaction.atomic():
            flow.trigger(customer, customer.source)
            has_locked.set()
            may_go.wait(10)
        connection.close()

    def bar_meanwhile() -> None:
        has_locked.wait(10)
        bar(administrator, customer=customer)
        connection.close()

    threads = [threading.Thread(target=open_slowly), threading.Thread(target=bar_meanwhile)]
    for thread in threads:
        thread.start()
    has_locked.wait(10)
    threads[1].join(0.5)
    assert threads[1].is_alive()
    may_go.set()
    for thread in threads:
        thread.join(10)
    assert ChatSession.objects.get(customer=customer).state == State.CLOSED


def test_a_barred_visitor_stays_barred_as_the_known_user_they_are(administrator):
    channel = make.make_channel()
    _text, former = tokens.issue(channel)
    visitor = make.make_customer(channel, id=former.visitor_id, attributes={"Size": "42"})
    tag, both = Tag.objects.create(name="Loud"), Tag.objects.create(name="Regular")
    known = make.make_customer(channel, user_id="known-1", attributes={"Size": "43"})
    for customer, label in ((visitor, tag), (visitor, both), (known, both)):
        CustomerTag.objects.create(customer=customer, tag=label)
    bar(administrator, customer=visitor)
    _text, present = tokens.issue_signed(channel, known.id, "known-1", clock.now() + timedelta(days=1), {})
    assert merging.merge(visitor.id, present)
    assert blacklist.bars(known)
    assert set(known.labels.values_list("tag__name", flat=True)) == {"Loud", "Regular"}
    known.refresh_from_db()
    assert known.attributes == {"Size": "43"}


def test_two_entries_become_one_when_two_turn_out_to_be_the_same(administrator):
    visitor, known = make.make_customer(), make.make_customer(user_id="known-2")
    bar(administrator, customer=visitor)
    kept = bar(administrator, customer=known)
    blacklist.move(visitor, known)
    assert list(blacklist.in_force().filter(customer=known)) == [kept]


def test_a_visitor_who_signs_in_as_somebody_barred_loses_their_open_session(administrator):
    bar(administrator, user_id="barred-9")
    known = make.make_customer(user_id="barred-9")
    session = make.make_session(make.make_customer())
    ChatSession.objects.filter(id=session.id).update(customer=known)
    barring.signed_in(known.id)
    assert again(session).status == ServiceStatus.BLACKLISTED
