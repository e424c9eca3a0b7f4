"""The bot's numbers in the console: each beside what it counts, by day, and the entries asked most."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.chatbot import numbers
from apps.chatbot.numbers import Numbers
from csdesk.console import site

PERIODS = (7, 30, 90)
# The chart's own measure: a wide box, scaled to the page.
WIDTH, HEIGHT, LEFT, BOTTOM = 720, 180, 34, 22
# From the foot of a bar to its top.
PARTS = ("answered", "chitchat", "guided", "fallen_back")


@dataclass(frozen=True)
class Tile:
    """A number, its share, and what it counts."""

    label: str
    figure: str
    beside: str
    definition: str


def page(request: HttpRequest) -> HttpResponse:
    """The last 7, 30 or 90 days."""
    wanted = request.GET.get("days", "")
    count = int(wanted) if wanted in {str(period) for period in PERIODS} else PERIODS[0]
    days = numbers.by_day(numbers.last_days(count))
    total = numbers.total(days.values())
    context = {
        **site.each_context(request),
        "title": _("Bot overview"),
        "periods": PERIODS,
        "count": count,
        "tiles": _tiles(total),
        "total": total,
        "days": [(day, row) for day, row in reversed(days.items())],
        "chart": _chart(days),
        "parts": list(zip(PARTS, _part_names(), strict=True)),
        "top": numbers.top(list(days)),
    }
    return render(request, "admin/chatbot/numbers.html", context)


def _tiles(total: Numbers) -> list[Tile]:
    share = total.share
    return [
        Tile(pgettext("number", "Questions"), str(total.asked), "", _("all that customers asked the bot")),
        Tile(
            _("Answered"),
            str(total.answered),
            _percent(share(total.answered)),
            _("from the Q&A library, directly or picked from a card"),
        ),
        Tile(
            _("Guided"),
            str(total.guided),
            _percent(share(total.guided)),
            _("got questions to choose from; %s of them were picked from") % _percent(total.clicked_share),
        ),
        Tile(
            _("Fallen back"),
            str(total.fallen_back),
            _percent(share(total.fallen_back)),
            _("got the fall-back: nothing came near enough"),
        ),
        Tile(
            _("Chit-chat"),
            str(total.chitchat),
            _percent(share(total.chitchat)),
            _("greetings and small talk"),
        ),
        Tile(
            _("To human"),
            str(total.to_human),
            _percent(share(total.to_human)),
            _("questions right after which the customer went to an agent"),
        ),
        Tile(
            _("Helpful"),
            _percent(total.helpful_share),
            "",
            _("thumbs up among all thumbs: %(up)s up, %(down)s down")
            % {"up": total.helpful, "down": total.not_helpful},
        ),
    ]


def _part_names() -> list[str]:
    return [_("Answered"), _("Chit-chat"), _("Guided"), _("Fallen back")]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _chart(days: dict[date, Numbers]) -> dict:
    """Bars of the days, each stacked by what the questions got."""
    most = _round_up(max((row.asked for row in days.values()), default=0))
    step = (WIDTH - LEFT) / len(days)
    bars = []
    for place, (day, row) in enumerate(days.items()):
        x, foot, parts = LEFT + place * step, HEIGHT - BOTTOM, []
        for name in PARTS:
            high = (HEIGHT - BOTTOM - 8) * getattr(row, name) / most
            foot -= high
            parts.append({"name": name, "y": round(foot, 1), "height": round(high, 1)})
        every = max(1, len(days) // 7)
        is_named = (len(days) - 1 - place) % every == 0
        bars.append(
            {
                "day": day,
                "row": row,
                "x": round(x + step * 0.15, 1),
                "width": round(step * 0.7, 1),
                "middle": round(x + step / 2, 1),
                "parts": parts,
                "is_named": is_named,
            }
        )
    lines = [
        {"y": round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 8) * part, 1), "count": round(most * part)}
        for part in (0, 0.5, 1)
    ]
    return {"bars": bars, "lines": lines, "width": WIDTH, "height": HEIGHT, "left": LEFT}


def _round_up(most: int) -> int:
    """The chart's top: an even number that can be read."""
    size = 10 ** max(0, len(str(most)) - 1)
    return next(
        top for top in (2, size, 2 * size, 4 * size, 6 * size, 8 * size, 10 * size) if top >= max(most, 2)
    )
