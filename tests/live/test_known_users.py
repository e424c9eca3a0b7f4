"""Known users on the socket (S-12, V-8, X-3, X-4, X-5), against the running service."""

from __future__ import annotations

import uuid

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from apps.sessions import signing_secrets
from apps.sessions.models import Channel, ChannelKind, ChatSession, Customer, VisitorToken
from tests import factories as make
from tests import signer
from tests.live.plain import database, desk_of
from tests.live.windows import ask_token, new_token, socket_to, upload, window_of

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_db")]


async def new_channel(**facts) -> tuple[Channel, str]:
    """A channel with a secret, and the secret."""
    channel = await database(make.make_channel, **facts)
    return channel, await database(signing_secrets.make_another, channel)


def new_user() -> str:
    return f"user-{uuid.uuid4().hex[:10]}"


async def sign_in(url: str, channel: Channel, secret: str, user_id: str, *, life: int = 3600, **more) -> str:
    """The token of a known user."""
    sig = signer.user_sig(user_id, secret, life=life)
    answer = await ask_token(url, channel.key, userID=user_id, userSig=sig, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()["token"]


async def test_a_known_user_is_told_who_they_are_before_and_after_their_first_session(stack):
    channel, secret = await new_channel()
    user = new_user()
    token = await sign_in(
        stack.url, channel, secret, user, nickname="Ann", avatar="https://shop.example/a.png"
    )
    async with window_of(stack.url, channel.key, token) as window:
        customer = window.ready["customer"]
        assert (customer["userID"], customer["verified"], customer["name"]) == (user, True, "Ann")
        assert customer["visitor_no"] is None
        assert not await database(Customer.objects.filter(user_id=user).exists)
        await window.say("hello")
    async with window_of(stack.url, channel.key, token) as window:
        assert (window.ready["customer"]["name"], window.ready["customer"]["userID"]) == ("Ann", user)
    async with window_of(stack.url, channel.key) as window:
        assert (window.ready["customer"]["userID"], window.ready["customer"]["verified"]) == ("", False)


async def test_one_user_on_two_channels_is_one_customer_and_sees_each_channel_alone(stack):
    (one, first), (two, second) = await new_channel(), await new_channel()
    user = new_user()
    tokens = [await sign_in(stack.url, one, first, user), await sign_in(stack.url, two, second, user)]
    async with (
        window_of(stack.url, one.key, tokens[0]) as here,
        window_of(stack.url, two.key, tokens[1]) as there,
    ):
        said = await here.say("only here")
        other = await there.say("only there")
        assert said["session"] != other["session"]
        assert await database(Customer.objects.filter(user_id=user).count) == 1
        await here.still_works()
        assert not [one for one in here.unread if one.get("session") == other["session"]]
        await there.send({"op": "history"})
        await there.expect("history_end")
        assert {one["session"] for one in there.unread if one["op"] == "message"} <= {other["session"]}
        await there.refused({"op": "sync", "session": said["session"], "rev": 0}, "not_found")
        await there.refused({"op": "history", "before": said["id"]}, "not_found")
        # A token is its channel's, whoever the user is.
        async with socket_to(stack.url, two.key) as socket:
            await socket.refused({"op": "hello", "token": tokens[0]}, "unauthorized")


async def test_a_visitors_windows_are_shown_out_when_they_are_merged_and_their_agent_stays(stack):
    channel, secret = await new_channel()
    agent = await database(make.make_member)
    user = new_user()
    async with desk_of(stack.url, agent) as desk:
        await desk.command("set_status", status="free")
        async with window_of(stack.url, channel.key) as window:
            ack = await window.say("it is me")
            session = ack["session"]
            await window.expect("state", session=session, state="serving")
            token = await sign_in(stack.url, channel, secret, user, nickname="Ann", token=window.token)
            bye = await window.expect("bye", code="signed_out")
            assert "retry_ms" not in bye
            assert await window.closed() == 4003
        async with window_of(stack.url, channel.key, token) as known:
            assert known.ready["session"] == session
            # What was on its way when the window was shown out is sent again, and is known.
            again = await known.say("it is me", ack["client_id"])
            assert (again["id"], again["seq"]) == (ack["id"], ack["seq"])
            shown = await desk.expect("session", session=session)
            while shown["customer"]["name"] != "Ann":
                shown = await desk.expect("session", session=session)
            assert shown["agent"] == agent.pk
        assert await database(ChatSession.objects.filter(id=session, customer__user_id=user).exists)


async def test_a_socket_ends_with_its_signature_unless_a_newer_one_is_said(stack):
    channel, secret = await new_channel()
    user = new_user()
    short = await sign_in(stack.url, channel, secret, user, life=3)
    async with (
        window_of(stack.url, channel.key, short) as window,
        window_of(stack.url, channel.key, short) as tab,
    ):
        await window.hello(token=await sign_in(stack.url, channel, secret, user))
        await tab.expect("bye", code="signed_out")
        assert await tab.closed() == 4003
        await window.still_works()
        late = await ask_token(stack.url, channel.key, token=short)
        assert (late.status_code, late.json()["code"]) == (401, "token_expired")


async def test_giving_a_token_back_ends_its_sockets_and_no_others(stack):
    channel, secret = await new_channel()
    user = new_user()
    mine, tabs = [await sign_in(stack.url, channel, secret, user) for _ in range(2)]
    async with (
        window_of(stack.url, channel.key, mine) as window,
        window_of(stack.url, channel.key, tabs) as tab,
    ):
        headers = {"Origin": stack.url, "Authorization": f"Bearer {mine}"}
        async with httpx.AsyncClient() as http:
            assert (await http.delete(f"{stack.url}/api/visitor/token", headers=headers)).status_code == 200
        await window.expect("bye", code="signed_out")
        assert await window.closed() == 4003
        await tab.still_works()
    assert await database(VisitorToken.objects.filter(user_id=user).count) == 1


async def test_an_app_connects_without_an_origin_and_only_with_a_signed_user(stack):
    account = f"@app_{uuid.uuid4().hex[:8]}"
    channel, secret = await new_channel(kind=ChannelKind.APP, account_id=account)
    user = new_user()
    sig = signer.user_sig(user, secret)
    answer = await ask_token(stack.url, account, origin="", userID=user, userSig=sig)
    token = answer.json()["token"]
    async with socket_to(stack.url, account, origin="") as window:
        window.ready = await window.hello(token=token)
        assert window.ready["customer"]["userID"] == user
        await window.say("from the app")
    anonymous = await new_token(stack.url, channel.key)  # a page of our own may get one
    async with socket_to(stack.url, account, origin="") as window:
        await window.refused({"op": "hello", "token": anonymous}, "not_allowed")
        await window.hello(token=token)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient() as http:
        address = f"{stack.url}/api/visitor/upload"
        sent = await http.post(address, files={"file": ("a.txt", b"words")}, headers=headers)
        assert sent.status_code == 200
        refused = await http.post(
            address, files={"file": ("a.txt", b"words")}, headers={"Authorization": f"Bearer {anonymous}"}
        )
        assert refused.status_code == 403


@pytest.mark.parametrize(
    ("kind", "origin"),
    [("website", ""), ("website", "https://evil.example"), ("app", "https://evil.example"), ("app", "null")],
)
async def test_who_is_not_allowed_gets_no_socket_at_all(stack, kind, origin):
    channel, _secret = await new_channel(kind=kind)
    address = f"{stack.url.replace('http', 'ws', 1)}/ws/visitor/?channel={channel.key}"
    with pytest.raises(InvalidStatus) as caught:
        async with connect(address, origin=origin or None):
            pass
    assert caught.value.response.status_code == 403


async def test_what_a_visitor_uploaded_before_signing_in_can_be_sent_afterwards(stack):
    channel, secret = await new_channel()
    visitor = await new_token(stack.url, channel.key)
    async with window_of(stack.url, channel.key, visitor) as window:
        await window.say("I have a picture")
    kept = (await upload(stack.url, visitor, "a.txt", b"words")).json()["upload"]
    token = await sign_in(stack.url, channel, secret, new_user(), token=visitor)
    async with window_of(stack.url, channel.key, token) as window:
        client_id = await window.post({"type": "file", "upload": kept})
        assert await window.expect("ack", client_id=client_id)


async def test_read_marks_are_told_to_whoever_comes_back(stack):
    channel, _secret = await new_channel()
    agent = await database(make.make_member)
    async with desk_of(stack.url, agent) as desk:
        await desk.command("set_status", status="free")
        async with window_of(stack.url, channel.key) as window:
            ack = await window.say("seen?")
            await window.expect("state", state="serving")
            await desk.send({"op": "read", "session": ack["session"], "seq": ack["seq"]})
            await window.expect("read", by="agent", seq=ack["seq"])
            token = window.token
        async with window_of(stack.url, channel.key, token) as window:
            [told] = window.ready["sessions"]
            assert told["read"]["agent"] == ack["seq"]
            await window.send({"op": "history"})
            end = await window.expect("history_end")
            assert end["read"] == {ack["session"]: ack["seq"]}
