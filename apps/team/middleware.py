"""Ends browser sessions that no longer count, and asks for a new password before anything else."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.team import sign_in
from apps.team.models import Member

# What is there for everybody, members who must first change their password included.
_OPEN = (
    "/login/",
    "/logout/",
    "/account/",
    "/i18n/",
    "/static/",
    "/chat/",
    "/demo/",
    "/files/",
    "/api/visitor/",
    "/favicon.ico",
    "/widget.js",
    "/healthz",
    "/readyz",
)


class SignInMiddleware:
    """Signs out a browser whose sign-in was replaced or has lasted 12 h (T-7, X-6)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Without a session cookie nobody can be signed in; visitors cost no query.
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            former = request.session.get(SESSION_KEY)
            if not request.user.is_authenticated:
                _say_why(request, former)
            elif not sign_in.is_current(request.user, request.session):
                _sign_out(request)
            elif request.user.must_change_password and not request.path.startswith(_OPEN):
                return _ask_for_password(request)
        return self.get_response(request)


def _sign_out(request: HttpRequest) -> None:
    was_replaced = bool(request.user.sign_in_id) and request.session.get(sign_in.ID_KEY)
    logout(request)
    if was_replaced and _is_page(request):
        messages.warning(request, _("You have been signed out: the account was signed in elsewhere."))


def _say_why(request: HttpRequest, former: str | None) -> None:
    """Tell once whom a new password, a deletion or a forced end has signed out."""
    member = Member.objects.filter(pk=former).first() if former else None
    if member is None:
        return
    # Without it the next request would tell again.
    logout(request)
    if member.deleted_at or member.forced_offline_at or member.is_foreign_demo:
        messages.warning(request, _("You have been signed out by an administrator."))
    elif member.must_change_password:
        words = _("You have been signed out: your password was reset. The new one has been e-mailed to you.")
        messages.warning(request, words)
    else:
        messages.warning(request, _("You have been signed out: your password was changed."))


def _ask_for_password(request: HttpRequest) -> HttpResponse:
    if _is_page(request):
        return HttpResponseRedirect(reverse("account_change_password"))
    detail = _("Change your password first.")
    return JsonResponse({"code": "not_allowed", "detail": detail}, status=403)


def _is_page(request: HttpRequest) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("Accept", "")
