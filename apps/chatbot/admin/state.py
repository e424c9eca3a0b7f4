"""The head of every bot page (M-3, B-11): the line that says how the bot stands, and its switch."""

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render

from apps.chatbot.settings import SwitchSettings
from apps.chatbot.state import state
from apps.team import business
from apps.team.adapter import address_of


def fragment(request: HttpRequest) -> HttpResponse:
    """The line alone, for the page to renew it."""
    return render(request, "admin/chatbot/state.html", {"bot": state()})


def switch(request: HttpRequest) -> HttpResponse:
    """Turn the bot on or off at once (B-11); answers with the new line."""
    if request.method != "POST" or request.POST.get("on") not in ("0", "1"):
        return HttpResponseBadRequest()
    values = {"is_on": request.POST["on"] == "1"}
    business.save(SwitchSettings, values, request.user, address=address_of(request))
    return fragment(request)
