"""Manual reception (R-9), losing politely (R-19), and offers that came by transfer (R-12)."""

import pytest

from apps.routing import availability, closing, flow, offers, transfer
from apps.routing.models import Offer
from apps.routing.settings import ReceptionSettings
from apps.sessions.models import SessionEvent, State
from csdesk.clock import milliseconds
from csdesk.errors import NotFound, NotYours, WrongState
from tests import factories as make
from tests.routing import scene
from tests.routing.scene import again, agent_at_desk, codes, customer_asks, endings

pytestmark = pytest.mark.usefixtures("manual")


@pytest.fixture
def manual(time):
    scene.set_rules(ReceptionSettings, reception="manual", accept_seconds=20)


def test_an_offer_has_a_countdown_and_reads_as_queued_to_the_customer(time, told):
    agent = agent_at_desk()
    session = customer_asks()
    assert (session.state, session.agent, session.deadline_kind) == (State.OFFERED, agent, "accept")
    [call] = told.member(agent, "callIn")
    assert (call["session"], call["timeout"], call["type"]) == (str(session.id), 20, "im")
    assert call["nickname"] == session.customer.display_name
    state = told.customer(session, "state")[-1]
    assert (state["state"], state["position"]) == ("queued", None), "without a place somebody is being called"
    assert "connected" not in codes(session)


def test_accepting(told):
    agent = agent_at_desk()
    session = customer_asks()
    offers.accept(agent, session.id)
    served = again(session)
    assert (served.state, served.agent, served.deadline_at) == (State.SERVING, agent, None)
    assert Offer.objects.get(session=session).outcome == "accepted"
    assert told.member(agent, "userAccessed")[-1]["session"] == str(session.id)
    assert codes(session)[-1] == "connected"
    assert session.records.get().accepted_at is not None
    scene.check_invariants()


def test_declined_it_goes_to_the_next_one_and_the_part_ends(told):
    first, second = agent_at_desk(), agent_at_desk()
    session = customer_asks()
    offers.decline(first, session.id)
    assert (again(session).state, again(session).agent) == (State.OFFERED, second)
    assert endings(session) == ["timeout_transferred", ""]
    assert told.member(first, "autoTransfer")[-1]["session"] == str(session.id)
    assert (scene.load(first), scene.load(second)) == (0, 1)


def test_missed_it_goes_to_the_next_one(time):
    first, second = agent_at_desk(), agent_at_desk()
    session = customer_asks()
    time.move(19)
    assert again(session).agent == first
    time.move(1.5)
    assert (again(session).state, again(session).agent) == (State.OFFERED, second)
    assert scene.status(first) == "free"
    scene.check_invariants()


def test_the_one_who_missed_it_least_often_is_next(time):
    first, second, third = (agent_at_desk() for _ in range(3))
    session = customer_asks()
    got = []
    for _ in range(7):
        got.append(again(session).agent)
        time.move(21)
    assert got == [first, second, third, first, second, third, first]


def test_the_last_one_gets_it_again_only_after_15_seconds_at_the_head(time):
    agent = agent_at_desk()
    session = customer_asks()
    offers.decline(agent, session.id)
    assert again(session).state == State.QUEUED
    time.move(14)
    assert again(session).state == State.QUEUED
    time.move(1.5)
    assert (again(session).state, again(session).agent) == (State.OFFERED, agent)


def test_who_may_not_have_it_back_yet_gets_the_next_in_the_queue():
    agent = agent_at_desk(session_limit=1)
    session, other = customer_asks(), customer_asks()
    offers.decline(agent, session.id)
    assert again(session).state == State.QUEUED
    assert again(other).agent == agent


def test_back_at_the_head_it_keeps_its_first_place(time):
    agent = agent_at_desk(session_limit=1)
    session = customer_asks()
    later = customer_asks()
    order = again(session).queue_order_at
    availability.set_status(agent, "notReady")
    offers.decline(agent, session.id)
    back = again(session)
    assert (back.state, back.queue_order_at) == (State.QUEUED, order)
    assert back.queued_at > order
    fresh = agent_at_desk(session_limit=1)
    assert again(session).agent == fresh
    assert again(later).state == State.QUEUED


def test_an_option_sets_who_missed_it_to_rest_but_not_over_a_lost_desk(time):
    scene.set_rules(ReceptionSettings, rest_after_missed=True)
    there, lost = agent_at_desk(), agent_at_desk()
    session = customer_asks()
    assert again(session).agent == there
    time.move(10)
    scene.close_desk(lost)
    time.move(11)
    assert scene.status(there) == "rest"
    assert again(session).state == State.QUEUED
    other = make.make_member()
    scene.open_desk(other)
    availability.set_status(other, "free")
    assert again(session).agent == other
    scene.close_desk(other)
    time.move(21)
    assert scene.status(other) == "free"


def test_several_offers_stand_each_with_its_countdown(time):
    agent = agent_at_desk()
    first = customer_asks()
    time.move(5)
    second = customer_asks()
    assert {again(first).state, again(second).state} == {State.OFFERED}
    time.move(16)
    assert again(first).state == State.QUEUED
    assert again(second).agent == agent
    time.move(5)
    assert again(second).state == State.QUEUED


def test_after_a_declined_offer_the_customer_still_sees_their_place(told):
    agent = agent_at_desk()
    session = customer_asks()
    offers.decline(agent, session.id)
    assert told.customer(session, "state")[-1]["position"] == 1


def test_the_customer_withdraws_an_offer_by_leaving_the_queue(told):
    agent = agent_at_desk()
    session = customer_asks()
    flow.leave_queue(session.customer, session.channel)
    assert (again(session).status, scene.load(agent)) == ("abandoned_in_queue", 0)
    assert Offer.objects.get(session=session).outcome == "withdrawn"
    [ended] = told.member(agent, "sessionEnded")
    assert ended == {"op": "sessionEnded", "session": str(session.id), "closeBy": "client"}
    scene.check_invariants()


def test_ending_while_it_is_offered_counts_as_not_answered():
    agent = agent_at_desk()
    session = customer_asks()
    flow.customer_end(session.customer, session.channel)
    assert (again(session).status, again(session).closed_by) == ("agent_no_answer", "client")
    assert scene.load(agent) == 0
    scene.check_invariants()


def test_an_administrator_ends_an_offered_session():
    agent = agent_at_desk()
    session = customer_asks()
    closing.by_administrator(make.make_member("administrator"), session.id)
    assert (again(session).status, scene.load(agent)) == ("forced", 0)
    scene.check_invariants()


def test_who_accepts_late_is_told_who_was_first_and_when(time):
    slow, quick = agent_at_desk(), agent_at_desk()
    session = customer_asks()
    time.move(21)
    offers.accept(quick, session.id)
    with pytest.raises(WrongState) as refused:
        offers.accept(slow, session.id)
    assert refused.value.extra["by"] == quick.nickname
    assert refused.value.extra["at"] == milliseconds(again(session).assigned_at)
    collision = SessionEvent.objects.get(session=session, event="collision")
    assert collision.actor == slow
    assert again(session).agent == quick


def test_who_comes_second_gets_the_next_one_at_once(time):
    slow, quick = agent_at_desk(session_limit=1), agent_at_desk(session_limit=1)
    session = customer_asks()
    time.move(21)
    offers.accept(quick, session.id)
    waiting = customer_asks()
    assert again(waiting).agent == slow


def test_a_session_that_was_never_offered_is_not_mine_and_not_found():
    agent, stranger = agent_at_desk(), make.make_member()
    session = customer_asks()
    with pytest.raises(NotFound):
        offers.accept(stranger, session.id)
    with pytest.raises(NotFound):
        offers.decline(stranger, make.unknown_id())
    lead = make.make_member("administrator")
    with pytest.raises(NotYours):
        offers.accept(lead, session.id)
    assert again(session).agent == agent


def test_accepting_twice_changes_nothing_more():
    agent = agent_at_desk()
    session = customer_asks()
    offers.accept(agent, session.id)
    rev = again(session).rev
    with pytest.raises(WrongState):
        offers.accept(agent, session.id)
    with pytest.raises(WrongState):
        offers.decline(agent, session.id)
    assert again(session).rev == rev
    scene.check_invariants()


def test_a_group_may_receive_in_its_own_way():
    group = make.make_group(reception="automatic")
    slow = make.make_group(accept_seconds=45)
    agent_at_desk(group), agent_at_desk(slow)
    assert customer_asks(group).state == State.SERVING
    offered = customer_asks(slow)
    offer = Offer.objects.get(session=offered)
    assert (offer.expires_at - offer.offered_at).total_seconds() == pytest.approx(45, abs=0.01)


# --- Offered by transfer (R-12) ------------------------------------------------------------------


@pytest.fixture
def handed(told):
    """A session that `sender` serves and has offered to `receiver`."""
    sender = agent_at_desk()
    session = customer_asks()
    offers.accept(sender, session.id)
    receiver = agent_at_desk()
    transfer.transfer(sender, session.id, user_id=receiver.email)
    return session, sender, receiver


def test_a_transfer_is_offered(handed, told):
    session, sender, receiver = handed
    assert (again(session).state, again(session).agent) == (State.OFFERED, receiver)
    assert endings(session) == ["transferred", ""]
    assert told.member(sender, "transfer")[-1]["session"] == str(session.id)
    assert told.member(receiver, "callIn")
    assert (scene.load(sender), scene.load(receiver)) == (0, 1)
    scene.check_invariants()


def test_a_transfer_is_accepted(handed):
    session, _sender, receiver = handed
    offers.accept(receiver, session.id)
    assert (again(session).state, again(session).agent) == (State.SERVING, receiver)
    assert codes(session).count("connected") == 2


@pytest.mark.parametrize("how", ["declined", "missed"])
def test_a_transfer_that_is_not_accepted_returns_to_the_sender_who_is_told(handed, told, time, how):
    session, sender, receiver = handed
    availability.set_status(sender, "rest")
    if how == "declined":
        offers.decline(receiver, session.id)
    else:
        time.move(21)
    assert (again(session).state, again(session).agent) == (State.SERVING, sender)
    assert endings(session) == ["transferred", "timeout_transferred", ""]
    told_sender = told.member(sender, "userAccessed")[-1]
    assert told_sender["returned"] == {"by": receiver.nickname, "outcome": how}
    assert told.member(receiver, "autoTransfer")
    assert (scene.load(sender), scene.load(receiver)) == (1, 0)
    scene.check_invariants()


def test_with_the_sender_gone_it_goes_to_the_queue_head(handed, told):
    session, sender, receiver = handed
    availability.set_status(sender, "offline")
    offers.decline(receiver, session.id)
    assert again(session).state == State.QUEUED
    assert endings(session) == ["transferred", "timeout_transferred", ""]
    assert told.member(sender, "transfer")[-1]["unaccepted"]["by"] == receiver.nickname
    scene.check_invariants()


def test_with_the_sender_full_it_goes_to_the_queue_head(handed):
    session, sender, receiver = handed
    sender.session_limit = 1
    sender.save()
    other = customer_asks()
    assert again(other).agent == sender
    offers.decline(receiver, session.id)
    assert again(session).state == State.QUEUED
    assert scene.load(sender) == 1
    scene.check_invariants()


def test_a_receiver_who_goes_offline_sends_it_to_the_queue_head(handed):
    session, _sender, receiver = handed
    availability.set_status(receiver, "offline", hand_over=True)
    assert endings(session)[1] == "agent_lost"
    scene.check_invariants()
