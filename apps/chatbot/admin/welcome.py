"""The welcome card in the console (B-3): its title and switch, and its questions in their order."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.chatbot import knowledge
from apps.chatbot.knowledge import InvalidEntry, Line, Wanted
from apps.chatbot.knowledge.welcome import WELCOME_LIMIT
from apps.chatbot.models import QUESTION_LIMIT, Library
from apps.chatbot.settings import MENU, WelcomeSettings
from apps.team import business
from apps.team.adapter import address_of
from csdesk.console import site
from csdesk.console.settings_forms import LANGUAGE_NAMES, SectionForm
from csdesk.errors import DomainError

# Entries that the search offers.
OFFERED = 12


@require_http_methods(["GET", "HEAD", "POST"])
def card(request: HttpRequest) -> HttpResponse:
    """Show the card and save it; all of it applies at once."""
    section = business.current(WelcomeSettings)
    if request.method != "POST":
        return _shown(request, SectionForm(section), knowledge.welcome_lines())
    form, lines = SectionForm(section, request.POST), _typed(request.POST)
    wrong = _save(request, form, lines)
    if form.errors or wrong:
        return _shown(request, form, _named(lines), wrong, status=400)
    messages.success(request, _("Saved. It applies within two seconds, without publishing."))
    return redirect("admin:bot_welcome")


def _save(request: HttpRequest, form: SectionForm, lines: list[Line]) -> dict[int | None, str]:
    """What is wrong with which line (None: with all of them); nothing is kept then."""
    if not form.is_valid():
        return {}
    who = {"member": request.user, "address": address_of(request)}
    try:
        with transaction.atomic():
            knowledge.set_welcome(lines, seen=request.POST.get("seen"), **who)
            version = form.cleaned_data["version"]
            business.save(WelcomeSettings, form.changed_values, version=version, **who)
    except InvalidEntry as error:
        return {problem.place: problem.detail for problem in reversed(error.problems)}
    except DomainError as error:
        form.add_error(None, error.detail)
    return {}


def _typed(values: Any) -> list[Line]:
    """The lines as they were sent, those without anything left out."""
    rows = zip_longest(
        values.getlist("entry"), values.getlist("text"), values.getlist("language"), fillvalue=""
    )
    return [
        Line(int(entry) if _is_number(entry) else None, text, language)
        for entry, text, language in rows
        if _is_number(entry) or text.strip()
    ]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < len(text) < 19


def _named(lines: list[Line]) -> list[Line]:
    """The same with the words that stand on the card; each keeps its place, for what is wrong names it."""
    return [(knowledge.worded([line]) or [line])[0] for line in lines]


def _shown(
    request: HttpRequest,
    form: SectionForm,
    lines: list[Line],
    wrong: dict[int | None, str] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    form_fields = {field.name: field for field in form.visible_fields()}
    wrong = wrong or {}
    context = {
        **site.each_context(request),
        "title": _("Bot settings"),
        "section": WelcomeSettings,
        "tabs": business.sections(MENU),
        "form": form,
        "fields": list(form_fields.values()),
        "lines": [{"line": line, "wrong": wrong.get(place, "")} for place, line in enumerate(lines)],
        "wrong": wrong.get(None, ""),
        # Sent again as it came, until somebody has looked at what others have made of the card.
        "seen": request.POST.get("seen") or knowledge.welcome_mark(lines),
        "languages": [(code, LANGUAGE_NAMES.get(code, code)) for code, _name in settings.LANGUAGES],
        "limit": WELCOME_LIMIT,
        "longest": QUESTION_LIMIT,
    }
    return render(request, "admin/chatbot/welcome.html", context, status=status)


@require_safe
def questions(request: HttpRequest) -> HttpResponse:
    """Standard questions for the card that fit what is typed: `{"entries": [{"id", "question"}]}`."""
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:100]
    wanted = Wanted(Library.QA, text, state="on")
    entries = knowledge.found(wanted, knowledge.tree(Library.QA)).order_by("-pk")[:OFFERED]
    rows = [{"id": entry.pk, "question": entry.question} for entry in entries.only("pk", "question")]
    return JsonResponse({"entries": rows})
