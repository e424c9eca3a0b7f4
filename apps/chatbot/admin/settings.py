"""The bot's settings in the console (M-2): three tabs, help beside each field, a preview of the decision."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.chatbot.settings import MENU
from apps.team import business
from apps.team.models import SettingsVersion
from csdesk.console import conflicts, site
from csdesk.console.settings_forms import SectionForm
from csdesk.console.settings_pages import saved, status_of


def first(request: HttpRequest) -> HttpResponse:
    """The settings start with the welcome card."""
    return redirect("admin:bot_section", business.sections(MENU)[0].name)


def page(request: HttpRequest, name: str) -> HttpResponse:
    """Show a tab and save it."""
    section = business.section_named(name)
    if section is None or section.menu != MENU:
        raise Http404
    form = SectionForm(business.current(section), request.POST if request.method == "POST" else None)
    told = _("Saved. It applies within two seconds, without publishing.")
    if request.method == "POST" and form.is_valid() and saved(request, section, form, told):
        return redirect("admin:bot_section", name)
    if form.is_late:
        form = conflicts.merged(section, form)
    context = {
        **site.each_context(request),
        "title": _("Bot settings"),
        "help": section.help,
        "form": form,
        "tabs": business.sections(MENU),
        "section": section,
        "history": SettingsVersion.objects.filter(section=name)
        .select_related("member")
        .order_by("-version")[:1],
    }
    return render(request, "admin/chatbot/settings.html", context, status=status_of(form))
