"""The workbench's page and the data that its socket does not carry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.desk import today
from apps.desk.profile import profile
from apps.desk.words import desk_words
from apps.routing.settings import REST_REASONS, PresenceSettings
from apps.sessions import reply_variables
from apps.sessions.models import ChatSession, State
from apps.sessions.permissions import visible_to
from apps.sessions.settings import MessageSettings
from apps.team import business
from apps.team.abilities import Ability, may
from apps.team.models import Member
from csdesk import clock

NO_SESSION = "00000000-0000-0000-0000-000000000000"
LONGEST_LOOK_BACK = timedelta(days=2)


@require_GET
@never_cache
@login_required
def desk(request: HttpRequest) -> HttpResponse:
    """The workbench (D-1); members who do not serve are told where else to go.

    Supervisors who do not serve find there what they have taken over (R-13).
    """
    has_console = may(request.user, Ability.ENTER_CONSOLE)
    if not (request.user.serves or has_sessions(request.user)):
        return render(request, "desk/not_serving.html", {"has_console": has_console})
    context = {
        "has_console": has_console,
        "words": desk_words(),
        "page": _page(request),
        "sprite": "ui/icons.svg",
    }
    return render(request, "desk/desk.html", context)


def has_sessions(member: Member) -> bool:
    """Whether something is offered to or served by the member."""
    return ChatSession.objects.filter(agent=member, state__in=[State.OFFERED, State.SERVING]).exists()


def _page(request: HttpRequest) -> dict:
    return {
        "csrf": get_token(request),
        "now": clock.milliseconds(clock.now()),
        "rest_reasons": list(business.read(PresenceSettings).rest_reasons),
        "rest_names": {code: str(name) for code, name in REST_REASONS.items()},
        "file_limit": business.read(MessageSettings).file_megabytes * 1024 * 1024,
        "reply_variables": reply_variables.known(),
        "quick_replies_url": reverse("desk-quick-replies"),
        "numbers_url": reverse("desk-numbers"),
        "ended_url": reverse("desk-ended"),
        "summary_url": reverse("desk-summary", args=[NO_SESSION]).replace(NO_SESSION, "SESSION"),
        "session_url": reverse("desk-session", args=[NO_SESSION]).replace(NO_SESSION, "SESSION"),
        "login_url": f"{reverse('account_login')}?next={reverse('desk')}",
    }


@require_GET
def manifest(request: HttpRequest) -> JsonResponse:
    """What makes the workbench installable (D-12); nothing in it is anybody's."""
    sizes = {"desk/icon-192.png": "192x192", "desk/icon-512.png": "512x512"}
    icons = [{"src": static(name), "sizes": size, "type": "image/png"} for name, size in sizes.items()]
    maskable = {"src": static("desk/icon-maskable.png"), "sizes": "512x512", "type": "image/png"}
    page = {
        "id": reverse("desk"),
        "name": _("csdesk workbench"),
        "short_name": "csdesk",
        "start_url": reverse("desk"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f5f7f7",
        "theme_color": "#ffffff",
        "icons": [*icons, maskable | {"purpose": "maskable"}],
    }
    return JsonResponse(page, content_type="application/manifest+json")


@require_GET
@never_cache
@login_required
def ended(request: HttpRequest) -> JsonResponse:
    """The member's sessions that ended since `since` (ms, at most two days ago), in pages by `before`."""
    since = max(_moment(request.GET.get("since", "")), clock.now() - LONGEST_LOOK_BACK)
    return JsonResponse(today.ended(request.user, since, _session_id(request.GET.get("before", ""))))


def _session_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _moment(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return clock.now() - timedelta(days=1)


@require_GET
@never_cache
@login_required
def session(request: HttpRequest, session_id: UUID) -> JsonResponse:
    """The customer's card, the session's data and earlier sessions, for whoever may see the session (T-9)."""
    found = (
        visible_to(request.user).select_related("customer", "channel", "group").filter(id=session_id).first()
    )
    if found is None:
        raise Http404
    return JsonResponse(profile(request.user, found))
