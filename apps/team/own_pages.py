"""What the pages for a signed-in member's own account have in common."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.team import sign_in

Page = Callable[..., HttpResponse]


def own_page(methods: str = "GET POST", *, confirmed: bool = False) -> Callable[[Page], Page]:
    """A page for whoever is signed in, never kept; `confirmed`: only after one's own password (X-6)."""

    def decorate(view: Page) -> Page:
        @wraps(view)
        def page(request: HttpRequest, *args: object) -> HttpResponse:
            if confirmed and not sign_in.is_confirmed(request.session):
                # A form that was sent is not sent again by itself: one comes back to where it stands.
                wanted = request.get_full_path() if request.method == "GET" else reverse("account_security")
                return redirect(f"{reverse('account_confirm')}?{urlencode({'next': wanted})}")
            return view(request, *args)

        return never_cache(login_required(require_http_methods(methods.split())(page)))

    return decorate


def wanted_next(request: HttpRequest, otherwise: str) -> str:
    """The path of ours that the caller wanted to go to, else `otherwise`."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if wanted and get_adapter().is_safe_url(wanted) else otherwise
