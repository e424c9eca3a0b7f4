"""Parts of files (X-10): players ask for ranges, and each look is in the trail once."""

import pytest

from apps.sessions import files
from apps.sessions.authors import customer_key, member_key
from apps.team.models import TrailEntry
from csdesk import bridge
from tests import factories as make
from tests.sessions.test_media import webm
from tests.visitor.test_visitor_api import fetch, send_file, sign_in_as

pytestmark = pytest.mark.django_db(transaction=True)

SOUND = webm(b"A_OPUS")


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


async def part(async_client, address, asked):
    response = await async_client.get(address, headers={"Range": asked})
    content = b"".join([piece async for piece in response.streaming_content]) if response.streaming else b""
    return response, content


async def test_a_voice_can_be_played_from_anywhere(async_client):
    session, kept = await bridge.run(send_file, None, "voice", "v.webm", SOUND)
    address = files.address(kept.id, customer_key(session.customer_id))
    whole, content = await fetch(async_client, address)
    assert (content, whole["Accept-Ranges"], whole["Content-Type"]) == (SOUND, "bytes", "audio/webm")
    assert whole["Content-Disposition"].startswith("inline")
    size = len(SOUND)
    for asked, start, stop in (
        ("bytes=0-1", 0, 2),
        ("bytes=10-", 10, size),
        ("bytes=-5", size - 5, size),
        (f"bytes={size - 1}-{size + 100}", size - 1, size),
    ):
        response, content = await part(async_client, address, asked)
        assert response.status_code == 206
        assert content == SOUND[start:stop]
        assert response["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
        assert response["Content-Length"] == str(stop - start)
        assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"


async def test_a_part_that_is_not_there_and_one_not_understood(async_client):
    session, kept = await bridge.run(send_file, None, "voice", "v.webm", SOUND)
    address = files.address(kept.id, customer_key(session.customer_id))
    beyond, _content = await part(async_client, address, f"bytes={len(SOUND)}-")
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(SOUND)}")
    for asked in ("bytes=0-1,5-6", "lines=1-2", "bytes=-"):
        response, content = await part(async_client, address, asked)
        assert (response.status_code, content) == (200, SOUND)


async def test_an_agent_who_plays_a_voice_is_in_the_trail_once(async_client):
    member = await bridge.run(make.make_member)
    _session, kept = await bridge.run(send_file, member, "voice", "v.webm", SOUND)
    await bridge.run(sign_in_as, async_client, member)
    address = files.address(kept.id, member_key(member.pk))
    entries = TrailEntry.objects.filter(action="file.downloaded", object_id=str(kept.id))
    for asked in ("bytes=50-", "bytes=0-10", "bytes=100-"):
        await part(async_client, address, asked)
        assert await bridge.run(entries.count) == 1
    await fetch(async_client, address)
    assert await bridge.run(entries.count) == 2
