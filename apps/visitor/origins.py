"""Which pages may talk to us (X-5): our own, and those of a channel's allowed sites."""

import re

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from apps.sessions.models import Channel, ChannelKind

_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def normal(origin: str) -> str:
    """An origin in the form browsers send it; "" for what is none (`null`, with a path, a wildcard)."""
    origin = origin.strip().lower().rstrip("/")
    if not _ORIGIN.fullmatch(origin):
        return ""
    return origin.removesuffix(_DEFAULT_PORTS[origin.partition(":")[0]])


def is_own(origin: str, scheme: str, host: str) -> bool:
    """Whether the origin is this service itself, as addressed by scheme and `Host`."""
    origin = normal(origin)
    if not origin:
        return False
    if origin in {normal(own) for own in settings.CSRF_TRUSTED_ORIGINS}:
        return True
    name, _port = split_domain_port(host)
    return validate_host(name, settings.ALLOWED_HOSTS) and origin == normal(f"{scheme}://{host}")


def is_allowed(origin: str, channel: Channel, scheme: str, host: str) -> bool:
    """Whether a page of this origin may use the channel. For who has none see `may_lack_one`."""
    return is_own(origin, scheme, host) or on_list(origin, channel)


def may_lack_one(channel: Channel) -> bool:
    """Whether somebody without an `Origin` may use the channel, if their user is signed (X-5).

    Browsers always name theirs, so this is an app, which nobody's page can make speak.
    """
    return channel.kind == ChannelKind.APP


def on_list(origin: str, channel: Channel) -> bool:
    """Whether the origin is one of the channel's allowed sites."""
    return normal(origin) in {normal(site) for site in channel.allowed_sites} - {""}


def known_anywhere(origin: str) -> bool:
    """Whether any active channel allows the origin: what a preflight can be answered by."""
    origin = normal(origin)
    if not origin:
        return False
    lists = (
        Channel.objects.filter(is_active=True)
        .exclude(allowed_sites=[])
        .values_list("allowed_sites", flat=True)
    )
    return any(origin == normal(site) for sites in lists for site in sites)
