"""What pages of other sites take from us: the widget's script, how its launcher looks, and the chat's
parts for the drop-in component (V-2, V-10). Who may read it is the channel's list (X-5)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from apps.sessions.models import Channel
from apps.visitor import channels, origins, views, widget
from apps.visitor.words import greeting_words, look_words
from csdesk.errors import NotFound

PART_STYLES = (
    "ui/tokens.css",
    "ui/base.css",
    "ui/thread.css",
    "visitor/window.css",
    "visitor/pre-chat.css",
    "sdk/csdesk-chat.css",
)

Answer = Callable[[HttpRequest, Channel], dict]
Find = Callable[[str], Channel]


@require_safe
@gzip_page
@cache_control(public=True, max_age=300)
def script(request: HttpRequest) -> HttpResponse:
    """The widget's script, at an address that never changes."""
    response = HttpResponse(widget.script(), content_type="text/javascript; charset=utf-8")
    # Other origins embed it; nothing in it is anybody's.
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def website(name: str) -> Channel:
    """The website channel with this key; NotFound else."""
    channel = views.website(name)
    if channel is None:
        raise NotFound(_("There is no such channel."))
    return channel


def for_sites_of(find: Find) -> Callable[[Answer], Callable[[HttpRequest, str], HttpResponse]]:
    """A JSON answer for scripts of the channel's sites.

    Others are told that they are not on the list and nothing else, so that whoever builds a page
    sees why it gets no chat.
    """

    def decorate(answer: Answer) -> Callable[[HttpRequest, str], HttpResponse]:
        @wraps(answer)
        def view(request: HttpRequest, key: str) -> HttpResponse:
            if request.method == "OPTIONS":
                return _readable(request, _preflight(request))
            if request.method not in ("GET", "HEAD"):
                return _readable(request, HttpResponseNotAllowed(["GET", "HEAD", "OPTIONS"]))
            with views.asked_language(request):
                try:
                    channel = find(key)
                except NotFound as error:
                    return _readable(request, _refusal(404, error.code, error.detail))
                if not _may_read(request, channel):
                    detail = _("This site is not on the channel's list of allowed sites.")
                    return _readable(request, _refusal(403, "not_allowed", detail))
                response = JsonResponse(answer(request, channel))
            response["Cache-Control"] = "private, no-cache"
            return _readable(request, response)

        return view

    return decorate


@for_sites_of(website)
def look(request: HttpRequest, channel: Channel) -> dict:
    """How the launcher looks."""
    return {
        "title": channel.name,
        "colour": channel.colour,
        "position": channel.position,
        "icon": channel.launcher,
        "greeting": _greeting(channel),
        "language": translation.get_language(),
        "words": look_words(),
    }


@for_sites_of(channels.find)
def part(request: HttpRequest, channel: Channel) -> dict:
    """What the drop-in component is made of: markup, words, and where the style sheets are (V-10).

    For website channels by key, and for app channels by account id too.
    """
    context = views.window_context(channel, framed=False) | {"part": True}
    return {
        "config": context["config"],
        "words": context["words"],
        "markup": _without_sprite(render_to_string("visitor/window_body.html", context, request)),
        "styles": [static(sheet) for sheet in PART_STYLES],
    }


def _without_sprite(markup: str) -> str:
    """Icons that name their symbol only: on another site the address would lead nowhere (`drawIcons`)."""
    return markup.replace(f'href="{static("ui/icons.svg")}#', 'href="#')


def _greeting(channel: Channel) -> str:
    """The words beside the launcher: the channel's own, none for "-", else ours in the reader's language."""
    own = channel.greeting.strip()
    return "" if own == "-" else own or greeting_words()


def _may_read(request: HttpRequest, channel: Channel) -> bool:
    """Whether the asking page is one of the channel's, or one of ours; those name no origin."""
    origin = request.headers.get("Origin", "")
    return (
        not origin
        or origins.normal(origin) in views.sites_of(channel, request)
        or origins.is_own(origin, request.scheme, request.get_host())
    )


def _refusal(status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse({"code": code, "detail": detail}, status=status)


def _preflight(request: HttpRequest) -> HttpResponse:
    """Pages that send headers of their own with every call ask first; we look at none of them."""
    response = HttpResponse(status=204)
    response["Access-Control-Allow-Methods"] = "GET"
    if asked := request.headers.get("Access-Control-Request-Headers"):
        response["Access-Control-Allow-Headers"] = asked
    response["Access-Control-Max-Age"] = "600"
    return response


def _readable(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    origin = request.headers.get("Origin", "")
    if origin:
        response["Access-Control-Allow-Origin"] = origin
    patch_vary_headers(response, ["Origin", "Accept-Language"])
    return response
