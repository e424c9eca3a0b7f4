"""Files on their way out (X-10): the right checked at each fetch, streamed, harmless to open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from django.core.files.base import File
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from apps.sessions import files
from apps.sessions.models import Attachment
from apps.team import trail
from apps.team.models import Member
from csdesk import bridge
from csdesk.errors import NotFound

CHUNK = 64 * 1024
THUMBNAIL_TYPE = "image/webp"


@require_GET
async def file(request: HttpRequest, signed: str) -> HttpResponse:
    """What stands behind an address that was made for one reader."""
    try:
        attachment, is_thumbnail, reader = await bridge.run(files.open_address, signed, lane=bridge.SLOW)
    except NotFound:
        raise Http404 from None
    member = await _member_behind(request, reader)
    if member and not is_thumbnail:
        # Written before the content is shown, else nothing is.
        await bridge.run(_log, member, request.META.get("REMOTE_ADDR", ""), attachment, lane=bridge.SLOW)
    stored = attachment.thumbnail if is_thumbnail else attachment.stored
    try:
        opened = await asyncio.to_thread(stored.storage.open, stored.name)
    except FileNotFoundError:
        raise Http404 from None
    response = StreamingHttpResponse(_chunks(opened))
    response["Content-Length"] = opened.size
    return _harmless(response, attachment, is_thumbnail)


async def _member_behind(request: HttpRequest, reader: str) -> Member | None:
    """The member an address was made for: it works only where they are signed in. None: a customer's."""
    kind, _colon, number = reader.partition(":")
    if kind != "m":
        return None
    member = await request.auser()
    if not member.is_authenticated or str(member.pk) != number:
        raise Http404
    return member


def _log(member: Member, address: str, attachment: Attachment) -> None:
    trail.append(
        "file.downloaded",
        member=member,
        address=address,
        object_type="file",
        object_id=attachment.id,
        values={"session": str(attachment.session_id), "name": attachment.name},
    )


async def _chunks(opened: File) -> AsyncIterator[bytes]:
    try:
        while chunk := await asyncio.to_thread(opened.read, CHUNK):
            yield chunk
    finally:
        opened.close()


def _harmless(response: HttpResponse, attachment: Attachment, is_thumbnail: bool) -> HttpResponse:
    """Nothing of a stranger's file may run as ours, be kept, or be taken for another type."""
    inline = is_thumbnail or files.shown_inline(attachment)
    kind = THUMBNAIL_TYPE if is_thumbnail else attachment.mime
    response["Content-Type"] = kind if inline else "application/octet-stream"
    response["Content-Disposition"] = content_disposition_header(not inline, attachment.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    # The pages of allowed sites show pictures too; whoever has the address is the reader.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
