"""Pages of the customer's side: the window, the same in a frame, the demo shop."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from apps.routing import bot
from apps.sessions import picture_addresses
from apps.sessions.content import TEXT_LIMIT
from apps.sessions.models import Channel, ChannelKind
from apps.sessions.settings import MessageSettings
from apps.team import business
from apps.visitor import limits, origins
from apps.visitor.words import window_words
from csdesk import clock, csp
from csdesk.clock import milliseconds

YEAR = 365 * 86_400


@require_safe
@gzip_page
def window(request: HttpRequest, key: str) -> HttpResponse:
    """The chat as a page of its own (V-1)."""
    with asked_language(request) as chosen:
        channel = website(key)
        if channel is None:
            return _stopped(request)
        response = render(request, "visitor/window.html", window_context(channel, framed=False))
        if chosen:
            _remember_language(response, chosen)
        return _private(response)


@require_safe
@gzip_page
def frame(request: HttpRequest, key: str) -> HttpResponse:
    """The chat for the widget's frame; only the channel's sites may show it (V-2, X-5)."""
    with asked_language(request):
        channel = website(key)
        if channel is None:
            return _stopped(request)
        sites = sites_of(channel, request)
        context = window_context(channel, framed=True) | {"sites": sites}
        context["config"] |= {"sites": sites}
        response = render(request, "visitor/window.html", context)
        return _private(csp.allow_frames(response, sites))


@require_safe
def demo(request: HttpRequest) -> HttpResponse:
    """An ordinary shop page with the widget on it (V-5); only where the demo runs."""
    channel = Channel.objects.filter(kind=ChannelKind.WEBSITE, is_active=True).order_by("id").first()
    if not settings.DEMO:
        raise Http404
    with asked_language(request) as chosen:
        response = render(request, "visitor/demo.html", {"channel": channel})
        if chosen:
            _remember_language(response, chosen)
        return _private(response)


def website(key: str) -> Channel | None:
    """The active website channel with this key."""
    return Channel.objects.filter(key=key, kind=ChannelKind.WEBSITE, is_active=True).first()


def _stopped(request: HttpRequest) -> HttpResponse:
    return render(request, "visitor/stopped.html", status=404)


def window_context(channel: Channel, *, framed: bool) -> dict:
    """What the page is filled with; `config` and `words` go to the scripts as JSON."""
    rules = business.read(MessageSettings)
    return {
        "channel": channel,
        "framed": framed,
        "bot": bot.answers(channel),
        "initial": _initial(channel.name),
        "tone": _tone(channel.name),
        "words": window_words(),
        "config": {
            "channel": channel.key,
            "name": channel.name,
            "avatar": channel.avatar,
            "picture": picture_of(channel),
            "framed": framed,
            "language": translation.get_language(),
            # Whatever the reader's clock says, days and limits go by ours.
            "time": milliseconds(clock.now()),
            "textLimit": TEXT_LIMIT,
            "fileLimit": rules.file_megabytes * limits.MEGABYTE,
            "recall": rules.recall_seconds if rules.customer_recalls else 0,
            "preview": rules.typing_preview,
        },
    }


def picture_of(channel: Channel) -> str:
    """The address of the service's picture for whoever opens its pages (X-11); empty where there is none."""
    place = picture_addresses.of_channel(channel.key)
    return picture_addresses.address(channel.avatar, picture_addresses.ANYBODY, place)


def _initial(name: str) -> str:
    """The letter that stands for the service, as `people.js` chooses it."""
    return next((letter.upper() for letter in name if letter.isalnum()), "?")


def _tone(name: str) -> int:
    """The tone (1–5) that goes with a name, as `people.js` chooses it."""
    total = 0
    for letter in name:
        total = (total * 31 + ord(letter)) % 9973
    return total % 5 + 1


def sites_of(channel: Channel, request: HttpRequest) -> list[str]:
    """Origins whose pages may show the frame: the channel's, without any wildcard."""
    sites = [origins.normal(site) for site in channel.allowed_sites]
    if settings.DEMO:
        # The demo shop is ours, whatever name and port it is opened by.
        sites.append(origins.normal(f"{request.scheme}://{request.get_host()}"))
    return list(dict.fromkeys(filter(None, sites)))


class asked_language:
    """The language that `?lang=` asks for, while the page is made; else the browser's.

    In a frame of another site there is no cookie to remember it by.
    """

    def __init__(self, request: HttpRequest) -> None:
        asked = request.GET.get("lang", "")
        self.chosen = asked if asked in dict(settings.LANGUAGES) else ""
        self.request = request

    def __enter__(self) -> str:
        self.former = translation.get_language()
        if self.chosen:
            translation.activate(self.chosen)
            self.request.LANGUAGE_CODE = self.chosen
        return self.chosen

    def __exit__(self, *_error: object) -> None:
        translation.activate(self.former or settings.LANGUAGE_CODE)


def _remember_language(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response
