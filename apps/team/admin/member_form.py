"""The form of a member: roles and names are checked here for everything that is posted."""

import re
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.team import members
from apps.team.abilities import assignable_roles
from apps.team.admin.confirmation import ConfirmedForm
from apps.team.models import Member, Role
from apps.team.queries import next_staff_no
from csdesk.console.model_admin import NameField


class MemberForm(ConfirmedForm):
    """Roles and names are checked here for everything that is posted, however it came."""

    confirmation_help = gettext_lazy("You signed in a while ago: needed to give or change a role.")

    class Meta:
        model = Member
        fields = ("nickname", "email", "account", "role", "phone", "staff_no", "serves", "session_limit")
        field_classes: ClassVar = {"nickname": NameField, "account": NameField, "staff_no": NameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        target = self.instance if self.instance.pk else None
        if role := self.fields.get("role"):
            allowed = assignable_roles(self.request.user, target)
            role.choices = [(value, Role(value).label) for value in allowed]
            if target is None:
                # Who serves unless one says otherwise (T-1): the page's script follows the role.
                role.widget.attrs["data-serving"] = f"{Role.AGENT} {Role.SUPERVISOR}"
        if account := self.fields.get("account"):
            account.required = target is not None
            account.help_text = "" if target else _("Empty: the e-mail. Sign-in takes either.")
        if staff_no := self.fields.get("staff_no"):
            staff_no.required = target is not None
            staff_no.help_text = _("Empty: the next free one, %s.") % next_staff_no() if not target else ""
        if limit := self.fields.get("session_limit"):
            limit.help_text = _("Empty: the limit of the groups, else the one of the settings.")

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"].strip()
        if not re.fullmatch(r"[0-9 +()-]*", phone):
            raise forms.ValidationError(_("Only digits, blanks and + - ( )."))
        return phone

    def clean(self) -> dict:
        cleaned = super().clean()
        # All at once: what a field is wrong with already is left out.
        for field, detail in members.wrong_names(self._wanted(cleaned)).items():
            self.add_error(field if field in self.fields else None, detail)
        gives_role = self.instance.pk is None or "role" in self.changed_data
        if not self.errors and "role" in self.fields and gives_role:
            self.confirm(cleaned)
        return cleaned

    def _wanted(self, cleaned: dict) -> Member:
        """The member's names as the form has them; "" where that can't be told."""

        def name(field: str) -> str:
            if field in self.errors:
                return ""
            return cleaned.get(field) or getattr(self.instance, field)

        email = name("email")
        account = name("account") or ("" if "account" in self.errors else email)
        return Member(
            pk=self.instance.pk,
            nickname=name("nickname"),
            email=email,
            account=account,
            staff_no=name("staff_no"),
        )
