"""The second factor's pages: asked for while signing in, set up and changed by the member (T-6)."""

import segno
from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.team import second_factor, sign_in
from apps.team.adapter import address_of, too_many
from apps.team.forms import CodeForm
from apps.team.own_pages import own_page, wanted_next
from apps.team.sign_in_stage import SecondFactorStage, pending
from csdesk.errors import RateLimited, WrongState


@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The second step of signing in: the code of the app, or a recovery code."""
    stage = pending(request)
    if stage is None:
        return redirect("account_login")
    if stage.member is None or "cancel" in request.POST:
        return stage.abort()
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (kind := _right(request, stage, form)):
        return stage.passed(kind)
    return render(request, "account/second_factor.html", {"form": form})


def _right(request: HttpRequest, stage: SecondFactorStage, form: CodeForm) -> str:
    member, address = stage.member, address_of(request)
    try:
        kind = second_factor.check(member, form.cleaned_data["code"], address)
    except RateLimited as error:
        sign_in.log("sign_in.locked", member, address, how=stage.how, second_factor="wrong")
        form.refuse(too_many(int(error.extra["seconds"])))
        return ""
    if not kind:
        sign_in.log("sign_in.failed", member, address, how=stage.how, second_factor="wrong")
        form.refuse(_("This is not the code, or it was used already."))
    return kind


@own_page(confirmed=True)
def set_up(request: HttpRequest) -> HttpResponse:
    """The QR code for the app, and the first code that it shows; then the recovery codes, once."""
    member = request.user
    if second_factor.is_on(member):
        return redirect("account_security")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed, address = form.cleaned_data["code"], address_of(request)
        try:
            codes = second_factor.turn_on(member, request.session, typed, address=address)
        except WrongState:
            return redirect("account_security")
        if codes:
            return _show(request, codes)
        form.refuse(_("This is not the code that the app shows now. Is the phone’s clock right?"))
    secret = second_factor.offered_secret(member, request.session)
    picture = segno.make(second_factor.address_for_app(member, secret), error="m", micro=False)
    context = {
        "form": form,
        "picture": picture.svg_inline(border=2, omitsize=True, dark="#000", light="#fff"),
        "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "is_due": sign_in.is_second_factor_due(member, request.session),
    }
    return render(request, "account/second_factor_setup.html", context)


@own_page("POST", confirmed=True)
def new_codes(request: HttpRequest) -> HttpResponse:
    """Ten new recovery codes; those before are over."""
    try:
        return _show(request, second_factor.new_recovery_codes(request.user, address=address_of(request)))
    except WrongState:
        return redirect("account_security")


@own_page("POST", confirmed=True)
def turn_off(request: HttpRequest) -> HttpResponse:
    """Without a second factor from now on; where the role needs one, on to setting up another."""
    second_factor.turn_off(request.user, request.user, address=address_of(request))
    request.session[sign_in.SECOND_FACTOR_KEY] = False
    return redirect("account_security")


def _show(request: HttpRequest, codes: list[str]) -> HttpResponse:
    onward = wanted_next(request, get_adapter().get_login_redirect_url(request))
    return render(request, "account/recovery_codes.html", {"codes": codes, "onward": onward})
