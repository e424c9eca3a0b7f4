"""The form of a member: roles and names are checked here for everything that is posted."""

import re
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.team import members, sign_in
from apps.team.abilities import assignable_roles
from apps.team.adapter import address_of, too_many
from apps.team.models import Member, Role
from apps.team.queries import next_staff_no
from csdesk.console.model_admin import ConsoleForm, NameField
from csdesk.errors import Invalid, RateLimited


class MemberForm(ConsoleForm):
    """Roles and names are checked here for everything that is posted, however it came."""

    request: HttpRequest
    # Asked when one's own password was typed too long ago to give roles.
    confirmation = forms.CharField(
        label=gettext_lazy("Your own password"),
        required=False,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=gettext_lazy("You signed in a while ago: needed to give or change a role."),
    )

    class Meta:
        model = Member
        fields = ("nickname", "email", "account", "role", "phone", "staff_no", "serves", "session_limit")
        field_classes: ClassVar = {"nickname": NameField, "account": NameField, "staff_no": NameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if sign_in.is_confirmed(self.request.session):
            del self.fields["confirmation"]
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
        if self.errors:
            return cleaned
        email = cleaned.get("email") or self.instance.email
        wanted = Member(
            pk=self.instance.pk,
            nickname=cleaned.get("nickname") or self.instance.nickname,
            email=email,
            account=cleaned.get("account") or self.instance.account or email,
            staff_no=cleaned.get("staff_no") or self.instance.staff_no,
        )
        try:
            members.check_names(wanted)
        except Invalid as error:
            self.add_error(str(error.extra["field"]), error.detail)
        if not self.errors and "role" in self.fields and (wanted.pk is None or "role" in self.changed_data):
            self._confirm(cleaned.get("confirmation") or "")
        return cleaned

    def _confirm(self, password: str) -> None:
        if wrong := refusal(self.request, password):
            self.add_error("confirmation", wrong)


def refusal(request: HttpRequest, password: str) -> str:
    """Why the caller may not give roles or reset passwords now; "" when their own password was confirmed."""
    if sign_in.is_confirmed(request.session):
        return ""
    try:
        right = bool(password) and sign_in.confirm(
            request.user, password, request.session, address_of(request)
        )
    except RateLimited as error:
        return too_many(int(error.extra["seconds"]))
    return "" if right else _("This is not your current password.")
