"""The states of a session (S-1), its records (S-2), and how it ends (S-18)."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from apps.sessions import ratings, standing, transitions
from apps.sessions.models import ChatSession, Message, Rating, State
from apps.team import business
from csdesk import clock
from csdesk.errors import NotFound, WrongState
from tests import factories as make

pytestmark = pytest.mark.django_db


def change(session, function, *args, **kwargs):
    with transaction.atomic():
        locked = transitions.lock(session.id)
        function(locked, *args, **kwargs)
    session.refresh_from_db()
    return session


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_still_make_one_session():
    customer = make.make_customer()
    made = []

    def open_it():
        made.append(transitions.open_session(customer, customer.source, seconds=60))
        connection.close()

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({session.id for session, _created in made}) == 1
    assert sum(created for _session, created in made) == 1


def test_the_database_refuses_a_second_open_session():
    session = make.make_session()
    with pytest.raises(IntegrityError), transaction.atomic():
        ChatSession.objects.create(
            customer=session.customer, channel=session.channel, deadline_at=clock.now(), deadline_kind="flow"
        )


def test_the_database_refuses_a_waiting_session_without_a_deadline():
    session = make.make_session()
    with pytest.raises(IntegrityError), transaction.atomic():
        ChatSession.objects.filter(id=session.id).update(deadline_at=None, deadline_kind="")


def test_a_transfer_closes_one_record_and_opens_the_next():
    first, second = make.make_member(), make.make_member()
    session = make.make_served_session(first)
    change(session, transitions.serve, second, status="transferred", actor=first)
    before, after = session.records.order_by("number")
    assert (before.agent, before.status, before.last_seq) == (first, "transferred", session.seq)
    assert (after.agent, after.status, after.first_seq) == (second, "", session.seq)
    assert before.ended_at is not None
    assert after.ended_at is None


def test_every_change_has_a_rev_and_an_event():
    session = make.make_session()
    rev = session.rev
    change(session, transitions.to_queue, group=make.make_group(), seconds=60)
    change(session, transitions.serve, make.make_member())
    assert session.rev == rev + 2
    assert list(session.events.values_list("before", "after").order_by("id")) == [
        ("", "flow"),
        ("flow", "queued"),
        ("queued", "serving"),
    ]


def test_the_queue_head_keeps_the_first_queueings_place():
    session = make.make_session()
    change(session, transitions.to_queue, group=None, seconds=60)
    place, queued = session.queue_order_at, session.queued_at
    change(session, transitions.serve, make.make_member())
    change(session, transitions.to_queue, group=None, seconds=60, at_head=True, status="agent_lost")
    assert session.queue_order_at == place
    assert session.queued_at > queued
    assert session.agent is None


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (transitions.serve, {"agent": True}),
        (transitions.offer, {"agent": True, "until": clock.now()}),
        (transitions.hold, {"agent": True}),
    ],
)
def test_a_change_from_the_wrong_state_is_refused_and_changes_nothing(function, arguments):
    session = make.make_session()
    member = make.make_member()
    arguments = {name: value for name, value in arguments.items() if name != "agent"}
    with pytest.raises(WrongState):
        change(session, function, member, **arguments)
    fresh = ChatSession.objects.get(id=session.id)
    assert (fresh.state, fresh.rev) == (State.FLOW, session.rev)


def test_a_closed_session_stays_closed():
    session = make.make_session()
    change(session, transitions.close, status="customer_ended", closed_by="client")
    for again in (
        lambda s: transitions.close(s, status="normal", closed_by="seat"),
        lambda s: transitions.to_queue(s, group=None, seconds=60),
    ):
        with pytest.raises(WrongState):
            change(session, again)


def test_no_session_is_not_found():
    with transaction.atomic(), pytest.raises(NotFound):
        transitions.lock(make.unknown_id())


def test_the_last_words_come_in_their_order():
    """S-18: words, rating, end mark, closed."""
    agent = make.make_member()
    session = make.make_served_session(agent)
    change(
        session,
        transitions.close,
        status="normal",
        closed_by="seat",
        actor=agent,
        words=("ended", "Bye"),
        invite=True,
    )
    last = Message.objects.filter(session=session).order_by("-seq")[:3][::-1]
    assert last[0].body["text"] == "Bye"
    assert [m.body["data"]["src"] for m in last[1:]] == ["9", "19"]
    assert session.state == State.CLOSED
    assert session.records.get().status == "normal"
    assert session.records.get().last_seq == session.seq


def test_a_time_out_ends_with_its_own_mark():
    session = make.make_served_session()
    change(session, transitions.close, status="customer_timeout", closed_by="timer", timed_out=True)
    assert Message.objects.filter(session=session).last().body["data"]["src"] == "20"


def test_no_rating_where_nobody_has_served():
    session = make.make_session()
    change(session, transitions.close, status="abandoned_in_flow", closed_by="timer", invite=True)
    assert not Rating.objects.filter(session=session).exists()


def test_what_the_customer_can_do_follows_the_state():
    session = make.make_session()
    assert standing.possible(session) == ["request_agent", "end"]
    change(session, transitions.to_queue, group=None, seconds=60)
    assert standing.possible(session) == ["leave_queue", "end"]
    change(session, transitions.serve, make.make_member())
    assert standing.possible(session) == ["rate", "end"]
    change(session, ratings.invite)
    assert standing.possible(session) == ["end"], "one invitation at a time"


def test_settings_take_part_at_once():
    admin = make.make_member("administrator")
    try:
        business.save(ratings.RatingSettings, {"is_on": False}, admin)
        business.forget()
        assert standing.possible(make.make_served_session()) == ["end"]
    finally:
        business.forget()


def test_a_place_that_was_read_before_the_offer_is_not_told():
    session = make.make_session()
    change(session, transitions.to_queue, group=None, seconds=60)
    assert standing.customer_state(session, 3)["position"] == 3
    change(session, transitions.offer, make.make_member(), until=clock.now())
    assert standing.customer_state(session, 3)["position"] is None
