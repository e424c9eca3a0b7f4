"""Files (S-10, X-10): what comes in is judged by its content and goes out harmless."""

import io
import uuid
import zipfile
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from apps.sessions import files
from apps.sessions.authors import Author, customer_key, member_key
from apps.sessions.models import Attachment, Message
from apps.sessions.posting import Post
from csdesk import clock
from csdesk.errors import Invalid, NotFound, TooLarge, UploadGone, WrongState
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def picture(kind="PNG", size=(64, 48), **options):
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind, **options)
    return buffer.getvalue()


def upload(content, name="file.bin", uploader="c:x"):
    return files.store_upload(uploader, name, ContentFile(content, name))


def test_a_picture_is_made_anew_with_a_thumbnail_and_without_metadata():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    kept = upload(picture("JPEG", (1600, 900), exif=exif), "me.jpg")
    assert (kept.mime, kept.width, kept.height) == ("image/jpeg", 1600, 900)
    stored = kept.stored.open().read()
    assert b"taken at home" not in stored
    with Image.open(kept.thumbnail.open()) as small:
        assert max(small.size) == 480


def test_a_turned_picture_is_stored_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert upload(picture("JPEG", (60, 40), exif=exif)).width == 40


def test_a_polyglot_loses_what_hangs_on_it():
    kept = upload(picture() + b"<script>alert(1)</script>", "x.html")
    assert kept.mime == "image/png"
    assert b"script" not in kept.stored.open().read()


@pytest.mark.parametrize(
    "content",
    [picture()[:60], b"\x89PNG\r\n\x1a\n" + b"\0" * 100, b"\xff\xd8\xff\xe0" + b"\1\0" * 50],
)
def test_a_broken_picture_is_refused_and_nothing_is_kept(content, tmp_path):
    with pytest.raises(Invalid):
        upload(content, "broken.png")
    assert not Attachment.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_picture_of_too_many_pixels_is_refused():
    with pytest.raises(Invalid):
        upload(picture(size=(9000, 9000)))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "a.svg"),
        (b"<!doctype html><script>alert(1)</script>", "a.html"),
        ("姓名,数量\n李蕾,2\n".encode(), "a.csv"),
    ],
)
def test_text_of_any_kind_is_plain_text_to_download(content, name):
    kept = upload(content, name)
    assert kept.mime == "text/plain"
    assert not files.shown_inline(kept)


@pytest.mark.parametrize(
    "head", [b"MZ\x90\0", b"\x7fELF\2\1\1\0", b"#!/bin/sh\nrm -rf /\n", b"\xca\xfe\xba\xbe\0\0"]
)
def test_programs_are_refused_whatever_their_name(head):
    with pytest.raises(Invalid):
        upload(head + b"\0" * 64, "holiday.jpg")


def test_an_office_document_is_taken():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert upload(buffer.getvalue(), "letter.docx").mime.startswith("application/")


def test_empty_and_too_large_files_are_refused(monkeypatch):
    with pytest.raises(Invalid):
        upload(b"")
    with pytest.raises(TooLarge):
        upload(b"x" * (20 * 1024 * 1024 + 1))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.txt", "a.txt"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("a\r\nX-Evil: 1.txt", "aX-Evil: 1.txt"),
        ("<script>.png", "<script>.png"),
        ("...", "file"),
    ],
)
def test_names_are_made_harmless(name, shown, settings):
    from django.utils import translation

    with translation.override("en"):
        assert files.safe_name(name) == shown


def test_long_names_keep_their_ending():
    assert len(files.safe_name("x" * 500 + ".pdf")) == 120
    assert files.safe_name("x" * 500 + ".pdf").endswith(".pdf")


def sent(session, author, attachment, kind="image", client_id=None):
    body = {"upload": str(attachment.id)}
    return files.post_file(Post(session.id, author, kind, body, client_id or uuid.uuid4()))


@pytest.fixture
def session():
    return make.make_session()


@pytest.fixture
def attachment(session):
    return upload(picture(), "lid.png", customer_key(session.customer_id))


def test_a_file_is_attached_once(session, attachment):
    author = Author.customer(session.customer)
    posted = sent(session, author, attachment)
    message = Message.objects.get(session=session, seq=posted.seq)
    assert message.body["file"]["name"] == "lid.png"
    assert "url" not in message.body["file"], "addresses are made for each reader (X-10)"
    with pytest.raises(UploadGone):
        sent(session, author, attachment)


def test_sent_again_with_its_client_id_it_gets_the_first_answer(session, attachment):
    key = uuid.uuid4()
    author = Author.customer(session.customer)
    first = sent(session, author, attachment, client_id=key)
    assert sent(session, author, attachment, client_id=key).seq == first.seq


def test_somebody_elses_an_old_and_an_unknown_upload_are_gone(session, attachment, monkeypatch):
    stranger = make.make_session(channel=session.channel)
    with pytest.raises(UploadGone):
        sent(stranger, Author.customer(stranger.customer), attachment)
    moment = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: moment)
    with pytest.raises(UploadGone):
        sent(session, Author.customer(session.customer), attachment)


def test_a_refused_message_leaves_the_file_unattached(session, attachment):
    from django.db import transaction

    from apps.sessions import transitions

    with transaction.atomic():
        transitions.close(transitions.lock(session.id), status="customer_ended", closed_by="client")
    with pytest.raises(WrongState):
        sent(session, Author.customer(session.customer), attachment)
    attachment.refresh_from_db()
    assert attachment.attached_at is None


def test_a_text_file_is_no_picture(session):
    text = upload(b"hello", "a.png", customer_key(session.customer_id))
    with pytest.raises(Invalid):
        sent(session, Author.customer(session.customer), text)


def signed_of(address):
    return address.rstrip("/").split("/")[2]


def test_an_address_opens_for_its_reader_only(session, attachment):
    agent, stranger = make.make_member(), make.make_member()
    sent(session, Author.customer(session.customer), attachment)
    mine = files.address(attachment.id, customer_key(session.customer_id))
    assert files.open_address(signed_of(mine))[0] == attachment
    for foreign in (
        customer_key(make.make_customer().id),
        member_key(stranger.pk),
        member_key(agent.pk),
        "x",
        "m:x",
    ):
        with pytest.raises((NotFound, ValueError)):
            files.open_address(signed_of(files.address(attachment.id, foreign)))


def test_the_right_is_checked_again_at_each_fetch(session, attachment):
    admin = make.make_member("administrator")
    sent(session, Author.customer(session.customer), attachment)
    address = signed_of(files.address(attachment.id, member_key(admin.pk)))
    assert files.open_address(address)
    admin.deleted_at = clock.now()
    admin.save()
    with pytest.raises(NotFound):
        files.open_address(address)


def test_a_forged_address_does_not_exist(attachment):
    with pytest.raises(NotFound):
        files.open_address(signed_of(files.address(attachment.id, "c:x")) + "x")


def test_what_nobody_attached_goes_after_an_hour(attachment, monkeypatch):
    assert files.purge_unattached() == 0
    moment = clock.now() + timedelta(minutes=61)
    monkeypatch.setattr(clock, "now", lambda: moment)
    storage, name = attachment.stored.storage, attachment.stored.name
    assert files.purge_unattached() == 1
    assert not storage.exists(name)
