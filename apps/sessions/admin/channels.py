"""Channels in the console (V-3): what a website copies, what an app signs its users with."""

from typing import Any

import segno
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms import Script
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from apps.sessions.admin import pre_chat_page
from apps.sessions.admin.channel_form import ChannelForm
from apps.sessions.admin.channel_secrets import secrets_page
from apps.sessions.models import Channel, ChannelKind
from apps.team.abilities import Ability
from apps.visitor.words import greeting_words
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin

# The launcher's pictures, as static/visitor/widget/drawing.js has them.
ICONS = (
    (
        "chat",
        "M5.5 3.5h9a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-2.5 2.5H9.5L5.5 17v-3.5A2.5 2.5 0 0 1 3 11V6"
        "a2.5 2.5 0 0 1 2.5-2.5zM7 8.5h.01M10 8.5h.01M13 8.5h.01",
    ),
    (
        "question",
        "M10 17.2a7.2 7.2 0 1 0-6.3-3.7L3 17l3.5-.7a7.2 7.2 0 0 0 3.5.9z"
        "M7.9 8.1a2.1 2.1 0 1 1 3.2 1.8c-.7.4-1.1.9-1.1 1.6M10 13.9h.01",
    ),
    (
        "headset",
        "M4 12v-2a6 6 0 0 1 12 0v2M4 11.5h1.7v4H5a1 1 0 0 1-1-1z"
        "M16 11.5h-1.7v4h.7a1 1 0 0 0 1-1zM15 15.5c0 1.2-1 1.7-3.2 1.7",
    ),
    (
        "heart",
        "M10 16.6C5.6 13.4 3 10.9 3 7.9A3.7 3.7 0 0 1 6.7 4.2c1.3 0 2.5.7 3.3 1.9.8-1.2 2-1.9 3.3-1.9"
        "A3.7 3.7 0 0 1 17 7.9c0 3-2.6 5.5-7 8.7z",
    ),
)


@admin.register(Channel, site=site)
class ChannelAdmin(ConsoleAdmin):
    view_ability = edit_ability = Ability.MANAGE_CHANNELS
    trail_type = "channel"
    lookups = frozenset({"kind__exact", "is_active__exact"})
    form = ChannelForm
    list_display = ("shown_name", "kind", "reached", "sites", "activity", "acts")
    list_filter = ("kind", "is_active")
    search_fields = ("name", "key", "account_id")
    ordering = ("name",)
    actions = None
    change_list_template = "console/channel_list.html"
    readonly_fields = (
        "embed_code",
        "window_address",
        "window_code",
        "account",
        "app_number",
        "signing",
        "look",
        "asked_before",
    )

    class Media:
        css = {"all": ("console/channels.css",)}
        js = (Script("console/channel-look.js", type="module"),)

    # --- the list ---

    @admin.display(description=gettext_lazy("allowed sites"))
    def sites(self, channel: Channel) -> str:
        sites = format_html_join(
            "",
            '<span class="site cut" title="{0}">{0}</span>',
            ((site,) for site in channel.allowed_sites[:3]),
        )
        more = len(channel.allowed_sites) - 3
        if more > 0:
            sites += format_html('<span class="faint">{}</span>', _("and %(count)s more") % {"count": more})
        return sites or "–"

    @admin.display(description=gettext_lazy("state"), ordering="is_active")
    def activity(self, channel: Channel) -> str:
        shown = ("ok", _("Active")) if channel.is_active else ("", _("Off"))
        return format_html('<span class="tag {}">{}</span>', *shown)

    @admin.display(description=gettext_lazy("service name"), ordering="name")
    def shown_name(self, channel: Channel) -> str:
        if channel.avatar:
            picture = format_html('<img class="avatar small" src="{}" alt="">', channel.avatar)
        else:
            picture = format_html('<span class="avatar small" aria-hidden="true">{}</span>', channel.name[:1])
        return format_html(
            '<span class="channel-name">{}<span dir="auto">{}</span></span>', picture, channel.name
        )

    @admin.display(description=gettext_lazy("address or account id"))
    def reached(self, channel: Channel) -> str:
        """Where customers find it: the page of the window, or the account that an app names."""
        if channel.kind == ChannelKind.APP:
            shown = _to_copy(channel.account_id, is_short=True)
        else:
            shown = format_html(
                '<a class="cut" href="/chat/{0}/" target="_blank" title="/chat/{0}/">/chat/{0}/</a>',
                channel.key,
            )
        return format_html('<span class="reached">{}</span>', shown)

    @admin.display(description="")
    def acts(self, channel: Channel) -> str:
        names = ((pgettext("channel", "Change"), "change"), (pgettext("channel", "Instructions"), "guide"))
        links = (
            (reverse(f"admin:service_sessions_channel_{name}", args=[channel.pk]), label)
            for label, name in names
        )
        buttons = format_html_join("", '<a class="button small quiet" href="{}">{}</a>', links)
        return format_html('<span class="channel-acts">{}</span>', buttons)

    # --- what to copy ---

    @admin.display(description=gettext_lazy("Address of the window"))
    def window_address(self, channel: Channel) -> str:
        return _to_copy(_address(channel), address=_address(channel))

    @admin.display(description=gettext_lazy("QR code of the window"))
    def window_code(self, channel: Channel) -> str:
        """Drawn here, so that no other service learns the address."""
        drawn = segno.make(_address(channel), error="m").svg_inline(scale=4, border=4)
        safe = mark_safe(drawn)  # noqa: S308 - nothing but the drawn squares
        return format_html(
            '<span class="qr-code" role="img" aria-label="{}">{}</span>', _address(channel), safe
        )

    @admin.display(description=gettext_lazy("Preview"))
    def look(self, channel: Channel) -> SafeString:
        """The chat on a page, as the form says just now."""
        words = {"greeting": greeting_words(), "icons": ICONS}
        return render_to_string("console/channel_look.html", words)

    @admin.display(description=gettext_lazy("Code for your pages"))
    def embed_code(self, channel: Channel) -> str:
        """The line a website puts into its pages, with a button that copies it."""
        return _to_copy(
            f'<script src="{settings.CSDESK_BASE_URL}/widget.js" data-channel="{channel.key}" async></script>'
        )

    @admin.display(description=gettext_lazy("service account"))
    def account(self, channel: Channel) -> str:
        return _to_copy(channel.account_id)

    @admin.display(description="SDKAppID")
    def app_number(self, channel: Channel) -> str:
        return _to_copy(str(settings.SDKAPPID))

    @admin.display(description=gettext_lazy("Secret for userSig"))
    def signing(self, channel: Channel) -> str:
        state = _("Made") if channel.secret_1 else _("None yet: nobody can sign in with a userSig.")
        if channel.secret_2:
            state = _("Made; the former one still counts.")
        address = reverse("admin:service_sessions_channel_secrets", args=[channel.pk])
        act = _("Show or change") if channel.secret_1 else _("Make a secret")
        return format_html('{} <a class="button small" href="{}">{}</a>', state, address, act)

    @admin.display(description=gettext_lazy("Form before the chat"))
    def asked_before(self, channel: Channel) -> str:
        """Whether customers are asked something before their first word (V-4)."""
        return pre_chat_page.standing(channel)

    # --- the form ---

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        kind = request.GET.get("kind", "")
        return {"kind": kind if kind in ChannelKind.values else ChannelKind.WEBSITE}

    def get_fieldsets(self, request: HttpRequest, obj: Channel | None = None) -> list:
        is_app = (obj.kind if obj else request.GET.get("kind")) == ChannelKind.APP
        account = ("account_id",) if is_app or obj is None else ()
        sets = [
            (None, {"fields": ("name", "kind", "key", *account, "avatar", "is_active", "has_bot")}),
            (_("Where it may be shown"), {"fields": ("allowed_sites",)}),
            (_("Look"), {"fields": ("look", "colour", "position", "launcher", "greeting")}),
        ]
        if obj is None:
            return sets[:2] if is_app else sets
        before = (_("Before the chat"), {"fields": ("asked_before",)})
        signing = (_("Known users"), {"fields": ("app_number", "signing")})
        if is_app:
            shown = (_("Put it into your app"), {"fields": ("account", "app_number", "signing")})
            return [sets[0], shown, before, sets[1]]
        shown = (_("Put it on your site"), {"fields": ("embed_code", "window_address", "window_code")})
        return [sets[0], shown, *sets[1:], before, signing]

    def get_readonly_fields(self, request: HttpRequest, obj: Channel | None = None) -> tuple[str, ...]:
        # Customers come by the key, and by the door of the kind.
        return (*self.readonly_fields, "key", "kind") if obj else self.readonly_fields

    # --- secrets ---

    def get_urls(self) -> list:
        own = path(
            "<int:channel_id>/secrets/",
            self.admin_site.admin_view(self.secrets),
            name="service_sessions_channel_secrets",
        )
        guide = path(
            "<int:channel_id>/guide/",
            self.admin_site.admin_view(self.guide),
            name="service_sessions_channel_guide",
        )
        return [own, guide, *super().get_urls()]

    def guide(self, request: HttpRequest, channel_id: int) -> HttpResponse:
        """How the channel is put to use, step by step, with all there is to copy (V-3)."""
        channel = self.get_object(request, str(channel_id))
        if channel is None or not self.has_view_permission(request, channel):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": pgettext("channel", "Instructions"),
            "opts": self.opts,
            "channel": channel,
            "back": reverse("admin:service_sessions_channel_change", args=[channel.pk]),
            "address": _address(channel),
            "embed_code": self.embed_code(channel),
            "window_address": self.window_address(channel),
            "window_code": self.window_code(channel),
            "account": self.account(channel),
            "app_number": format_html("SDKAppID {}", self.app_number(channel)),
            "signing": self.signing(channel),
            "component": _to_copy(_component(channel)),
        }
        return TemplateResponse(request, "console/channel_guide.html", context)

    def secrets(self, request: HttpRequest, channel_id: int) -> HttpResponse:
        return secrets_page(self, request, channel_id)


def _address(channel: Channel) -> str:
    return f"{settings.CSDESK_BASE_URL}/chat/{channel.key}/"


def _component(channel: Channel) -> str:
    """The chat as an element of an app's page; who the user is comes from the app's server."""
    script = f"{settings.CSDESK_BASE_URL}{static('sdk/csdesk-chat.js')}"
    return (
        f'<script type="module" src="{script}"></script>\n'
        f'<csdesk-chat sdkappid="{settings.SDKAPPID}" userid="…" usersig="…"'
        f' conversation="C2C{channel.account_id}"></csdesk-chat>'
    )


def _to_copy(text: str, *, address: str = "", is_short: bool = False) -> str:
    """A text with a button that copies it; a link where it is an address, cut where room is little."""
    button = format_html(
        '<button type="button" class="button small" data-copy="{}" data-copied="{}">{}</button>',
        text,
        _("Copied"),
        _("Copy"),
    )
    if address:
        return format_html('<a href="{0}" target="_blank">{0}</a> {1}', address, button)
    if is_short:
        return format_html('<code class="cut" title="{0}">{0}</code>{1}', text, button)
    # What is short stands in the line, what is long in a box of its own.
    box = "code" if len(text) > 60 else ""
    return format_html('<code class="{}">{}</code> {}', box, text, button)
