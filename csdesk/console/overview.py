"""The console's first page (M-1, M-5): what goes on now, today beside last week, what is still to set up."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.records import overview as records
from apps.sessions.models import Channel, ChannelKind
from apps.team.abilities import Ability, may
from csdesk.console import charts, checklist, live, side_cards, today


def renewed(request: HttpRequest) -> HttpResponse:
    """Only what moves, for the page to renew itself."""
    return render(request, "console/live.html", figures(request))


def page(request: HttpRequest) -> dict[str, Any]:
    """Everything on the page: the figures, the cards of the customers' side, the check-list."""
    return {
        **figures(request),
        "steps": checklist.steps(request.user),
        "cards": side_cards.cards(request.user),
    }


def figures(request: HttpRequest) -> dict[str, Any]:
    """What moves: live figures, today's beside last week's, the charts."""
    kind = request.GET.get("kind", "")
    kinds = list(Channel.objects.order_by("kind").values_list("kind", flat=True).distinct())
    kind = kind if kind in kinds else ""
    zone = timezone.get_current_timezone()
    handled = records.handled_by_group(request.user, zone, kind=kind)
    now = live.figures(request.user, kind=kind, handled=handled)
    found = records.comparison(request.user, zone, kind=kind)
    choices = [(one.value, one.label) for one in ChannelKind if one in kinds]
    sees_all = may(request.user, Ability.SEE_ALL_RECORDS)
    return drawn(now, found, sees_all=sees_all) | {
        "kind": kind,
        "kinds": choices if len(choices) > 1 else [],
        "served_total": _total(handled),
    }


def drawn(now: dict[str, Any], found: records.Comparison, *, sees_all: bool) -> dict[str, Any]:
    """The figures as tiles and charts."""
    return {
        **now,
        "tiles": [*today.live_tiles(now), *today.tiles(found, sees_all=sees_all)],
        "sessions_chart": charts.sessions(found),
        "waits_chart": charts.waits(found),
        "hours": charts.table(found),
        "weekday": today.weekday(found.before.until),
        "is_quiet": not found.today.figures.sessions,
        "first_before": found.before.first_at,
    }


def _total(handled: dict[int | None, records.Handled]) -> records.Handled:
    """Over all groups; a session that two groups handled counts in each of them."""
    return records.Handled(
        sum(one.asked for one in handled.values()), sum(one.served for one in handled.values())
    )
