"""Read marks (S-9), internal notes (D-16) and who may see what (T-9)."""

import pytest
from django.db import transaction

from apps.sessions import notes, permissions, reading, transitions
from apps.sessions.models import ServiceRecord
from apps.team.models import Membership
from csdesk import clock, realtime
from csdesk.errors import Invalid, NotFound, TooLarge
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch):
    """What would be pushed, as (recipient, frame)."""
    frames = []
    monkeypatch.setattr(
        realtime, "publish", lambda recipient, frame, **_kw: frames.append((recipient, frame))
    )
    return frames


def test_read_marks_only_move_forward_and_never_past_the_end():
    agent = make.make_member()
    session = make.make_served_session(agent)
    for text in ("two", "three"):
        make.customer_says(session, text)
    reading.read_by_agent(session.id, agent.pk, 2)
    session.refresh_from_db()
    assert (session.agent_read_seq, session.unread) == (2, 1)
    reading.read_by_agent(session.id, agent.pk, 999)
    reading.read_by_agent(session.id, agent.pk, 1)
    session.refresh_from_db()
    assert (session.agent_read_seq, session.unread) == (3, 0)


def test_reading_what_is_newest_is_one_statement(django_assert_num_queries):
    agent = make.make_member()
    session = make.make_served_session(agent)
    for number in range(3):
        seq = make.customer_says(session, f"{number}").seq
        with django_assert_num_queries(1):
            reading.read_by_agent(session.id, agent.pk, seq)
        seq = make.agent_says(session, agent, f"{number}").seq
        with django_assert_num_queries(1):
            reading.read_by_customer(session.id, session.customer_id, seq)
        session.refresh_from_db()
        assert (session.agent_read_seq, session.customer_read_seq, session.unread) == (seq - 1, seq, 0)


def test_a_mark_that_does_not_move_is_told_to_nobody(told):
    agent = make.make_member()
    session = make.make_served_session(agent)
    for _ in range(2):
        reading.read_by_customer(session.id, session.customer_id, 1)
        reading.read_by_agent(session.id, agent.pk, 2**40)
    by = [frame["by"] for _recipient, frame in told if frame["op"] == "read"]
    assert by == ["customer", "customer", "agent", "agent"]


def test_both_sides_hear_of_a_read_mark(told):
    agent = make.make_member()
    session = make.make_served_session(agent)
    told.clear()
    reading.read_by_customer(session.id, session.customer_id, 1)
    recipients = {recipient for recipient, _frame in told}
    assert recipients == {
        realtime.customer(session.customer_id, session.channel_id),
        realtime.member(agent.pk),
    }


def test_nobody_reads_somebody_elses_session():
    session = make.make_served_session()
    with pytest.raises(NotFound):
        reading.read_by_agent(session.id, make.make_member().pk, 1)
    with pytest.raises(NotFound):
        reading.read_by_customer(session.id, make.make_customer().id, 1)


def test_typing_reaches_the_other_side_only_while_somebody_serves(told):
    waiting = make.make_session()
    reading.typing_by_customer(waiting.customer_id, waiting.channel_id, "draft")
    assert [frame for _recipient, frame in told if frame["op"] == "signal"] == []
    agent = make.make_member()
    session = make.make_served_session(agent)
    told.clear()
    reading.typing_by_customer(session.customer_id, session.channel_id)
    reading.typing_by_agent(session.id, agent.pk)
    reading.typing_by_agent(session.id, make.make_member().pk)
    assert [recipient for recipient, _frame in told] == [
        realtime.member(agent.pk),
        realtime.customer(session.customer_id, session.channel_id),
    ]


def test_notes_have_numbers_of_their_own_and_stay_inside(told):
    agent = make.make_member()
    session = make.make_served_session(agent)
    told.clear()
    assert [notes.add(session.id, agent, text).number for text in ("one", "two")] == [1, 2]
    session.refresh_from_db()
    assert (session.note_no, session.seq) == (2, 1)
    assert not any(recipient.startswith("customer.") for recipient, _frame in told)


@pytest.mark.parametrize(("text", "error"), [("", Invalid), (None, Invalid), ("x" * 5001, TooLarge)])
def test_a_malformed_note_is_refused(text, error):
    agent = make.make_member()
    session = make.make_served_session(agent)
    with pytest.raises(error):
        notes.add(session.id, agent, text)


def test_a_note_on_a_session_one_may_not_see_is_refused():
    session = make.make_served_session()
    with pytest.raises(NotFound):
        notes.add(session.id, make.make_member(), "psst")


def sees(member, session):
    return permissions.visible_to(member).filter(id=session.id).exists()


def test_agents_see_their_own_administrators_all():
    agent, colleague = make.make_member(), make.make_member()
    session = make.make_served_session(agent)
    assert sees(agent, session)
    assert not sees(colleague, session)
    assert sees(make.make_member("administrator"), session)


def test_after_a_transfer_the_former_agent_still_sees_their_part():
    first, second = make.make_member(), make.make_member()
    session = make.make_served_session(first)
    with transaction.atomic():
        transitions.serve(transitions.lock(session.id), second, status="transferred")
    assert sees(first, session)
    assert sees(second, session)
    assert permissions.records_visible_to(first).get(session=session).number == 1


def test_who_serves_a_customer_sees_their_earlier_sessions_until_the_end():
    customer = make.make_customer()
    earlier = make.make_served_session(make.make_member(), customer=customer)
    with transaction.atomic():
        transitions.close(transitions.lock(earlier.id), status="normal", closed_by="seat")
    agent = make.make_member()
    now = make.make_served_session(agent, customer=customer)
    assert sees(agent, earlier)
    with transaction.atomic():
        transitions.close(transitions.lock(now.id), status="normal", closed_by="seat")
    assert not sees(agent, earlier)


def test_supervisors_see_the_groups_they_supervise():
    theirs, other = make.make_group(), make.make_group()
    lead = make.make_member("supervisor", groups=[other])
    Membership.objects.create(member=lead, group=theirs, supervises=True)
    in_theirs, in_other = make.make_served_session(), make.make_served_session()
    ServiceRecord.objects.filter(session=in_theirs).update(group=theirs)
    ServiceRecord.objects.filter(session=in_other).update(group=other)
    assert sees(lead, in_theirs)
    assert not sees(lead, in_other)


def test_a_deleted_member_or_session_is_out_of_sight():
    admin, agent = make.make_member("administrator"), make.make_member()
    session = make.make_served_session(agent)
    agent.deleted_at = clock.now()
    assert not sees(agent, session)
    session.deleted_at = clock.now()
    session.save()
    assert not sees(admin, session)
