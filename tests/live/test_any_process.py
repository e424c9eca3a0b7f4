"""Nothing depends on which web process a socket, page or upload is on.

The protocols' own tests run again with three web processes, of which each new connection gets the
next: customer and agent, both tabs, the sign-in, the upload and the file's address never share one.
"""

from __future__ import annotations

import asyncio
import io
import signal
import uuid
from collections.abc import Iterator

import httpx
import pytest

from apps.sessions.models import Message
from apps.sessions.settings import MessageSettings
from apps.team import business
from drill.clients import Desk, Visitor, sign_in
from tests import factories as make
from tests.live.plain import database, desk_of
from tests.live.test_desk_offers import (  # noqa: F401
    test_queue_counts_come_to_the_members_of_the_group,
    test_two_tabs_are_one_place_and_the_last_one_starts_the_grace,
)
from tests.live.test_desk_protocol import (  # noqa: F401
    test_a_message_is_acknowledged_once_however_often_it_is_sent,
    test_a_picture_is_uploaded_sent_and_addressed_to_each_reader,
    test_notes_have_numbers_of_their_own_and_never_reach_the_customer,
    test_other_groups_bring_their_queues_to_the_open_desk,
    test_read_marks_and_typing_reach_the_other_side,
    test_recall_replaces_the_message_on_both_sides,
    test_status_with_reason_reload_and_hand_over,
    test_the_customers_end_is_told,
    test_transfer_to_a_colleague_with_a_note,
)
from tests.live.test_desk_refusals import (  # noqa: F401
    test_a_second_sign_in_ends_the_first_within_a_second,
    test_forced_offline_says_why,
)
from tests.live.test_visitor_protocol import (  # noqa: F401
    channel,
    nobody,
    picture,
    served,
    test_a_picture_is_uploaded_sent_and_fetched_by_both_sides,
    test_a_queue_shows_the_place_and_can_be_left,
    test_a_rating_is_asked_for_given_once_and_thanked_for,
    test_a_text_is_acknowledged_and_reaches_every_tab_with_its_client_id,
    test_a_window_that_comes_back_is_told_what_is_open_and_what_changed,
    test_doubled_and_concurrent_first_messages_make_one_session,
    test_the_desk_sees_whether_the_window_is_open,
    test_typing_goes_both_ways_and_is_never_stored,
)
from tests.live.windows import window_of
from tests.spread import Spread
from tests.stack import Stack

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_db")]

WEBS = 3


@pytest.fixture(scope="module")
def stack(stack: Stack) -> Iterator[Spread]:
    """The stack behind one address with three web processes of its own."""
    spread = Spread(stack, WEBS)
    try:
        spread.start()
        yield spread
    finally:
        spread.stop()


async def test_the_same_message_over_every_process_is_stored_once(stack, channel):  # noqa: F811
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent), window_of(stack.url, channel) as window:
        client_id = str(uuid.uuid4())
        first = await window.say("hello", client_id)
        for _ in range(WEBS):
            async with window_of(stack.url, channel, window.token) as again:
                assert await again.say("hello", client_id) == first
        stored = await database(Message.objects.filter(client_id=client_id).count)
        assert stored == 1
        await window.ended(first["session"])


async def test_whoever_comes_back_elsewhere_gets_what_was_missed(stack, channel):  # noqa: F811
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk:
        async with window_of(stack.url, channel) as window:
            session = (await window.say("hello"))["session"]
            await desk.expect("userAccessed", session=session)
            seen = (await desk.say(session, "before"))["rev"]
        missed = await desk.say(session, "meanwhile")
        for _ in range(WEBS):
            async with window_of(stack.url, channel, window.token, {session: seen}) as back:
                assert (back.ready["session"], back.ready["sessions"][0]["rev"]) == (session, missed["rev"])
                await back.send({"op": "sync", "session": session, "rev": seen})
                assert (await back.text(session, "meanwhile"))["seq"] == missed["seq"]
                await back.expect("synced", session=session)
        async with window_of(stack.url, channel, window.token) as back:
            await back.say("here again")
            await desk.expect("message", session=session, rev=missed["rev"] + 1)
            await back.ended(session)


async def test_an_upload_a_message_and_a_file_may_each_be_elsewhere(stack, channel):  # noqa: F811
    # Straight to the processes, not in turn, so that each of them does each of the steps once.
    async with served(stack, channel) as (window, _desk, _session), httpx.AsyncClient(timeout=30) as http:
        headers = {"Authorization": f"Bearer {window.token}", "Origin": stack.url, "Host": stack.url[7:]}
        for n, address in enumerate(stack.addresses):
            content = {"file": (f"{n}.png", io.BytesIO(picture()))}
            answer = await http.post(f"{address}/api/visitor/upload", files=content, headers=headers)
            client_id = await window.post({"type": "image", "upload": answer.json()["upload"]})
            ack = await window.expect("ack", client_id=client_id)
            url = (await window.expect("message", id=ack["id"]))["message"]["file"]["url"]
            for other in stack.addresses:
                got = await http.get(
                    other + httpx.URL(url).raw_path.decode(), headers={"Host": stack.url[7:]}
                )
                assert (got.status_code, got.headers["Content-Type"]) == (200, "image/png")


async def test_settings_apply_to_every_process_without_a_word_to_it(stack, channel):  # noqa: F811
    async def recall_seconds() -> set[int]:
        found = set()
        for _ in range(WEBS):
            async with window_of(stack.url, channel) as window:
                found.add(window.ready["channel"]["recall_seconds"])
        return found

    before = await database(business.current, MessageSettings)
    try:
        for can_recall, seconds in ((True, 77), (False, 0)):
            values = {"customer_recalls": can_recall, "recall_seconds": 77}
            await database(business.save, MessageSettings, values, None)
            async with asyncio.timeout(20):
                while await recall_seconds() != {seconds}:
                    pass
    finally:
        await database(business.save, MessageSettings, business.to_json(before), None)


async def test_when_a_process_is_stopped_its_sockets_go_on_in_the_others(stack, channel):  # noqa: F811
    agent = await database(make.make_member)
    cookie = await asyncio.to_thread(sign_in, stack.url, agent.account, make.PASSWORD)
    async with Desk(stack.url, cookie) as desk:
        visitors = [await Visitor(stack.url, channel).__aenter__() for _ in range(WEBS)]
        try:
            for n, visitor in enumerate(visitors):
                await visitor.say(f"one {n}")
            await desk.until(lambda: len(desk.sessions) == WEBS)
            stack.webs[0].process.send_signal(signal.SIGTERM)
            for n, visitor in enumerate(visitors):
                await visitor.say(f"two {n}")
            for n, visitor in enumerate(visitors):
                session = visitor.state["session"]
                await desk.say(f"answer {n}", session=session)
                await visitor.until(lambda v=visitor, s=session, n=n: f"answer {n}" in v.texts(s))
                # What was said while the desk itself was moving comes by its sync.
                said = [f"one {n}", f"two {n}"]
                await desk.until(
                    lambda s=session, said=said: [t for t in desk.texts(s) if t[:3] in ("one", "two")] == said
                )
            assert await asyncio.to_thread(stack.webs[0].process.wait, 15) == 0
        finally:
            for visitor in visitors:
                await visitor.signal("27")
                await visitor.__aexit__()
            await asyncio.to_thread(stack.webs[0].start)
