"""Quick replies at the workbench (D-5): the list, one's own, and how often each is used."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.desk.answers import guarded, serving_member
from apps.sessions import quick_replies, reply_files
from apps.sessions.models import QuickReply
from csdesk.csp import harmless
from csdesk.errors import Invalid
from csdesk.file_jobs.exports import TYPES

BODY_LIMIT = 64 * 1024


@login_required
@guarded
@require_http_methods(["GET", "POST"])
def replies(request: HttpRequest) -> JsonResponse:
    """Those one may use, of the reader's language first; POST adds one of one's own.

    Categories come in the order of their first replies: greetings before good-byes.
    """
    if request.method == "POST":
        return JsonResponse(
            _described(quick_replies.add(serving_member(request), **_words(request))), status=201
        )
    found = list(quick_replies.usable_by(request.user))
    ordered = sorted(found, key=_order(found, get_language()))
    return JsonResponse({"replies": [_described(reply) for reply in ordered]})


@guarded
@require_http_methods(["PUT", "DELETE"])
def reply(request: HttpRequest, reply_id: int) -> HttpResponse:
    """New words for one of one's own, or its end."""
    member = serving_member(request)
    if request.method == "DELETE":
        quick_replies.remove(member, reply_id)
        return HttpResponse(status=204)
    return JsonResponse(_described(quick_replies.change(member, reply_id, **_words(request))))


@guarded
@require_POST
def used(request: HttpRequest, reply_id: int) -> HttpResponse:
    """One more message was made of it."""
    quick_replies.used(serving_member(request), reply_id)
    return HttpResponse(status=204)


@guarded
@require_http_methods(["GET", "POST"])
def file(request: HttpRequest, form: str) -> HttpResponse:
    """One's own as a CSV or XLSX file; POST takes one of either kind in."""
    member = serving_member(request)
    if request.method == "GET":
        answer = HttpResponse(reply_files.written(member, form), content_type=TYPES[form])
        answer["Content-Disposition"] = f'attachment; filename="quick-replies.{form}"'
        return harmless(answer)
    given = request.FILES.get("file")
    if given is None or given.size > reply_files.OWN_LIMIT:
        raise Invalid(_("The file is missing or larger than 1 MB."))
    return JsonResponse({"replies": reply_files.read(member, given.read(), given.name or "")})


def _words(request: HttpRequest) -> dict:
    try:
        raw = json.loads(request.body) if len(request.body) <= BODY_LIMIT else None
    except ValueError:
        raw = None
    if not isinstance(raw, dict):
        raise Invalid(_("The request must be a JSON object."))
    return {"title": raw.get("title"), "text": raw.get("text"), "category": raw.get("category", "")}


def _described(reply: QuickReply) -> dict:
    return {
        "id": reply.id,
        "category": reply.category,
        "title": reply.title,
        "text": reply.text,
        "uses": reply.uses,
        "mine": reply.owner_id is not None,
    }


def _order(found: list[QuickReply], language: str) -> Callable[[QuickReply], tuple]:
    first: dict[tuple, int] = {}
    for reply in found:
        category = (reply.owner_id, reply.category)
        first[category] = min(reply.position, first.get(category, reply.position))
    return lambda reply: (
        reply.owner_id is None,
        reply.language not in ("", language),
        first[reply.owner_id, reply.category],
        reply.category,
        reply.position,
        reply.pk,
    )
