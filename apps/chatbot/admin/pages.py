"""The addresses of the bot's own pages in the console; the libraries' lists have Django's."""

from collections.abc import Callable

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from apps.chatbot.admin import releases
from apps.team.abilities import Ability, may

View = Callable[..., HttpResponse]


def urls(site: AdminSite) -> list[URLPattern]:
    """All of them, for those who may manage the bot."""

    def page(address: str, view: View, name: str) -> URLPattern:
        return path(address, site.admin_view(_guarded(view)), name=name)

    return [
        page("settings/", releases.listing, "bot_settings"),
        page("releases/", releases.listing, "bot_releases"),
        page("numbers/", releases.listing, "bot_numbers"),
    ]


def _guarded(view: View) -> View:
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not may(request.user, Ability.MANAGE_BOT):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
