"""Two who change the same thing at once in forms of the console (M-2): neither undoes the other unseen.

A form carries the values that it was filled from, signed. What differs from them was changed here, and only
that is saved. Where somebody else has changed the same field meanwhile the form is late: nothing is saved,
it is shown anew over what is saved by now, with one's own changes kept and theirs named beside.
"""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core import signing
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet, InlineForeignKeyField, ModelChoiceField, model_to_dict
from django.forms.utils import ErrorList
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

FILLED_FROM = "filled_from"


class FilledFromField(forms.CharField):
    """The signed values that the form was filled from; never a change by itself."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, label="")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class FieldErrors(ErrorList):
    """What is wrong with a field, in the look of the settings' forms."""

    def render(
        self, template_name: str | None = None, context: dict | None = None, renderer: Any = None
    ) -> str:
        # Empty for none: pages ask it whether there are any.
        if not self:
            return ""
        shown = {"errors": list(self), "field_id": self.field_id}
        return render_to_string("console/errors.html", shown)


class FreshForm(forms.ModelForm):
    """A form that saves what was changed in it and nothing else.

    `is_late`: somebody else was first with the same field; `theirs` says what they have there. A form that
    was posted without `filled_from` counts as filled from what is there now.
    """

    filled_from = FilledFromField()

    is_late = False
    # Whether it is compared at all: a form may have its own way.
    is_compared = True
    # Whether it stands in a row of a form set: what is said of its fields names the row then.
    is_row = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("error_class", FieldErrors)
        super().__init__(*args, **kwargs)
        self.theirs: list[dict[str, str]] = []
        self.now: dict[str, Any] = {}
        self.base: dict[str, Any] | None = None
        if self.instance.pk is None:
            return
        shown = [name for name in self.fields if name not in ("id", FILLED_FROM)]
        self.now = {name: _plain(value) for name, value in model_to_dict(self.instance, shown).items()}
        self.initial[FILLED_FROM] = _signer(self, self.instance.pk).sign_object(self.now)
        if self.is_bound and self.is_compared:
            self.fill_from(self.instance.pk)

    def fill_from(self, pk: Any) -> None:
        """What is no change against what the form showed is no change."""
        posted = self.data.get(self.add_prefix(FILLED_FROM))
        if posted:
            self.base = _base(_signer(self, pk), posted)
            self.initial.update(self.base)

    def clean(self) -> dict:
        super().clean()
        if self.base is None or self.errors:
            return self.cleaned_data
        if not self.base:
            self.add_error(None, _("Nobody can tell any more what this form showed. Load the page anew."))
            return self.cleaned_data
        for name in self.moved & self.cleaned_data.keys():
            if name not in self.changed_data:
                self.cleaned_data[name] = self.fields[name].clean(self.now[name])
            elif self.now[name] != _plain(self.cleaned_data[name]):
                self.theirs.append(_theirs(self, name))
        if self.theirs:
            self.is_late = True
            self.add_error(None, _late_words())
        return self.cleaned_data

    @property
    def moved(self) -> set[str]:
        """The fields that somebody else has changed since the form was shown."""
        return {name for name, value in (self.base or {}).items() if self.now.get(name, value) != value}

    def mine(self) -> dict[str, Any]:
        """The values that were changed here."""
        changed = set(self.changed_data) & self.now.keys() & self.cleaned_data.keys()
        return {name: _plain(self.cleaned_data[name]) for name in changed}


class FreshFormSet(BaseInlineFormSet):
    """Rows that others have changed or taken away meanwhile; `is_late` and `theirs` as of the form."""

    is_late = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.theirs: list[dict[str, str]] = []
        kwargs["error_class"] = FieldErrors
        super().__init__(*args, **kwargs)

    def _construct_form(self, i: int, **kwargs: Any) -> FreshForm:
        form = super()._construct_form(i, **kwargs)
        form.is_row = True
        if self.is_bound and i < self.initial_form_count() and form.instance.pk is None:
            # The row is gone: unless it was changed here, there is nothing to do and nothing to say.
            pk = self.data.get(form.add_prefix("id"))
            form.initial["id"], form.empty_permitted = pk, True
            form.fill_from(pk)
        return form

    def clean(self) -> None:
        for form in self.initial_forms:
            is_deleted = self._should_delete_form(form)
            if form.instance.pk is None:
                if form.has_changed() and not is_deleted:
                    gone = {"label": _row_name(form, form.base or {}), "value": _("taken away")}
                    self.theirs.append(gone)
            elif is_deleted:
                self.theirs += [_theirs(form, name) for name in sorted(form.moved)]
            else:
                self.theirs += form.theirs
        if self.theirs:
            self.is_late = True
            raise forms.ValidationError(_late_words())
        super().clean()

    def again(self, instance: Model, queryset: QuerySet) -> FreshFormSet:
        """The rows that there are now, with what was changed, added and marked for deletion here."""
        mine = {form.instance.pk: form for form in self.initial_forms if form.instance.pk}
        there = type(self)(instance=instance, queryset=queryset)
        rows = [_posted(form, mine.get(form.instance.pk)) for form in there.initial_forms]
        new = [
            {name: form[name].data for name in form.fields if name != "DELETE"}
            for form in self.extra_forms
            if form.has_changed() and not self._should_delete_form(form)
        ]
        data = {f"{self.prefix}-INITIAL_FORMS": len(rows), f"{self.prefix}-TOTAL_FORMS": len(rows) + len(new)}
        for number, row in enumerate([*rows, *new]):
            row[self.fk.name] = instance.pk
            data |= {f"{self.prefix}-{number}-{name}": value for name, value in row.items() if value}
        return type(self)(data, instance=instance, prefix=self.prefix, queryset=queryset)


def _posted(form: FreshForm, late: FreshForm | None) -> dict[str, Any]:
    """What a browser would post of a row there is, with the changes of the late form."""
    row = form.now | {"id": form.instance.pk, FILLED_FROM: form.initial[FILLED_FROM]}
    if late is not None:
        row |= {**late.mine(), "DELETE": late.cleaned_data.get("DELETE")}
    return row


def _late_words() -> str:
    return _("Somebody else has changed this meanwhile.")


def _signer(form: FreshForm, pk: Any) -> signing.Signer:
    return signing.Signer(salt=f"console.{form._meta.model._meta.label_lower}.{pk}")


def _base(signer: signing.Signer, posted: str) -> dict[str, Any]:
    """The values that the form was filled from; none when they were not signed for this very thing."""
    try:
        return signer.unsign_object(posted)
    except signing.BadSignature:
        return {}


def _plain(value: Any) -> Any:
    """A value as it is kept in the form, so that it can be compared."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, QuerySet):
        value = [one.pk for one in value]
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))


def _theirs(form: FreshForm, name: str) -> dict[str, str]:
    """What somebody else has in this field now, as people read it."""
    label = str(form.fields[name].label or name)
    if form.is_row:
        label = f"{_row_name(form, form.now)} · {label}"
    return {"label": label, "value": _in_words(form.fields[name], form.now[name])}


def _in_words(field: forms.Field, value: Any) -> str:
    if isinstance(field, ModelChoiceField):
        return str(field.queryset.filter(pk=value).first() or "–")
    for choice, words in getattr(field, "choices", ()):
        if str(choice) == ("" if value is None else str(value)):
            return str(words)
    if isinstance(value, bool):
        return _("On") if value else _("Off")
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return "–" if value in (None, "") else str(value)


def _row_name(form: FreshForm, values: dict[str, Any]) -> str:
    """What a row is about: the other thing that it names."""
    for name, field in form.fields.items():
        if (
            isinstance(field, ModelChoiceField)
            and not isinstance(field, InlineForeignKeyField)
            and name in values
        ):
            return _in_words(field, values[name])
    return "–"
