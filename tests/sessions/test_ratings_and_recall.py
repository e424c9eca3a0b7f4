"""Ratings (S-16) and recall (S-8)."""

from datetime import timedelta

import pytest
from django.db import transaction

from apps.sessions import ratings, recall, standing, transitions
from apps.sessions.authors import Author
from apps.sessions.models import Message, Rating
from csdesk import clock, realtime
from csdesk.errors import Invalid, NotAllowed, NotFound, TooLarge, WrongState
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def invited():
    session = make.make_served_session()
    with transaction.atomic():
        ratings.invite(transitions.lock(session.id))
    session.refresh_from_db()
    return session


def answer(session, **fields):
    rating = Rating.objects.get(session=session)
    selected = {"id": "105", "content": "Very satisfied", "sessionId": str(rating.id)} | fields
    return ratings.rate(session.customer_id, session.channel_id, selected)


def later(monkeypatch, **delta):
    moment = clock.now() + timedelta(**delta)
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_a_rating_lands_on_the_record_and_in_the_invitation(invited):
    answer(invited, comment="  Quick and kind ")
    record = invited.records.get()
    assert record.rating_level == 5
    message = Message.objects.get(session=invited, seq=Rating.objects.get(session=invited).seq)
    chosen = message.body["data"]["menuContent"]["selected"]
    assert (chosen["id"], chosen["comment"]) == ("105", "Quick and kind")
    assert message.body["data"]["menuContent"]["thanks"]
    assert message.rev == invited.rev + 1


def test_it_is_given_once(invited):
    answer(invited)
    with pytest.raises(WrongState):
        answer(invited, id="101")
    assert invited.records.get().rating_level == 5


def test_it_is_refused_when_its_time_is_over(invited, monkeypatch):
    later(monkeypatch, hours=12, seconds=1)
    with pytest.raises(WrongState):
        answer(invited)


def test_it_may_come_after_the_end(invited):
    with transaction.atomic():
        transitions.close(transitions.lock(invited.id), status="normal", closed_by="seat")
    assert answer(invited).level == 5


def test_somebody_elses_invitation_does_not_exist(invited):
    rating = Rating.objects.get(session=invited)
    stranger = make.make_customer(invited.channel)
    with pytest.raises(NotFound):
        ratings.rate(stranger.id, invited.channel_id, {"id": "101", "sessionId": str(rating.id)})


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"id": "100"}, Invalid),
        ({"id": 105}, Invalid),
        ({"id": None}, Invalid),
        ({"sessionId": "x"}, Invalid),
        ({"comment": 7}, Invalid),
        ({"comment": "x" * 1001}, TooLarge),
        ({"comment": "a\0b"}, Invalid),
    ],
)
def test_a_malformed_answer_changes_nothing(invited, fields, error):
    with pytest.raises(error):
        answer(invited, **fields)
    assert Rating.objects.get(session=invited).level is None


def test_one_invitation_is_open_at_a_time(invited):
    with transaction.atomic(), pytest.raises(WrongState):
        ratings.invite(transitions.lock(invited.id))


def test_what_was_rated_is_not_asked_for_again(invited):
    answer(invited)
    assert "rate" not in standing.possible(invited)
    with transaction.atomic(), pytest.raises(WrongState):
        ratings.invite(transitions.lock(invited.id))


def test_the_next_agents_part_has_a_rating_of_its_own(invited):
    answer(invited)
    with transaction.atomic():
        transitions.serve(transitions.lock(invited.id), make.make_member(), status="transferred")
        session = transitions.lock(invited.id)
        assert "rate" in standing.possible(session)
        ratings.invite(session)
    assert Rating.objects.filter(session=invited).count() == 2


def test_the_window_hears_at_once_that_there_is_no_asking_while_one_is_open(monkeypatch):
    session = make.make_served_session()
    frames = []
    monkeypatch.setattr(realtime, "publish", lambda _to, frame, **_kw: frames.append(frame))
    with transaction.atomic():
        ratings.invite(transitions.lock(session.id))
    assert [frame["can"] for frame in frames if frame["op"] == "state"][-1] == ["end"]


def test_an_agent_takes_back_a_message_and_it_is_searched_no_more():
    agent = make.make_member()
    session = make.make_served_session(agent)
    posted = make.agent_says(session, agent, "A secret price")
    message = recall.recall(posted.address, Author.agent(agent))
    stored = Message.objects.get(session=session, seq=posted.seq)
    assert stored.recalled_at is not None
    assert stored.tokens == []
    assert stored.body["text"] == "A secret price", "the original stays for those who audit"
    assert message.rev == posted.rev + 1


def test_recalling_twice_changes_nothing():
    agent = make.make_member()
    session = make.make_served_session(agent)
    posted = make.agent_says(session, agent, "Oops")
    first = recall.recall(posted.address, Author.agent(agent))
    assert recall.recall(posted.address, Author.agent(agent)).rev == first.rev


def test_recall_has_its_time_and_its_owner(monkeypatch):
    agent = make.make_member()
    session = make.make_served_session(agent)
    posted = make.agent_says(session, agent, "Oops")
    with pytest.raises(NotFound):
        recall.recall(posted.address, Author.agent(make.make_member()))
    with pytest.raises(NotAllowed):
        recall.recall(f"{session.id}.1", Author.customer(session.customer))
    later(monkeypatch, seconds=121)
    with pytest.raises(WrongState):
        recall.recall(posted.address, Author.agent(agent))


@pytest.mark.parametrize(
    "address", [None, 5, "", "x.1", "01234567-89ab-7def-8123-456789abcdef", "a.b.c", "1.²"]
)
def test_a_malformed_address_is_refused(address):
    with pytest.raises(Invalid):
        recall.recall(address, Author.system())
