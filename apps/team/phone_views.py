"""Signing in with a code by SMS, and binding the number that it goes to (T-6)."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.utils import get_next_redirect_url, perform_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.team import phone_binding, phone_codes, phones, sign_in, sms
from apps.team.adapter import address_of
from apps.team.forms import CodeForm, PhoneForm
from apps.team.models import PhoneCode
from apps.team.own_pages import own_page, wanted_next
from csdesk.errors import Invalid, RateLimited

_SIGNING_IN, _BINDING = "phone_sign_in", "phone_binding"


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_by_phone(request: HttpRequest) -> HttpResponse:
    """The number; then a code goes there if somebody has bound it, and the next page is the same for all."""
    _expect_sms()
    if request.user.is_authenticated:
        return redirect(get_adapter().get_login_redirect_url(request))
    form = PhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["phone"]
        if _asked(request, form, _SIGNING_IN, number, phone_codes.ask_to_sign_in, number):
            return redirect(_with_next(request, "account_phone_code"))
    return render(request, "account/phone_sign_in.html", {"form": form, **_next(request)})


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_with_code(request: HttpRequest) -> HttpResponse:
    """The code that came by SMS."""
    _expect_sms()
    asked = request.session.get(_SIGNING_IN)
    if not asked or request.user.is_authenticated:
        return redirect("account_login")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row = _checked(form, asked, phone_codes.Purpose.SIGN_IN)
        if row and row.member:
            del request.session[_SIGNING_IN]
            request.sign_in_how = sign_in.PHONE
            return perform_login(request, row.member, redirect_url=get_next_redirect_url(request))
        _log_failure(request, asked)
    context = {"form": form, **_sent(asked), **_next(request), "again": reverse("account_phone_sign_in")}
    return render(request, "account/phone_code.html", context)


@own_page(confirmed=True)
def bind(request: HttpRequest) -> HttpResponse:
    """The number that is to sign the member in; at the first sign-in it may be passed over."""
    _expect_sms()
    form = PhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["phone"]
        if _asked(request, form, _BINDING, number, phone_codes.ask_to_bind, request.user, number):
            return redirect(_with_next(request, "account_phone_bind_code"))
    return render(request, "account/phone_bind.html", {"form": form, **_next(request)})


@own_page(confirmed=True)
def bind_with_code(request: HttpRequest) -> HttpResponse:
    """The code that shows that the number is theirs."""
    _expect_sms()
    asked = request.session.get(_BINDING)
    if not asked:
        return redirect("account_phone")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _bound(request, form, asked):
        del request.session[_BINDING]
        return redirect(wanted_next(request, reverse("account_security")))
    failed = PhoneCode.objects.filter(pk=asked["code"], failed_at__isnull=False).exists()
    context = {"form": form, **_sent(asked), **_next(request), "again": reverse("account_phone")}
    return render(request, "account/phone_code.html", {**context, "binds": True, "failed": failed})


@own_page("POST")
def pass_over(request: HttpRequest) -> HttpResponse:
    """Not now."""
    phone_binding.pass_over(request.user)
    return redirect(wanted_next(request, get_adapter().get_login_redirect_url(request)))


@own_page("POST", confirmed=True)
def unbind(request: HttpRequest) -> HttpResponse:
    """The number signs in no more."""
    phone_binding.unbind(request.user, request.user, address=address_of(request))
    return redirect("account_security")


def _expect_sms() -> None:
    if not sms.is_available():
        raise Http404


def _asked(
    request: HttpRequest, form: PhoneForm, key: str, number: str, ask: Any, *args: object
) -> PhoneCode | None:
    try:
        row = ask(*args, address=address_of(request), language=get_language() or "")
    except RateLimited as error:
        form.refuse(_not_yet(int(error.extra["seconds"])))
        return None
    request.session[key] = {"code": row.pk, "number": number}
    return row


def _checked(form: CodeForm, asked: dict, purpose: str) -> PhoneCode | None:
    try:
        row = phone_codes.check(asked["code"], purpose, form.cleaned_data["code"])
    except Invalid as error:
        form.refuse(error.detail)
        return None
    if row is None:
        form.refuse(_("This is not the code."))
    return row


def _bound(request: HttpRequest, form: CodeForm, asked: dict) -> bool:
    typed, address = form.cleaned_data["code"], address_of(request)
    try:
        is_bound = phone_binding.bind(request.user, asked["code"], typed, address=address)
    except Invalid as error:
        form.refuse(error.detail)
        return False
    if not is_bound:
        form.refuse(_("This is not the code."))
    return is_bound


def _log_failure(request: HttpRequest, asked: dict) -> None:
    row = PhoneCode.objects.select_related("member").filter(pk=asked["code"]).first()
    member, masked = row.member if row else None, phones.masked(asked["number"])
    sign_in.log("sign_in.failed", member, address_of(request), how=sign_in.PHONE, phone=masked)


def _sent(asked: dict) -> dict:
    row = PhoneCode.objects.filter(pk=asked["code"]).first()
    wait = phone_codes.seconds_until_next(row.number_hash) if row else 0
    # Kept together: half a number at the end of a line reads badly.
    masked = phones.masked(asked["number"]).replace(" ", "\N{NO-BREAK SPACE}")
    return {"number": asked["number"], "masked": masked, "wait": wait}


def _next(request: HttpRequest) -> dict:
    wanted = wanted_next(request, "")
    return {"redirect_field_name": "next", "redirect_field_value": wanted}


def _with_next(request: HttpRequest, name: str) -> str:
    wanted = wanted_next(request, "")
    return f"{reverse(name)}?{urlencode({'next': wanted})}" if wanted else reverse(name)


def _not_yet(seconds: int) -> str:
    if seconds <= 90:
        return ngettext(
            "A code was sent just now. Wait %(count)s second to send another.",
            "A code was sent just now. Wait %(count)s seconds to send another.",
            seconds,
        ) % {"count": seconds}
    minutes = -(-seconds // 60)
    return ngettext(
        "Too many codes. Wait %(count)s minute, or sign in with your password.",
        "Too many codes. Wait %(count)s minutes, or sign in with your password.",
        minutes,
    ) % {"count": minutes}
