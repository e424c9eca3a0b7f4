"""One's own password once more, where it was typed too long ago for what matters (X-6)."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.team import sign_in
from apps.team.adapter import address_of, too_many
from csdesk.console.model_admin import ConsoleForm
from csdesk.errors import RateLimited


class ConfirmedForm(ConsoleForm):
    """A form with a field for one's own password, which is there only while it is needed."""

    request: HttpRequest
    # Beside the field: what it is needed for.
    confirmation_help: ClassVar[str]
    confirmation = forms.CharField(
        label=gettext_lazy("Your own password"),
        required=False,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if sign_in.is_confirmed(self.request.session):
            self.fields.pop("confirmation", None)
        elif confirmation := self.fields.get("confirmation"):
            confirmation.help_text = self.confirmation_help

    def confirm(self, cleaned: dict) -> None:
        """Check the password of the cleaned data; what is wrong with it stands at its field."""
        if wrong := refusal(self.request, cleaned.get("confirmation") or ""):
            self.add_error("confirmation", wrong)


def refusal(request: HttpRequest, password: str) -> str:
    """Why the caller may not do it now; "" when their own password was confirmed."""
    if sign_in.is_confirmed(request.session):
        return ""
    if not password:
        return _("Type your own password: you signed in a while ago.")
    try:
        right = sign_in.confirm(request.user, password, request.session, address_of(request))
    except RateLimited as error:
        return too_many(int(error.extra["seconds"]))
    return "" if right else _("This is not your current password.")
