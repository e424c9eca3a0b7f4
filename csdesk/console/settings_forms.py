"""A form made from a section of the settings: one field of the form for each field of the dataclass."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import Field, fields, replace
from types import MappingProxyType
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.routing.group_fields import GroupKind, GroupsKind
from apps.routing.hour_fields import SpecialDaysKind, WeekKind, ZoneKind
from apps.team import business
from apps.team.business import InvalidSetting, Section
from apps.team.setting_fields import (
    ChoiceKind,
    FlagKind,
    Kind,
    LinesKind,
    ShareKind,
    TextKind,
    WholeKind,
    Words,
    WordsKind,
    name_of,
)
from csdesk.console.group_fields import GroupField, GroupsField
from csdesk.console.hour_fields import SpecialDaysField, WeekField, mark, zone_field

# What the preview shows in place of the names in the words.
SAMPLES = {
    "StaffName": gettext_lazy("Lin Xiaowen"),
    "StaffNo": "00790",
    "QueuePosition": "3",
    "WaitNo": "2",
    "CustomerName": gettext_lazy("Mr Zhao"),
}
LANGUAGE_NAMES = {"zh-hans": "中文", "en": "English"}


class WordsWidget(forms.MultiWidget):
    """A switch and one text per language, with a preview of what the customer sees."""

    template_name = "console/words_widget.html"
    # In which languages the words can't be taken, and why.
    wrong_parts: Mapping[str, str] = MappingProxyType({})

    def __init__(self, kind: WordsKind) -> None:
        self.kind = kind
        texts = {
            code: forms.Textarea(attrs={"rows": 2, "class": "input", "lang": code, "maxlength": kind.maximum})
            for code, _name in settings.LANGUAGES
        }
        super().__init__({"enabled": forms.CheckboxInput(), **texts})

    def decompress(self, value: Words | None) -> list:
        value = value or Words({})
        return [value.enabled, *(value.texts.get(code, "") for code, _name in settings.LANGUAGES)]

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        parts = context["widget"]["subwidgets"]
        by_language = dict(zip(["", *dict(settings.LANGUAGES)], parts, strict=True))
        mark(by_language, self.wrong_parts)
        for code in self.wrong_parts:
            attrs = by_language[code]["attrs"]
            attrs["aria-describedby"] = f"{attrs.get('id', code)}-wrong"
        samples = {key: str(SAMPLES.get(key, key)) for key in self.kind.names}
        context["widget"] |= {
            "switch": parts[0],
            "is_required_words": self.kind.required,
            "texts": [
                {
                    "part": part,
                    "language": LANGUAGE_NAMES.get(code, code),
                    "wrong": self.wrong_parts.get(code, ""),
                    "sample": Words({code: str(part["value"] or "")}).fill(code, **samples),
                }
                for (code, _name), part in zip(settings.LANGUAGES, parts[1:], strict=True)
            ],
            "samples_json": json.dumps(samples, ensure_ascii=False),
            "names": [f"${{{name}}}" for name in self.kind.names],
        }
        return context


class WordsField(forms.MultiValueField):
    def __init__(self, kind: WordsKind, **kwargs: Any) -> None:
        parts = [
            forms.BooleanField(required=False),
            *(forms.CharField(required=False, strip=True) for _language in settings.LANGUAGES),
        ]
        super().__init__(parts, widget=WordsWidget(kind), require_all_fields=False, required=False, **kwargs)

    def compress(self, values: list) -> dict:
        codes = [code for code, _name in settings.LANGUAGES]
        enabled, texts = (values[0], values[1:]) if values else (False, [""] * len(codes))
        return {"enabled": enabled, "texts": dict(zip(codes, texts, strict=True))}

    def clean(self, value: list) -> dict:
        # MultiValueField would give None for a form that is empty altogether.
        return self.compress([part.clean(given) for part, given in zip(self.fields, value, strict=True)])


class LinesField(forms.CharField):
    widget = forms.Textarea

    def __init__(self, kind: LinesKind, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) or value is None:
            return value
        return "\n".join(name_of(line, self.kind.names) for line in value)

    def to_python(self, value: Any) -> list[str]:
        return [line.strip() for line in (value or "").splitlines() if line.strip()]


class SectionForm(forms.Form):
    """`section` holds the current values; `changed_values` are those the form has after `is_valid()`."""

    # The version the form was filled from: whoever saves later is told.
    version = forms.IntegerField(widget=forms.HiddenInput)

    # Set when somebody else was first (console.conflicts): what they have where this form has something else.
    is_late = False
    theirs: Sequence[dict] = ()

    def __init__(self, section: Section, data: Any = None, *, kept: Mapping[str, Any] | None = None) -> None:
        """`kept`: values that stand in the form in place of the section's and are not saved."""
        self.section = section
        self.changed_values: dict[str, Any] = {}
        self.settings = {field.name: field for field in fields(section)}
        initial = {name: getattr(section, name) for name in self.settings}
        super().__init__(data, initial={**initial, **(kept or {}), "version": section.version})
        self.fields |= {
            name: form_field(field, getattr(section, name)) for name, field in self.settings.items()
        }
        for name in self.errors:  # none when nothing was posted
            if name in self.fields and not getattr(self.fields[name].widget, "wrong_parts", None):
                self.fields[name].widget.attrs["aria-invalid"] = "true"

    def clean(self) -> dict:
        cleaned = super().clean()
        self.changed_values = {}
        for name, field in self.settings.items():
            if name in cleaned:
                try:
                    self.changed_values[name] = business.clean(field, cleaned[name])
                except InvalidSetting as error:
                    self._refuse(name, error)
        if self.errors:
            # What has nothing to do with the wrong fields is told along with them.
            there = replace(self.section, **self.changed_values)
            if wrong := business.contradiction(there, without=set(self.errors)):
                self._refuse(wrong.field, wrong)
            return cleaned
        try:
            business.changed(self.section, self.changed_values)
        except InvalidSetting as error:
            self._refuse(error.field, error)
        return cleaned

    def _refuse(self, name: str, error: InvalidSetting) -> None:
        """Tell it at its field, and of one that has parts at those that are wrong."""
        self.add_error(name if name in self.fields else None, error.detail.split("\n"))
        if error.parts and name in self.fields:
            self.fields[name].widget.wrong_parts = error.parts


def form_field(field: Field, value: Any) -> forms.Field:
    """The form's field for one setting that has this value now."""
    kind: Kind = field.metadata["kind"]
    made = _MAKERS[type(kind)](kind)
    made.label, made.help_text = kind.label, kind.help
    made.unit = getattr(kind, "unit", "")
    if isinstance(kind, FlagKind):
        # The words beside the switch only say how it stands.
        made.widget.attrs["aria-labelledby"] = f"label-{field.name}"
    made.is_words, made.is_flag = isinstance(kind, WordsKind), isinstance(kind, FlagKind)
    made.default_text = _default(field, kind) if value != field.default else ""
    return made


def _default(field: Field, kind: Kind) -> str:
    """The default in words, for the help beside the field."""
    if isinstance(kind, WholeKind | ShareKind):
        return _("Default: %s") % field.default
    return ""


def _flag(kind: FlagKind) -> forms.Field:
    return forms.BooleanField(required=False)


def _whole(kind: WholeKind) -> forms.Field:
    attrs = {"class": "input number", "inputmode": "numeric"}
    widget = forms.NumberInput(attrs=attrs)
    return forms.IntegerField(min_value=kind.minimum, max_value=kind.maximum, widget=widget)


def _share(kind: ShareKind) -> forms.Field:
    attrs = {"class": "input number", "inputmode": "decimal", "step": "0.01"}
    widget = forms.NumberInput(attrs=attrs)
    return forms.DecimalField(min_value=0, max_value=1, max_digits=3, decimal_places=2, widget=widget)


def _choice(kind: ChoiceKind) -> forms.Field:
    return forms.ChoiceField(choices=kind.choices, widget=forms.RadioSelect)


def _text(kind: TextKind) -> forms.Field:
    widget = forms.TextInput(attrs={"class": "input"})
    return forms.CharField(required=kind.required, max_length=kind.maximum, widget=widget)


def _lines(kind: LinesKind) -> forms.Field:
    return LinesField(kind, required=False, widget=forms.Textarea(attrs={"class": "input", "rows": 5}))


def _words(kind: WordsKind) -> forms.Field:
    return WordsField(kind)


_MAKERS = {
    FlagKind: _flag,
    WholeKind: _whole,
    ShareKind: _share,
    ChoiceKind: _choice,
    TextKind: _text,
    LinesKind: _lines,
    WordsKind: _words,
    GroupKind: GroupField,
    GroupsKind: GroupsField,
    SpecialDaysKind: SpecialDaysField,
    WeekKind: WeekField,
    ZoneKind: zone_field,
}
