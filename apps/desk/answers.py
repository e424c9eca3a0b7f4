"""How the workbench's plain requests are guarded, and refused in JSON that its scripts understand."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import decorator_from_middleware
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from apps.desk.access import may_work
from apps.team import sign_in
from apps.team.models import Member
from csdesk.errors import DomainError, NotAllowed, Unauthorized

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
        return refusal(NotAllowed(_("The page is too old. Please load it again.")))


def refusal(error: DomainError) -> JsonResponse:
    """The refusal's code and words, with a fitting status."""
    return JsonResponse({"code": error.code, "detail": error.detail}, status=STATUS.get(error.code, 400))


def guarded(view: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """A view that may raise domain errors. CSRF as everywhere: Django's check steps back, ours steps in."""

    @wraps(view)
    def answered(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DomainError as error:
            return refusal(error)

    return csrf_exempt(never_cache(decorator_from_middleware(JsonCsrf)(answered)))


def serving_member(request: HttpRequest) -> Member:
    """Who asks. Raises Unauthorized without a sign-in that counts, NotAllowed for who has no workbench."""
    member = sign_in.member_of(request.session)
    if member is None:
        raise Unauthorized(_("You are not signed in any more."))
    if not may_work(member):
        raise NotAllowed(_("You do not serve customers."))
    return member
