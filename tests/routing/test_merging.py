"""A visitor who turns out to be a known user (S-12, X-4): everything goes along, once, whoever else acts."""

import json
import threading
import uuid
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connections, transaction

from apps.routing import flow, merging
from apps.sessions import customers, files, posting, queries, ratings, recall, transitions
from apps.sessions.authors import Author, customer_key
from apps.sessions.customers import Origin
from apps.sessions.models import (
    Attachment,
    ChatSession,
    Customer,
    Message,
    PostKey,
    Rating,
    ServiceRecord,
    SessionEvent,
    State,
    VisitorToken,
)
from apps.sessions.posting import Post
from apps.sessions.settings import MessageSettings
from apps.team import business
from apps.visitor import identity, tokens
from csdesk import clock, realtime
from csdesk.errors import Unauthorized
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def channel():
    return make.make_channel()


@pytest.fixture
def told(monkeypatch):
    """What goes out: (recipient, payload)."""
    sent = []
    monkeypatch.setattr(realtime, "_put", lambda name, payload: sent.append((name, payload)))
    return sent


@pytest.fixture
def customers_recall():
    business.save(MessageSettings, {"customer_recalls": True}, None)
    business.forget()
    yield
    business.forget()


def visitor(channel):
    """An anonymous visitor who has a customer: the token's text, its row and the customer."""
    text, row = tokens.issue(channel)
    return text, row, customers.ensure_customer(row, Origin(language="en", page="https://shop.example/"))


def user(channel, user_id=""):
    """The token of a known user who has just signed in."""
    user_id = user_id or f"user-{uuid.uuid4().hex[:8]}"
    with transaction.atomic():
        customer_id = identity._customer_id(user_id)
        until = clock.now() + timedelta(days=1)
        return tokens.issue_signed(channel, customer_id, user_id, until, {"name": "Known"})[1]


def served(customer, channel, agent):
    return make.make_served_session(agent, customer=customer, channel=channel)


def whole_history(customer, channel):
    own = ChatSession.objects.filter(customer=customer, channel=channel)
    return [message.address for message in queries.history_page(own, None, 200)[0]]


def test_everything_of_the_visitor_becomes_the_users(channel, told, customers_recall):
    _text, _row, anonymous = visitor(channel)
    agent = make.make_member()
    earlier = served(anonymous, channel, agent)
    file = files.store_upload(customer_key(anonymous.id), "a.txt", ContentFile(b"words"))
    author = Author.customer(anonymous)
    files.post_file(Post(earlier.id, author, "file", {"upload": str(file.id)}))
    waiting = files.store_upload(customer_key(anonymous.id), "b.txt", ContentFile(b"more"))
    with transaction.atomic():
        ratings.invite(transitions.lock(earlier.id))
    flow.customer_end(anonymous, channel)
    session = served(anonymous, channel, agent)
    key = uuid.uuid4()
    said = make.customer_says(session, "my order?", key)
    before = whole_history(anonymous, channel)

    token = user(channel)
    assert merging.merge(anonymous.id, token) is True

    customer = Customer.objects.get(user_id=token.user_id)
    assert not Customer.objects.filter(id=anonymous.id).exists()
    assert (customer.name, customer.page) == ("Known", "https://shop.example/")
    assert whole_history(customer, channel) == before
    assert set(ServiceRecord.objects.filter(session__in=[earlier, session]).values_list("customer_id")) == {
        (customer.id,)
    }
    spoken = Message.objects.filter(session_id__in=[earlier.id, session.id], author_kind="customer")
    assert set(spoken.values_list("author_id", flat=True)) == {str(customer.id)}
    assert set(Attachment.objects.filter(id__in=[file.id, waiting.id]).values_list("uploader")) == {
        (customer_key(customer.id),)
    }
    session.refresh_from_db()
    assert (session.state, session.customer_id, session.last_author_id) == (
        State.SERVING,
        customer.id,
        str(customer.id),
    )
    # Sent again under the user, the message is known; their files and ratings are theirs to use.
    again = posting.post(Post(session.id, Author.customer(customer), "text", {"text": "my order?"}, key))
    assert (again.duplicate, again.seq) == (True, said.seq)
    files.post_file(
        Post(session.id, Author.customer(customer), "file", {"upload": str(waiting.id)}, uuid.uuid4())
    )
    assert files.open_address(files.address(file.id, customer_key(customer.id)).split("/")[2])
    recalled = recall.recall(said.address, Author.customer(customer))
    assert recalled.author_id == str(customer.id)
    invitation = Rating.objects.filter(session=earlier).first()
    chosen = {"sessionId": str(invitation.id), "id": str(ratings.FIRST_ID), "content": "…"}
    ratings.rate(customer.id, channel.pk, chosen)
    assert SessionEvent.objects.filter(session=session, event="customer_merged").count() == 1
    # The agent's list shows the user at once, and the visitor's windows are shown out.
    summaries = [payload[1:] for name, payload in told if name == f"{realtime.PREFIX}member.{agent.pk}"]
    shown = [one for one in map(json.loads, summaries) if one["op"] == "session"]
    assert {(one["customer"]["id"], one["customer"]["name"]) for one in shown[-2:]} == {
        (str(customer.id), "Known")
    }
    assert (
        f"{realtime.PREFIX}customer.{anonymous.id}.{channel.pk}",
        'C{"op":"signed_out"}',
    ) in told


def test_a_visitor_can_be_merged_once_only(channel):
    text, _row, anonymous = visitor(channel)
    make.make_session(anonymous, channel=channel)
    first, second = user(channel), user(channel)
    assert merging.merge(anonymous.id, first) is True
    assert merging.merge(anonymous.id, second) is False
    assert not Customer.objects.filter(user_id=second.user_id).exists()
    with pytest.raises(Unauthorized):
        tokens.check(text)


def test_a_visitor_who_only_looked_leaves_no_customer_behind(channel):
    text, row = tokens.issue(channel)
    token = user(channel)
    assert merging.merge(row.visitor_id, token) is True
    assert not Customer.objects.filter(id__in=[row.visitor_id, token.visitor_id]).exists()
    with pytest.raises(Unauthorized):
        customers.ensure_customer(row, Origin())
    with pytest.raises(Unauthorized):
        tokens.check(text)


def test_of_two_open_sessions_the_visitors_is_ended_first(channel):
    _text, _row, anonymous = visitor(channel)
    agent = make.make_member()
    theirs = served(anonymous, channel, agent)
    token = user(channel)
    customer = customers.known_customer(token)
    open_one = served(customer, channel, agent)
    merging.merge(anonymous.id, token)
    theirs.refresh_from_db()
    assert (theirs.state, theirs.status, theirs.closed_by) == ("closed", "customer_ended", "client")
    assert ServiceRecord.objects.get(session=theirs).status == "customer_ended"
    open_one.refresh_from_db()
    assert open_one.state == State.SERVING
    assert queries.open_session_of(customer.id, channel.pk).id == open_one.id


def test_a_visitors_look_leaves_no_trace_beside_what_the_user_has_open(channel):
    _text, _row, anonymous = visitor(channel)
    look, _created = transitions.open_session(anonymous, channel, seconds=1800)
    token = user(channel)
    customer = customers.known_customer(token)
    open_one = served(customer, channel, make.make_member())
    before = whole_history(customer, channel)
    assert merging.merge(anonymous.id, token) is True
    assert not ChatSession.objects.filter(id=look.id).exists()
    assert whole_history(customer, channel) == before
    assert queries.open_session_of(customer.id, channel.pk).id == open_one.id


def test_a_look_that_the_user_goes_on_with_stays(channel):
    _text, _row, anonymous = visitor(channel)
    look, _created = transitions.open_session(anonymous, channel, seconds=1800)
    token = user(channel)
    merging.merge(anonymous.id, token)
    assert queries.open_session_of(token.visitor_id, channel.pk).id == look.id


def test_one_who_waits_goes_on_waiting_at_their_place(channel):
    _text, _row, anonymous = visitor(channel)
    session = make.make_session(anonymous, channel=channel)
    with transaction.atomic():
        transitions.to_queue(transitions.lock(session.id), group=None, seconds=1800)
    before = ChatSession.objects.values_list("queue_order_at", "state").get(id=session.id)
    merging.merge(anonymous.id, user(channel))
    assert ChatSession.objects.values_list("queue_order_at", "state").get(id=session.id) == before


def test_the_tokens_of_all_tabs_end_with_the_visitor(channel):
    text, _row, anonymous = visitor(channel)
    second, _row = tokens.renew(text)
    merging.merge(anonymous.id, user(channel))
    assert not VisitorToken.objects.filter(visitor_id=anonymous.id).exists()
    for each in (text, second):
        with pytest.raises(Unauthorized):
            tokens.check(each)


def test_whoever_refers_to_customers_has_thought_of_merging():
    # Another table that names a customer has to be moved in `merging`, else rows are lost or kept back.
    known = {"chat_sessions", "records", "labels", "blacklisted"}
    assert {relation.name for relation in Customer._meta.related_objects} == known


def at_once(*acts):
    """Run in threads of their own, begun together; what each returned or raised."""
    answers = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place, act):
        try:
            start.wait(10)
            answers[place] = act()
        except Exception as error:
            answers[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@pytest.mark.parametrize("_round", range(3))
def test_many_users_who_want_the_same_visitor_at_once(channel, _round):
    _text, _row, anonymous = visitor(channel)
    session = make.make_session(anonymous, channel=channel)
    users = [user(channel) for _ in range(4)]
    answers = at_once(*[lambda one=one: merging.merge(anonymous.id, one) for one in users])
    assert sorted(answers, key=str) == [False, False, False, True]
    session.refresh_from_db()
    assert session.customer_id == users[answers.index(True)].visitor_id
    made = Customer.objects.filter(user_id__in=[one.user_id for one in users])
    assert [one.id for one in made] == [session.customer_id]


@pytest.mark.parametrize("_round", range(3))
def test_two_visitors_become_one_user_at_once(channel, _round):
    visitors = [visitor(channel)[2] for _ in range(2)]
    agent = make.make_member()
    sessions = [served(one, channel, agent) for one in visitors]
    token = user(channel)
    answers = at_once(*[lambda one=one: merging.merge(one.id, token) for one in visitors])
    assert answers == [True, True]
    found = ChatSession.objects.filter(id__in=[one.id for one in sessions])
    assert {one.customer_id for one in found} == {token.visitor_id}
    assert sorted(one.state for one in found) == ["closed", "serving"]
    assert found.get(state="closed").status == "customer_ended"


@pytest.mark.parametrize("_round", range(3))
def test_a_merge_while_both_are_opening_sessions_and_talking(channel, _round):
    _text, _row, anonymous = visitor(channel)
    session = make.make_session(anonymous, channel=channel)
    token = user(channel)
    customer = customers.known_customer(token)

    def talk():
        return [make.customer_says(session, f"word {n}", uuid.uuid4()).seq for n in range(10)]

    def open_own():
        return flow.trigger(customer, channel).id

    def open_theirs():
        return flow.trigger(anonymous, channel).id

    merged, said, own, _theirs = at_once(
        lambda: merging.merge(anonymous.id, token), talk, open_own, open_theirs
    )
    assert merged is True
    assert isinstance(own, uuid.UUID)
    found = ChatSession.objects.filter(channel=channel)
    assert {one.customer_id for one in found} == {customer.id}
    assert sum(one.is_open for one in found) == 1
    # Each message stands where it was acknowledged, numbered without holes, and is the user's.
    kept = list(Message.objects.filter(session=session).order_by("seq"))
    assert [one.seq for one in kept] == list(range(1, len(kept) + 1))
    assert {one.author_id for one in kept if one.author_kind == "customer"} == {str(customer.id)}
    if isinstance(said, list):
        assert set(said) <= {one.seq for one in kept}
    assert not PostKey.objects.filter(author=customer_key(anonymous.id)).exists()


@pytest.mark.parametrize("_round", range(3))
def test_a_first_session_that_races_with_the_merge_is_never_nobodys(channel, _round):
    _text, row = tokens.issue(channel)
    token = user(channel)

    def first_session():
        customer = customers.ensure_customer(row, Origin())
        return flow.trigger(customer, channel).id

    merged, _opened = at_once(lambda: merging.merge(row.visitor_id, token), first_session)
    assert merged is True
    owners = set(ChatSession.objects.filter(channel=channel).values_list("customer_id", flat=True))
    assert owners <= {token.visitor_id}
    assert not Customer.objects.filter(id=row.visitor_id).exists()


def test_signing_in_twice_at_once_is_one_user(channel):
    user_id = f"user-{uuid.uuid4().hex[:8]}"
    rows = at_once(*[lambda: user(channel, user_id)] * 4)
    assert len({row.visitor_id for row in rows}) == 1
    made = at_once(*[lambda row=row: customers.ensure_customer(row, Origin()) for row in rows])
    assert {one.user_id for one in made} == {user_id}
    assert Customer.objects.filter(user_id=user_id).count() == 1
