"""Ends browser sessions that no longer count, and asks first for what a sign-in still lacks."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.team import sign_in, sms
from apps.team.models import Member

# What is there for everybody, members whose sign-in still lacks something included.
_OPEN = (
    "/login/",
    "/logout/",
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
            elif not request.path.startswith(_OPEN) and (answer := _what_lacks(request)):
                return answer
        return self.get_response(request)


def _what_lacks(request: HttpRequest) -> HttpResponse | None:
    """First a password of one's own, then the second factor of one's role, then perhaps a phone number."""
    member, path = request.user, request.path
    if member.must_change_password:
        own = reverse("account_change_password")
        return None if path == own else _send_to(request, own, _("Change your password first."))
    if sign_in.is_second_factor_due(member, request.session):
        own = reverse("account_second_factor_set_up")
        if path in (own, reverse("account_change_password"), reverse("account_confirm")):
            return None
        return _send_to(request, own, _("Set up the second factor first."))
    if (
        member.asks_for_phone
        and _is_page(request)
        and not path.startswith("/account/")
        and sms.is_available()
    ):
        return HttpResponseRedirect(f"{reverse('account_phone')}?{urlencode({'next': path})}")
    return None


def _sign_out(request: HttpRequest) -> None:
    was_replaced = bool(request.user.sign_in_id) and request.session.get(sign_in.ID_KEY)
    logout(request)
    # Also when a script's request finds out first: the words wait for the next page that shows them.
    if was_replaced:
        messages.warning(request, _("You have been signed out: the account was signed in elsewhere."))


def _say_why(request: HttpRequest, former: str | None) -> None:
    """Tell once whom a new password, a deletion or a forced end has signed out."""
    member = Member.objects.filter(pk=former).first() if former else None
    if member is None:
        return
    # Without it the next request would tell again.
    logout(request)
    if member.forced_offline_at:
        messages.warning(request, _("An administrator has taken you offline. Ask one to restore you."))
    elif member.deleted_at or member.is_foreign_demo:
        messages.warning(request, _("You have been signed out by an administrator."))
    elif member.must_change_password:
        words = _("You have been signed out: your password was reset. The new one has been e-mailed to you.")
        messages.warning(request, words)
    else:
        messages.warning(request, _("You have been signed out: your password was changed."))


def _send_to(request: HttpRequest, address: str, words: str) -> HttpResponse:
    if _is_page(request):
        return HttpResponseRedirect(address)
    return JsonResponse({"code": "not_allowed", "detail": words}, status=403)


def _is_page(request: HttpRequest) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("Accept", "")
