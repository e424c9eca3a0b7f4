"""Releases in the console: list, comparison, publishing, going back (B-8, M-3)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.chatbot.models import Release
from csdesk.console import site


def listing(request: HttpRequest) -> HttpResponse:
    """All releases, newest first."""
    context = {
        **site.each_context(request),
        "title": _("Releases"),
        "releases": Release.objects.select_related("made_by").order_by("-pk")[:50],
    }
    return render(request, "admin/chatbot/releases.html", context)
