"""Handing on by hand (R-12, R-13): to agents, to groups, by supervisors; refused without any change."""

import pytest

from apps.routing import availability, closing, queries, transfer
from apps.routing.settings import QueueSettings, ReceptionSettings
from apps.sessions.models import Note, State
from apps.team.models import Membership
from csdesk.errors import AtCapacity, Invalid, NotAllowed, NotFound, NotYours, TooLarge, WrongState
from tests import factories as make
from tests.routing import scene
from tests.routing.scene import again, agent_at_desk, codes, customer_asks, endings

pytestmark = pytest.mark.usefixtures("time")


@pytest.fixture
def sender(time):
    return agent_at_desk()


@pytest.fixture
def session(sender):
    return customer_asks()


def unchanged(session, sender):
    before = again(session)
    assert (before.state, before.agent, endings(session)) == (State.SERVING, sender, [""])
    assert scene.load(sender) == 1
    scene.check_invariants()


def test_to_a_free_agent_with_a_note(session, sender, told):
    receiver = agent_at_desk()
    transfer.transfer(sender, session.id, user_id=receiver.account.upper(), note="VIP, be quick")
    after = again(session)
    assert (after.state, after.agent) == (State.SERVING, receiver)
    assert endings(session) == ["transferred", ""]
    assert (scene.load(sender), scene.load(receiver)) == (0, 1)
    assert told.member(sender, "transfer")[-1]["session"] == str(session.id)
    assert told.member(receiver, "userAccessed")[-1]["session"] == str(session.id)
    assert codes(session)[-1] == "connected"
    assert told.customer(session, "state")[-1]["agent"]["name"] == receiver.nickname
    note = Note.objects.get(session=session)
    assert (note.text, note.author, after.note_no) == ("VIP, be quick", sender, 1)
    scene.check_invariants()


def test_the_former_agent_gets_nothing_more_of_the_session(session, sender, told):
    receiver = agent_at_desk()
    transfer.transfer(sender, session.id, user_id=receiver.email)
    told.clear()
    scene.says(session, "Are you new?")
    assert told.member(receiver, "message")
    assert not told.member(sender)


@pytest.mark.parametrize("status", ["notReady", "rest", "offline"])
def test_who_is_not_free_is_refused(session, sender, status):
    receiver = agent_at_desk()
    availability.set_status(receiver, status)
    with pytest.raises(WrongState):
        transfer.transfer(sender, session.id, user_id=receiver.email, note="please")
    unchanged(session, sender)
    assert not Note.objects.filter(session=session).exists()


def test_who_is_full_is_refused(session, sender):
    receiver = agent_at_desk(session_limit=1)
    assert again(customer_asks()).agent == receiver
    with pytest.raises(AtCapacity):
        transfer.transfer(sender, session.id, user_id=receiver.email)
    unchanged(session, sender)


def test_whose_desk_is_lost_is_refused(session, sender):
    receiver = agent_at_desk()
    scene.close_desk(receiver)
    with pytest.raises(WrongState):
        transfer.transfer(sender, session.id, user_id=receiver.email)
    unchanged(session, sender)


def test_bad_targets_are_refused(session, sender):
    group = make.make_group()
    for target, error in [
        ({}, Invalid),
        ({"user_id": sender.email}, Invalid),
        ({"user_id": "nobody@example.com"}, NotFound),
        ({"group_id": 987_654}, NotFound),
        ({"user_id": sender.email, "group_id": group.pk}, Invalid),
        ({"user_id": make.make_member(serves=False).email}, WrongState),
        ({"group_id": group.pk}, WrongState),
        ({"user_id": agent_at_desk().email, "note": "x" * 5001}, TooLarge),
    ]:
        with pytest.raises(error):
            transfer.transfer(sender, session.id, **target)
        unchanged(session, sender)


def test_only_the_serving_agent_transfers(session, sender):
    stranger, receiver = make.make_member(), agent_at_desk()
    with pytest.raises(NotFound):
        transfer.transfer(stranger, session.id, user_id=receiver.email)
    unchanged(session, sender)


def test_who_transfers_second_is_told_who_has_it(session, sender):
    receiver = agent_at_desk()
    transfer.transfer(sender, session.id, user_id=receiver.email)
    with pytest.raises(WrongState) as refused:
        transfer.transfer(sender, session.id, user_id=agent_at_desk().email)
    assert refused.value.extra["by"] == receiver.nickname


def test_to_a_group_as_queued_with_its_first_place(session, sender, told):
    scene.set_rules(QueueSettings, queue_limit=1)
    group = make.make_group()
    busy = agent_at_desk(group, session_limit=1)
    customer_asks(group)
    ahead = scene.waits_for(scene.customer_comes(), group)
    order = again(session).queue_order_at
    transfer.transfer(sender, session.id, group_id=group.pk)
    after = again(session)
    assert (after.state, after.group, after.queue_order_at) == (State.QUEUED, group, order)
    assert endings(session) == ["transferred", ""]
    # It was queued before the one who waits there already.
    assert queries.position(after) == 1
    assert queries.position(again(ahead)) == 2
    assert told.customer(session, "state")[-1]["position"] == 1
    assert scene.load(busy) == 1
    scene.check_invariants()


def test_a_transfer_to_the_own_group_does_not_come_straight_back(time):
    group = make.make_group()
    sender = agent_at_desk(group)
    session = customer_asks(group)
    transfer.transfer(sender, session.id, group_id=group.pk)
    assert again(session).state == State.QUEUED
    colleague = agent_at_desk(group)
    assert again(session).agent == colleague


def test_a_transfer_to_a_group_in_manual_reception_does_not_return(time):
    group = make.make_group(reception="manual")
    sender = agent_at_desk()
    session = customer_asks()
    agent_at_desk(group)
    transfer.transfer(sender, session.id, group_id=group.pk)
    assert again(session).state == State.OFFERED
    time.move(21)
    assert again(session).state == State.QUEUED
    assert scene.load(sender) == 0


def supervisor_of(group):
    lead = agent_at_desk(role="supervisor", serves=False)
    Membership.objects.create(member=lead, group=group, supervises=True)
    return lead


def test_a_supervisor_reassigns_a_session_in_their_scope(time):
    group = make.make_group()
    agent = agent_at_desk(group)
    session = customer_asks(group)
    receiver = agent_at_desk(group)
    transfer.transfer(supervisor_of(group), session.id, user_id=receiver.email)
    assert again(session).agent == receiver
    assert endings(session) == ["taken_over", ""]
    assert scene.load(agent) == 0
    scene.check_invariants()


def test_outside_their_scope_a_supervisor_finds_nothing(session, sender):
    lead = supervisor_of(make.make_group())
    with pytest.raises(NotFound):
        transfer.transfer(lead, session.id, user_id=agent_at_desk().email)
    unchanged(session, sender)


def test_from_the_queue_a_reassigned_record_goes_on(time):
    group = make.make_group()
    agent_at_desk(group, session_limit=1)
    customer_asks(group)
    waiting = scene.waits_for(scene.customer_comes(), group)
    receiver = agent_at_desk()
    transfer.transfer(supervisor_of(group), waiting.id, user_id=receiver.email)
    assert again(waiting).agent == receiver
    assert endings(waiting) == [""]
    other = scene.waits_for(scene.customer_comes(), group)
    agent_at_desk(target := make.make_group(), session_limit=1)
    customer_asks(target)
    transfer.transfer(supervisor_of(group), other.id, group_id=target.pk)
    assert (again(other).group, endings(other)) == (target, [""])
    scene.check_invariants()


def test_a_supervisor_takes_over(told, time):
    group = make.make_group()
    agent = agent_at_desk(group)
    session = customer_asks(group)
    lead = supervisor_of(group)
    availability.set_status(lead, "notReady")
    transfer.take_over(lead, session.id)
    assert (again(session).agent, endings(session)) == (lead, ["taken_over", ""])
    assert (scene.load(agent), scene.load(lead)) == (0, 1)
    assert told.member(agent, "transfer") and told.member(lead, "userAccessed")
    with pytest.raises(WrongState):
        transfer.take_over(lead, session.id)
    scene.check_invariants()


def test_an_offer_that_is_taken_over_is_withdrawn(time):
    scene.set_rules(ReceptionSettings, reception="manual")
    group = make.make_group()
    agent = agent_at_desk(group)
    session = customer_asks(group)
    lead = supervisor_of(group)
    transfer.take_over(lead, session.id)
    assert (again(session).state, again(session).agent, scene.load(agent)) == (State.SERVING, lead, 0)
    scene.check_invariants()


def test_taking_over_needs_a_place_a_right_and_a_sign_in(time):
    group = make.make_group()
    agent = agent_at_desk(group)
    session = customer_asks(group)
    colleague = agent_at_desk(group)
    with pytest.raises(NotAllowed):
        transfer.take_over(colleague, session.id)
    lead = supervisor_of(group)
    lead.session_limit = 1
    lead.save()
    transfer.take_over(lead, customer_asks(group).id)
    with pytest.raises(AtCapacity):
        transfer.take_over(lead, session.id)
    away = supervisor_of(group)
    availability.set_status(away, "offline")
    with pytest.raises(WrongState):
        transfer.take_over(away, session.id)
    assert again(session).agent == agent


def test_the_dialog_shows_who_can_be_chosen(session, sender):
    group = make.make_group()
    free, resting = agent_at_desk(group), agent_at_desk(session_limit=1)
    availability.set_status(free, "notReady")
    customer_asks()
    availability.set_status(free, "free")
    shown = queries.colleagues(sender)
    rows = {row["userId"]: row for row in shown["agents"]}
    assert sender.account not in rows
    assert (rows[free.account]["status"], rows[free.account]["choosable"]) == ("free", True)
    assert (rows[resting.account]["status"], rows[resting.account]["choosable"]) == ("busy", False)
    assert (rows[resting.account]["load"], rows[resting.account]["limit"]) == (1, 1)
    assert rows[free.account]["groups"] == [group.name]
    [row] = [row for row in shown["groups"] if row["id"] == group.pk]
    assert (row["waiting"], row["free"], row["choosable"]) == (0, 1, True)
    [row] = [row for row in queries.colleagues(free)["groups"] if row["id"] == group.pk]
    assert row["free"] == 0, "one does not hand on to oneself"
    found = queries.colleagues(sender, free.nickname.upper())["agents"]
    assert [row["userId"] for row in found] == [free.account]


def test_not_yours_for_an_agent_who_only_sees_it(session, sender):
    lead = make.make_member("administrator")
    with pytest.raises(NotYours):
        closing.by_agent(lead, session.id)
    unchanged(session, sender)
