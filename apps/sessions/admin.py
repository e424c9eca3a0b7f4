"""Channels and the shared quick replies in the console."""

import re
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.forms.widgets import Input
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.sessions.models import Channel, ChannelKind, QuickReply
from apps.team.abilities import Ability
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin, ConsoleForm, NameField

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

    class Meta:
        model = Channel
        fields = (
            "name",
            "kind",
            "key",
            "account_id",
            "avatar",
            "is_active",
            "allowed_sites",
            "colour",
            "position",
            "launcher",
            "greeting",
        )
        field_classes: ClassVar = {"name": NameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        helps = {
            "key": _("Part of the address of the window. It can't be changed later."),
            "avatar": _("Address of a picture on this server, such as /static/….png; empty: a letter."),
            "account_id": _("What the users of an app talk to. Empty for websites."),
            "greeting": _(
                "Shown beside the launcher. Empty: a greeting in the customer's language; “-”: nothing."
            ),
        }
        for name, text in helps.items():
            if name in self.fields:
                self.fields[name].help_text = text

    def clean_avatar(self) -> str:
        address = self.cleaned_data["avatar"].strip()
        if address and (not address.startswith("/") or address.startswith("//") or "\\" in address):
            # Nothing from elsewhere is shown to customers.
            raise forms.ValidationError(_("Only a picture on this server: the address starts with one /."))
        return address

    def clean(self) -> dict:
        cleaned = super().clean()
        account = (cleaned.get("account_id") or "").strip()
        if cleaned.get("kind") == ChannelKind.APP and not account:
            self.add_error("account_id", _("A channel of an app needs its account."))
        elif account and not re.fullmatch(r"@[\w-]{1,62}", account):
            self.add_error("account_id", _("It starts with @, followed by letters, digits, _ or -."))
        return cleaned


@admin.register(Channel, site=site)
class ChannelAdmin(ConsoleAdmin):
    view_ability = edit_ability = Ability.MANAGE_CHANNELS
    trail_type = "channel"
    lookups = frozenset({"kind__exact", "is_active__exact"})
    form = ChannelForm
    list_display = ("name", "kind", "key", "sites", "activity", "window")
    list_filter = ("kind", "is_active")
    search_fields = ("name", "key", "account_id")
    ordering = ("name",)
    actions = None
    readonly_fields = ("embed_code", "window_address")

    @admin.display(description=gettext_lazy("allowed sites"))
    def sites(self, channel: Channel) -> str:
        return ", ".join(channel.allowed_sites) or "–"

    @admin.display(description=gettext_lazy("state"), ordering="is_active")
    def activity(self, channel: Channel) -> str:
        shown = ("ok", _("Active")) if channel.is_active else ("", _("Off"))
        return format_html('<span class="tag {}">{}</span>', *shown)

    @admin.display(description=gettext_lazy("window"))
    def window(self, channel: Channel) -> str:
        return format_html('<a href="/chat/{}/" target="_blank">{}</a>', channel.key, _("Open"))

    @admin.display(description=gettext_lazy("Address of the window"))
    def window_address(self, channel: Channel) -> str:
        address = f"{settings.CSDESK_BASE_URL}/chat/{channel.key}/"
        return format_html('<a href="{0}" target="_blank">{0}</a>', address)

    @admin.display(description=gettext_lazy("Code for your pages"))
    def embed_code(self, channel: Channel) -> str:
        """The line a website puts into its pages, with a button that copies it."""
        line = (
            f'<script src="{settings.CSDESK_BASE_URL}/widget.js" data-channel="{channel.key}" async></script>'
        )
        return format_html(
            '<code class="code">{0}</code> '
            '<button type="button" class="button small" data-copy="{0}" data-copied="{2}">{1}</button>',
            line,
            _("Copy"),
            _("Copied"),
        )

    def get_fieldsets(self, request: HttpRequest, obj: Channel | None = None) -> list:
        main = ("name", "kind", "key", "account_id", "avatar", "is_active")
        look = ("colour", "position", "launcher", "greeting")
        sets = [
            (None, {"fields": main}),
            (_("Where it may be shown"), {"fields": ("allowed_sites",)}),
            (_("Look"), {"fields": look}),
        ]
        if obj:
            sets.insert(1, (_("Put it on your site"), {"fields": ("embed_code", "window_address")}))
        return sets

    def get_readonly_fields(self, request: HttpRequest, obj: Channel | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "key") if obj else self.readonly_fields


class CategoryFilter(admin.SimpleListFilter):
    title = gettext_lazy("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        shared = QuickReply.objects.filter(owner__isnull=True).exclude(category="")
        return [
            (name, name) for name in shared.order_by("category").values_list("category", flat=True).distinct()
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(category=self.value()) if self.value() else queryset


class QuickReplyForm(ConsoleForm):
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[("", gettext_lazy("Any")), ("zh-hans", "中文"), ("en", "English")],
    )

    class Meta:
        model = QuickReply
        fields = ("category", "title", "text", "language", "position")
        field_classes: ClassVar = {"category": NameField, "title": NameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "text" in self.fields:
            names = "${CustomerName} ${StaffName} ${StaffNo}"
            self.fields["text"].help_text = _("You may use %s.") % names


@admin.register(QuickReply, site=site)
class QuickReplyAdmin(ConsoleAdmin):
    """Shared quick replies; personal ones belong to their owners and are edited at the workbench (D-5)."""

    view_ability = edit_ability = Ability.EDIT_SHARED_REPLIES
    trail_type = "quick_reply"
    lookups = frozenset({"language__exact", "category"})
    form = QuickReplyForm
    list_display = ("title", "category", "start", "language_name", "uses")
    list_filter = (CategoryFilter,)
    search_fields = ("title", "text", "category")
    ordering = ("category", "position", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuickReply]:
        return super().get_queryset(request).filter(owner__isnull=True)

    @admin.display(description=gettext_lazy("reply"))
    def start(self, reply: QuickReply) -> str:
        return reply.text if len(reply.text) <= 60 else f"{reply.text[:59]}…"

    @admin.display(description=gettext_lazy("language"), ordering="language")
    def language_name(self, reply: QuickReply) -> str:
        return {"zh-hans": "中文", "en": "English"}.get(reply.language, _("Any"))
