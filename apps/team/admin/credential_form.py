"""The form of an API credential (T-10, X-9)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.team import credentials
from apps.team.admin.confirmation import ConfirmedForm
from apps.team.models import ApiCredential
from csdesk import clock
from csdesk.console.model_admin import NameField


class LinesField(forms.CharField):
    """A text in each line, as a list."""

    widget = forms.Textarea(attrs={"rows": 3, "class": "input", "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        lines = (super().to_python(value) or "").replace(",", "\n").replace("，", "\n").splitlines()
        return [line.strip() for line in lines if line.strip()]


class LastDayField(forms.DateField):
    """A day, at whose end it is over."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return timezone.localtime(value - timedelta(seconds=1)).date()
        return value

    def clean(self, value: Any) -> datetime | None:
        day: date | None = super().clean(value)
        if day is None:
            return None
        if day < timezone.localdate(clock.now()):
            raise forms.ValidationError(_("This day is over."))
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class CredentialForm(ConfirmedForm):
    """What a program may do; its pair is made, and shown, by the pages."""

    confirmation_help = gettext_lazy("You signed in a while ago: needed for this.")
    actions = forms.MultipleChoiceField(
        label=gettext_lazy("Allowed actions"),
        choices=[(label, [(name, name) for name in names]) for label, names in credentials.ACTIONS.values()],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "action-picks"}),
        error_messages={"required": gettext_lazy("Choose at least one action.")},
    )
    networks = LinesField(
        label=gettext_lazy("Allowed networks"),
        required=False,
        max_length=4000,
        help_text=gettext_lazy(
            "One address or network per line, such as 203.0.113.7 or 203.0.113.0/24. Empty: from everywhere."
        ),
    )
    ends_at = LastDayField(
        label=gettext_lazy("Valid until"),
        required=False,
        help_text=gettext_lazy("The last day on which it counts. Empty: without end."),
    )

    class Meta:
        model = ApiCredential
        fields = credentials.FIELDS
        field_classes: ClassVar = {"name": NameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        helps = {
            "name": _("Which program uses it, such as “orders system”."),
            "manages_administrators": _(
                "Off: actions on administrators are refused. On the super administrator they always are."
            ),
            "takes_older_signatures": _(
                "HmacSHA1 and HmacSHA256 beside TC3, over HTTPS only. For old "
                "programs that can do nothing else."
            ),
        }
        for name, words in helps.items():
            if name in self.fields:
                self.fields[name].help_text = words

    def clean(self) -> dict:
        cleaned = super().clean()
        if not self.fields:
            return cleaned
        wanted = ApiCredential(**{name: cleaned[name] for name in credentials.FIELDS if name in cleaned})
        for name, detail in credentials.wrong_values(wanted).items():
            # Of a field that could not be read that is told already.
            if name in cleaned:
                self.add_error(name, detail)
        if self.errors:
            return cleaned
        credentials.check(wanted)
        cleaned["networks"], cleaned["actions"] = wanted.networks, wanted.actions
        self.confirm(cleaned)
        return cleaned
