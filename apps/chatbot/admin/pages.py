"""The addresses of the bot's own pages in the console; the libraries' lists have Django's."""

from collections.abc import Callable

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from apps.chatbot.admin import file_pages, library_pages, overview, releases, settings, state, testing
from apps.team.abilities import Ability, may

View = Callable[..., HttpResponse]


def urls(site: AdminSite) -> list[URLPattern]:
    """All of them, for those who may manage the bot."""

    def page(address: str, view: View, name: str) -> URLPattern:
        return path(address, site.admin_view(_guarded(view)), name=name)

    return [
        *library_pages.urls(page),
        *file_pages.urls(page),
        page("state/", state.fragment, "bot_state"),
        page("switch/", state.switch, "bot_switch"),
        page("test/", testing.ask, "bot_test"),
        page("test/ready/", testing.ready, "bot_test_ready"),
        page("publish/", releases.publish, "bot_publish"),
        page("releases/", releases.listing, "bot_releases"),
        page("releases/changes/", releases.changes, "bot_changes"),
        page("releases/<int:number>/", releases.detail, "bot_release"),
        page("releases/<int:number>/back/", releases.roll_back, "bot_roll_back"),
        page("settings/", settings.first, "bot_settings"),
        page("settings/<slug:name>/", settings.page, "bot_section"),
        page("numbers/", overview.page, "bot_numbers"),
    ]


def _guarded(view: View) -> View:
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not may(request.user, Ability.MANAGE_BOT):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
