"""The admin site of the console: who may enter, what it lists, which pages it adds."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import include, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _

from apps.team.abilities import Ability, may
from csdesk.console.navigation import navigation


class ConsoleSite(AdminSite):
    site_title = "csdesk"
    site_header = "csdesk"
    index_title = _("Overview")
    index_template = "console/overview.html"
    enable_nav_sidebar = False
    empty_value_display = "–"

    def has_permission(self, request: HttpRequest) -> bool:
        return may(request.user, Ability.ENTER_CONSOLE)

    def admin_view(self, view: Callable, cacheable: bool = False) -> Callable:
        """Who is signed in and may not enter is told so, instead of asked to sign in again."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                response = render(request, "console/not_yours.html", status=403)
                add_never_cache_headers(response)
                return response
            return guarded(request, *args, **kwargs)

        return page

    def get_urls(self) -> list:
        # Here, not above: these pages ask the site whether they may be shown.
        from apps.chatbot.admin import pages as bot_pages
        from apps.sessions.admin import pre_chat_page
        from csdesk.console import group_hours, overview, settings_pages

        own = [
            path("live/", self.admin_view(overview.renewed), name="live"),
            path("settings/", self.admin_view(settings_pages.first), name="settings"),
            path("settings/<slug:name>/preview/", self.admin_view(settings_pages.preview), name="preview"),
            path("settings/<slug:name>/", self.admin_view(settings_pages.page), name="section"),
            path("groups/<int:group_id>/hours/", self.admin_view(group_hours.page), name="group_hours"),
            path(
                "groups/<int:group_id>/hours/preview/",
                self.admin_view(group_hours.preview),
                name="group_hours_preview",
            ),
            path("channels/<int:channel_id>/pre-chat/", self.admin_view(pre_chat_page.page), name="pre_chat"),
            path(
                "channels/<int:channel_id>/pre-chat/preview/",
                self.admin_view(pre_chat_page.preview),
                name="pre_chat_preview",
            ),
            path("bot/", include(bot_pages.urls(self))),
        ]
        return own + super().get_urls()

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "navigation": navigation(request)}

    def index(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        from csdesk.console import overview

        return super().index(request, {**overview.page(request), **(extra_context or {})})

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:index")

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Sign-in has one page."""
        if self.has_permission(request):
            return redirect("admin:index")
        wanted = quote(request.GET.get("next") or request.path, safe="/")
        return redirect(f"{reverse('account_login')}?next={wanted}")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_change_password")


site = ConsoleSite(name="admin")
