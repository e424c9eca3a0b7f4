"""The page of one entry (B-1): nothing that was typed is lost, whatever comes between."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.chatbot import knowledge
from apps.chatbot.admin.entry_form import EntryForm
from apps.chatbot.admin.libraries import Look, look_of
from apps.chatbot.knowledge import InvalidEntry
from apps.chatbot.knowledge.categories import Tree
from apps.chatbot.models import Entry, Library
from apps.team.adapter import address_of
from csdesk.console import site
from csdesk.errors import DomainError, WrongState

# Twins of an entry that one is told of.
MOST_TWINS = 5


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, library: str) -> HttpResponse:
    """A new entry; in the category one comes from."""
    look, known = look_of(request.GET, library), knowledge.tree(library)
    if request.method != "POST":
        form = EntryForm(known, category=look.category)
        question = request.GET.get("question", "").replace("\0", "")
        form.initial["question"] = question[:1000]
        return _shown(request, look, form)
    form = EntryForm(known, request.POST)
    entry = _saved(request, library, form, None) if form.is_valid() else None
    if entry is None:
        form.mark()
        return _shown(request, look, form, status=400)
    messages.success(request, _("Added to the draft. Customers get it once you publish."))
    return _onward(request, look, form, entry)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, library: str, entry_id: int) -> HttpResponse:
    """An entry that is there; the second of two who edit it is told."""
    look, known = look_of(request.GET, library), knowledge.tree(library)
    entry = Entry.objects.filter(pk=entry_id, library=library).first()
    if entry is None:
        return _gone(request, look, known)
    if request.method != "POST":
        return _shown(request, look, EntryForm(known, entry=entry), entry)
    form = EntryForm(known, request.POST)
    saved = _saved(request, library, form, entry) if form.is_valid() else None
    if saved is None:
        form.mark()
        entry.refresh_from_db()
        return _shown(request, look, form, entry, status=400)
    messages.success(request, _("Saved in the draft. Customers get it once you publish."))
    return _onward(request, look, form, saved)


def _saved(request: HttpRequest, library: str, form: EntryForm, entry: Entry | None) -> Entry | None:
    """The entry as it is kept now; None with what is wrong told in the form."""
    who = {"member": request.user, "address": address_of(request)}
    try:
        if entry is None:
            return knowledge.add_entry(library, form.values, category=form.chosen_category, **who)
        return knowledge.change_entry(
            entry.pk, form.values, category=form.chosen_category, seen=form.seen_at, **who
        )
    except InvalidEntry as error:
        form.refuse(error)
    except WrongState as error:
        form.is_stale = True
        form.add_error(None, error.detail)
    except DomainError as error:
        form.add_error(None, error.detail)
    return None


def _gone(request: HttpRequest, look: Look, known: Tree) -> HttpResponse:
    """Somebody has deleted it meanwhile: what was typed can be added anew."""
    if request.method != "POST":
        messages.warning(request, _("This entry is gone: somebody has deleted it."))
        return redirect(look.address())
    form = EntryForm(known, request.POST)
    form.is_valid()
    form.add_error(None, _("This entry is gone: somebody has deleted it. Saving adds it anew."))
    return _shown(request, look, form, status=404)


def _onward(request: HttpRequest, look: Look, form: EntryForm, entry: Entry) -> HttpResponse:
    """Back to the list, or to the next new entry; questions that others have too are told."""
    questions = [entry.question, *form.values.similar]
    for twin in knowledge.twins(entry.library, questions, besides=entry.pk)[:MOST_TWINS]:
        words = _("“{text}” is also a question of {other}. The bot can't tell the two apart.")
        address = reverse(f"admin:bot_{entry.library}_entry", args=[twin.entry])
        link = format_html('<a href="{}">{}</a>', address, twin.question)
        messages.warning(request, format_html(words, text=twin.text, other=link))
    if "_again" in request.POST:
        fresh = look.query(category=form.chosen_category)
        return redirect(reverse(f"admin:bot_{entry.library}_add") + f"?{fresh}")
    return redirect(look.address())


def _shown(
    request: HttpRequest, look: Look, form: EntryForm, entry: Entry | None = None, *, status: int = 200
) -> HttpResponse:
    library = look.library
    twins: list[Any] = []
    if entry is not None and not form.is_bound:
        questions = [entry.question, *form.lines]
        twins = knowledge.twins(library, questions, besides=entry.pk)[:MOST_TWINS]
    name = f"admin:bot_{library}"
    query = f"?{look.query()}" if look.query() else ""
    own = reverse(f"{name}_entry", args=[entry.pk]) if entry else reverse(f"{name}_add")
    context = {
        **site.each_context(request),
        "title": entry.question if entry else _("Add a question"),
        "library": library,
        "library_name": Library(library).label,
        "is_chat": library == Library.CHITCHAT or bool(form.more_answers),
        "form": form,
        "entry": entry,
        "twins": [{"twin": twin, "address": reverse(f"{name}_entry", args=[twin.entry])} for twin in twins],
        "other": reverse(f"{name}_entry", args=[form.twin]) if form.twin else "",
        "newest": entry.changed_at.isoformat() if entry else "",
        "is_stale": getattr(form, "is_stale", False),
        "save": own + query,
        "back": look.address(),
        "act": reverse(f"{name}_act"),
        "look": look,
        "upload": reverse("admin:bot_picture"),
    }
    return render(request, "admin/chatbot/entry.html", context, status=status)
