"""The customers' side on the overview (M-5): each channel and the bot, how they stand, what can be done."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.chatbot import state as bot
from apps.sessions.models import Channel, ChannelKind, ChatSession, ServiceRecord
from apps.team.abilities import Ability, may
from apps.team.models import Member
from csdesk import clock

# The most that are shown here; the list has the rest.
MOST = 5
RECENT = timedelta(days=30)
ICONS = {ChannelKind.WEBSITE: "globe", ChannelKind.APP: "phone"}


@dataclass(frozen=True)
class Act:
    label: str
    address: str


@dataclass(frozen=True)
class Card:
    """`mark` colours `state`: ok, near or nothing."""

    title: str
    icon: str
    state: str
    mark: str
    name: str = ""
    # When a customer last began a session here.
    seen_at: datetime | None = None
    # An account id that is copied.
    copied: str = ""
    acts: list[Act] = field(default_factory=list)


def cards(member: Member) -> list[Card]:
    """Cards of what this member may change; of a kind without a channel, how to begin."""
    found: list[Card] = []
    if may(member, Ability.MANAGE_CHANNELS):
        channels = list(Channel.objects.order_by("-is_active", "-kind", "name", "pk"))
        seen, known = _seen(), _known()
        found += [_card(one, seen.get(one.pk), one.pk in known) for one in channels[:MOST]]
        found += [_missing(kind) for kind in ChannelKind if kind not in {one.kind for one in channels}]
    if may(member, Ability.MANAGE_BOT):
        found.append(_bot())
    return found


def _seen() -> dict[int, datetime]:
    """When the last customer began, by channel, as far as that is not long ago."""
    recent = ServiceRecord.objects.filter(started_at__gte=clock.now() - RECENT, number=1)
    return dict(recent.order_by().values_list("channel_id").annotate(Max("started_at")))


def _known() -> set[int]:
    """Channels on which there ever was a session."""
    used = Channel.objects.filter(pk__in=ChatSession.objects.values("channel_id"))
    return set(used.values_list("pk", flat=True))


def _card(channel: Channel, seen_at: datetime | None, is_known: bool) -> Card:
    is_app = channel.kind == ChannelKind.APP
    if not channel.is_active:
        state, mark = pgettext("channel", "Off"), ""
    elif is_known:
        state, mark = _("Connected"), "ok"
    else:
        state, mark = _("No customer yet"), "near"
    change = Act(
        pgettext("channel", "Change"), reverse("admin:service_sessions_channel_change", args=[channel.pk])
    )
    guide = Act(
        pgettext("channel", "Instructions"),
        reverse("admin:service_sessions_channel_guide", args=[channel.pk]),
    )
    return Card(
        ChannelKind(channel.kind).label,
        ICONS[ChannelKind(channel.kind)],
        state,
        mark,
        channel.name,
        seen_at,
        channel.account_id if is_app else "",
        [change, guide],
    )


def _missing(kind: ChannelKind) -> Card:
    begin = Act(pgettext("channel", "Set up"), f"{reverse('admin:service_sessions_channel_add')}?kind={kind}")
    return Card(kind.label, ICONS[kind], _("Not set up"), "", acts=[begin])


def _bot() -> Card:
    now = bot.state(patient=False)
    if now.changes:
        state = ngettext("%(count)s unpublished", "%(count)s unpublished", now.changes) % {
            "count": now.changes
        }
        mark = "near"
    elif now.live is None:
        state, mark = _("Not published"), "near"
    else:
        state, mark = (pgettext("release", "Live"), "ok") if now.is_on else (pgettext("bot", "Off"), "")
    act = (
        Act(_("See changes"), reverse("admin:bot_publish"))
        if now.changes
        else Act(_("To the Q&A library"), reverse("admin:bot_qa"))
    )
    name = now.live.number if now.live else ""
    return Card(_("Bot"), "bot", state, mark, name, acts=[act])
