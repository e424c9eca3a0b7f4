"""Supervisors (R-13, D-11): what they see and set within their groups, and what is done at once (R-19)."""

import pytest

from apps.routing import availability, closing, offers, supervising, transfer
from apps.routing.settings import ReceptionSettings
from apps.sessions import supervision
from apps.sessions.models import SessionEvent, State
from apps.sessions.permissions import visible_to
from apps.team.models import Membership, TrailEntry
from csdesk.errors import DomainError, Invalid, NotAllowed, NotFound, NotYours, WrongState
from tests import factories as make
from tests.routing import scene
from tests.routing.races import at_once
from tests.routing.scene import again, agent_at_desk, customer_asks, endings

pytestmark = pytest.mark.usefixtures("time")


@pytest.fixture
def group(time):
    return make.make_group()


@pytest.fixture
def agent(group):
    return agent_at_desk(group)


@pytest.fixture
def session(agent, group):
    return customer_asks(group)


def supervisor_of(*groups, **fields):
    lead = agent_at_desk(role="supervisor", **({"serves": False} | fields))
    for group in groups:
        Membership.objects.create(member=lead, group=group, supervises=True)
    return lead


def refusals(answers):
    return [answer for answer in answers if isinstance(answer, DomainError)]


# --- Whose sessions -----------------------------------------------------------------------------


def test_supervisors_act_on_what_stands_in_their_groups_now(session, group, agent):
    lead, other = supervisor_of(group), supervisor_of(make.make_group())
    assert list(supervision.supervised_by(lead)) == [session]
    assert not supervision.supervised_by(other).exists()
    assert not supervision.supervised_by(agent).exists()
    assert list(supervision.supervised_by(make.make_member("administrator"))) == [session]
    closing.by_agent(agent, session.id)
    assert not supervision.supervised_by(lead).exists()


def test_what_has_left_their_groups_they_may_read_but_not_take(session, group, agent):
    lead, elsewhere = supervisor_of(group), make.make_group()
    colleague = agent_at_desk(elsewhere)
    transfer.transfer(agent, session.id, group_id=elsewhere.pk)
    assert again(session).agent == colleague
    assert visible_to(lead).filter(id=session.id).exists()
    with pytest.raises(NotYours):
        transfer.take_over(lead, session.id)
    with pytest.raises(NotYours):
        transfer.transfer(lead, session.id, user_id=agent.account)
    with pytest.raises(NotFound):
        supervising.watched(lead, session.id)
    assert again(session).agent == colleague


def test_another_session_of_a_customer_one_serves_is_not_in_reach(group):
    """Reading it is allowed while one serves its customer (T-9); acting on it is not."""
    elsewhere = make.make_group()
    agent_at_desk(elsewhere)
    theirs = customer_asks(elsewhere)
    lead = supervisor_of(group, serves=True)
    mine = make.make_session(theirs.customer, channel=make.make_channel())
    scene.waits_for(mine, group)
    assert again(mine).agent == lead
    assert visible_to(lead).filter(id=theirs.id).exists()
    with pytest.raises(NotYours):
        transfer.take_over(lead, theirs.id)


def test_what_waits_for_anybody_is_every_supervisors(group):
    lead = supervisor_of(group)
    waiting = scene.waits_for(scene.customer_comes(), None)
    assert again(waiting).state == State.QUEUED
    assert supervising.watched(lead, waiting.id) == waiting
    assert visible_to(lead).filter(id=waiting.id).exists()
    transfer.take_over(lead, waiting.id)
    after = again(waiting)
    assert (after.agent, after.group, endings(waiting)) == (lead, group, [""])
    scene.check_invariants()


def test_agents_watch_nothing(session, group):
    with pytest.raises(NotAllowed):
        supervising.watched(agent_at_desk(group), session.id)
    with pytest.raises(NotAllowed):
        transfer.take_over(agent_at_desk(group), session.id)
    assert supervising.overview(agent_at_desk(group)) == {
        "agents": [],
        "sessions": [],
        "counts": {"queued": 0, "offered": 0, "serving": 0},
    }


# --- The monitor ----------------------------------------------------------------------------------


def test_the_monitor_shows_agents_and_sessions_of_the_own_groups(session, group, agent, time):
    elsewhere = make.make_group()
    stranger = agent_at_desk(elsewhere)
    customer_asks(elsewhere)
    agent.session_limit = 1
    agent.save()
    waiting = scene.waits_for(scene.customer_comes(), group)
    lead = supervisor_of(group)
    shown = supervising.overview(lead)
    [row] = shown["agents"]
    assert (row["id"], row["status"], row["load"], row["limit"]) == (agent.pk, "busy", 1, 1)
    assert (row["groups"], row["connected"], row["settable"]) == ([group.pk], True, True)
    assert [one["session"] for one in shown["sessions"]] == [str(waiting.id), str(session.id)]
    assert shown["counts"] == {"queued": 1, "offered": 0, "serving": 1}
    served = shown["sessions"][1]
    assert (served["agent"], served["agentName"], served["first_reply"]) == (agent.pk, agent.nickname, None)
    assert served["waiting_since"] is not None
    time.move(7)
    scene.agent_says(session, agent)
    served = supervising.overview(lead)["sessions"][1]
    assert 7000 <= served["first_reply"] - served["accepted"] < 7100
    assert served["waiting_since"] is None
    everything = supervising.overview(make.make_member("administrator"))
    assert {one["id"] for one in everything["agents"]} >= {agent.pk, stranger.pk}
    assert everything["counts"]["serving"] == 2


def test_the_monitor_stays_as_it_is_while_nothing_happens(session, group, time):
    lead = supervisor_of(group)
    before = supervising.overview(lead)
    time.move(5)
    assert supervising.overview(lead) == before


def test_a_lost_workbench_shows(session, group, agent):
    lead = supervisor_of(group)
    scene.close_desk(agent)
    [row] = supervising.overview(lead)["agents"]
    assert (row["connected"], row["status"]) == (False, "free")
    assert row["grace"] is not None


def test_the_monitor_costs_as_many_queries_for_many(group, django_assert_max_num_queries):
    lead = supervisor_of(group)
    for _ in range(6):
        agent_at_desk(group)
        customer_asks(group)
    with django_assert_max_num_queries(12):
        assert len(supervising.overview(lead)["sessions"]) == 6


# --- An agent's state ---------------------------------------------------------------------------------


def test_a_supervisor_sets_an_agents_availability(group, agent, told):
    lead = supervisor_of(group)
    supervising.set_agent_status(lead, agent.account, "notReady", address="192.0.2.7")
    assert scene.status(agent) == "notReady"
    assert told.member(agent, "statusChanged")[-1]["by"] == lead.nickname
    assert agent.availability_changes.order_by("-id").first().cause == "supervisor"
    entry = TrailEntry.objects.filter(action="availability.changed").latest("number")
    assert (entry.member_id, entry.object_id) == (lead.pk, str(agent.pk))
    assert entry.detail.values == {"before": {"status": "free"}, "after": {"status": "notReady"}}
    supervising.set_agent_status(lead, agent.account, "notReady")
    assert TrailEntry.objects.filter(action="availability.changed").count() == 1
    supervising.set_agent_status(lead, agent.account, "free")
    assert scene.status(agent) == "free"


def test_taken_offline_their_sessions_go_to_the_queue_head(session, group, agent):
    supervising.set_agent_status(supervisor_of(group), agent.email, "offline")
    assert scene.status(agent) == "offline"
    assert (again(session).state, endings(session)) == (State.QUEUED, ["agent_lost", ""])
    scene.check_invariants()


def test_whose_availability_may_be_set(group, agent):
    lead, elsewhere = supervisor_of(group, serves=True), agent_at_desk(make.make_group())
    peer = supervisor_of(group, serves=True)
    admin = agent_at_desk(group, role="administrator")
    top = agent_at_desk(group, role="super")
    for actor, target, error in [
        (agent, lead, NotAllowed),
        (lead, elsewhere, NotFound),
        (lead, peer, NotAllowed),
        (lead, admin, NotAllowed),
        (lead, lead, Invalid),
        (admin, top, NotAllowed),
        (admin, admin, Invalid),
    ]:
        with pytest.raises(error):
            supervising.set_agent_status(actor, target.account, "notReady")
        assert scene.status(target) == ("free" if target.serves else "notReady")
    with pytest.raises(NotFound):
        supervising.set_agent_status(lead, "nobody@example.com", "notReady")
    for status in ("rest", "arrange", "busy", "", "Free"):
        with pytest.raises(Invalid):
            supervising.set_agent_status(lead, agent.account, status)
    supervising.set_agent_status(admin, lead.account, "notReady")
    assert scene.status(lead) == "notReady"


def test_nobody_is_set_free_without_a_workbench(group, agent):
    scene.close_desk(agent)
    availability.set_status(agent, "offline")
    with pytest.raises(WrongState):
        supervising.set_agent_status(supervisor_of(group), agent.account, "free")
    assert scene.status(agent) == "offline"


def test_who_does_not_serve_is_never_called_free(group):
    lead = supervisor_of(group)
    assert scene.status(lead) == "notReady"


# --- At the same moment (R-19) --------------------------------------------------------------------------


def test_of_two_supervisors_one_takes_over_and_the_other_is_told(session, group, agent, told):
    leads = [supervisor_of(group), supervisor_of(group)]
    answers = at_once(session.id, *[lambda lead=lead: transfer.take_over(lead, session.id) for lead in leads])
    [refused] = refusals(answers)
    winner = leads[1 - answers.index(refused)]
    assert again(session).agent == winner
    assert (refused.code, refused.extra["by"]) == ("wrong_state", winner.nickname)
    assert endings(session) == ["taken_over", ""]
    assert len(told.member(agent, "transfer")) == 1
    assert SessionEvent.objects.filter(session=session, event="collision").count() == 1
    scene.check_invariants()


def test_who_saw_it_with_somebody_else_comes_second(session, group, agent):
    first, second = supervisor_of(group), supervisor_of(group)
    transfer.take_over(first, session.id, seen_with=agent.pk)
    with pytest.raises(WrongState) as refused:
        transfer.take_over(second, session.id, seen_with=agent.pk)
    assert refused.value.extra["by"] == first.nickname
    with pytest.raises(WrongState):
        transfer.transfer(second, session.id, user_id=agent.account, seen_with=None)
    assert (again(session).agent, scene.load(second)) == (first, 0)
    # Who knows with whom it is now may take it all the same.
    transfer.take_over(second, session.id, seen_with=first.pk)
    assert again(session).agent == second
    scene.check_invariants()


def test_two_reassign_at_once(session, group):
    leads = [supervisor_of(group), supervisor_of(group)]
    receivers = [agent_at_desk(group), agent_at_desk(group)]
    answers = at_once(
        session.id,
        *[
            lambda lead=lead, to=to: transfer.transfer(lead, session.id, user_id=to.account)
            for lead, to in zip(leads, receivers, strict=True)
        ],
    )
    [refused] = refusals(answers)
    winner = receivers[1 - answers.index(refused)]
    assert (again(session).agent, refused.extra["by"]) == (winner, winner.nickname)
    assert endings(session) == ["taken_over", ""]
    scene.check_invariants()


@pytest.mark.parametrize("round", range(2))
def test_taken_over_while_the_agent_ends_it(session, group, agent, round):
    lead = supervisor_of(group)
    acts = [lambda: transfer.take_over(lead, session.id), lambda: closing.by_agent(agent, session.id)]
    answers = at_once(session.id, *acts)
    [refused] = refusals(answers)
    assert refused.code == "wrong_state"
    if answers[0] is refused:
        assert endings(session) == ["normal"]
    else:
        assert refused.extra["by"] == lead.nickname
        assert (again(session).agent, endings(session)) == (lead, ["taken_over", ""])
    scene.check_invariants()


@pytest.mark.parametrize("round", range(2))
def test_taken_over_while_the_customer_leaves(session, group, agent, round):
    lead = supervisor_of(group)
    at_once(session.id, lambda: transfer.take_over(lead, session.id), lambda: closing.by_customer(session.id))
    assert again(session).state == State.CLOSED
    assert endings(session)[-1] == "customer_ended"
    assert (scene.load(agent), scene.load(lead)) == (0, 0)
    scene.check_invariants()


def test_taken_over_while_the_agent_transfers_it(session, group, agent):
    lead, colleague = supervisor_of(group), agent_at_desk(group)
    answers = at_once(
        session.id,
        lambda: transfer.take_over(lead, session.id),
        lambda: transfer.transfer(agent, session.id, user_id=colleague.account),
    )
    [refused] = refusals(answers)
    winner, ending = (colleague, "transferred") if answers[0] is refused else (lead, "taken_over")
    assert (again(session).agent, endings(session)) == (winner, [ending, ""])
    assert refused.extra["by"] == winner.nickname
    scene.check_invariants()


def test_taken_over_while_it_is_accepted(group, agent):
    scene.set_rules(ReceptionSettings, reception="manual")
    session, lead = customer_asks(group), supervisor_of(group)
    assert again(session).state == State.OFFERED
    answers = at_once(
        session.id,
        lambda: offers.accept(agent, session.id),
        lambda: transfer.take_over(lead, session.id, seen_with=agent.pk),
    )
    # The supervisor saw it with this agent, so they get it in either order.
    assert answers[1].agent == lead
    assert again(session).agent == lead
    assert refusals(answers) in ([], [answers[0]])
    assert (scene.load(agent), scene.load(lead)) == (0, 1)
    scene.check_invariants()


def test_a_supervisor_with_one_place_takes_one_of_two(session, group):
    agent_at_desk(group)
    other = customer_asks(group)
    lead = supervisor_of(group, session_limit=1)
    answers = at_once(
        session.id,
        lambda: transfer.take_over(lead, session.id),
        lambda: transfer.take_over(lead, other.id),
    )
    assert [error.code for error in refusals(answers)] == ["at_capacity"]
    assert scene.load(lead) == 1
    scene.check_invariants()


# --- The administrator's end (S-1) ----------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.FLOW, State.QUEUED, State.OFFERED, State.SERVING])
def test_an_administrator_ends_any_open_session(group, told, state):
    admin = make.make_member("administrator")
    if state == State.FLOW:
        session = scene.customer_comes()
        scene.says(session, "Hello")
    elif state == State.QUEUED:
        session = scene.waits_for(scene.customer_comes(), group)
    else:
        if state == State.OFFERED:
            scene.set_rules(ReceptionSettings, reception="manual")
        agent_at_desk(group)
        session = customer_asks(group)
    assert again(session).state == state
    agent = again(session).agent
    closing.by_administrator(admin, session.id)
    after = again(session)
    assert (after.state, after.status, after.closed_by) == (State.CLOSED, "forced", "admin")
    assert endings(session) == ["forced"]
    if agent:
        assert told.member(agent, "sessionEnded")[-1]["closeBy"] == "admin"
        assert scene.load(agent) == 0
    with pytest.raises(WrongState):
        closing.by_administrator(admin, session.id)
    scene.check_invariants()


def test_supervisors_and_agents_do_not_end_others_sessions(session, group, agent):
    for member in (supervisor_of(group), agent_at_desk(group), agent):
        with pytest.raises(NotAllowed):
            closing.by_administrator(member, session.id)
    assert again(session).state == State.SERVING


@pytest.mark.parametrize("round", range(2))
def test_ended_by_an_administrator_while_it_is_taken_over(session, group, agent, round):
    lead, admin = supervisor_of(group), make.make_member("administrator")
    at_once(
        session.id,
        lambda: transfer.take_over(lead, session.id),
        lambda: closing.by_administrator(admin, session.id),
    )
    assert (again(session).state, endings(session)[-1]) == (State.CLOSED, "forced")
    assert (scene.load(agent), scene.load(lead)) == (0, 0)
    scene.check_invariants()
