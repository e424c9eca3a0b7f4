"""Pictures in the bot's answers (B-1): ours, the same for everybody, kept by browsers."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from apps.chatbot import pictures
from csdesk.csp import harmless
from csdesk.errors import NotFound

YEAR = 365 * 24 * 3600


@require_GET
def picture(request: HttpRequest, picture_id: UUID) -> HttpResponse:
    """The picture at its path, which never shows another one."""
    try:
        content, mime = pictures.read(picture_id)
    except NotFound:
        raise Http404 from None
    response = harmless(HttpResponse(content, content_type=mime))
    response["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response
