"""The head of every bot page (M-3): on or off, what is live, what is not published, what is being built."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render

from apps.chatbot import comparing, live, releases
from apps.chatbot.models import Entry, Release, ReleaseState
from apps.chatbot.settings import SwitchSettings
from apps.team import business
from apps.team.adapter import address_of

# Above this many entries, differences are counted when the page is there, not before.
COUNTED_AT_ONCE = 3_000


@dataclass(frozen=True)
class BotState:
    """`changes` is None while they are not counted; `failed` is a release that failed after the live one."""

    is_on: bool
    live: Release | None
    building: Release | None
    failed: Release | None
    changes: int | None
    trouble: str

    @property
    def percent(self) -> int:
        return round(100 * self.building.progress) if self.building else 0

    @property
    def is_settled(self) -> bool:
        return self.building is None and self.changes is not None


def state(*, patient: bool = True) -> BotState:
    """How the bot stands; without patience a large library's changes are not counted now."""
    newest = releases.newest()
    building = releases.being_built()
    failed = Release.objects.order_by("-pk").first()
    if failed and failed.state != ReleaseState.FAILED:
        failed = None
    is_small = patient or not Entry.objects.all()[COUNTED_AT_ONCE:].exists()
    return BotState(
        business.current(SwitchSettings).is_on,
        newest,
        building,
        failed,
        comparing.unpublished(newest).total if is_small else None,
        live.trouble(newest.pk) if newest else "",
    )


def fragment(request: HttpRequest) -> HttpResponse:
    """The line alone, for the page to renew it."""
    return render(request, "admin/chatbot/state.html", {"bot": state()})


def switch(request: HttpRequest) -> HttpResponse:
    """Turn the bot on or off at once (B-11); answers with the new line."""
    if request.method != "POST" or request.POST.get("on") not in ("0", "1"):
        return HttpResponseBadRequest()
    values = {"is_on": request.POST["on"] == "1"}
    business.save(SwitchSettings, values, request.user, address=address_of(request))
    return fragment(request)
