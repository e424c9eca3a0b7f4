"""The form of a channel (V-3): a website by its name, an app by its service account."""

import re
import secrets
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.forms.widgets import Input
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.sessions.admin.channel_avatar import AvatarField
from apps.sessions.models import Channel, ChannelKind
from csdesk.console.model_admin import ConsoleForm, NameField

# What user interfaces ask for that name no account (V-10).
DEFAULT_ACCOUNT = "@default_customer_service_account"

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class ColourInput(Input):
    input_type = "color"


class SitesField(forms.CharField):
    """Origins, one per line: scheme, host and port, nothing else and no wildcard (X-5)."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        lines = value.splitlines() if isinstance(value, str) else value or []
        return list(dict.fromkeys(_origin(line.strip()) for line in lines if line.strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return list(initial or []) != self.to_python(data)
        except forms.ValidationError:
            return True


def _origin(text: str) -> str:
    """`https://Shop.example.com/` as `https://shop.example.com`; raises ValidationError."""
    wrong = forms.ValidationError(
        _("“%s” is no site. Write it like https://shop.example.com, without a path."), params=text
    )
    if len(text) > 255 or any(sign.isspace() or sign in ";,'\"" for sign in text):
        raise wrong
    try:
        parts = urlsplit(text.lower())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        raise wrong from None
    whole = parts.scheme in ("http", "https") and not (
        parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password
    )
    if not whole or not _HOST.fullmatch(host):
        raise wrong
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


class ChannelForm(ConsoleForm):
    allowed_sites = SitesField(
        label=gettext_lazy("Allowed sites"),
        required=False,
        help_text=gettext_lazy(
            "One per line, such as https://shop.example.com. Only these may show the window in their pages."
        ),
    )
    colour = forms.RegexField(
        r"^#[0-9a-fA-F]{6}$", label=gettext_lazy("Colour"), widget=ColourInput, initial="#0b6883"
    )

    avatar = AvatarField(required=False, max_length=200)

    class Meta:
        model = Channel
        fields = (
            "name",
            "kind",
            "key",
            "account_id",
            "avatar",
            "is_active",
            "has_bot",
            "allowed_sites",
            "colour",
            "position",
            "launcher",
            "greeting",
        )
        field_classes: ClassVar = {"name": NameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, text in _helps().items():
            if name in self.fields:
                self.fields[name].help_text = text
        for name in {"key", "launcher"} & set(self.fields):
            self.fields[name].required = False
        asked = self.instance.kind if self.instance.pk else self.initial.get("kind", "")
        for name, label in _labels(asked).items():
            if name in self.fields:
                self.fields[name].label = label

    def clean_key(self) -> str:
        """The key that was typed, else one made from the name; a name of other letters gets a short one."""
        key = self.cleaned_data.get("key") or slugify(self.cleaned_data.get("name") or "")[:32]
        if self.cleaned_data.get("key"):
            return key
        while not key or Channel.objects.filter(key=key).exists():
            key = f"{key[:32] or 'channel'}-{secrets.token_hex(3)}"
        return key

    def clean(self) -> dict:
        cleaned = super().clean()
        account = (cleaned.get("account_id") or "").strip()
        kind = self.instance.kind if self.instance.pk else cleaned.get("kind")
        if not account and kind == ChannelKind.APP:
            is_taken = (
                Channel.objects.filter(account_id=DEFAULT_ACCOUNT).exclude(pk=self.instance.pk).exists()
            )
            account = f"@{cleaned.get('key') or self.instance.key}" if is_taken else DEFAULT_ACCOUNT
        if account and not re.fullmatch(r"@[\w-]{1,62}", account):
            self.add_error("account_id", _("It starts with @, followed by letters, digits, _ or -."))
        cleaned["account_id"] = account
        return cleaned


def _labels(kind: str) -> dict[str, str]:
    """What the name and the picture are called: a website is a site, an app has a service account."""
    if kind == ChannelKind.APP:
        return {"name": _("Service account's name"), "avatar": _("Service account's avatar")}
    return {"name": _("Website's name"), "avatar": _("Avatar")}


def _helps() -> dict[str, str]:
    return {
        "key": _("Part of the address of the window. It can't be changed later. Empty: one is made."),
        "avatar": _("A square picture, shown in the window’s head; else the first letter of the name."),
        "account_id": _("What the users of an app talk to. Empty for websites; for an app, one is made."),
        "has_bot": _(
            "The bot answers this channel's customers first, as long as it is on and has been published."
        ),
        "greeting": _(
            "Shown beside the launcher. Empty: a greeting in the customer's language; “-”: nothing."
        ),
    }
