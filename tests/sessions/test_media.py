"""Recordings (S-6, X-10): tracks tell sound from moving pictures, and messages carry the measures."""

import pytest
from django.core.files.base import ContentFile

from apps.sessions import files
from apps.sessions.authors import Author
from apps.sessions.content import parse_message
from apps.sessions.models import Message
from apps.sessions.posting import Post
from csdesk.errors import Invalid
from tests import factories as make

NOISE = bytes(range(256)) * 300  # holds V_, A_, vide and the like only by the rules below


def webm(*codecs: bytes) -> bytes:
    tracks = b"".join(b"\x86" + bytes([0x80 | len(codec)]) + codec for codec in codecs)
    return b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm" + b"\x16\x54\xae\x6b" + tracks + b"V_A_videsoun" + NOISE


def box(kind: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4) + kind + content


def mp4(*handlers: bytes, brand: bytes = b"iso5", index_last: bool = False) -> bytes:
    tracks = b"".join(box(b"hdlr", b"\0" * 8 + handler + b"\0" * 12) for handler in handlers)
    index, sound = box(b"moov", tracks), box(b"mdat", NOISE + b"vide")
    return box(b"ftyp", brand + b"\0\0\2\0isom") + (sound + index if index_last else index + sound)


def ogg(codec: bytes) -> bytes:
    return b"OggS\0\2" + b"\0" * 20 + b"\x01\x13" + codec + NOISE


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (webm(b"A_OPUS"), "audio/webm"),
        (webm(b"V_VP8", b"A_OPUS"), "video/webm"),
        (mp4(b"soun"), "audio/mp4"),
        (mp4(b"soun", index_last=True), "audio/mp4"),
        (mp4(b"vide", b"soun"), "video/mp4"),
        (mp4(b"vide", brand=b"qt  ", index_last=True), "video/quicktime"),
        (mp4(brand=b"M4A "), "audio/mp4"),
        (ogg(b"OpusHead\1\1"), "audio/ogg"),
        (ogg(b"\x80theora"), "video/ogg"),
        (b"ID3\3\0\0\0\0\0\x0f" + NOISE, "audio/mpeg"),
    ],
)
def test_the_tracks_say_whether_it_is_sound_or_pictures(content, mime):
    assert files.sniff(ContentFile(content)) == mime


@pytest.mark.parametrize("content", [mp4(b"text"), mp4(b"vide", brand=b"heic"), ogg(b"kate")])
def test_a_container_without_a_known_track_is_no_recording(content):
    try:
        assert not files.sniff(ContentFile(content)).startswith(("audio/", "video/mp4", "video/webm"))
    except Invalid:
        pass


def test_a_broken_index_ends_the_search():
    endless = box(b"ftyp", b"iso5\0\0\2\0isom") + (0).to_bytes(4) + b"free" + NOISE
    with pytest.raises(Invalid):
        files.sniff(ContentFile(endless[:20] + b"\0\0\0\1mdat\0\0\0\0\0\0\0\1" + NOISE))


@pytest.mark.django_db
def test_a_recording_carries_its_measures(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    session = make.make_served_session()
    author = Author.customer(session.customer)
    for kind, content, sent in (
        ("voice", webm(b"A_OPUS"), {"duration": 7.4}),
        ("video", mp4(b"vide"), {"duration": 12, "width": 640, "height": 480}),
    ):
        kept = files.store_upload(author.key, "x", ContentFile(content, "x"))
        _kind, body = parse_message({"type": kind, "upload": str(kept.id), **sent})
        posted = files.post_file(Post(session.id, author, kind, body))
        stored = Message.objects.get(session=session, seq=posted.seq).body["file"]
        assert {name: stored[name] for name in sent} == {name: round(value) for name, value in sent.items()}


@pytest.mark.parametrize("duration", [-1, "7", True, 1e9, float("nan")])
def test_a_measure_that_is_none_is_refused(duration):
    upload = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(Invalid):
        parse_message({"type": "voice", "upload": upload, "duration": duration})


def test_only_recordings_have_measures():
    upload = "00000000-0000-4000-8000-000000000000"
    assert parse_message({"type": "file", "upload": upload, "duration": 7}) == ("file", {"upload": upload})
