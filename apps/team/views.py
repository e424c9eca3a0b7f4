"""Signing in and out, and one's own password."""

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import LoginView, PasswordChangeView
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.i18n import set_language

from apps.team import sign_in, sms, trail
from apps.team.adapter import address_of
from apps.team.forms import PasswordForm, SignInForm
from apps.team.models import Member
from csdesk.errors import WrongState

# Takes a member out of service: leave(member, hand_over=…). Raises WrongState when sessions are open.
Leave = Callable[..., object]


class SignIn(LoginView):
    form_class = SignInForm
    template_name = "account/login.html"

    def get_context_data(self, **kwargs: Any) -> dict:
        """Only a target of ours is carried on."""
        context = super().get_context_data(**kwargs)
        wanted = get_next_redirect_url(self.request)
        return {**context, "redirect_field_value": wanted, "has_sms": sms.is_available()}


@method_decorator(never_cache, name="dispatch")
class ChangePassword(PasswordChangeView):
    form_class = PasswordForm
    template_name = "account/password_change.html"

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        answer = super().form_valid(form)
        # Whoever has just chosen the password need not type it once more for what follows.
        sign_in.count_as_confirmed(self.request.session)
        return answer


@never_cache
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form older than the sign-in, mostly of a second tab: on to where one wanted, or a way back."""
    if request.path == reverse("account_login") and request.user.is_authenticated:
        return redirect(get_next_redirect_url(request) or get_adapter().get_login_redirect_url(request))
    if request.path.startswith("/api/"):
        detail = _("This page is too old. Load it again.")
        return JsonResponse({"code": "not_allowed", "detail": detail}, status=403)
    is_safe = request.method == "POST" and get_adapter().is_safe_url(request.path)
    return render(request, "403_csrf.html", {"again": request.path if is_safe else "/"}, status=403)


@never_cache
def closed(request: HttpRequest) -> HttpResponse:
    """For members who have been forced offline (T-4)."""
    return render(request, "account/account_inactive.html", status=403)


def choose_language(request: HttpRequest) -> HttpResponse:
    """The language of one's pages; a member's e-mails come in it from now on too."""
    chosen = request.POST.get("language") if request.method == "POST" else None
    if chosen in dict(settings.LANGUAGES) and request.user.is_authenticated:
        Member.objects.filter(pk=request.user.pk).exclude(language=chosen).update(language=chosen)
    return set_language(request)


@never_cache
@require_http_methods(["GET", "POST"])
def sign_out(request: HttpRequest, leave: Leave) -> HttpResponse:
    """Sign out; with open sessions only after a yes to handing them over (R-10)."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    if request.method == "POST":
        try:
            leave(request.user, hand_over=request.POST.get("hand_over") == "1")
        except WrongState as error:
            return render(request, "account/logout.html", {"refusal": error.detail}, status=409)
        _end(request.user, request)
        return redirect("account_login")
    return render(request, "account/logout.html")


def _end(member: Member, request: HttpRequest) -> None:
    sign_in.end_all(member, sign_in.SIGNED_OUT)
    trail.append(
        "sign_in.ended",
        member=member,
        address=address_of(request),
        object_type="member",
        object_id=member.pk,
    )
    logout(request)
