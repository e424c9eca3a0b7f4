"""The form of an entry (B-1): what was typed becomes `knowledge.Values`, problems go back to their fields."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.chatbot.knowledge import InvalidEntry, Tree, Values
from apps.chatbot.models import ANSWER_LIMIT, QUESTION_LIMIT, Entry, Format

from .libraries import choices

_COMMA = re.compile(r"[,，、;；\n]")
_MOMENT = "%Y-%m-%dT%H:%M"


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"class": "input"}, format=_MOMENT)


class EntryForm(forms.Form):
    """`values` and `chosen_category` say what was typed, after `is_valid()`; the domain checks them."""

    # When the entry that the form was filled from was last changed: whoever saves later is told.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    question = forms.CharField(
        label=gettext_lazy("Standard question"),
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "data-most": QUESTION_LIMIT, "autocomplete": "off"}),
    )
    similar = forms.CharField(
        label=gettext_lazy("Similar questions"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 5}),
        help_text=gettext_lazy(
            "Other ways to ask the same, one per line: at most 100, ten are a good start."
        ),
    )
    category = forms.TypedChoiceField(
        label=gettext_lazy("Category"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=forms.Select(attrs={"dir": "auto"}),
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"), choices=Format.choices, widget=forms.RadioSelect, initial=Format.TEXT
    )
    answer = forms.CharField(
        label=gettext_lazy("Answer"),
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 6, "data-most": ANSWER_LIMIT}),
    )
    valid_from = forms.DateTimeField(label=gettext_lazy("Valid from"), required=False, widget=MomentInput)
    valid_to = forms.DateTimeField(label=gettext_lazy("Valid to"), required=False, widget=MomentInput)
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        widget=forms.TextInput(attrs={"class": "input"}),
        help_text=gettext_lazy("For finding them here; parted by commas."),
    )
    is_enabled = forms.BooleanField(label=gettext_lazy("State"), required=False, initial=True)

    def __init__(
        self, known: Tree, data: Any = None, entry: Entry | None = None, category: int | None = None
    ) -> None:
        super().__init__(data, initial=_initial(entry, category), label_suffix="")
        self.fields["category"].choices = [
            ("", _("No category")),
            *((one["id"], f"{one['indent']}{one['name']}") for one in choices(known)),
        ]
        for field in self.fields.values():
            # Files and habits of browsers bring signs that the domain speaks of better.
            field.validators = []
        if data is not None:
            self.more_answers = data.getlist("more_answers")
        else:
            self.more_answers = list(entry.more_answers) if entry else []
        self.places: dict[str, list[int]] = {}
        self.twin: int | None = None

    @property
    def lines(self) -> list[str]:
        """The similar questions as they were typed."""
        return (self["similar"].value() or "").splitlines()

    @property
    def seen_at(self) -> datetime | None:
        try:
            return parse_datetime(self.cleaned_data.get("seen") or "")
        except ValueError:
            return None

    @property
    def values(self) -> Values:
        said = self.cleaned_data
        return Values(
            question=said["question"],
            answer=said["answer"],
            similar=said["similar"].splitlines(),
            more_answers=self.more_answers,
            format=said["format"],
            is_enabled=said["is_enabled"],
            valid_from=said["valid_from"],
            valid_to=said["valid_to"],
            tags=_COMMA.split(said["tags"]),
        )

    @property
    def chosen_category(self) -> int | None:
        return self.cleaned_data["category"]

    def refuse(self, error: InvalidEntry) -> None:
        """Put each problem beside its field."""
        for problem in error.problems:
            detail = problem.detail
            if problem.place is not None:
                self.places.setdefault(problem.field, []).append(problem.place)
                detail = _("Line %(line)s: %(why)s") % {"line": problem.place + 1, "why": detail}
            self.twin = problem.entry or self.twin
            self.add_error(problem.field if problem.field in self.fields else "answer", detail)
        self.mark()

    def mark(self) -> None:
        """Say of each field that is wrong that it is."""
        for name in self.errors:
            if name in self.fields:
                self.fields[name].widget.attrs |= {
                    "aria-invalid": "true",
                    "aria-describedby": f"wrong-{name}",
                }


def _initial(entry: Entry | None, category: int | None) -> dict[str, Any]:
    if entry is None:
        return {"category": category}
    return {
        "seen": entry.changed_at.isoformat(),
        "question": entry.question,
        "similar": "\n".join(entry.similar.values_list("text", flat=True)),
        "category": entry.category_id,
        "format": entry.format,
        "answer": entry.answer,
        "valid_from": entry.valid_from,
        "valid_to": entry.valid_to,
        "tags": ", ".join(entry.tags),
        "is_enabled": entry.is_enabled,
    }
