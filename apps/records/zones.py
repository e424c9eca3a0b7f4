"""The reader's time zone: "today" and every time on the pages are theirs, not the server's."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest
from django.utils import timezone

# Set by static/records/zone.js from what the browser says.
COOKIE = "csdesk-zone"


def zone_of(request: HttpRequest) -> ZoneInfo:
    """The zone the reader's browser has named, else the deployment's (TIME_ZONE)."""
    named = request.COOKIES.get(COOKIE, "")
    return ZoneInfo(named) if named in _known() else timezone.get_default_timezone()


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())
