"""A member's own security page, one's own password once more, and the address that signs in once."""

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.team import phones, second_factor, sign_in, sign_in_links, sms
from apps.team.adapter import address_of
from apps.team.forms import ConfirmForm
from apps.team.models import Member, TrailEntry
from apps.team.own_pages import own_page, wanted_next
from csdesk.errors import NotFound

_RECENT = 10


@own_page("GET")
def security(request: HttpRequest) -> HttpResponse:
    """How the member signs in: password, phone, second factor; and the latest sign-ins."""
    member = request.user
    context = {
        "is_wide": True,
        "has_sms": sms.is_available(),
        "phone": phones.masked(member.bound_phone),
        "second_factor": second_factor.is_on(member),
        "second_factor_required": second_factor.is_required(member),
        "codes_left": second_factor.recovery_codes_left(member),
        "sign_ins": sign_ins_of(member)[:_RECENT],
        "onward": get_adapter().get_login_redirect_url(request),
    }
    return render(request, "account/security.html", context)


@own_page()
def confirm(request: HttpRequest) -> HttpResponse:
    """One's own password, before something that others could use against one (X-6)."""
    onward = wanted_next(request, reverse("account_security"))
    form = ConfirmForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        return redirect(onward)
    context = {"form": form, "redirect_field_name": "next", "redirect_field_value": onward}
    return render(request, "account/confirm.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_once(request: HttpRequest, token: str) -> HttpResponse:
    """An address that signs in once (X-8): looking uses nothing up, the button does."""
    try:
        if request.method == "POST":
            request.sign_in_how = sign_in.LINK
            return _without_referrer(perform_login(request, sign_in_links.use(token)))
        member, status = sign_in_links.find(token).member, 200
    except NotFound:
        if request.method == "POST":
            sign_in.log("sign_in.failed", None, address_of(request), how=sign_in.LINK)
        member, status = None, 410
    return _without_referrer(render(request, "account/sign_in_link.html", {"member": member}, status=status))


def sign_ins_of(member: Member) -> QuerySet[TrailEntry]:
    """What the sign-in log says of a member, the latest first."""
    found = TrailEntry.objects.filter(member_id=member.pk, action__startswith="sign_in.")
    return found.select_related("detail").order_by("-number")


def _without_referrer(response: HttpResponse) -> HttpResponse:
    # The token stands in the address.
    response["Referrer-Policy"] = "no-referrer"
    return response
