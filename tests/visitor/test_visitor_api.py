"""Tokens, uploads and file addresses over HTTP (X-2, X-3, X-5, X-10)."""

import io
import json
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.sessions import files
from apps.sessions.authors import Author, customer_key, member_key
from apps.sessions.models import Attachment, Customer
from apps.sessions.posting import Post
from apps.team import sign_in
from apps.team.models import TrailEntry
from apps.visitor import channels, downloads, tokens
from csdesk import bridge
from tests import factories as make

pytestmark = pytest.mark.django_db
OWN = "http://testserver"
SHOP = "https://shop.example"


@pytest.fixture(autouse=True)
def alone(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.LIMIT_EXEMPT = ["127.0.0.1"]
    settings.ALLOWED_HOSTS = ["testserver"]
    channels._cache.clear()


@pytest.fixture
def channel():
    return make.make_channel(allowed_sites=[SHOP])


def ask(client, body, origin=OWN, **headers):
    if not isinstance(body, str):
        body = json.dumps(body)
    headers = {"origin": origin, **headers} if origin else headers
    return client.post("/api/visitor/token", body, content_type="application/json", headers=headers)


def send(client, token, content=b"some words", name="a.txt", origin=OWN, field="file"):
    file = SimpleUploadedFile(name, content)
    headers = {"authorization": f"Bearer {token}", "origin": origin}
    return client.post("/api/visitor/upload", {field: file}, headers=headers)


def refused(response, status, code):
    assert (response.status_code, response.json()["code"]) == (status, code), response.content
    assert response.json()["detail"]
    return True


def png():
    buffer = io.BytesIO()
    Image.new("RGB", (20, 10), "teal").save(buffer, "PNG")
    return buffer.getvalue()


def test_a_new_visitor_gets_a_token_and_no_customer(client, channel):
    answer = ask(client, {"channel": channel.key})
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"token", "userID", "nickname", "expires"}
    assert str(tokens.check(body["token"]).visitor_id) == body["userID"]
    assert not Customer.objects.filter(id=body["userID"]).exists()
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


def test_an_account_id_names_its_channel_too(client):
    channel = make.make_channel(account_id="@shop_account")
    body = ask(client, {"channel": "@shop_account"}).json()
    assert tokens.check(body["token"]).channel == channel


def test_a_token_alone_renews(client, channel):
    old = ask(client, {"channel": channel.key}).json()
    new = ask(client, {"token": old["token"]}).json()
    assert (new["userID"], new["token"] == old["token"]) == (old["userID"], False)


def test_a_user_without_a_valid_signature_is_refused(client, channel):
    claim = {"channel": channel.key, "userID": "alice", "userSig": "eJx"}
    assert refused(ask(client, claim), 401, "unauthorized")
    for name in ("userID", "userSig"):
        half = {key: value for key, value in claim.items() if key != name}
        assert refused(ask(client, half), 400, "invalid")


@pytest.mark.parametrize("body", ["", "no", "[]", "{}", '{"token": null}', "[" * 9_000])
def test_a_request_that_says_nothing_is_invalid(client, body):
    assert refused(ask(client, body), 400, "invalid")


def test_a_large_request_is_refused(client):
    assert refused(ask(client, {"channel": "x" * 20_000}), 413, "too_large")


def test_unknown_and_closed_channels_are_not_found(client):
    closed = make.make_channel(is_active=False)
    for name in (closed.key, "nobody", "nul\0"):
        assert refused(ask(client, {"channel": name}), 404, "not_found")
    for name in ("", 7, None, {"x": 1}):
        assert refused(ask(client, {"channel": name}), 400, "invalid")


def test_forged_and_foreign_tokens_are_refused(client, channel):
    other = make.make_channel()
    foreign, _row = tokens.issue(other)
    assert refused(ask(client, {"token": "A" * 43}), 401, "unauthorized")
    assert refused(ask(client, {"token": foreign, "channel": channel.key}), 401, "unauthorized")


def test_only_post(client):
    assert refused(client.get("/api/visitor/token"), 400, "invalid")


def test_allowed_sites_may_and_may_read_the_answer(client, channel):
    answer = ask(client, {"channel": channel.key}, origin=SHOP)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert "Access-Control-Allow-Credentials" not in answer
    assert "Origin" in answer["Vary"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "https://shop.example.evil.example"])
def test_foreign_origins_and_none_are_refused_and_cannot_read_why(client, channel, origin):
    answer = ask(client, {"channel": channel.key}, origin=origin)
    assert refused(answer, 403, "not_allowed")
    assert "Access-Control-Allow-Origin" not in answer


def test_a_site_of_one_channel_may_not_use_another(client, channel):
    other = make.make_channel()
    assert refused(ask(client, {"channel": other.key}, origin=SHOP), 403, "not_allowed")


def test_a_preflight_is_answered_for_sites_of_channels_only(client, channel):
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    good = client.options("/api/visitor/upload", headers={"origin": SHOP, **asked})
    bad = client.options("/api/visitor/upload", headers={"origin": "https://evil.example", **asked})
    assert good["Access-Control-Allow-Origin"] == SHOP
    assert "authorization" in good["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in bad


def test_too_many_tokens_are_refused_with_a_moment_to_wait(client, channel, settings):
    settings.LIMIT_EXEMPT = []
    settings.LIMIT_TOKENS = 2
    with mock.patch("apps.visitor.limits.time.time", return_value=5e9 + hash(channel.key) % 1e8):
        answers = [ask(client, {"channel": channel.key}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert refused(answers[2], 429, "rate_limited")
    assert answers[2]["Retry-After"]


def test_words_are_in_the_callers_language(client):
    english = ask(client, {"channel": "nobody"}, **{"accept-language": "en"}).json()["detail"]
    assert english == "There is no such channel."


def test_an_upload_waits_for_its_message(client, channel):
    token, row = tokens.issue(channel)
    answer = send(client, token, name="order <script>.txt")
    body = answer.json()
    assert answer.status_code == 200, body
    assert set(body) == {"upload", "name", "size", "type"}
    kept = Attachment.objects.get(id=body["upload"])
    assert (kept.uploader, kept.size, kept.attached_at) == (customer_key(row.visitor_id), 10, None)


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "a/../b.txt", "\u202etxt.exe.txt"])
def test_a_name_never_leads_anywhere(client, channel, name):
    token, _row = tokens.issue(channel)
    body = send(client, token, name=name).json()
    kept = Attachment.objects.get(id=body["upload"])
    assert not {"/", "\\", "\u202e"} & set(kept.name)
    assert kept.name not in (".", "..")
    assert ".." not in kept.stored.name


def test_uploads_need_a_token_of_this_channel_and_its_origin(client, channel):
    token, _row = tokens.issue(channel)
    assert refused(client.post("/api/visitor/upload", headers={"origin": OWN}), 401, "unauthorized")
    assert refused(send(client, "A" * 43), 401, "unauthorized")
    assert refused(send(client, token, origin="https://evil.example"), 403, "not_allowed")


def test_a_form_without_the_file_is_invalid(client, channel):
    token, _row = tokens.issue(channel)
    headers = {"authorization": f"Bearer {token}", "origin": OWN}
    assert refused(send(client, token, field="other"), 400, "invalid")
    assert refused(send(client, token, content=b""), 400, "invalid")
    odd = client.post("/api/visitor/upload", b"--x", content_type="multipart/form-data", headers=headers)
    assert refused(odd, 400, "invalid")


def test_a_large_file_is_refused_before_it_is_kept(client, channel):
    from apps.sessions.settings import MessageSettings
    from apps.team import business

    token, _row = tokens.issue(channel)
    business.save(MessageSettings, {"file_megabytes": 1}, None)
    business._cache.clear()
    before = Attachment.objects.count()
    for size in (1024 * 1024 + 1, 3 * 1024 * 1024):
        assert refused(send(client, token, b"x" * size), 413, "too_large")
    assert Attachment.objects.count() == before
    business._cache.clear()


def send_file(member, kind, name, content):
    """A file that the customer of a served session has sent; the session and the attachment."""
    session = make.make_served_session(member)
    author = Author.customer(session.customer)
    kept = files.store_upload(author.key, name, SimpleUploadedFile(name, content))
    files.post_file(Post(session.id, author, kind, {"upload": str(kept.id)}))
    return session, kept


async def fetch(async_client, address):
    response = await async_client.get(address)
    if not response.streaming:
        return response, response.content
    return response, b"".join([part async for part in response.streaming_content])


@pytest.mark.django_db(transaction=True)
async def test_a_picture_is_shown_and_harmless(async_client):
    session, kept = await bridge.run(send_file, None, "image", "k.png", png())
    reader = customer_key(session.customer_id)
    for thumbnail in (False, True):
        response, content = await fetch(async_client, files.address(kept.id, reader, thumbnail=thumbnail))
        assert response.status_code == 200
        assert Image.open(io.BytesIO(content)).size == (20, 10)
        assert response["Content-Type"] == ("image/webp" if thumbnail else "image/png")
        assert response["Content-Disposition"].startswith("inline")
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("x.html", b"<html><script>alert(document.cookie)</script>"),
        ("x.xml", b"<?xml version='1.0'?><x/>"),
    ],
)
async def test_what_could_run_is_a_download(async_client, name, content):
    session, kept = await bridge.run(send_file, None, "file", name, content)
    response, body = await fetch(async_client, files.address(kept.id, customer_key(session.customer_id)))
    assert body == content
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")


@pytest.mark.django_db(transaction=True)
async def test_an_address_works_for_its_reader_only_and_the_right_is_asked_again(async_client):
    session, kept = await bridge.run(send_file, None, "file", "a.txt", b"words")
    other = await bridge.run(make.make_customer)
    own = files.address(kept.id, customer_key(session.customer_id))
    stranger = files.address(kept.id, customer_key(other.id))
    for address, status in ((own, 200), (own[:-3] + "xx/", 404), (stranger, 404), ("/files/x/", 404)):
        assert (await fetch(async_client, address))[0].status_code == status
    session.deleted_at = session.started_at
    await bridge.run(session.save)
    assert (await fetch(async_client, own))[0].status_code == 404


def sign_in_as(client, member):
    client.force_login(member)
    session = client.session
    sign_in.begin(member, session, "192.0.2.1")
    session.save()


@pytest.mark.django_db(transaction=True)
async def test_a_members_address_is_nothing_without_the_member(async_client):
    member = await bridge.run(make.make_member)
    _session, kept = await bridge.run(send_file, member, "file", "a.txt", b"words")
    address = files.address(kept.id, member_key(member.pk))
    assert (await fetch(async_client, address))[0].status_code == 404
    await bridge.run(sign_in_as, async_client, await bridge.run(make.make_member))
    assert (await fetch(async_client, address))[0].status_code == 404
    await bridge.run(sign_in_as, async_client, member)
    assert (await fetch(async_client, address))[0].status_code == 200


@pytest.mark.django_db(transaction=True)
async def test_a_members_look_at_a_file_is_in_the_trail_before_it_is_shown(async_client, monkeypatch):
    member = await bridge.run(make.make_member)
    _session, kept = await bridge.run(send_file, member, "file", "a.txt", b"words")
    await bridge.run(sign_in_as, async_client, member)
    address = files.address(kept.id, member_key(member.pk))
    await fetch(async_client, address)
    entries = TrailEntry.objects.filter(action="file.downloaded", object_id=str(kept.id), member_id=member.pk)
    assert await bridge.run(entries.count) == 1

    def full(*_args, **_kwargs):
        raise OSError("the trail cannot be written")

    monkeypatch.setattr(downloads.trail, "append", full)
    with pytest.raises(OSError, match="trail"):
        await fetch(async_client, address)
