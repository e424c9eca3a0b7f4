"""The component page: every part of the faces in every state, from their own templates, styles and scripts.

For those who work on the faces; only where the demo runs. The window and the workbench are the real
pages on a pretended network, so the page cannot show anything that the product does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import path
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_safe

from apps.desk.views import desk
from apps.desk.words import desk_words
from apps.records.overview import Comparison, Day, Figures, Handled, Hour
from apps.routing.models import Status
from apps.routing.settings import PromptSettings
from apps.sessions.models import Channel, ChannelKind
from apps.team.models import Member, Role
from apps.visitor.views import window
from apps.visitor.words import window_words
from csdesk import clock, csp
from csdesk.console import overview as overview_page
from csdesk.console.checklist import Step
from csdesk.console.live import MARKS
from csdesk.console.navigation import navigation
from csdesk.console.settings_forms import SectionForm
from csdesk.console.side_cards import Act, Card
from csdesk.sheets import STATES

THEMES = ("light", "dark")
WIDTHS = ((320, 640), (375, 667), (760, 480), (1280, 800))


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The chosen sheet in four widths, in the chosen state, theme and language."""
    _development_only()
    chosen = _choice(request)
    rows = [
        ("sheet", list(STATES)),
        ("state", list(STATES[chosen["sheet"]])),
        ("theme", list(THEMES)),
        ("lang", [code for code, _name in settings.LANGUAGES]),
    ]
    context = {"chosen": chosen, "rows": rows, "widths": WIDTHS, "query": _query(chosen)}
    return render(request, "showcase/overview.html", context)


@require_safe
def sheet(request: HttpRequest, name: str) -> HttpResponse:
    """A sheet by itself, for a frame of the overview."""
    _development_only()
    if name not in SHEETS:
        raise Http404
    chosen = _choice(request, sheet=name)
    request.META.pop("HTTP_ACCEPT_ENCODING", None)  # a script is put into the page before it is packed
    with translation.override(chosen["lang"]):
        request.LANGUAGE_CODE = chosen["lang"]
        response = SHEETS[name](request, chosen["state"])
        response = _with_first_script(response, chosen)
    # It neither keeps a language nor anything else for the pages it pretends to be.
    response.cookies.clear()
    return csp.allow_frames(response, ["'self'"])


def _development_only() -> None:
    if not settings.DEMO:
        raise Http404


def _choice(request: HttpRequest, **given: str) -> dict[str, str]:
    """What the address asks for, each among what there is."""

    def among(name: str, known: list[str] | tuple[str, ...]) -> str:
        asked = given.get(name) or request.GET.get(name, "")
        return asked if asked in known else known[0]

    name = among("sheet", list(STATES))
    return {
        "sheet": name,
        "state": among("state", STATES[name]),
        "theme": among("theme", THEMES),
        "lang": among("lang", [request.LANGUAGE_CODE, *dict(settings.LANGUAGES)]),
    }


def _query(chosen: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in chosen.items() if name != "sheet")


def _with_first_script(response: HttpResponse, chosen: dict[str, str]) -> HttpResponse:
    """Before all scripts of the page: the pretended network, the samples it answers with, the theme."""
    data = format_html(
        'data-state="{}" data-theme="{}" data-lang="{}"', chosen["state"], chosen["theme"], chosen["lang"]
    )
    tags = format_html('<script src="{}" {}></script>', static("showcase/pretend.js"), data)
    for samples in SAMPLES.get(chosen["sheet"], ()):
        tags += format_html('<script src="{}"></script>', static(f"showcase/{samples}"))
    html = response.content.decode()
    response.content = re.sub(r"<head>", lambda _found: f"<head>{tags}", html, count=1)
    return response


def _parts(request: HttpRequest, state: str) -> HttpResponse:
    context = {"levels": range(1, 6), "tones": range(1, 6)}
    return render(request, "showcase/parts.html", context)


def _thread(request: HttpRequest, state: str) -> HttpResponse:
    words = desk_words()["thread"] if state == "seat" else window_words()
    return render(request, "showcase/thread.html", {"words": words, "state": state})


def _window(request: HttpRequest, state: str) -> HttpResponse:
    channel = Channel.objects.filter(kind="website", is_active=True).order_by("id").first()
    return window(request, channel.key if channel else "none")


def _desk(request: HttpRequest, state: str) -> HttpResponse:
    request.user = _sample_member(Role.AGENT)
    return desk(request)


def _records(request: HttpRequest, state: str) -> HttpResponse:
    request.user = _sample_member(Role.AGENT)
    lines = [_line(number) for number in range(6)]
    has_filters = state == "nothing"
    listing = {
        "lines": lines if state == "list" else [],
        "has_failed": state == "failed",
        "filters": {"q": "20431 " * 9 if has_filters else "", "is_narrowed": has_filters},
        "wider": "",
        "periods": [
            {"label": gettext("Today"), "address": "#today", "is_chosen": True},
            {"label": gettext("Yesterday"), "address": "#yesterday", "is_chosen": False},
        ],
    }
    return render(request, "showcase/records.html", {"listing": listing, "state": state})


def _line(number: int) -> dict:
    """A line of the list as a dict: its template reads it as it reads a record."""
    when = clock.now() - timedelta(minutes=7 * number)
    names = ("Visitor_0042", "Tom Whitaker", "欧阳·阿不都热依木" * 4, "מרים <b>", "W" * 200, "")
    level = (5, 2, None, 4, 1, None)[number]
    return {
        "record": {
            "id": f"00000000-0000-0000-0000-00000000000{number}",
            "started_at": when,
            "ended_at": when if number else None,
            "channel": {"name": "山禾器物"},
            "agent": {"nickname": "林晓雯", "staff_no": "00790"} if number != 5 else None,
            "group": {"name": "售前咨询 Pre-sales"},
            "rating_level": level,
        },
        "day": f"{when:%m-%d}",
        "source": "web",
        "address": "#",
        "customer": names[number] or "–",
        "customer_id": "u_" + "8" * (4 if number else 40),
        "is_rated_badly": level is not None and level < 3,
        "is_open": number == 1,
        "status": "–",
        "wait": "0:17",
        "service": "12:04",
        "hit": [{"text": "Order 20431: ", "is_hit": False}, {"text": "KT-08S", "is_hit": True}],
    }


def _console(request: HttpRequest, state: str) -> HttpResponse:
    request.user = _sample_member(Role.SUPERVISOR)
    request.path = "/console/"
    context = {"navigation": navigation(request), "title": PromptSettings.title, "help": PromptSettings.help}
    if state in ("form", "wrong"):
        wrong = QueryDict("version=0&connected_en=${Nobody}")
        context["form"] = SectionForm(PromptSettings(), wrong if state == "wrong" else None)
        return render(request, "console/section.html", context)
    return render(request, "console/overview.html", context | _figures(is_empty=state == "empty"))


def _figures(*, is_empty: bool) -> dict:
    agents = [
        {
            "mark": mark,
            "label": gettext("Full") if code == "busy" else Status(code).label,
            "name": "林晓雯" * (1 + 9 * (at == 1)),
            "load": at,
            "limit": 5,
            "bars": [place < at for place in range(5)],
            "since": clock.now() - timedelta(seconds=61 * at),
        }
        for at, (code, mark) in enumerate(MARKS.items())
    ]
    since = clock.now() - timedelta(seconds=171)
    group = {
        "name": "售前咨询 Pre-sales",
        "waiting": 2,
        "since": since,
        "serving": 7,
        "places": 20,
        "free": 1,
    }
    long_group = group | {"waiting": 0, "since": None, "name": "W" * 60}
    now = {
        "now": clock.now(),
        "waiting": 0 if is_empty else 1234,
        "since": None if is_empty else since,
        "serving": 7,
        "places": 25,
        "free_places": 3,
        "free_agents": 1,
        "online": 5,
        "agent_count": 6,
        "groups": [] if is_empty else [group | {"handled": Handled(148, 139)}, long_group],
        "agents": [] if is_empty else agents,
        "states": [row | {"count": row["load"]} for row in agents],
        "served_total": Handled(148, 139),
    }
    shown = overview_page.drawn(now, _days(is_empty=is_empty), sees_all=True)
    return shown | {"steps": _steps() if is_empty else [], "cards": _cards(is_empty=is_empty)}


def _days(*, is_empty: bool) -> Comparison:
    """A day until its afternoon beside a whole one; or two on which nobody came."""
    today = timezone.localtime(clock.now()).replace(hour=14, minute=22, second=8)
    before = today - timedelta(days=7)
    if is_empty:
        return Comparison(Day(today, Figures(), {}, None), Day(before, Figures(), {}, None))
    counts = (20, 37, 58, 92, 80, 72, 30, 63, 56, 52, 44, 38)
    waits = (22, 45, 131, 156, 80, 74, 92, None, 40, 38, 30, 22)
    hours = {8 + at: Hour(count, wait) for at, (count, wait) in enumerate(zip(counts, waits, strict=True))}
    first = before.replace(hour=8, minute=14)
    figures = Figures(412, 148, 139, 9, 380, 243, 96.0, 28.4, 131, 126, 4.6)
    figures_before = Figures(381, 140, 131, 5, 381, 229, 90.0, 34.1, 120, 114, 4.5)
    so_far = {hour: one for hour, one in hours.items() if hour <= today.hour}
    return Comparison(Day(today, figures, so_far, None), Day(before, figures_before, hours, first))


def _steps() -> list[Step]:
    return [
        Step(gettext("Connect a channel"), "", "", "#", is_done=True),
        Step(
            gettext("Set your hours"),
            gettext("Without hours you are always open.") * 5,
            gettext("Set hours"),
            "#",
            is_done=False,
            is_optional=True,
        ),
    ]


def _cards(*, is_empty: bool) -> list[Card]:
    seen = None if is_empty else clock.now() - timedelta(minutes=2)
    acts = [Act(pgettext("channel", "Change"), "#"), Act(pgettext("channel", "Instructions"), "#")]
    web, app = ChannelKind.WEBSITE.label, ChannelKind.APP.label
    return [
        Card(web, "globe", gettext("Connected"), "ok", "W" * 60, seen, acts=acts),
        Card(app, "phone", gettext("No customer yet"), "near", "山禾器物", None, "@" + "w" * 60, acts),
    ]


def _sample_member(role: Role) -> Member:
    """Nobody who is stored: the sheets show pages to a member that nobody can sign in as."""
    return Member(id=0, account="sample", nickname="林晓雯", staff_no="00790", role=role, serves=True)


SHEETS: dict[str, Callable[[HttpRequest, str], HttpResponse]] = {
    "parts": _parts,
    "thread": _thread,
    "window": _window,
    "desk": _desk,
    "records": _records,
    "console": _console,
}
SAMPLES = {
    "thread": ("messages.js",),
    "window": ("messages.js", "window.js"),
    "desk": ("messages.js", "desk.js"),
}

urlpatterns = [
    path("", overview, name="components"),
    path("<slug:name>/", sheet, name="component_sheet"),
]
