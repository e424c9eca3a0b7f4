"""What a workbench is shown: `ready`, syncs, history, where things stand (D-16, T-9)."""

import uuid

import pytest
from django.db import transaction

from apps.desk import reads
from apps.desk.protocol import History, Sync
from apps.sessions import notes, recall, transitions
from apps.sessions.authors import Author
from apps.sessions.models import ClosedBy, ServiceStatus
from apps.team.models import Role, TrailEntry
from csdesk import realtime
from csdesk.errors import NotFound
from tests import factories as make

pytestmark = pytest.mark.django_db


def close(session) -> None:
    with transaction.atomic():
        locked = transitions.lock(session.id)
        transitions.close(locked, status=ServiceStatus.NORMAL, closed_by=ClosedBy.SEAT)


def synced(member, session, rev=0, note=None, seen=None) -> list[dict]:
    return reads.sync(
        member, Sync(session=session.id, rev=rev, note=note), "10.0.0.9", seen if seen is not None else set()
    )


def paged(member, **asked) -> list[dict]:
    return reads.history(member, History(**asked), "10.0.0.9", set())


def test_ready_names_what_one_has_and_what_of_it_has_ended():
    agent = make.make_member()
    open_one, ended, foreign = (
        make.make_served_session(agent),
        make.make_served_session(agent),
        make.make_served_session(),
    )
    close(ended)
    frame, customers = reads.ready(agent, {ended.id: 1, foreign.id: 1, uuid.uuid4(): 9})
    assert [(one["session"], one["state"]) for one in frame["sessions"]] == [
        (str(open_one.id), "serving"),
        (str(ended.id), "closed"),
    ]
    assert customers[str(open_one.id)] == realtime.customer(open_one.customer_id, open_one.channel_id)
    assert [one["session"] for one in reads.ready(agent, {})[0]["sessions"]] == [str(open_one.id)]


def test_a_sync_ends_with_notes_its_number_and_the_summary():
    agent = make.make_member()
    session = make.make_served_session(agent)
    make.agent_says(session, agent, "Yes, it is.")
    notes.add(session.id, agent, "Regular customer")
    session.refresh_from_db()
    answer = synced(agent, session, note=0)
    assert [frame["op"] for frame in answer] == ["message", "message", "note", "synced", "session"]
    assert answer[1]["from"]["id"] == str(agent.pk)
    assert answer[3] == {
        "op": "synced",
        "session": str(session.id),
        "seq": 2,
        "rev": session.rev,
        "more": False,
    }
    assert [frame["op"] for frame in synced(agent, session, rev=session.rev, note=1)] == ["synced", "session"]
    assert "note" not in [frame["op"] for frame in synced(agent, session)]


def test_long_syncs_come_in_pages_that_join(monkeypatch):
    monkeypatch.setattr(reads.queries.sync_page, "__defaults__", (3,))
    agent = make.make_member()
    session = make.make_served_session(agent)
    for number in range(7):
        make.agent_says(session, agent, f"{number}")
    rev, seqs, pages = 0, [], 0
    while True:
        answer = synced(agent, session, rev=rev, note=0)
        seqs += [frame["seq"] for frame in answer if frame["op"] == "message"]
        end = next(frame for frame in answer if frame["op"] == "synced")
        rev, pages = end["rev"], pages + 1
        if not end["more"]:
            break
    session.refresh_from_db()
    assert (seqs, rev, pages) == (list(range(1, 9)), session.rev, 3)


def test_a_changed_message_comes_again_with_its_new_number():
    agent = make.make_member()
    session = make.make_served_session(agent)
    posted = make.agent_says(session, agent, "wrong")
    recall.recall(f"{session.id}.{posted.seq}", Author.agent(agent))
    messages = [frame for frame in synced(agent, session, rev=posted.rev) if frame["op"] == "message"]
    assert [(one["seq"], one["message"]) for one in messages] == [(posted.seq, {"type": "recalled"})]


def test_what_one_may_not_see_does_not_exist():
    session, stranger = make.make_served_session(), make.make_member()
    with pytest.raises(NotFound):
        synced(stranger, session)
    with pytest.raises(NotFound):
        paged(stranger, session=session.id)
    with pytest.raises(NotFound):
        paged(stranger, customer=session.customer_id)


def test_while_serving_the_customers_earlier_sessions_are_in_view_and_looks_are_logged_once():
    before, agent = make.make_member(), make.make_member()
    customer = make.make_customer()
    old = make.make_served_session(before, customer=customer)
    close(old)
    new = make.make_served_session(agent, customer=customer)
    seen: set = set()
    asked = History(session=new.id, before=(new.id, 1))
    for _ in range(2):
        frames = reads.history(agent, asked, "10.0.0.9", seen)
    assert {frame["session"] for frame in frames if frame["op"] == "message"} == {str(old.id)}
    entry = TrailEntry.objects.get(action="record.viewed", member_id=agent.pk)
    assert entry.object_id == str(old.records.get().id)
    assert entry.detail.address == "10.0.0.9"
    close(new)
    # Served no longer: the earlier sessions of the customer are somebody else's again.
    end = reads.history(agent, asked, "10.0.0.9", set())
    assert [frame["op"] for frame in end] == ["history_end"]


def test_ones_own_open_session_is_nobodys_look():
    agent = make.make_member()
    session = make.make_served_session(agent)
    synced(agent, session)
    assert not TrailEntry.objects.filter(action="record.viewed").exists()
    manager = make.make_member(Role.ADMINISTRATOR)
    answer = synced(manager, session)
    assert TrailEntry.objects.filter(action="record.viewed", member_id=manager.pk).count() == 1
    # Nor does it look like one's own.
    assert answer[-1]["op"] == "synced"


def test_history_pages_backwards_and_knows_its_end():
    agent = make.make_member()
    session = make.make_served_session(agent)
    for number in range(5):
        make.agent_says(session, agent, f"{number}")
    first = paged(agent, session=session.id, limit=4)
    assert [frame.get("seq") for frame in first] == [3, 4, 5, 6, None]
    end = first[-1]
    assert end == {"op": "history_end", "before": f"{session.id}.3", "session": str(session.id)}
    rest = paged(agent, session=session.id, before=(session.id, 3), limit=4)
    assert [frame.get("seq") for frame in rest] == [1, 2, None]
    assert rest[-1]["before"] is None


def test_where_things_stand_takes_three_queries(django_assert_num_queries):
    one, other = make.make_member(), make.make_member()
    session = make.make_served_session(one)
    with django_assert_num_queries(3):
        standing = reads.where_things_stand({one.pk, other.pk, 10**9})
    session.refresh_from_db()
    assert standing[one.pk].revs == {str(session.id): [session.rev, 0]}
    assert standing[other.pk].revs == {}
    assert standing[other.pk].status == ("offline", "")
    assert standing[one.pk].may_work
    assert 10**9 not in standing
