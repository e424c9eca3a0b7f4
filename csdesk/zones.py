"""The reader's time zone: "today" and every time on the members' pages are theirs, not the server's."""

from collections.abc import Callable
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

# Set by static/records/zone.js from what the browser says.
COOKIE = "csdesk-zone"
# Pages whose times the server writes; the workbench and the window write theirs in the browser.
_PAGES = ("/account/", "/console/", "/customers/", "/records/")


class ReaderZoneMiddleware:
    """Members' pages are made in the zone that the reader's browser has named."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(_PAGES):
            return self.get_response(request)
        with timezone.override(zone_of(request)):
            return self.get_response(request)


def zone_of(request: HttpRequest) -> ZoneInfo:
    """The zone the reader's browser has named, else the deployment's (TIME_ZONE)."""
    named = request.COOKIES.get(COOKIE, "")
    return ZoneInfo(named) if named in _known() else timezone.get_default_timezone()


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())
