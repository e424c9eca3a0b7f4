"""A group's own working hours (R-16): as for all groups, or a calendar of its own."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.routing import hours
from apps.routing.settings import HoursSettings
from apps.team import business
from apps.team.abilities import Ability, may
from apps.team.adapter import address_of
from apps.team.models import SkillGroup
from csdesk.console import previews
from csdesk.console.settings_forms import SectionForm
from csdesk.console.site import site
from csdesk.errors import DomainError

# What the form says of whose hours count.
OWN, COMMON = "own", "common"


def page(request: HttpRequest, group_id: int) -> HttpResponse:
    """Show the hours of a group and save them."""
    group = _group(request, group_id)
    has_own = group.hours is not None
    form = SectionForm(_start(group), request.POST if request.method == "POST" else None)
    wrong = ""
    if request.method == "POST":
        has_own = request.POST.get("whose") == OWN
        # Hours that do not count need not fit.
        if not has_own or form.is_valid():
            wrong = _save(request, group, form, has_own)
            if not wrong:
                return redirect("admin:group_hours", group.pk)
    context = {
        **site.each_context(request),
        "title": _("Working hours of %(name)s") % {"name": group.name},
        "group": group,
        "form": form,
        "has_own": has_own,
        "wrong": wrong,
        "preview": previews.of(_shown(group, form, has_own)),
        "preview_address": reverse("admin:group_hours_preview", args=[group.pk]),
    }
    is_refused = bool(wrong) or (has_own and bool(form.errors))
    return render(request, "console/group_hours.html", context, status=400 if is_refused else 200)


def preview(request: HttpRequest, group_id: int) -> HttpResponse:
    """The calendar of the values in the form, saved or not."""
    group = _group(request, group_id)
    if request.method != "POST":
        raise Http404
    form = SectionForm(_start(group), request.POST)
    form.is_valid()
    shown = previews.of(_shown(group, form, request.POST.get("whose") == OWN))
    return render(request, "console/preview.html", {"preview": shown})


def _group(request: HttpRequest, group_id: int) -> SkillGroup:
    if not may(request.user, Ability.MANAGE_GROUPS):
        raise PermissionDenied
    group = SkillGroup.objects.present().filter(pk=group_id).first()
    if group is None:
        raise Http404
    return group


def _start(group: SkillGroup) -> HoursSettings:
    """What the form begins with: the group's own hours, else those for all, as a copy."""
    own = hours.own_rules(group)
    if own is not None:
        return own
    # Choosing hours of one's own means that they count.
    return replace(business.current(HoursSettings), is_on=True).with_version(0)


def _shown(group: SkillGroup, form: SectionForm, has_own: bool) -> HoursSettings:
    if not has_own:
        return business.current(HoursSettings)
    return replace(_start(group), **form.changed_values)


def _save(request: HttpRequest, group: SkillGroup, form: SectionForm, has_own: bool) -> str:
    """Why it was refused, else nothing."""
    # All of it, not the difference: what was copied from the hours for all becomes the group's own.
    values = business.to_json(business.changed(_start(group), form.changed_values)) if has_own else None
    version = request.POST.get("version", "")
    try:
        hours.save_own(
            group.pk,
            values,
            request.user,
            version=int(version) if version.isdecimal() else -1,
            address=address_of(request),
        )
    except DomainError as error:
        return error.detail
    messages.success(request, _("Saved. It applies to what happens from now on."))
    return ""
