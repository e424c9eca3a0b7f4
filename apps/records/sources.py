"""Where a session came from, in the words of the service records."""

from django.utils.translation import pgettext

from apps.sessions.models import Channel, ChannelKind


def source_label(channel: Channel) -> str:
    """The kind of the channel, as the records call it."""
    labels = {
        ChannelKind.WEBSITE: pgettext("source of a session", "Website"),
        ChannelKind.APP: pgettext("source of a session", "App"),
    }
    return labels[ChannelKind(channel.kind)]
