"""What a file of sound or moving pictures is, read from its container.

Browsers record voice into the containers of video, so the kind of a recording stands in its tracks only.
"""

from __future__ import annotations

import re

from django.core.files import File

HEAD_BYTES = 64 * 1024
MOST_BOXES = 64
LARGEST_INDEX = 4 * 1024 * 1024

_EBML = b"\x1a\x45\xdf\xa3"
_OGG = b"OggS"
_ID3 = b"ID3"
# The id, length and value of a Matroska track's codec; the kind of an MP4 track after its reserved bytes.
_CODEC = re.compile(rb"\x86[\x80-\xff]([VA])_[A-Z]")
_HANDLER = re.compile(rb"hdlr.{8}(vide|soun)", re.DOTALL)
_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"crx ")


def media_type(file: File) -> str:
    """`audio/…` or `video/…` when the file is a container that browsers play or record; "" for others."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    try:
        if head.startswith(_EBML):
            return _matroska(head)
        if head.startswith(_OGG):
            return _ogg(head)
        if head[4:8] == b"ftyp":
            return _mp4(file, head)
        return "audio/mpeg" if head.startswith(_ID3) else ""
    finally:
        file.seek(0)


def _matroska(head: bytes) -> str:
    container = "webm" if b"webm" in head[:64] else "x-matroska"
    kinds = set(_CODEC.findall(head))
    if b"V" in kinds:
        return f"video/{container}"
    return f"audio/{container}" if kinds else ""


def _ogg(head: bytes) -> str:
    if b"\x80theora" in head[:512]:
        return "video/ogg"
    sounds = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
    return "audio/ogg" if any(sound in head[:512] for sound in sounds) else ""


def _mp4(file: File, head: bytes) -> str:
    brand = head[8:12]
    if brand in _STILL_BRANDS:
        return ""
    kinds = set(_HANDLER.findall(_index_of(file)))
    if b"vide" in kinds:
        return "video/quicktime" if brand == b"qt  " else "video/mp4"
    return "audio/mp4" if kinds or brand in (b"M4A ", b"M4B ") else ""


def _index_of(file: File) -> bytes:
    """The `moov` box, which names the tracks; at the end of files that were not made for the web."""
    at = 0
    for _box in range(MOST_BOXES):
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            return b""
        size, kind = int.from_bytes(header[:4]), header[4:8]
        if size == 1:
            size = int.from_bytes(header[8:16])
        if kind == b"moov":
            file.seek(at)
            return file.read(min(size, LARGEST_INDEX) if size else LARGEST_INDEX)
        if size < 8:
            return b""
        at += size
    return b""
