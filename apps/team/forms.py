"""The forms of signing in and of changing one's password."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm, LoginForm
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.team import phones, sign_in
from apps.team.adapter import address_of, too_many
from csdesk.errors import RateLimited


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=gettext_lazy("Account or e-mail"),
            max_length=254,
            widget=forms.TextInput(
                attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
            ),
        )
        self.fields["password"] = forms.CharField(
            label=gettext_lazy("Password"),
            strip=False,
            max_length=1000,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        )
        self.order_fields(["login", "password"])
        _dress(self)

    def user_credentials(self) -> dict:
        return {"username": self.cleaned_data["login"], "password": self.cleaned_data["password"]}


class PasswordForm(ChangePasswordForm):
    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)
        if may_choose_password(request):
            del self.fields["oldpassword"]
        else:
            self.fields["oldpassword"].label = _("Current password")
            self.fields["oldpassword"].help_text = ""
        self.fields["password1"].label = _("New password")
        self.fields["password1"].help_text = " ".join(password_validators_help_texts())
        self.fields["password2"].label = _("New password again")
        for field in self.fields.values():
            field.max_length = 1000
            field.widget.attrs.pop("placeholder", None)
        _dress(self)

    def clean_oldpassword(self) -> str:
        """Guessing is slowed down as at signing in (T-8)."""
        typed = self.cleaned_data["oldpassword"]
        try:
            right = sign_in.confirm(self.user, typed, self.request.session, address_of(self.request))
        except RateLimited as error:
            raise forms.ValidationError(too_many(int(error.extra["seconds"]))) from None
        if not right:
            raise forms.ValidationError(get_adapter().error_messages["enter_current_password"])
        return typed

    def clean(self) -> dict:
        cleaned = super().clean()
        new = self.cleaned_data.get("password1")
        if new and new == self.cleaned_data.get("oldpassword"):
            self.add_error("password1", _("Choose a password that differs from the current one."))
        return cleaned


def may_choose_password(request: HttpRequest) -> bool:
    """Whether somebody who must change an e-mailed password has come without it, and so can't type it."""
    came_without = request.session.get(sign_in.HOW_KEY) in (sign_in.PHONE, sign_in.LINK)
    return request.user.must_change_password and came_without


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label=gettext_lazy("Phone number"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel", "autofocus": True}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        country = f"+{settings.PHONE_COUNTRY}"
        self.fields["phone"].help_text = _("Without a country in front it is one of %s.") % country
        _dress(self)

    def clean_phone(self) -> str:
        number = phones.normalised(self.cleaned_data["phone"])
        if not number:
            raise forms.ValidationError(_("This is no phone number."))
        return number

    def refuse(self, words: str) -> None:
        """Say at the field why the number is not taken."""
        self.add_error("phone", words)
        _dress(self)


class CodeForm(forms.Form):
    """Digits that the member reads somewhere else; how many, the page says."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autofocus": True,
                "spellcheck": "false",
            }
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        _dress(self)

    def refuse(self, words: str) -> None:
        """Say at the field why the code is not taken."""
        self.add_error("code", words)
        _dress(self)


class ConfirmForm(forms.Form):
    """One's own password once more, before something that others could use against one (X-6)."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, label_suffix="", **kwargs)
        _dress(self)

    def clean_password(self) -> str:
        typed = self.cleaned_data["password"]
        try:
            right = sign_in.confirm(self.request.user, typed, self.request.session, address_of(self.request))
        except RateLimited as error:
            raise forms.ValidationError(too_many(int(error.extra["seconds"]))) from None
        if not right:
            raise forms.ValidationError(get_adapter().error_messages["enter_current_password"])
        return typed


def _dress(form: forms.Form) -> None:
    """Our own look, and errors that a screen reader finds."""
    for name, field in form.fields.items():
        field.widget.attrs["class"] = "input"
        if form.is_bound and form.errors.get(name):
            field.widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"wrong-{name}"}
