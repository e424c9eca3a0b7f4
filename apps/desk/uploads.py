"""`POST /api/desk/upload`: a file for a later message of the agent (X-10)."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.desk.answers import guarded, serving_member
from apps.sessions import files
from apps.sessions.authors import member_key
from csdesk.errors import Invalid, RateLimited

# More than the visitors' ten: agents send several pictures of one thing, and have signed in (X-2).
UPLOADS_A_MINUTE = 30


@guarded
@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """Keep the file; the answer says by which id a message may name it."""
    member = serving_member(request)
    _count(member.pk)
    file = request.FILES.get("file")
    if file is None:
        raise Invalid(_("The file is missing."))
    attachment = files.store_upload(member_key(member.pk), file.name or "", file)
    return JsonResponse(
        {
            "upload": str(attachment.id),
            "name": attachment.name,
            "size": attachment.size,
            "type": attachment.mime,
        },
        status=201,
    )


def _count(member_id: int) -> None:
    key = f"desk-uploads.{member_id}"
    cache.add(key, 0, 60)
    try:
        uploads = cache.incr(key)
    except ValueError:
        # It ran out just now.
        uploads = 1
    if uploads > UPLOADS_A_MINUTE:
        raise RateLimited(_("That was too much at once. Please wait a moment."))
