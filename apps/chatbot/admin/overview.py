"""The bot's numbers in the console."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from csdesk.console import site


def page(request: HttpRequest) -> HttpResponse:
    """The bot's days in numbers."""
    context = {**site.each_context(request), "title": _("Bot overview")}
    return render(request, "admin/chatbot/numbers.html", context)
