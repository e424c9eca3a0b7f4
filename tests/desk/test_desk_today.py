"""Today's ended and handed-on sessions, which the socket does not carry (D-1)."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import transaction

from apps.desk import reads, today
from apps.routing import closing
from apps.sessions import notes, transitions
from apps.sessions.models import ChatSession, ServiceStatus
from apps.team.models import Member
from csdesk import clock
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> Member:
    return make.make_member()


@pytest.fixture
def colleague() -> Member:
    return make.make_member(nickname="周宁")


def an_hour_ago():
    return clock.now() - timedelta(hours=1)


def hand_on(session: ChatSession, receiver: Member) -> None:
    with transaction.atomic():
        locked = transitions.lock(session.id)
        transitions.serve(locked, receiver, status=ServiceStatus.TRANSFERRED)


def offer_to(session: ChatSession, receiver: Member) -> None:
    with transaction.atomic():
        locked = transitions.lock(session.id)
        until = clock.now() + timedelta(seconds=20)
        transitions.offer(locked, receiver, until=until, status=ServiceStatus.TRANSFERRED)


def come_back(session: ChatSession, sender: Member) -> None:
    with transaction.atomic():
        locked = transitions.lock(session.id)
        transitions.serve(locked, sender, status=ServiceStatus.TIMEOUT_TRANSFERRED)


def since_of(member: Member, session: ChatSession) -> int | None:
    frames = reads.ready(member, {})[0]["sessions"]
    return next(frame["served_since"] for frame in frames if frame["session"] == str(session.id))


def test_ended_sessions_come_in_pages_each_one_once(agent: Member, monkeypatch) -> None:
    ended = [make.make_served_session(agent) for _ in range(5)]
    for session in ended:
        closing.by_agent(agent, session.id)
    # Two that ended at the same moment are told apart by their ids.
    ChatSession.objects.filter(id__in=[ended[1].id, ended[2].id]).update(ended_at=clock.now())
    monkeypatch.setattr(today.queries.ended_since, "__defaults__", (None, 2))
    seen, before = [], None
    for more in (True, True, False):
        page = today.ended(agent, an_hour_ago(), before)
        assert page["more"] is more
        assert ("handed" in page) == (before is None)
        seen += [uuid.UUID(one["session"]) for one in page["sessions"]]
        before = seen[-1]
    assert sorted(seen) == sorted(session.id for session in ended)
    times = [ChatSession.objects.get(id=one).ended_at for one in seen]
    assert times == sorted(times, reverse=True)


def test_what_was_handed_on_says_to_whom_until_it_comes_back(agent: Member, colleague: Member) -> None:
    given, kept = make.make_served_session(agent), make.make_served_session(agent)
    hand_on(given, colleague)
    [frame] = today.handed_on(agent, an_hour_ago())
    assert (frame["session"], frame["handed"]["to"]) == (str(given.id), "周宁")
    assert frame["handed"]["at"] <= clock.milliseconds(clock.now())
    assert today.handed_on(colleague, an_hour_ago()) == []
    assert today.handed_on(agent, clock.now() + timedelta(hours=1)) == []
    hand_on(given, agent)
    assert today.handed_on(agent, an_hour_ago()) == []
    assert str(kept.id) not in str(today.handed_on(colleague, an_hour_ago()))


def test_an_offer_that_was_only_missed_was_never_handed_on(agent: Member, colleague: Member) -> None:
    session = make.make_served_session(agent)
    offer_to(session, colleague)
    hand_on(session, make.make_member())
    assert today.handed_on(colleague, an_hour_ago()) == []


def test_service_goes_on_where_a_transfer_came_back_unaccepted(agent: Member, colleague: Member) -> None:
    session = make.make_served_session(agent)
    assert since_of(agent, session) is None
    began = clock.milliseconds(session.assigned_at)
    offer_to(session, colleague)
    come_back(session, agent)
    assert since_of(agent, session) == began
    offer_to(session, colleague)
    come_back(session, agent)
    assert since_of(agent, session) == began


def handed_by(member: Member) -> list[dict | None]:
    return [frame["handed_by"] for frame in reads.ready(member, {})[0]["sessions"]]


def test_an_offer_says_which_colleague_hands_it_on_and_with_which_note(
    agent: Member, colleague: Member
) -> None:
    session = make.make_served_session(colleague)
    notes.add(session.id, colleague, "first")
    notes.add(session.id, colleague, "Needs a new lid. " * 20)
    offer_to(session, agent)
    [told] = handed_by(agent)
    assert (told["name"], told["note"]) == ("周宁", ("Needs a new lid. " * 20)[:200])
    # To whom it goes when nobody took it, it is still the colleague's; not when they serve it.
    with transaction.atomic():
        locked = transitions.lock(session.id)
        transitions.to_queue(locked, group=None, seconds=60, status=ServiceStatus.TIMEOUT_TRANSFERRED)
    other = make.make_member()
    with transaction.atomic():
        locked = transitions.lock(session.id)
        transitions.offer(locked, other, until=clock.now() + timedelta(seconds=20))
    assert [told["name"] for told in handed_by(other)] == ["周宁"]
    with transaction.atomic():
        transitions.serve(transitions.lock(session.id), other)
    assert handed_by(other) == [None]


def test_an_offer_from_the_queue_comes_from_nobody(agent: Member) -> None:
    session = make.make_session()
    with transaction.atomic():
        transitions.to_queue(transitions.lock(session.id), group=None, seconds=60)
    with transaction.atomic():
        transitions.offer(transitions.lock(session.id), agent, until=clock.now() + timedelta(seconds=20))
    assert handed_by(agent) == [None]


def test_service_begins_anew_after_a_colleague_or_the_queue(agent: Member, colleague: Member) -> None:
    session = make.make_served_session(agent)
    hand_on(session, colleague)
    hand_on(session, agent)
    assert since_of(agent, session) is None
    with transaction.atomic():
        locked = transitions.lock(session.id)
        transitions.to_queue(locked, group=None, seconds=1800, status=ServiceStatus.TRANSFERRED)
        transitions.serve(locked, agent)
    assert since_of(agent, session) is None
