"""The supervisors' page (D-11): agents and running sessions of their groups, and one session watched live."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.desk.monitor_words import monitor_words
from apps.routing import queries, supervising
from apps.routing.models import Status
from apps.routing.settings import REST_REASONS
from apps.team import queries as team
from apps.team.abilities import Ability, may
from csdesk import clock


@require_GET
@never_cache
@login_required
def monitor(request: HttpRequest) -> HttpResponse:
    """The page with what is going on at this moment; the rest comes over the socket."""
    member = request.user
    if not supervising.may_monitor(member):
        raise PermissionDenied
    groups = [{"id": group.pk, "name": group.name} for group in _groups(member)]
    context = {
        "face": "monitor",
        "has_console": may(member, Ability.ENTER_CONSOLE),
        "words": monitor_words(),
        "page": {
            "csrf": get_token(request),
            "now": clock.milliseconds(clock.now()),
            # Who is on duty keeps their workbench by this page too; nobody becomes available by it.
            "on_duty": queries.availability_of(member).status != Status.OFFLINE,
            "member": member.pk,
            "may_end": member.is_administrator,
            "rest_names": {code: str(name) for code, name in REST_REASONS.items()},
            "groups": groups,
            "overview": supervising.overview(member),
            "desk_url": reverse("desk"),
            "login_url": f"{reverse('account_login')}?next={reverse('desk-monitor')}",
        },
        "sprite": "ui/icons.svg",
    }
    return render(request, "desk/monitor.html", context)


def _groups(member):
    return team.supervised_groups(member).order_by("name")
