"""The secrets that a channel's users are signed with: shown on demand, made and ended, all in the trail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.sessions import signing_secrets
from apps.sessions.models import Channel
from apps.team import sign_in, trail
from apps.team.adapter import address_of
from apps.team.admin.confirmation import refusal
from csdesk.errors import WrongState

if TYPE_CHECKING:
    from apps.sessions.admin.channels import ChannelAdmin

# What one can do there, and its entry in the trail.
_ENTRIES = {"show": "channel.secrets_viewed", "make": "channel.secret_made", "drop": "channel.secret_ended"}


def secrets_page(admin: ChannelAdmin, request: HttpRequest, channel_id: int) -> HttpResponse:
    """Ask first, and who asks for their password once more (X-6); then do it and show what there is."""
    channel = admin.get_object(request, str(channel_id))
    if channel is None or not admin.has_change_permission(request, channel):
        raise PermissionDenied
    shown: list[str] | None = None
    wrong = ""
    asked = request.POST.get("do", "")
    if request.method == "POST" and asked in _ENTRIES:
        wrong = refusal(request, request.POST.get("confirmation", ""))
        if not wrong:
            shown, wrong = _done(request, channel.pk, asked)
    channel.refresh_from_db()
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Secret for userSig"),
        "opts": admin.opts,
        "channel": channel,
        "back": reverse("admin:service_sessions_channel_change", args=[channel.pk]),
        "shown": shown,
        "wrong": wrong,
        "must_confirm": not sign_in.is_confirmed(request.session),
    }
    # The console lets nothing of its pages be kept anywhere.
    return TemplateResponse(request, "console/channel_secrets.html", context)


def _done(request: HttpRequest, channel_id: int, asked: str) -> tuple[list[str] | None, str]:
    """The secrets that count afterwards, or why not; the trail's entry is durable before they are shown."""
    try:
        with transaction.atomic():
            channel = Channel.objects.select_for_update().get(pk=channel_id)
            if asked == "make":
                signing_secrets.make_another(channel)
            elif asked == "drop":
                signing_secrets.drop_former(channel)
            shown = signing_secrets.current(channel)
            trail.append(
                _ENTRIES[asked],
                member=request.user,
                address=address_of(request),
                object_type="channel",
                object_id=channel_id,
                values={"secrets": len(shown)},
            )
    except WrongState as error:
        return None, error.detail
    return shown, ""
