"""How allauth's sign-in behaves here: lock-out, the trail, one place at a time, where to go next."""

import re
from typing import Any
from urllib.parse import unquote

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.team import passwords, phone_binding, sign_in, sms
from apps.team.abilities import Ability, may
from apps.team.lockout import Attempt
from apps.team.models import Member
from apps.team.queries import by_identifier
from csdesk.errors import RateLimited

# Browsers drop control characters and take a backslash for a slash.
_NO_PATH = re.compile(r"[\x00-\x1f\x7f\\]")


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": gettext_lazy("This account and password do not belong together."),
        "enter_current_password": gettext_lazy("This is not your current password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """No "signed in as …": the page that follows says it all."""

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            self._attempt(request, credentials).begin()
        except RateLimited as error:
            if not error.extra.get("flood"):
                self._log("sign_in.locked", request, credentials)
            raise ValidationError(too_many(int(error.extra["seconds"]))) from error

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Member | None:
        member = super().authenticate(request, **credentials)
        if member is None:
            return None
        self._attempt(request, credentials).succeeded()
        if sign_in.mailed_password_has_ended(member):
            self._log("sign_in.password_ended", request, credentials)
            raise ValidationError(
                _("This password was sent more than 72 hours ago and has ended. Ask for a new one.")
            )
        return member

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        self._log("sign_in.failed", request, credentials)

    def _rollback_login_failed_rl_usage(self) -> None:
        """Our own lock-out counts instead of allauth's."""

    def get_login_stages(self) -> list[str]:
        return ["apps.team.sign_in_stage.SecondFactorStage"]

    def respond_user_inactive(self, request: HttpRequest, user: Member) -> HttpResponse:
        """The password was right, but an administrator has taken them offline (T-4)."""
        sign_in.log("sign_in.closed", user, address_of(request), how=_how(request))
        return super().respond_user_inactive(request, user)

    def login(self, request: HttpRequest, user: Member) -> None:
        is_first = user.last_login is None and user.must_change_password
        super().login(request, user)
        second = getattr(request, "second_factor_kind", "")
        sign_in.begin(user, request.session, address_of(request), how=_how(request), second_factor=second)
        if is_first and sms.is_available() and not user.bound_phone:
            phone_binding.propose(user)

    def is_safe_url(self, url: str) -> bool:
        """Only a path of ours, also when it is decoded once more than it should be."""
        path = unquote((url or "").partition("?")[0])
        is_path = path.startswith("/") and "//" not in path and not _NO_PATH.search(path + url)
        return is_path and super().is_safe_url(url)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        member = request.user
        return "/console/" if not member.serves and may(member, Ability.ENTER_CONSOLE) else "/desk/"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    def set_password(self, user: Member, password: str) -> None:
        passwords.change(user, password, address=address_of(self.request))

    def _attempt(self, request: HttpRequest, credentials: dict) -> Attempt:
        typed = (credentials.get("username") or "").strip().lower()
        member = by_identifier(typed)
        return Attempt(str(member.pk) if member else typed, address_of(request))

    def _log(self, action: str, request: HttpRequest, credentials: dict) -> None:
        typed = (credentials.get("username") or "").strip()
        member = by_identifier(typed)
        # What is no e-mail and no account of ours may be a password in the wrong field.
        shown = typed[:254] if member or "@" in typed else ""
        sign_in.log(action, member, address_of(request), account=shown, how=sign_in.PASSWORD)


def _how(request: HttpRequest) -> str:
    return getattr(request, "sign_in_how", sign_in.PASSWORD)


def address_of(request: HttpRequest | None) -> str:
    """The client's address; the proxies in between have been taken off before (X-1)."""
    return (request.META.get("REMOTE_ADDR") or "") if request else ""


def too_many(seconds: int) -> str:
    """How long to wait, in words."""
    if seconds > 90:
        minutes = -(-seconds // 60)
        return ngettext(
            "Too many tries. Wait %(count)s minute and try again.",
            "Too many tries. Wait %(count)s minutes and try again.",
            minutes,
        ) % {"count": minutes}
    return _("Too many tries. Wait %(count)s seconds and try again.") % {"count": seconds}
