"""Where the editor of an answer leaves its pictures (B-1)."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.chatbot import pictures
from csdesk.errors import DomainError


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Keep the picture `file`: `{"address", "width", "height"}`, or `{"detail"}` with why not."""
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"detail": _("Choose a picture.")}, status=400)
    try:
        kept = pictures.keep(file, member=request.user)
    except DomainError as error:
        return JsonResponse({"detail": error.detail}, status=400)
    address = reverse("answer_picture", args=[kept.pk])
    return JsonResponse({"address": address, "width": kept.width, "height": kept.height})
