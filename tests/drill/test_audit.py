"""The drill's audit: silent about a good history, and never silent about a bad one."""

import uuid
from datetime import timedelta

import pytest

from apps.routing.models import Availability, Status
from apps.sessions import transitions
from apps.sessions.models import ChatSession, Message, SessionEvent, State
from csdesk import clock
from drill import audit
from drill.chatter import Chatter
from drill.clients import Visitor
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    member = make.make_member(session_limit=1)
    Availability.objects.create(member=member, status=Status.FREE, load=1)
    return member


@pytest.fixture
def session(agent):
    served = make.make_served_session(agent)
    for number in (1, 2, 3):
        make.customer_says(served, f"customer 0 says {number}")
        make.agent_says(served, agent, f"agent 0 answers {number}")
    served.refresh_from_db()
    return served


def client_with(session: ChatSession) -> Visitor:
    """A customer's client that has the whole session."""
    client = Visitor.__new__(Visitor)
    Chatter.__init__(client, "http://127.0.0.1:1")
    name = str(session.id)
    client.revs[name] = session.rev
    client.seen[name] = {
        row.seq: {"message": row.body, "client_id": str(row.client_id), "rev": row.rev}
        for row in Message.objects.filter(session=session)
    }
    return client


def found(session: ChatSession) -> list[str]:
    return list(audit.sessions([session]))


def test_a_good_history_has_no_faults(session, agent):
    client = client_with(session)
    assert found(session) == []
    assert list(audit.loads()) == []
    assert list(audit.history(session.channel_id, {agent.pk: 1}, {})) == []
    assert list(audit.endings(session.channel_id)) == []
    assert list(audit.agents([agent.pk])) == []
    assert audit.missing([session], [client], []) == []
    assert list(audit.deliveries([session], [client])) == []


def test_a_hole_is_found(session):
    Message.objects.filter(session=session, seq=2).delete()
    assert any("hole" in fault for fault in found(session))


def test_a_change_without_a_number_is_found(session):
    session.rev += 1
    assert any("rev is" in fault for fault in found(session))


def test_a_message_stored_twice_is_found(session):
    first = Message.objects.filter(session=session, client_id__isnull=False).first()
    Message.objects.filter(session=session, seq=session.seq).update(client_id=first.client_id)
    assert any("stored twice" in fault for fault in found(session))


def test_words_out_of_their_order_are_found(session, agent):
    make.agent_says(session, agent, "agent 0 answers 2")
    session.refresh_from_db()
    assert any("out of order" in fault for fault in found(session))


def test_a_session_that_hangs_is_found(session):
    session.state, session.agent, session.deadline_at = State.QUEUED, None, None
    assert any("without owner and deadline" in fault for fault in found(session))


def test_a_wrong_load_is_found(session, agent):
    Availability.objects.filter(member=agent).update(load=2)
    assert list(audit.loads()) == [f"member {agent.pk}: load 2, but has 1"]


def test_an_agent_above_the_limit_is_found_even_when_it_is_over(session, agent):
    make.make_served_session(agent, channel=session.channel)
    SessionEvent.objects.create(session=session, event="closed", before="serving", after="closed")
    faults = list(audit.history(session.channel_id, {agent.pk: 1}, {}))
    assert len(faults) == 1 and "above the limit, 2" in faults[0]


def test_who_was_overtaken_is_found(agent):
    channel = make.make_channel()
    first, second = (make.make_session(channel=channel) for _ in range(2))
    waited = clock.now() - timedelta(seconds=5)
    for number, one in enumerate((first, second)):
        order = waited + timedelta(seconds=number)
        ChatSession.objects.filter(id=one.id).update(queue_order_at=order)
        SessionEvent.objects.create(session=one, event="queued", before="flow", after="queued", at=order)
    assert list(audit.history(channel.pk, {agent.pk: 1}, {})) == []
    SessionEvent.objects.create(
        session=second, event="serving", before="queued", after="serving", agent=agent
    )
    [fault] = audit.history(channel.pk, {agent.pk: 1}, {})
    assert fault == f"{first.id}: overtaken by {second.id}"


def test_whom_we_have_thrown_out_is_found(session):
    time_runs_out(session)
    assert any("timer" in fault for fault in audit.endings(session.channel_id))


def test_what_a_client_lacks_or_has_otherwise_is_found(session):
    client = client_with(session)
    client.seen[str(session.id)][3]["message"] = {"text": "something else"}
    assert any("otherwise than stored" in fault for fault in audit.deliveries([session], [client]))
    del client.seen[str(session.id)][3]
    assert len(audit.missing([session], [client], [])) == 1
    assert audit.missing([session], [], []) == [f"{session.id}: no customer has it"]


def test_an_acknowledgement_that_is_not_kept_is_found(session):
    client = client_with(session)
    row = Message.objects.filter(session=session, client_id__isnull=False).first()
    client.acked[str(row.client_id)] = row.address
    assert list(audit.acknowledged([client])) == []
    client.acked[str(uuid.uuid4())] = f"{session.id}.99"
    client._pending["x"] = ({"message": {"text": "waits"}}, None)
    assert len(list(audit.acknowledged([client]))) == 2


def time_runs_out(session: ChatSession) -> None:
    locked = transitions.lock(session.id)
    transitions.close(locked, status="customer_timeout", closed_by="timer", timed_out=True)
