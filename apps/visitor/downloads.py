"""Files on their way out (X-10): the right checked at each fetch, streamed, harmless to open."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

from django.core.cache import cache
from django.core.files.base import File
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from apps.sessions import files
from apps.sessions.models import Attachment
from apps.team import trail
from apps.team.models import Member
from csdesk import bridge
from csdesk.csp import harmless
from csdesk.errors import NotFound

CHUNK = 64 * 1024
THUMBNAIL_TYPE = "image/webp"
LOGGED_SECONDS = 600
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


@require_GET
async def file(request: HttpRequest, signed: str) -> HttpResponse:
    """What stands behind an address that was made for one reader."""
    try:
        attachment, is_thumbnail, reader = await bridge.run(files.open_address, signed, lane=bridge.SLOW)
    except NotFound:
        raise Http404 from None
    member = await member_behind(request, reader)
    if member and not is_thumbnail:
        # Written before the content is shown, else nothing is.
        log = _log_part if "Range" in request.headers else _log
        await bridge.run(log, member, request.META.get("REMOTE_ADDR", ""), attachment, lane=bridge.SLOW)
    stored = attachment.thumbnail if is_thumbnail else attachment.stored
    try:
        opened = await asyncio.to_thread(stored.storage.open, stored.name)
    except FileNotFoundError:
        raise Http404 from None
    return _typed(_answer(request, opened), attachment, is_thumbnail)


def _answer(request: HttpRequest, opened: File) -> HttpResponse:
    """The file, or the part of it that was asked for: players ask for parts, some play nothing else."""
    size = opened.size
    part = _part(request.headers.get("Range", ""), size)
    if part is None:
        response = StreamingHttpResponse(_chunks(opened, 0, size))
        response["Content-Length"] = size
    elif not part:
        opened.close()
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
    else:
        response = StreamingHttpResponse(_chunks(opened, part.start, len(part)), status=206)
        response["Content-Length"] = len(part)
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    response["Accept-Ranges"] = "bytes"
    return response


def _part(asked: str, size: int) -> range | None:
    """The bytes that a Range header means: None for all of them, empty for what is not there."""
    match = _RANGE.fullmatch(asked.strip())
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    stop = min(int(last) + 1, size) if last else size
    return range(int(first), stop)


async def member_behind(request: HttpRequest, reader: str) -> Member | None:
    """The member an address was made for: it works only where they are signed in. None: a customer's."""
    kind, _colon, number = reader.partition(":")
    if kind != "m":
        return None
    member = await request.auser()
    if not member.is_authenticated or str(member.pk) != number:
        raise Http404
    return member


def _log_part(member: Member, address: str, attachment: Attachment) -> None:
    """Playing a recording asks for many parts of it: one entry tells of all for a while."""
    key = f"file-logged:{member.pk}:{attachment.id}:{address}"
    if cache.get(key):
        return
    _log(member, address, attachment)
    cache.set(key, 1, LOGGED_SECONDS)


def _log(member: Member, address: str, attachment: Attachment) -> None:
    trail.append(
        "file.downloaded",
        member=member,
        address=address,
        object_type="file",
        object_id=attachment.id,
        values={"session": str(attachment.session_id), "name": attachment.name},
    )


async def _chunks(opened: File, start: int, length: int) -> AsyncIterator[bytes]:
    try:
        await asyncio.to_thread(opened.seek, start)
        while length > 0 and (chunk := await asyncio.to_thread(opened.read, min(CHUNK, length))):
            length -= len(chunk)
            yield chunk
    finally:
        opened.close()


def _typed(response: HttpResponse, attachment: Attachment, is_thumbnail: bool) -> HttpResponse:
    """Shown in the page or saved, under the name it was sent with."""
    inline = is_thumbnail or files.shown_inline(attachment)
    kind = THUMBNAIL_TYPE if is_thumbnail else attachment.mime
    response["Content-Type"] = kind if inline else "application/octet-stream"
    response["Content-Disposition"] = content_disposition_header(not inline, attachment.name)
    return harmless(response)
