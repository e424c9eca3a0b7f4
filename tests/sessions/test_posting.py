"""Posting (S-7): holes, doubles and foreign voices are impossible, in one statement or in many."""

import threading
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.sessions.authors import Author
from apps.sessions.models import ChatSession, Message, PostKey
from apps.sessions.posting import Busy, Post, Posted, post, post_many
from csdesk.errors import NotFound, NotYours, WrongState
from tests import factories as make

pytestmark = pytest.mark.django_db


def text_of(session, author, text="Hello", client_id=None):
    return Post(session.id, author, "text", {"text": text}, client_id or uuid.uuid4())


def test_seq_and_rev_count_without_holes_within_each_session():
    first, second = make.make_session(), make.make_session()
    posts = [text_of(s, Author.customer(s.customer), f"{n}") for n in range(5) for s in (first, second)]
    answers = post_many(posts)
    assert [a.seq for a in answers if a.session_id == first.id] == [2, 3, 4, 5, 6]
    assert [a.seq for a in answers if a.session_id == second.id] == [2, 3, 4, 5, 6]
    stored = Message.objects.filter(session=first).order_by("seq").values_list("seq", "rev")
    assert [seq for seq, _rev in stored] == [1, 2, 3, 4, 5, 6]
    assert [rev for _seq, rev in stored] == [2, 3, 4, 5, 6, 7]


def test_the_same_client_id_makes_one_message_and_gets_the_first_answer_again():
    session = make.make_session()
    key = uuid.uuid4()
    first = make.customer_says(session, "Once", key)
    again = make.customer_says(session, "Once", key)
    assert (again.seq, again.rev, again.at, again.duplicate) == (first.seq, first.rev, first.at, True)
    assert Message.objects.filter(session=session, client_id=key).count() == 1


def test_a_client_id_answers_even_after_the_session_has_ended():
    session = make.make_session()
    key = uuid.uuid4()
    first = make.customer_says(session, "Once", key)
    from apps.sessions import transitions

    with transaction.atomic():
        transitions.close(transitions.lock(session.id), status="customer_ended", closed_by="client")
    assert make.customer_says(session, "Once", key).seq == first.seq
    with pytest.raises(WrongState):
        make.customer_says(session, "Twice")


def test_two_authors_may_use_the_same_client_id():
    agent = make.make_member()
    session = make.make_served_session(agent)
    key = uuid.uuid4()
    make.customer_says(session, "Mine", key)
    assert not post(text_of(session, Author.agent(agent), "Mine too", key)).duplicate


def test_only_the_serving_agent_and_the_sessions_customer_may_speak():
    agent, stranger = make.make_member(), make.make_member()
    session, other = make.make_served_session(agent), make.make_session()
    answers = post_many(
        [
            text_of(session, Author.agent(stranger)),
            text_of(session, Author.customer(other.customer)),
            text_of(other, Author.agent(agent)),
            Post(make.unknown_id(), Author.customer(session.customer), "text", {"text": "?"}, uuid.uuid4()),
        ]
    )
    assert [type(answer) for answer in answers] == [NotYours, NotFound, WrongState, NotFound]
    session.refresh_from_db()
    assert session.seq == 1


def test_one_refused_post_does_not_refuse_the_others():
    agent = make.make_member()
    session = make.make_served_session(agent)
    answers = post_many(
        [text_of(session, Author.agent(make.make_member())), text_of(session, Author.agent(agent))]
    )
    assert isinstance(answers[0], NotYours)
    assert isinstance(answers[1], Posted)


def test_the_last_words_the_unread_count_and_the_clock_follow():
    agent = make.make_member()
    session = make.make_served_session(agent)
    make.customer_says(session, "One\n two")
    session.refresh_from_db()
    assert (session.last_text, session.last_author, session.unread) == ("One two", "customer", 2)
    assert session.waiting_since is not None
    assert (session.deadline_kind, session.deadline_at) == ("", None), "the agent owes the answer (R-15)"
    posted = make.agent_says(session, agent, "Yes")
    session.refresh_from_db()
    assert (session.last_author, session.last_author_id) == ("agent", str(agent.pk))
    assert session.waiting_since is None
    assert session.deadline_kind == "reply"
    assert (session.deadline_at - posted.at).total_seconds() == 600
    assert session.records.get().first_reply_at == posted.at


def test_the_first_reply_is_noted_once():
    agent = make.make_member()
    session = make.make_served_session(agent)
    first = make.agent_says(session, agent, "One")
    make.agent_says(session, agent, "Two")
    assert session.records.get().first_reply_at == first.at


def test_a_first_word_engages_the_session():
    session = make.make_session()
    assert session.engaged_at == Message.objects.get(session=session, seq=1).created_at


def test_a_chat_message_costs_one_query(django_assert_num_queries):
    session = make.make_session()
    author = Author.customer(session.customer)
    post(text_of(session, author))
    # A savepoint around it stands for the test's own transaction; alone it is one statement.
    with django_assert_num_queries(1):
        post_many([text_of(session, author)])


@pytest.mark.django_db(transaction=True)
def test_a_session_held_by_another_transaction_waits_for_the_next_round():
    session, free = make.make_session(), make.make_session()
    held, done = threading.Event(), threading.Event()

    def hold_it():
        with transaction.atomic():
            ChatSession.objects.select_for_update().get(id=session.id)
            held.set()
            done.wait(10)
        connection.close()

    holder = threading.Thread(target=hold_it)
    holder.start()
    held.wait(10)
    posts = [
        text_of(session, Author.customer(session.customer)),
        text_of(free, Author.customer(free.customer)),
    ]
    answers = post_many(posts)
    done.set()
    holder.join()
    assert isinstance(answers[0], Busy)
    assert answers[1].seq == 2
    assert post(posts[0]).seq == 2


@pytest.mark.django_db(transaction=True)
def test_a_client_id_sent_by_two_sockets_at_once_makes_one_message():
    session = make.make_session()
    key = uuid.uuid4()
    answers = []

    def send():
        answers.append(make.customer_says(session, "At once", key))
        connection.close()

    for _round in range(10):
        key = uuid.uuid4()
        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Message.objects.filter(session=session, client_id=key).count() == 1
    stored = list(Message.objects.filter(session=session).order_by("seq").values_list("seq", flat=True))
    assert stored == list(range(1, 12))
    assert sum(not answer.duplicate for answer in answers) == 10


def test_the_same_key_twice_in_one_statement_undoes_it():
    session = make.make_session()
    key = uuid.uuid4()
    twice = [text_of(session, Author.customer(session.customer), "x", key) for _ in range(2)]
    with pytest.raises(IntegrityError), transaction.atomic():
        post_many(twice)
    assert PostKey.objects.filter(client_id=key).count() == 0


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["customer", "agent", "system"])),
        min_size=1,
        max_size=20,
    )
)
def test_whatever_is_posted_the_numbers_have_no_holes(db, plan):
    agent = make.make_member()
    sessions = [make.make_served_session(agent) for _ in range(3)]
    authors = {"agent": lambda s: Author.agent(agent), "system": lambda s: Author.system()}
    authors["customer"] = lambda s: Author.customer(s.customer)
    post_many([text_of(sessions[n], authors[kind](sessions[n])) for n, kind in plan])
    for session in sessions:
        session.refresh_from_db()
        rows = list(Message.objects.filter(session=session).order_by("seq").values_list("seq", "rev"))
        assert [seq for seq, _rev in rows] == list(range(1, session.seq + 1))
        assert rows[-1][1] <= session.rev
