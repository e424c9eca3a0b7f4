"""A page that asks before something is done, with one's own password where it is long since (X-6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from apps.team import sign_in
from apps.team.admin.confirmation import refusal
from csdesk.errors import DomainError


@dataclass(frozen=True)
class Choice:
    """One of several ways to do it; the first is chosen."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Question:
    """What the page says. `of` is what it is about, `back` where one comes from and goes to afterwards."""

    title: str
    of: object
    back: str
    words: Sequence[str]
    button: str
    is_danger: bool = False
    needs_confirmation: bool = True
    choices: Sequence[Choice] = field(default_factory=tuple)


def ask(
    admin: ModelAdmin,
    request: HttpRequest,
    question: Question,
    act: Callable[[dict[str, str]], HttpResponse | None],
) -> HttpResponse:
    """Show the question; on a yes do it. `act` gets what was chosen, and answers by itself or goes back."""
    wrong = ""
    chosen = {choice.name: _chosen(request, choice) for choice in question.choices}
    if request.method == "POST":
        if question.needs_confirmation:
            wrong = refusal(request, request.POST.get("confirmation", ""))
        if not wrong:
            try:
                return act(chosen) or redirect(question.back)
            except DomainError as error:
                messages.error(request, error.detail)
                return redirect(question.back)
    context = {
        **admin.admin_site.each_context(request),
        "title": question.title,
        "opts": admin.opts,
        "question": question,
        "chosen": chosen,
        "wrong": wrong,
        "must_confirm": question.needs_confirmation and not sign_in.is_confirmed(request.session),
    }
    return TemplateResponse(request, "console/question.html", context)


def _chosen(request: HttpRequest, choice: Choice) -> str:
    posted = request.POST.get(choice.name, "")
    known = [value for value, _words in choice.options]
    return posted if posted in known else known[0]
