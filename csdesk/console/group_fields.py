"""The form's fields for settings that name groups (R-5)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from apps.routing.group_fields import GroupKind, GroupsKind
from apps.team.models import SkillGroup


def _there() -> list[tuple[int, str]]:
    return list(SkillGroup.objects.present().order_by("name").values_list("pk", "name"))


class GroupsField(forms.MultipleChoiceField):
    """Any of the groups, each with a box to mark."""

    def __init__(self, kind: GroupsKind) -> None:
        super().__init__(required=False, choices=_there(), widget=forms.CheckboxSelectMultiple)

    def valid_value(self, value: Any) -> bool:
        # Whether it is there is the section's to say, in its own words.
        return True


class GroupField(forms.ChoiceField):
    """One of the groups, or none."""

    def __init__(self, kind: GroupKind) -> None:
        names = forms.Select(attrs={"dir": "auto"})
        super().__init__(required=False, choices=[(0, kind.none or _("None")), *_there()], widget=names)

    def valid_value(self, value: Any) -> bool:
        return True
