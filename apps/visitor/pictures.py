"""Pictures of others on their way out (X-11): at the reader's own address, re-encoded, harmless to open."""

from __future__ import annotations

import asyncio
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from apps.sessions import picture_addresses, remote_pictures
from apps.sessions.models import RemotePicture
from apps.sessions.picture_addresses import Claim
from apps.visitor.downloads import member_behind
from apps.visitor.limits import network_of
from csdesk.addresses import is_exempt
from csdesk.csp import harmless
from csdesk.errors import NotFound, RateLimited, Unavailable
from csdesk.pages import end_turn

# Seconds a browser may show it again without asking; the address lives longer.
SHOWN_AGAIN = 600


@require_GET
async def picture(request: HttpRequest, signed: str) -> HttpResponse:
    """The picture, or 204 where there is none to be had: an `<img>` then says so without an error (X-11)."""
    try:
        claim = picture_addresses.read(signed)
        await member_behind(request, claim.reader)
        asker = _asker(request, claim)
        found = await remote_pictures.picture(claim, asker, partial(end_turn, request.scope))
        content = await asyncio.to_thread(_read, found) if found else None
    except NotFound:
        raise Http404 from None
    except RateLimited:
        return harmless(HttpResponse(status=429))
    except Unavailable:
        return harmless(HttpResponse(status=503))
    if content is None:
        return harmless(HttpResponse(status=204))
    response = harmless(HttpResponse(content, content_type=found.mime))
    response["Cache-Control"] = f"private, max-age={SHOWN_AGAIN}"
    return response


def _asker(request: HttpRequest, claim: Claim) -> str:
    """Who is counted for a fetch: the member, or the customer's network; empty for who is not counted."""
    if claim.reader.startswith("m:"):
        return claim.reader
    address = request.META.get("REMOTE_ADDR", "")
    try:
        return "" if is_exempt(address) else str(network_of(address))
    except ValueError:
        return claim.reader


def _read(found: RemotePicture) -> bytes | None:
    try:
        with found.stored.storage.open(found.stored.name) as file:
            return file.read()
    except FileNotFoundError:
        # Dropped this very moment to make room; it is fetched again when somebody asks again.
        return None
