"""One page per section of the settings (M-2): help beside each field, a preview, who saved last."""

from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

# These define the sections that the console lists.
import apps.routing.settings
import apps.sessions.settings  # noqa: F401
from apps.team import business
from apps.team.abilities import Ability, may
from apps.team.adapter import address_of
from apps.team.models import SettingsVersion
from csdesk.console import conflicts, previews
from csdesk.console.settings_forms import SectionForm
from csdesk.console.site import site
from csdesk.errors import WrongState


def first(request: HttpRequest) -> HttpResponse:
    """The settings start with their first section."""
    _check_right(request)
    return redirect("admin:section", business.sections()[0].name)


def page(request: HttpRequest, name: str) -> HttpResponse:
    """Show a section and save it."""
    _check_right(request)
    section = business.section_named(name)
    if section is None or section.menu != "settings":
        raise Http404
    current = business.current(section)
    form = SectionForm(current, request.POST if request.method == "POST" else None)
    told = _("Saved. It applies to what happens from now on.")
    if request.method == "POST" and form.is_valid() and saved(request, section, form, told):
        return redirect("admin:section", name)
    if form.is_late:
        form = conflicts.merged(section, form)
    context = {
        **site.each_context(request),
        "title": section.title,
        "help": section.help,
        "form": form,
        "sections": business.sections(),
        "section": section,
        "preview": previews.of(_shown(current, form)),
        "preview_address": reverse("admin:preview", args=[name]),
        "history": SettingsVersion.objects.filter(section=name)
        .select_related("member")
        .order_by("-version")[:5],
    }
    return render(request, "console/section.html", context, status=status_of(form))


def status_of(form: SectionForm) -> int:
    """400 for what does not fit, 409 for what came too late."""
    if form.is_late:
        return 409
    return 400 if form.errors else 200


def preview(request: HttpRequest, name: str) -> HttpResponse:
    """What the values in the form, saved or not, mean to customers; those that do not fit count as before."""
    _check_right(request)
    section = business.section_named(name)
    if section is None or section.menu != "settings" or request.method != "POST":
        raise Http404
    current = business.current(section)
    form = SectionForm(current, request.POST)
    form.is_valid()
    return render(request, "console/preview.html", {"preview": previews.of(_shown(current, form))})


def _shown(current: business.Section, form: SectionForm) -> business.Section:
    """The section with those values of the form that fit."""
    return replace(current, **form.changed_values)


def saved(request: HttpRequest, section: type[business.Section], form: SectionForm, told: str) -> bool:
    """Save what the form changes and say so in these words; False, and the form is late, if it was."""
    try:
        business.save(
            section,
            form.changed_values,
            request.user,
            version=form.cleaned_data["version"],
            address=address_of(request),
        )
    except WrongState:
        form.is_late = True
        return False
    messages.success(request, told)
    return True


def _check_right(request: HttpRequest) -> None:
    if not may(request.user, Ability.MANAGE_SETTINGS):
        raise PermissionDenied
