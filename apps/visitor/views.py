"""Pages of the customer's side: the window, the same in a frame, the widget's script, the demo shop."""

from __future__ import annotations

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from apps.sessions.content import TEXT_LIMIT
from apps.sessions.models import Channel, ChannelKind
from apps.sessions.settings import MessageSettings
from apps.team import business
from apps.visitor import limits, origins
from apps.visitor.words import greeting_words, look_words, window_words
from csdesk import csp

YEAR = 365 * 86_400


@require_safe
def window(request: HttpRequest, key: str) -> HttpResponse:
    """The chat as a page of its own (V-1)."""
    with _language(request) as chosen:
        channel = _channel(key)
        if channel is None:
            return _stopped(request)
        response = render(request, "visitor/window.html", _window_context(channel, framed=False))
        if chosen:
            _remember_language(response, chosen)
        return _private(response)


@require_safe
def frame(request: HttpRequest, key: str) -> HttpResponse:
    """The chat for the widget's frame; only the channel's sites may show it (V-2, X-5)."""
    with _language(request):
        channel = _channel(key)
        if channel is None:
            return _stopped(request)
        sites = _sites(channel, request)
        context = _window_context(channel, framed=True) | {"sites": sites}
        context["config"] |= {"sites": sites}
        response = render(request, "visitor/window.html", context)
        return _private(csp.allow_frames(response, sites))


@require_safe
def look(request: HttpRequest, key: str) -> HttpResponse:
    """How the launcher looks, for scripts of the channel's sites only."""
    with _language(request):
        channel = _channel(key)
        if channel is None:
            raise Http404
        response = JsonResponse(
            {
                "title": channel.name,
                "colour": channel.colour,
                "position": channel.position,
                "greeting": _greeting(channel),
                "words": look_words(),
            }
        )
    origin = request.headers.get("Origin", "")
    if origin and origin in _sites(channel, request):
        response["Access-Control-Allow-Origin"] = origin
    response["Cache-Control"] = "private, max-age=60"
    patch_vary_headers(response, ["Origin", "Accept-Language"])
    return response


@require_safe
@gzip_page
@cache_control(public=True, max_age=300)
def widget(request: HttpRequest) -> HttpResponse:
    """The widget's script, at an address that never changes."""
    path = finders.find("visitor/widget.js") or staticfiles_storage.path("visitor/widget.js")
    with open(path, encoding="utf-8") as script:
        response = HttpResponse(script.read(), content_type="text/javascript; charset=utf-8")
    # Other origins embed it; nothing in it is anybody's.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
def demo(request: HttpRequest) -> HttpResponse:
    """An ordinary shop page with the widget on it (V-5); only where the demo runs."""
    channel = Channel.objects.filter(kind=ChannelKind.WEBSITE, is_active=True).order_by("id").first()
    if not settings.DEMO:
        raise Http404
    with _language(request) as chosen:
        response = render(request, "visitor/demo.html", {"channel": channel})
        if chosen:
            _remember_language(response, chosen)
        return _private(response)


def _greeting(channel: Channel) -> str:
    """The words beside the launcher: the channel's own, none for "-", else ours in the reader's language."""
    own = channel.greeting.strip()
    return "" if own == "-" else own or greeting_words()


def _channel(key: str) -> Channel | None:
    return Channel.objects.filter(key=key, kind=ChannelKind.WEBSITE, is_active=True).first()


def _stopped(request: HttpRequest) -> HttpResponse:
    return render(request, "visitor/stopped.html", status=404)


def _window_context(channel: Channel, *, framed: bool) -> dict:
    """What the page is filled with; `config` and `words` go to the scripts as JSON."""
    rules = business.read(MessageSettings)
    return {
        "channel": channel,
        "framed": framed,
        "initial": _initial(channel.name),
        "tone": _tone(channel.name),
        "words": window_words(),
        "config": {
            "channel": channel.key,
            "name": channel.name,
            "avatar": channel.avatar,
            "framed": framed,
            "language": translation.get_language(),
            "textLimit": TEXT_LIMIT,
            "fileLimit": rules.file_megabytes * limits.MEGABYTE,
            "recall": rules.recall_seconds if rules.customer_recalls else 0,
            "preview": rules.typing_preview,
        },
    }


def _initial(name: str) -> str:
    """The letter that stands for the service, as `people.js` chooses it."""
    return next((letter.upper() for letter in name if letter.isalnum()), "?")


def _tone(name: str) -> int:
    """The tone (1–5) that goes with a name, as `people.js` chooses it."""
    total = 0
    for letter in name:
        total = (total * 31 + ord(letter)) % 9973
    return total % 5 + 1


def _sites(channel: Channel, request: HttpRequest) -> list[str]:
    """Origins whose pages may show the frame: the channel's, without any wildcard."""
    sites = [origins.normal(site) for site in channel.allowed_sites]
    if settings.DEMO:
        # The demo shop is ours, whatever name and port it is opened by.
        sites.append(origins.normal(f"{request.scheme}://{request.get_host()}"))
    return list(dict.fromkeys(filter(None, sites)))


class _language:
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
