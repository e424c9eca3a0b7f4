"""`POST /api/desk/upload`: a file for a later message of the agent (X-10)."""

from __future__ import annotations

from collections.abc import Callable

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import decorator_from_middleware
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.sessions import files
from apps.sessions.authors import member_key
from apps.team import sign_in
from csdesk.errors import DomainError, Invalid, NotAllowed, RateLimited, Unauthorized

# More than the visitors' ten: agents send several pictures of one thing, and have signed in (X-2).
UPLOADS_A_MINUTE = 30
STATUS = {
    "unauthorized": 401,
    "not_allowed": 403,
    "not_found": 404,
    "too_large": 413,
    "rate_limited": 429,
    "unavailable": 503,
}


class JsonCsrf(CsrfViewMiddleware):
    """The usual check; a refusal is an answer that the library understands."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return _refusal(NotAllowed(_("The page is too old. Please load it again.")))


def _upload(request: HttpRequest) -> JsonResponse:
    try:
        return _stored(request)
    except DomainError as error:
        return _refusal(error)


def _stored(request: HttpRequest) -> JsonResponse:
    member = sign_in.member_of(request.session)
    if member is None:
        raise Unauthorized(_("You are not signed in any more."))
    if not member.serves:
        raise NotAllowed(_("You do not serve customers."))
    _count(member.pk)
    file = request.FILES.get("file")
    if file is None:
        raise Invalid(_("The file is missing."))
    attachment = files.store_upload(member_key(member.pk), file.name or "", file)
    return JsonResponse(
        {
            "upload": str(attachment.id),
            "name": attachment.name,
            "size": attachment.size,
            "type": attachment.mime,
        },
        status=201,
    )


def _count(member_id: int) -> None:
    key = f"desk-uploads.{member_id}"
    cache.add(key, 0, 60)
    try:
        uploads = cache.incr(key)
    except ValueError:
        # It ran out just now.
        uploads = 1
    if uploads > UPLOADS_A_MINUTE:
        raise RateLimited(_("That was too much at once. Please wait a moment."))


def _refusal(error: DomainError) -> JsonResponse:
    return JsonResponse({"code": error.code, "detail": error.detail}, status=STATUS.get(error.code, 400))


def _guarded(view: Callable) -> Callable:
    """CSRF as everywhere, but refused in JSON: Django's own check steps back, ours steps in."""
    return csrf_exempt(never_cache(require_POST(decorator_from_middleware(JsonCsrf)(view))))


upload = _guarded(_upload)
