"""Channels as the door needs them: by key or account id, through a cache of a second."""

import time

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.sessions.models import Channel
from csdesk.errors import Invalid, NotFound

CACHE_SECONDS = 1.0
MOST_CACHED = 1_000
_cache: dict[str, tuple[float, Channel | None]] = {}


def find(name: object) -> Channel:
    """The active channel with this key or account id, at most a second old; NotFound else.

    Invalid for what can't be a name at all.
    """
    if name is None or name == "":
        raise Invalid(_("%(field)s is missing.") % {"field": "channel"})
    if not isinstance(name, str):
        raise Invalid(_("%(field)s must be text.") % {"field": "channel"})
    until, channel = _cache.get(name, (0.0, None))
    if until < time.monotonic():
        if channel:
            # One asks the database, the others take what is known meanwhile.
            _cache[name] = (time.monotonic() + CACHE_SECONDS, channel)
        channel = _read(name)
        if len(_cache) >= MOST_CACHED:
            # Names that somebody made up must not fill the memory.
            _cache.clear()
        _cache[name] = (time.monotonic() + CACHE_SECONDS, channel)
    if channel is None:
        raise NotFound(_("There is no such channel."))
    return channel


def is_known_open(name: str) -> bool:
    """Whether the cache says, not older than a second, that the channel is active; asks no database."""
    until, channel = _cache.get(name, (0.0, None))
    return channel is not None and until >= time.monotonic()


def _read(name: str) -> Channel | None:
    if not name or len(name) > 64 or "\0" in name:
        return None
    named = Q(key=name) | Q(account_id=name)
    return Channel.objects.filter(named, is_active=True).order_by("id").first()
