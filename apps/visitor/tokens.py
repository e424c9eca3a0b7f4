"""What a visitor's browser holds instead of a password (X-3): opaque, stored hashed, renewed by rotation.

A token of a known user ends with the signature it was given for, however often it is renewed.
"""

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from apps.sessions import pre_chat
from apps.sessions.models import Channel, VisitorToken
from csdesk import clock
from csdesk.errors import TokenExpired, Unauthorized

IDLE_LIFE = timedelta(days=30)
# Two tabs may renew the same token: the old one works so long after the first renewal.
OVERLAP = timedelta(seconds=60)
# Use is noted at most so often, so that a reconnect need not write.
NOTED_EVERY = timedelta(hours=1)
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def issue(channel: Channel) -> tuple[str, VisitorToken]:
    """A token of a new visitor of the channel: the text for the browser, and the row kept of it."""
    return _new(channel_id=channel.pk)


def issue_signed(
    channel: Channel, visitor_id: UUID, user_id: str, until: datetime, profile: dict
) -> tuple[str, VisitorToken]:
    """A token of a known user, good until the signature ends; `profile` as it is kept of a customer."""
    return _new(
        channel_id=channel.pk,
        visitor_id=visitor_id,
        user_id=user_id,
        signed_until=until,
        profile=profile,
        pre_chat=pre_chat.kept(visitor_id, channel),
    )


def renew(text: object) -> tuple[str, VisitorToken]:
    """Another token of the same visitor; the old one ends a minute after its first renewal.

    Each renewal within that minute gets a token of its own. Raises what `check` raises.
    """
    old = check(text)
    retire(old)
    return _new(
        channel_id=old.channel_id,
        visitor_id=old.visitor_id,
        user_id=old.user_id,
        signed_until=old.signed_until,
        profile=old.profile,
        pre_chat=old.pre_chat,
    )


def retire(old: VisitorToken) -> None:
    """Let a token end in a minute, counted from the first time it is asked for."""
    now = clock.now()
    first = VisitorToken.objects.filter(hash=old.hash, renewed_at__isnull=True)
    first.update(renewed_at=now, expires_at=_ends(now + OVERLAP, old.signed_until))


def check(text: object) -> VisitorToken:
    """The row of a token that is good now, its use noted; Unauthorized or TokenExpired else."""
    found = find(text)
    if found is None:
        raise Unauthorized(_("This token is not valid."))
    now = clock.now()
    if found.expires_at <= now:
        raise TokenExpired(_("This token is no longer valid."))
    if not found.channel.is_active:
        raise Unauthorized(_("This channel is closed."))
    if found.used_at + NOTED_EVERY <= now and not found.renewed_at:
        found.used_at, found.expires_at = now, _ends(now + IDLE_LIFE, found.signed_until)
        found.save(update_fields=["used_at", "expires_at"])
    return found


def find(text: object) -> VisitorToken | None:
    """The row of a token, whether it is good or over; Unauthorized for what can't be one."""
    if not is_one(text):
        raise Unauthorized(_("This token is not valid."))
    return VisitorToken.objects.select_related("channel").filter(hash=_hash(text)).first()


def is_one(text: object) -> bool:
    """Whether this could be a token at all."""
    return isinstance(text, str) and bool(_FORM.fullmatch(text))


def revoke(visitor_id: object) -> int:
    """End all tokens of a visitor at once; returns how many."""
    return VisitorToken.objects.filter(visitor_id=visitor_id).delete()[0]


def _new(**facts: object) -> tuple[str, VisitorToken]:
    text = secrets.token_urlsafe(32)
    now = clock.now()
    ends = _ends(now + IDLE_LIFE, facts.get("signed_until"))
    row = VisitorToken.objects.create(hash=_hash(text), created_at=now, used_at=now, expires_at=ends, **facts)
    return text, row


def _ends(moment: datetime, signed_until: datetime | None) -> datetime:
    return min(moment, signed_until) if signed_until else moment


def _hash(text: str) -> str:
    # 256 random bits need no salt and no slow hash.
    return hashlib.sha256(text.encode()).hexdigest()
