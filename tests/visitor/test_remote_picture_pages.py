"""Pictures of others at their own addresses (X-11): to whom they are shown, and how harmless."""

import io
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from PIL import Image

from apps.sessions import picture_addresses, posting
from apps.sessions.authors import Author, customer_key, member_key
from apps.team import sign_in
from tests import factories as make
from tests.hostile import ok, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def near(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.OUTGOING_NETWORKS = ["127.0.0.1/32"]
    settings.OUTGOING_PORTS = range(1, 65_536)
    settings.LIMIT_EXEMPT = []
    cache.clear()


def picture():
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, "PNG")
    return buffer.getvalue()


@sync_to_async
def shown_to(original, reader=None, agent=None):
    """The address of a product card's picture; the session's customer is the reader unless said."""
    session = make.make_served_session(agent)
    content = {"header": "Kettle", "desc": "0.8 l", "pic": original}
    data = {"customerServicePlugin": 0, "src": "22", "content": content}
    author = Author.customer(session.customer)
    posted = posting.post(posting.Post(session.id, author, "custom", {"data": data}, uuid.uuid4()))
    reader = reader or customer_key(session.customer_id)
    return picture_addresses.address(original, reader, session.id, posted.seq)


async def test_a_picture_is_private_and_nothing_but_a_picture(async_client):
    async with serving(ok(picture(), "text/html")) as server:
        answer = await async_client.get(await shown_to(server.address + "a.html"))
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    with Image.open(io.BytesIO(answer.content)) as seen:
        assert seen.size == (64, 48)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"] == "private, max-age=600"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in answer


async def test_what_cannot_be_had_is_no_content_and_kept_by_nobody(async_client):
    async with serving(ok(b"<svg onload='alert(1)'/>")) as server:
        answer = await async_client.get(await shown_to(server.address))
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Cache-Control"] == "private, no-store"


async def test_a_kept_file_that_is_gone_is_no_content(async_client, tmp_path):
    async with serving(ok(picture())) as server:
        address = await shown_to(server.address)
        assert (await async_client.get(address)).status_code == 200
        for path in tmp_path.rglob("*"):
            if path.is_file():
                path.unlink()
        assert (await async_client.get(address)).status_code == 204


async def test_who_asks_too_much_is_slowed_by_address(async_client, settings):
    settings.LIMIT_PICTURES = 1
    async with serving(ok(picture())) as server:
        addresses = [await shown_to(f"{server.address}{n}") for n in range(2)]
        statuses = [(await async_client.get(address)).status_code for address in addresses]
        assert statuses == [200, 429]
        assert len(server.asked) == 1
        settings.LIMIT_EXEMPT = ["127.0.0.0/8"]
        assert (await async_client.get(addresses[1])).status_code == 200


async def test_forged_addresses_do_not_exist(async_client):
    async with serving(ok(picture())) as server:
        address = await shown_to(server.address)
        elsewhere = await shown_to(server.address, reader=customer_key(uuid.uuid4()))
        for forged in (address[:-3] + "xx/", "/pictures/x/", elsewhere):
            assert (await async_client.get(forged)).status_code == 404
        assert not server.asked
        assert (await async_client.post(address)).status_code == 405


@sync_to_async
def sign_in_as(client, member):
    client.force_login(member)
    session = client.session
    sign_in.begin(member, session, "127.0.0.1")
    session.save()


async def test_a_members_address_works_only_where_the_member_is_signed_in(async_client):
    agent = await sync_to_async(make.make_member)()
    async with serving(ok(picture())) as server:
        address = await shown_to(server.address, reader=member_key(agent.pk), agent=agent)
        assert (await async_client.get(address)).status_code == 404
        assert not server.asked
        await sign_in_as(async_client, agent)
        assert (await async_client.get(address)).status_code == 200


async def test_a_channels_face_is_shown_to_whoever_opens_its_window(async_client):
    async with serving(ok(picture())) as server:
        channel = await sync_to_async(make.make_channel)(avatar=server.address + "face.png")
        page = (await async_client.get(f"/chat/{channel.key}/")).content.decode()
        address = page.split('"picture": "')[1].split('"')[0]
        assert (await async_client.get(address)).status_code == 200
        assert "face.png" in server.asked[0]
