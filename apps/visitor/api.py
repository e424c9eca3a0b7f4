"""The two requests of the customer's protocol: a token, kept or given back, and an upload (visitor.md).

Answers and errors are JSON, `{code, detail}` with a 4xx status, readable by the pages of
allowed sites (X-5).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import wraps

from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from apps.sessions import files
from apps.sessions.authors import customer_key
from apps.sessions.models import Channel, Customer, VisitorToken
from apps.sessions.settings import MessageSettings
from apps.team import business
from apps.visitor import channels, identity, languages, limits, origins, profiles, tokens
from csdesk.clock import milliseconds
from csdesk.errors import DomainError, Invalid, NotAllowed, TooLarge, Unauthorized, Unavailable

LARGEST_BODY = 16 * 1024
# What a multipart body may hold beside the file itself.
WRAPPING = 64 * 1024
UPLOADS_AT_ONCE = 4
UPLOAD_WAITS = 20.0

_STATUS = {
    "invalid": 400,
    "unauthorized": 401,
    "token_expired": 401,
    "not_allowed": 403,
    "not_found": 404,
    "wrong_state": 409,
    "upload_gone": 410,
    "too_large": 413,
    "rate_limited": 429,
    "unavailable": 503,
}
# Pictures are made anew by a program of its own; a few at once are enough for a machine.
_uploading = threading.BoundedSemaphore(UPLOADS_AT_ONCE)

Answer = Callable[[HttpRequest], dict]


def for_pages_of_sites(*methods: str) -> Callable[[Answer], Callable[[HttpRequest], HttpResponse]]:
    """A view for other origins too: preflight, errors as JSON, and the header that lets them read both."""

    def wrapped(answer: Answer) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @wraps(answer)
        def view(request: HttpRequest) -> HttpResponse:
            # No cookie is looked at here, so there is nothing that another site's request could ride on.
            if request.method == "OPTIONS":
                return _preflight(request, methods)
            with translation.override(languages.chosen("", request.headers.get("Accept-Language", ""))):
                try:
                    if request.method not in methods:
                        raise Invalid(_("Use %(method)s.") % {"method": methods[0]})
                    response = JsonResponse(answer(request))
                except DomainError as error:
                    response = _refusal(error)
            return _readable(request, response)

        return view

    return wrapped


def _refusal(error: DomainError) -> JsonResponse:
    status = _STATUS.get(error.code, 400)
    response = JsonResponse({"code": error.code, "detail": error.detail}, status=status)
    if status == 429:
        response["Retry-After"] = "30"
    return response


def _preflight(request: HttpRequest, methods: tuple[str, ...]) -> HttpResponse:
    response = HttpResponse(status=204)
    if origins.known_anywhere(request.headers.get("Origin", "")):
        response["Access-Control-Allow-Methods"] = ", ".join(methods)
        response["Access-Control-Allow-Headers"] = "authorization, content-type"
        response["Access-Control-Max-Age"] = "600"
    return _readable(request, response)


def _readable(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    origin = request.headers.get("Origin", "")
    if origin and origins.known_anywhere(origin):
        response["Access-Control-Allow-Origin"] = origin
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Origin"])
    return response


@for_pages_of_sites("POST", "DELETE")
def token(request: HttpRequest) -> dict:
    """`POST /api/visitor/token`: a token for a new visitor, a known user, or the one who has one.

    `DELETE` ends the token of its `Authorization`: signing out (X-3).
    """
    limits.count_token(address_of(request))
    if request.method == "DELETE":
        bearer = _bearer(request)
        found = tokens.find(bearer)
        if found:
            _expect_origin(request, found.channel, found.user_id)
            identity.drop(found)
        return {}
    return _described(*_asked_token(request, _body(request)))


def _asked_token(request: HttpRequest, asked: dict) -> tuple[str, VisitorToken]:
    user_id = asked.get("userID")
    if "userID" in asked or "userSig" in asked:
        channel = channels.find(asked.get("channel"))
        _expect_origin(request, channel, user_id)
        return identity.sign_in(channel, asked)
    if unsigned := [name for name in profiles.FIELDS if name in asked]:
        # Who is nobody in particular has nothing that could be told of them.
        raise Invalid(_("%(field)s is taken only with userID and userSig.") % {"field": unsigned[0]})
    if asked.get("token") is not None:
        old = tokens.check(asked["token"])
        if "channel" in asked and channels.find(asked["channel"]).pk != old.channel_id:
            raise Unauthorized(_("This token is not valid."))
        _expect_origin(request, old.channel, old.user_id)
        return tokens.renew(asked["token"])
    channel = channels.find(asked.get("channel"))
    _expect_origin(request, channel)
    return tokens.issue(channel)


def _described(text: str, row: VisitorToken) -> dict:
    customer = Customer.objects.filter(id=row.visitor_id).first()
    return {
        "token": text,
        "userID": row.user_id or str(row.visitor_id),
        "nickname": customer.name if customer else (row.profile or {}).get("name", ""),
        "expires": milliseconds(row.expires_at),
    }


def _body(request: HttpRequest) -> dict:
    if int(request.headers.get("Content-Length") or 0) > LARGEST_BODY or len(request.body) > LARGEST_BODY:
        raise TooLarge(_("The request is too large."))
    try:
        asked = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Invalid(_("This is not JSON.")) from None
    if not isinstance(asked, dict):
        raise Invalid(_("The request must be a JSON object."))
    return asked


@for_pages_of_sites("POST")
def upload(request: HttpRequest) -> dict:
    """`POST /api/visitor/upload`: a file to send with a message within an hour (X-10)."""
    address = address_of(request)
    limits.count_upload(address)
    bearer = tokens.check(_bearer(request))
    _expect_origin(request, bearer.channel, bearer.user_id)
    largest = business.read(MessageSettings).file_megabytes * limits.MEGABYTE
    too_large = TooLarge(_("The file is larger than %(limit)s MB.") % {"limit": largest // limits.MEGABYTE})
    length = int(request.headers.get("Content-Length") or 0)
    if length > largest + WRAPPING:
        raise too_large
    limits.count_bytes(address, length)
    if not _uploading.acquire(timeout=UPLOAD_WAITS):
        raise Unavailable(_("Too much is going on at the moment. Please try again."))
    try:
        file = _file(request, largest, too_large)
        stored = files.store_upload(customer_key(bearer.visitor_id), file.name or "", file)
    finally:
        _uploading.release()
    return {"upload": str(stored.id), "name": stored.name, "size": stored.size, "type": stored.mime}


class _Measured(FileUploadHandler):
    """Stops reading as soon as the file is larger than allowed."""

    def __init__(self, largest: int, too_large: TooLarge) -> None:
        super().__init__()
        self._left, self._too_large = largest, too_large

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._left -= len(raw_data)
        if self._left < 0:
            raise self._too_large
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def _file(request: HttpRequest, largest: int, too_large: TooLarge):
    request.upload_handlers = [_Measured(largest, too_large), TemporaryFileUploadHandler(request)]
    try:
        found = request.FILES.getlist("file")
    except (MultiPartParserError, ValueError):
        found = []
    if len(found) != 1:
        raise Invalid(_("Send one file in the field “file” of a multipart form."))
    return found[0]


def _bearer(request: HttpRequest) -> str:
    scheme, _blank, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized(_("The token is missing."))
    return text.strip()


def _expect_origin(request: HttpRequest, channel: Channel, user_id: object = "") -> None:
    origin = request.headers.get("Origin", "")
    if not origin and user_id and origins.may_lack_one(channel):
        return
    if not origins.is_allowed(origin, channel, request.scheme, request.get_host()):
        raise NotAllowed(_("This site may not use the channel."))


def address_of(request: HttpRequest) -> str:
    """The client's address; the trusted proxies have been looked through before (X-1)."""
    return request.META.get("REMOTE_ADDR", "")
