"""Summing a session up (D-7): owed by setting, wrap-up until it is filled in, free again afterwards."""

import pytest

from apps.routing import availability, closing, flow, transfer, wrapping_up
from apps.routing.models import Availability
from apps.routing.settings import PresenceSettings
from apps.sessions import summaries, wrap_ups
from apps.sessions.models import SummaryCategory, WrapUp
from apps.sessions.settings import SummarySettings
from apps.sessions.wrap_ups import Summary
from apps.team.models import Membership, Role, TrailEntry
from csdesk.errors import DomainError, Invalid, NotFound, NotYours, TooLarge, WrongState
from tests import factories as make
from tests.routing import scene
from tests.routing.scene import agent_at_desk, customer_asks

pytestmark = pytest.mark.usefixtures("time")


@pytest.fixture
def required(time):
    scene.set_rules(SummarySettings, is_required=True)


@pytest.fixture
def refunds(time):
    goods = SummaryCategory.objects.create(name="Goods")
    return SummaryCategory.objects.create(name="Refunds", parent=goods)


def owed(member):
    return [one.record.session_id for one in wrap_ups.owed_by(member.pk)]


@pytest.mark.usefixtures("required")
def test_who_owes_a_summary_arranges_until_it_is_filled_in(told, refunds, time):
    agent = agent_at_desk()
    session = customer_asks()
    closing.by_agent(agent, session.id)
    assert scene.status(agent) == "arrange"
    assert owed(agent) == [session.id]
    assert told.member(agent, "sessionEnded")[-1]["owed"] is True
    assert customer_asks().state == "queued"
    time.move(600)
    assert scene.status(agent) == "arrange", "no time ends it"

    summary = Summary(refunds.pk, True, "  Sent a label ")
    found = wrapping_up.fill(agent, session.id, summary)
    assert (found.category, found.is_resolved, found.remark) == (refunds, True, "Sent a label")
    assert scene.status(agent) == "free"
    assert told.member(agent, "wrappedUp") == [{"op": "wrappedUp", "session": str(session.id)}]
    assert scene.load(agent) == 1, "whoever waited is served"
    scene.check_invariants()


@pytest.mark.usefixtures("required")
def test_free_is_refused_while_summaries_are_owed_and_says_whose():
    agent = agent_at_desk()
    sessions = [customer_asks(), customer_asks()]
    for session in sessions:
        closing.by_agent(agent, session.id)
    with pytest.raises(WrongState) as refused:
        availability.set_status(agent, "free")
    assert refused.value.extra["owed"] == [str(session.id) for session in sessions]
    wrapping_up.fill(agent, sessions[1].id, Summary(is_resolved=False))
    assert scene.status(agent) == "arrange"
    availability.set_status(agent, "rest", rest_reason="meal")
    wrapping_up.fill(agent, sessions[0].id, Summary(is_resolved=True))
    assert scene.status(agent) == "rest", "whoever rests goes on resting"
    assert availability.set_status(agent, "free").status == "free"


@pytest.mark.usefixtures("required")
def test_a_new_sign_in_begins_with_what_is_owed():
    agent = agent_at_desk()
    session = customer_asks()
    closing.by_agent(agent, session.id)
    availability.set_status(agent, "offline")
    agent.sign_in_id = make.unknown_id()
    scene.open_desk(agent)
    assert scene.status(agent) == "arrange"
    wrapping_up.fill(agent, session.id, Summary(is_resolved=True))
    assert scene.status(agent) == "free"


@pytest.mark.usefixtures("required")
def test_the_set_time_runs_out_and_what_is_owed_goes_on(time):
    scene.set_rules(PresenceSettings, wrap_up_seconds=30)
    agent = agent_at_desk()
    session = customer_asks()
    closing.by_customer(session.id)
    assert owed(agent) == [session.id]
    time.move(31)
    row = Availability.objects.get(member=agent)
    assert (row.status, row.deadline_kind) == ("arrange", "")
    wrapping_up.fill(agent, session.id, Summary(is_resolved=True))
    assert scene.status(agent) == "free"


@pytest.mark.usefixtures("required")
def test_filled_in_early_the_rest_of_the_set_time_stays(time):
    scene.set_rules(PresenceSettings, wrap_up_seconds=30)
    agent = agent_at_desk()
    session = customer_asks()
    closing.by_agent(agent, session.id)
    wrapping_up.fill(agent, session.id, Summary(is_resolved=True))
    assert scene.status(agent) == "arrange"
    time.move(31)
    assert scene.status(agent) == "free"


def test_nothing_is_owed_where_the_setting_asks_for_nothing():
    agent = agent_at_desk()
    session = customer_asks()
    closing.by_agent(agent, session.id)
    assert scene.status(agent) == "free"
    assert not WrapUp.objects.exists()
    wrapping_up.fill(agent, session.id, Summary())
    assert WrapUp.objects.get().at is not None


@pytest.mark.usefixtures("required")
def test_what_was_owed_is_owed_no_more_once_the_setting_is_off():
    agent = agent_at_desk()
    closing.by_agent(agent, customer_asks().id)
    scene.set_rules(SummarySettings, is_required=False)
    assert owed(agent) == []
    assert availability.set_status(agent, "free").status == "free"


@pytest.mark.usefixtures("required")
def test_who_hands_on_owes_nothing_and_whoever_ends_it_does():
    first, second = agent_at_desk(), agent_at_desk()
    availability.set_status(second, "notReady")
    session = customer_asks()
    assert session.agent == first
    availability.set_status(second, "free")
    transfer.transfer(first, session.id, user_id=second.account)
    closing.by_agent(second, session.id)
    assert (owed(first), owed(second)) == ([], [session.id])


@pytest.mark.usefixtures("required")
def test_filled_in_while_serving_it_is_owed_no_more():
    agent = agent_at_desk()
    session = customer_asks()
    wrapping_up.fill(agent, session.id, Summary(is_resolved=True))
    closing.by_agent(agent, session.id)
    assert scene.status(agent) == "free"
    assert owed(agent) == []


@pytest.mark.parametrize(
    ("summary", "field", "error"),
    [
        ({"is_resolved": True}, "category", Invalid),
        ({"category": "refunds"}, "resolved", Invalid),
        ({"category": "gone", "is_resolved": True}, "category", Invalid),
        ({"category": "closed", "is_resolved": True}, "category", Invalid),
        ({"category": "refunds", "is_resolved": True, "remark": "x" * 1_001}, "remark", TooLarge),
    ],
)
@pytest.mark.usefixtures("required")
def test_what_is_missing_or_not_offered_is_refused_at_its_field(summary, field, error, refunds):
    closed = SummaryCategory.objects.create(name="Old", is_active=False)
    within = SummaryCategory.objects.create(name="Older", parent=closed)
    places = {"refunds": refunds.pk, "closed": within.pk, "gone": 10**12}
    agent = agent_at_desk()
    session = customer_asks()
    closing.by_agent(agent, session.id)
    if "category" in summary:
        summary = summary | {"category": places[summary["category"]]}
    with pytest.raises(error) as refused:
        wrapping_up.fill(agent, session.id, Summary(**summary))
    assert refused.value.extra["field"] == field
    assert owed(agent) == [session.id]


def test_a_category_out_of_use_stays_where_it_stood(refunds):
    agent = agent_at_desk()
    session = customer_asks()
    wrapping_up.fill(agent, session.id, Summary(refunds.pk, False))
    summaries.switch(make.make_member(Role.ADMINISTRATOR), refunds.pk, is_active=False)
    found = wrapping_up.fill(agent, session.id, Summary(refunds.pk, True))
    assert (found.category, found.is_resolved) == (refunds, True)


def test_colleagues_without_a_part_may_not_and_their_supervisor_may():
    group = make.make_group()
    agent = agent_at_desk(group)
    session = customer_asks(group)
    closing.by_agent(agent, session.id)
    with pytest.raises(NotFound):
        wrapping_up.fill(make.make_member(groups=[group]), session.id, Summary())
    stranger = make.make_member(Role.SUPERVISOR)
    Membership.objects.create(member=stranger, group=make.make_group(), supervises=True)
    with pytest.raises(NotFound):
        wrapping_up.fill(stranger, session.id, Summary())
    supervisor = make.make_member(Role.SUPERVISOR)
    Membership.objects.create(member=supervisor, group=group, supervises=True)
    found = wrapping_up.fill(supervisor, session.id, Summary(is_resolved=True), address="10.1.1.1")
    assert (found.member, found.record.agent) == (supervisor, agent)
    entry = TrailEntry.objects.get(action="wrap_up.changed")
    assert entry.detail.values["after"]["resolved"] is True


def test_whoever_serves_the_customer_now_does_not_sum_up_the_sessions_of_others():
    first = agent_at_desk()
    session = customer_asks()
    closing.by_agent(first, session.id)
    availability.set_status(first, "notReady")
    second = agent_at_desk()
    scene.asks(flow.trigger(session.customer, session.channel))
    assert scene.load(second) == 1
    with pytest.raises(NotYours):
        wrapping_up.fill(second, session.id, Summary())


def test_a_change_is_told_in_the_trail_before_and_after(refunds):
    agent = agent_at_desk()
    session = customer_asks()
    wrapping_up.fill(agent, session.id, Summary(refunds.pk, False))
    assert not TrailEntry.objects.filter(action="wrap_up.changed").exists()
    wrapping_up.fill(agent, session.id, Summary(refunds.pk, True, "private words"))
    values = TrailEntry.objects.get(action="wrap_up.changed").detail.values
    assert values["before"] == {"category": "Goods / Refunds", "resolved": False, "remark": ""}
    assert values["after"]["resolved"] is True
    assert "private" not in str(values)


def test_a_refused_summary_changes_nothing(refunds):
    agent = agent_at_desk()
    session = customer_asks()
    with pytest.raises(DomainError):
        wrapping_up.fill(agent, session.id, Summary(category=0))
    assert not WrapUp.objects.exists()
