"""The page of a channel's form before the first word (V-4), with a preview of what customers see."""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext_lazy

from apps.sessions import pre_chat, pre_chat_editing
from apps.sessions.models import Channel
from apps.team.abilities import Ability, may
from apps.team.adapter import address_of
from apps.visitor.words import window_words
from csdesk.console import site
from csdesk.errors import DomainError, Invalid

KINDS = (
    ("name", pgettext_lazy("kind of answer", "Name")),
    ("phone", gettext_lazy("Phone")),
    ("email", gettext_lazy("E-mail")),
    ("text", gettext_lazy("Short text")),
    ("long", gettext_lazy("Long text")),
    ("number", gettext_lazy("Number")),
    ("choice", gettext_lazy("Choice")),
)
NAMES = {"zh-hans": "中文", "en": "English"}
_COLUMNS = ("kind", "key", "required", "options")


def page(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Show the form's settings and save them."""
    channel = _channel(request, channel_id)
    wrong: DomainError | None = None
    values, version = channel.pre_chat or {}, pre_chat_editing.version_of(channel)
    if request.method == "POST":
        values = typed(request.POST)
        sent = request.POST.get("version", "")
        version = int(sent) if sent.isascii() and sent.isdecimal() else -1
        try:
            pre_chat_editing.save(
                channel.pk, values, request.user, version=version, address=address_of(request)
            )
        except DomainError as error:
            wrong = error
        else:
            messages.success(request, _("Saved. Customers who come from now on are asked this."))
            return redirect("admin:pre_chat", channel.pk)
    context = {
        **site.each_context(request),
        "title": _("Form before the chat"),
        "channel": channel,
        "back": reverse("admin:service_sessions_channel_change", args=[channel.pk]),
        "version": version,
        "values": values,
        "titles": _per_language(values.get("title")),
        "consents": _per_language(values.get("consent")),
        "rows": _rows(values.get("questions") or [], wrong),
        "empty": _row({"kind": "text"}),
        "kinds": KINDS,
        "wrong": wrong,
        "field": wrong.extra.get("field", "") if wrong else "",
        "preview_address": reverse("admin:pre_chat_preview", args=[channel.pk]),
        "preview": preview_of(values),
    }
    return render(request, "console/pre_chat.html", context, status=400 if wrong else 200)


def preview(request: HttpRequest, channel_id: int) -> HttpResponse:
    """What customers would see of the values in the form, saved or not."""
    _channel(request, channel_id)
    if request.method != "POST":
        raise Http404
    return render(request, "console/pre_chat_preview.html", {"preview": preview_of(typed(request.POST))})


def standing(channel: Channel) -> str:
    """Whether the channel's customers are asked something, with the way to its page."""
    form = pre_chat.form_of(channel)
    state = _("Nothing is asked")
    if form:
        state = _("On: %(count)s questions") % {"count": len(form.questions)}
        state += f" · {_('Consent')}" if form.needs_consent else ""
    address = reverse("admin:pre_chat", args=[channel.pk])
    return format_html('{} <a class="button small" href="{}">{}</a>', state, address, _("Change"))


def preview_of(values: dict) -> dict:
    """The form in each language; `told` says why there is none."""
    try:
        kept = pre_chat_editing.cleaned({**values, "is_on": True})
    except Invalid as error:
        return {"told": error.detail}
    form = pre_chat.form_of(Channel(pre_chat=kept))
    talks = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            shown = json.dumps(pre_chat.shown(form, code), ensure_ascii=False)
            words = json.dumps(window_words(), ensure_ascii=False, default=str)
        talks.append({"language": code, "name": NAMES.get(code, code), "form": shown, "words": words})
    return {"talks": talks, "is_off": not values.get("is_on")}


def typed(data: QueryDict) -> dict:
    """What was typed, row by row; a row without a question and an option is none."""
    columns = [data.getlist(name) for name in (*_COLUMNS, *(f"label_{code}" for code in NAMES))]
    questions = []
    for row in zip_longest(*columns, fillvalue=""):
        kind, key, required, options = row[: len(_COLUMNS)]
        label = dict(zip(NAMES, row[len(_COLUMNS) :], strict=True))
        if any(text.strip() for text in (*label.values(), key, options)):
            question = {"kind": kind, "key": key, "required": required == "yes", "label": label}
            questions.append(question | {"options": options})
    return {
        "is_on": data.get("is_on") == "on",
        "title": {code: data.get(f"title_{code}", "") for code in NAMES},
        "questions": questions,
        "consent": {code: data.get(f"consent_{code}", "") for code in NAMES},
        "notice": data.get("notice", ""),
    }


def _channel(request: HttpRequest, channel_id: int) -> Channel:
    if not may(request.user, Ability.MANAGE_CHANNELS):
        raise PermissionDenied
    return get_object_or_404(Channel, pk=channel_id)


def _per_language(texts: dict | None) -> list[dict]:
    return [{"code": code, "name": name, "text": (texts or {}).get(code, "")} for code, name in NAMES.items()]


def _rows(questions: list[dict], wrong: DomainError | None) -> list[dict]:
    rows = [_row(question) for question in questions]
    number = wrong.extra.get("row") if wrong else None
    if number is not None and number < len(rows):
        rows[number]["wrong"] = wrong.detail
    return rows


def _row(question: dict[str, Any]) -> dict[str, Any]:
    options = question.get("options") or ""
    return {
        "kind": question["kind"],
        "key": question.get("key", ""),
        "required": question.get("required", False),
        "labels": _per_language(question.get("label")),
        "options": options if isinstance(options, str) else "\n".join(options),
    }
