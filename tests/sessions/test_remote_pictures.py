"""Fetching pictures of others (X-11): once, anew, kept for a day, and what is made of hostile ones."""

import asyncio
import io
import struct
import uuid
import zlib
from datetime import timedelta

import pytest
from django.core.cache import cache
from PIL import Image

from apps.sessions import posting, remote_pictures
from apps.sessions.authors import Author, customer_key
from apps.sessions.models import RemotePicture
from apps.sessions.picture_addresses import Claim
from csdesk import bridge, clock
from csdesk.errors import NotFound, RateLimited
from tests import factories as make
from tests.hostile import ok, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _near(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.OUTGOING_NETWORKS = ["127.0.0.1/32"]
    settings.OUTGOING_PORTS = range(1, 65_536)
    cache.clear()


def picture(kind="PNG", size=(64, 48), **options):
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind, **options)
    return buffer.getvalue()


async def a_claim(address):
    """A card with this picture stands in a session; its customer asks."""
    session = await bridge.run(make.make_session)
    content = {"header": "Kettle", "desc": "0.8 l", "pic": address}
    body = {"data": {"customerServicePlugin": 0, "src": "22", "content": content}}
    author = Author("customer", str(session.customer_id))
    posted = await bridge.run(posting.post, posting.Post(session.id, author, "custom", body, uuid.uuid4()))
    return Claim(address, customer_key(session.customer_id), str(session.id), posted.seq)


async def fetched(answer, *, path="a.png", asker="x", times=1):
    """What one gets, and how often the server was asked."""
    async with serving(answer) as server:
        claim = await a_claim(server.address + path)
        found = await asyncio.gather(*(remote_pictures.picture(claim, asker) for _ in range(times)))
        return found, server


def content_of(found):
    return found.stored.storage.open(found.stored.name).read()


async def test_a_picture_comes_anew_without_what_hung_on_it_and_is_kept():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    hostile = picture("JPEG", (3000, 2000), exif=exif) + b"<script>alert(1)</script>"
    async with serving(ok(hostile, "text/html")) as server:
        claim = await a_claim(server.address + "a.html")
        found = await remote_pictures.picture(claim, "x")
        again = await remote_pictures.picture(claim, "x")
    assert len(server.asked) == 1
    assert again == found
    content = await bridge.run(content_of, found)
    assert found.mime == "image/jpeg" and found.size == len(content)
    assert b"script" not in content and b"taken at home" not in content
    with Image.open(io.BytesIO(content)) as small:
        assert max(small.size) == remote_pictures.SIDE
    assert claim.original not in found.address_hash


async def test_who_asks_at_the_same_time_gets_the_same_picture_fetched_once():
    found, server = await fetched(ok(picture()), times=5)
    assert len(server.asked) == 1
    assert {one.pk for one in found} == {found[0].pk}
    assert await RemotePicture.objects.acount() == 1


async def test_another_process_that_fetches_is_waited_for():
    async with serving(ok(picture())) as server:
        claim = await a_claim(server.address)
        key = remote_pictures._hash(claim.original)
        await bridge.run(cache.set, remote_pictures._lock(key), 1, 30)
        waiting = asyncio.ensure_future(remote_pictures.picture(claim, "x"))
        while not remote_pictures._under_way:
            await asyncio.sleep(0)
        theirs = await bridge.run(remote_pictures._keep, key, "image/png", picture())
        await bridge.run(cache.delete, remote_pictures._lock(key))
        assert await waiting == theirs
        assert not server.asked


def bomb():
    """A PNG of 60,000 × 60,000 black points in a few kilobytes."""

    def chunk(kind, content):
        return (
            struct.pack("!I", len(content)) + kind + content + struct.pack("!I", zlib.crc32(kind + content))
        )

    head = struct.pack("!IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 7_501 * 2_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ok(b"<!doctype html><script>alert(1)</script>"),
        ok(b"\x89PNG\r\n\x1a\n" + b"\0" * 200),
        ok(picture()[:80]),
        ok(bomb()),
        ok(picture(size=(9000, 9000))),
        ok(b"%PDF-1.4"),
        ok(b""),
        b"HTTP/1.1 200 OK\r\nContent-Length: 5242881\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["svg", "html", "broken", "cut", "bomb", "huge", "pdf", "empty", "large", "redirect", "gone"],
)  # fmt: skip
async def test_what_is_no_picture_is_none_and_not_asked_for_again_for_a_while(answer, tmp_path):
    async with serving(answer) as server:
        claim = await a_claim(server.address + "a.png")
        assert await remote_pictures.picture(claim, "x") is None
        assert await remote_pictures.picture(claim, "x") is None
        assert len(server.asked) == 1
        await bridge.run(cache.clear)
        assert await remote_pictures.picture(claim, "x") is None
        assert len(server.asked) == 2
    assert not await RemotePicture.objects.aexists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


async def test_a_place_that_is_not_outside_is_never_asked(settings):
    settings.OUTGOING_NETWORKS = []
    found, server = await fetched(ok(picture()))
    assert found == [None]
    assert not server.asked


async def test_one_who_asks_too_much_is_told_so_and_kept_pictures_do_not_count(settings):
    settings.LIMIT_PICTURES = 2
    async with serving(ok(picture())) as server:
        claims = [await a_claim(f"{server.address}{n}.png") for n in range(3)]
        for claim in (claims[0], claims[0], claims[0], claims[1]):
            assert await remote_pictures.picture(claim, "one")
        with pytest.raises(RateLimited):
            await remote_pictures.picture(claims[2], "one")
        assert await remote_pictures.picture(claims[2], "another")


async def test_without_the_right_nothing_is_asked():
    async with serving(ok(picture())) as server:
        claim = await a_claim(server.address)
        with pytest.raises(NotFound):
            await remote_pictures.picture(Claim(claim.original, "c:x", claim.place, claim.seq), "x")
        assert not server.asked


async def test_what_had_its_day_is_fetched_anew_and_purged(monkeypatch, tmp_path):
    async with serving(ok(picture())) as server:
        claim = await a_claim(server.address)
        await remote_pictures.picture(claim, "x")
        later = clock.now() + remote_pictures.KEPT
        monkeypatch.setattr(clock, "now", lambda: later)
        assert (await remote_pictures.picture(claim, "x")).fetched_at == later
        assert len(server.asked) == 2
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    assert await bridge.run(remote_pictures.purge) == 0
    still_later = later + remote_pictures.KEPT + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: still_later)
    assert await bridge.run(remote_pictures.purge) == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


async def test_the_oldest_make_room(settings):
    settings.PICTURE_CACHE_MB = 1
    for n in range(4):
        await bridge.run(remote_pictures._keep, f"{n:064}", "image/png", b"x" * 400_000)
    kept = [one.pk async for one in RemotePicture.objects.order_by("pk")]
    assert kept == [f"{n:064}" for n in (2, 3)]


async def test_whoever_waits_is_told_before_and_what_is_kept_waits_for_nothing():
    async with serving(ok(picture())) as server:
        claim = await a_claim(server.address)
        asked_before = []
        for _ in range(2):
            await remote_pictures.picture(claim, "x", lambda: asked_before.append(len(server.asked)))
    assert asked_before == [0]


async def test_more_than_so_many_do_not_wait_and_nothing_is_held_against_the_picture(monkeypatch):
    go_on = asyncio.Event()

    async def slow(writer):
        await go_on.wait()
        writer.write(ok(picture()))

    monkeypatch.setattr(remote_pictures, "MOST_WAITING", 2)
    async with serving(slow) as server:
        claim = await a_claim(server.address)
        waiting = [asyncio.ensure_future(remote_pictures.picture(claim, "x")) for _ in range(2)]
        while len(remote_pictures._waiting) < 2:
            await asyncio.sleep(0)
        assert await remote_pictures.picture(claim, "x") is None
        go_on.set()
        first, second = await asyncio.gather(*waiting)
        assert first == second == await remote_pictures.picture(claim, "x")
    assert not remote_pictures._waiting
