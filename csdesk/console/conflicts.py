"""Two who change the same settings at once (M-2): the second sees what the first saved, and loses nothing.

What only the others have changed becomes theirs; what only this form has changed stays; where both have,
this form's value stays and theirs stands beside it. Saving again is then a choice, not an accident.
"""

from __future__ import annotations

from dataclasses import Field
from typing import Any

from django.utils.translation import gettext as _

from apps.team import business
from apps.team.business import Section
from apps.team.models import SettingsVersion
from apps.team.setting_fields import ChoiceKind, FlagKind, LinesKind, Words, name_of
from csdesk.console.settings_forms import SectionForm


def merged(section: type[Section], form: SectionForm) -> SectionForm:
    """The form anew over what is saved by now, with the values that this one has changed.

    `form` was valid and came too late. The new one is not saved yet and says what others have done.
    """
    theirs = business.current(section)
    base = _version(section, form.cleaned_data["version"])
    mine = business.changed(base, form.changed_values)
    kept = {name: getattr(mine, name) for name in form.settings if getattr(mine, name) != getattr(base, name)}
    both = {
        name: getattr(theirs, name)
        for name in kept
        if getattr(theirs, name) not in (getattr(base, name), kept[name])
    }
    again = SectionForm(theirs, kept=kept)
    again.theirs = [
        {"label": again.fields[name].label, "value": in_words(again.settings[name], value)}
        for name, value in both.items()
    ]
    again.is_late = True
    return again


def _version(section: type[Section], version: int) -> Section:
    """The section as it was saved then; the defaults where it never was."""
    saved = SettingsVersion.objects.filter(section=section.name, version=version).first()
    return business.from_stored(section, saved.values if saved else {})


def in_words(field: Field, value: Any) -> str:
    """A value as people read it."""
    kind = field.metadata["kind"]
    if isinstance(kind, FlagKind):
        return _("On") if value else _("Off")
    if isinstance(kind, ChoiceKind):
        return str(dict(kind.choices).get(value, value))
    if isinstance(value, Words):
        return value.text() or _("Off")
    if isinstance(kind, LinesKind):
        return ", ".join(name_of(line, kind.names) for line in value)
    stored = kind.to_json(value)
    return str(stored)
