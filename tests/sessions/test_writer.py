"""Posts of many sockets share commits, and each still gets its own answer."""

import asyncio
import contextlib
import random
import uuid

import pytest
from django.db import connections, transaction
from django.utils import translation

from apps.sessions import writer
from apps.sessions.authors import Author
from apps.sessions.models import ChatSession, Message
from apps.sessions.posting import Busy, Post
from apps.sessions.posting_line import PostingLine
from csdesk.errors import NotYours, WrongState
from tests import factories as make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

post = PostingLine.post


def plain(session, text="x", author=None, client_id=None):
    return Post(
        session.id,
        author or Author("customer", str(session.customer_id)),
        "text",
        {"text": text},
        client_id or uuid.uuid4(),
    )


async def test_many_at_once_are_stored_in_order_and_in_fewer_statements(monkeypatch):
    sessions = [await asyncio.to_thread(make.make_session) for _ in range(4)]
    rounds = []

    async def counted(line, posts):
        rounds.append(len(posts))
        return await post(line, posts)

    monkeypatch.setattr(PostingLine, "post", counted)
    posts = writer.PostWriter()
    plan = [(session, f"{n}") for n in range(40) for session in sessions]
    answers = await asyncio.gather(*(posts.post(plain(session, text)) for session, text in plan))
    for session in sessions:
        mine = [a.seq for a in answers if a.session_id == session.id]
        assert sorted(mine) == list(range(2, 42))
    assert sum(rounds) >= 160
    assert len(rounds) < 40, "posts that wait share a commit"


async def test_a_refused_post_is_refused_alone():
    agent = await asyncio.to_thread(make.make_member)
    session = await asyncio.to_thread(make.make_served_session, agent)
    stranger = await asyncio.to_thread(make.make_member)
    posts = writer.PostWriter()
    good, bad = await asyncio.gather(
        posts.post(plain(session, author=Author.agent(agent))),
        posts.post(plain(session, author=Author.agent(stranger))),
        return_exceptions=True,
    )
    assert good.seq == 2
    assert isinstance(bad, NotYours)


async def test_a_post_that_breaks_the_statement_harms_no_other():
    session = await asyncio.to_thread(make.make_session)
    posts = writer.PostWriter()
    broken = Post(
        session.id,
        Author("customer", str(session.customer_id), "n" * 61),
        "text",
        {"text": "x"},
        uuid.uuid4(),
    )
    answers = await asyncio.gather(
        *(posts.post(one) for one in (plain(session), broken, plain(session))), return_exceptions=True
    )
    assert [isinstance(answer, Exception) for answer in answers] == [False, True, False]
    seqs = await asyncio.to_thread(
        lambda: list(Message.objects.filter(session=session).values_list("seq", flat=True))
    )
    assert sorted(seqs) == [1, 2, 3]


async def test_the_same_client_id_twice_in_a_round_gets_one_answer():
    session = await asyncio.to_thread(make.make_session)
    key = uuid.uuid4()
    posts = writer.PostWriter()
    answers = await asyncio.gather(*(posts.post(plain(session, "same", client_id=key)) for _ in range(5)))
    assert {answer.seq for answer in answers} == {2}
    assert sum(not answer.duplicate for answer in answers) == 1


async def test_busy_sessions_keep_nobody_else_waiting():
    """More of them than there are rounds."""
    held = [await asyncio.to_thread(make.make_session) for _ in range(4)]
    free = await asyncio.to_thread(make.make_session)
    taken, release = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold():
        with transaction.atomic():
            list(ChatSession.objects.select_for_update().filter(id__in=[one.id for one in held]))
            loop.call_soon_threadsafe(taken.set)
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result(20)
        connections.close_all()

    holder = asyncio.create_task(asyncio.to_thread(hold))
    await taken.wait()
    posts = writer.PostWriter()
    waiting = [posts.accept(plain(one, f"{n}")) for n in range(2) for one in held]
    # One round takes it together with those that must wait, one after they have been given up.
    for seq in (2, 3):
        assert (await asyncio.wait_for(posts.post(plain(free)), 10)).seq == seq
        await asyncio.sleep(0.3)
    assert not any(one.done() for one in waiting)
    release.set()
    await holder
    answers = await asyncio.wait_for(asyncio.gather(*waiting), 10)
    assert [answer.seq for answer in answers] == [2] * 4 + [3] * 4


async def test_a_refusal_is_read_in_the_language_of_who_hears_it():
    agent = await asyncio.to_thread(make.make_member)
    session = await asyncio.to_thread(make.make_session)
    posts = writer.PostWriter()
    heard = {}
    with translation.override("zh-hans"):
        futures = [posts.accept(plain(session, author=Author.agent(agent))) for _ in range(2)]
    for language, future in zip(("en", "zh-hans"), futures, strict=True):
        with pytest.raises(WrongState) as refused:
            await asyncio.wait_for(future, 10)
        with translation.override(language):
            heard[language] = refused.value.detail
    assert heard["en"] == "The session does not take messages now."
    assert heard["zh-hans"] == "会话现在不能接收消息。"


async def test_a_socket_that_goes_away_does_not_undo_its_message():
    session = await asyncio.to_thread(make.make_session)
    posts = writer.PostWriter()
    task = asyncio.create_task(posts.post(plain(session, "still stored")))
    await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await posts.post(plain(session, "next"))
    stored = lambda: set(Message.objects.filter(session=session).values_list("body__text", flat=True))  # noqa: E731
    async with asyncio.timeout(10):
        while "still stored" not in await asyncio.to_thread(stored):
            await asyncio.sleep(0.02)


async def test_what_is_posted_to_one_session_keeps_its_order_without_waiting(monkeypatch):
    """Rounds beside each other, rows held elsewhere and equal keys: nothing passes what stands before it."""
    sessions = [await asyncio.to_thread(make.make_session) for _ in range(3)]
    dice = random.Random(7)

    async def sometimes_busy(line, posts):
        if dice.random() < 0.3:
            return [Busy("held elsewhere") for _ in posts]
        return await post(line, posts)

    monkeypatch.setattr(PostingLine, "post", sometimes_busy)
    monkeypatch.setattr(writer, "MOST_AT_ONCE", 7)
    posts = writer.PostWriter()
    answers: dict = {session.id: [] for session in sessions}
    for number in range(60):
        session = sessions[number % 3]
        key = None if number % 5 else uuid.UUID(int=1 + number // 10)
        answers[session.id].append(posts.accept(plain(session, f"{number}", client_id=key)))
        if number % 20 == 0:
            await asyncio.sleep(0.01)

    for session_id, futures in answers.items():
        posted = await asyncio.wait_for(asyncio.gather(*futures), 30)
        stored = [answer.seq for answer in posted if not answer.duplicate and answer.session_id == session_id]
        assert stored == sorted(stored)
        assert len(set(stored)) == len(stored)


async def test_two_posts_to_a_session_are_never_in_two_rounds_at_once(monkeypatch):
    session, other = [await asyncio.to_thread(make.make_session) for _ in range(2)]
    at_work: list[uuid.UUID] = []
    met = []

    async def watched(line, posts):
        ids = {one.session_id for one in posts}
        met.extend(ids & set(at_work))
        at_work.extend(ids)
        try:
            await asyncio.sleep(0.01)
            return await post(line, posts)
        finally:
            for one in ids:
                at_work.remove(one)

    monkeypatch.setattr(PostingLine, "post", watched)
    posts = writer.PostWriter()
    futures = []
    for number in range(30):
        futures.append(posts.accept(plain(session if number % 4 < 2 else other, f"{number}")))
        # Some in one turn of the loop, some later.
        if number % 4 == 3:
            await asyncio.sleep(0.002)
    answers = await asyncio.wait_for(asyncio.gather(*futures), 30)
    for one, count in ((session, 16), (other, 14)):
        assert [answer.seq for answer in answers if answer.session_id == one.id] == list(range(2, count + 2))
    assert not met
