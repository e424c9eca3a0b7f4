"""The secrets of a channel that an app signs its users with (V-3, V-8): two at most, sealed in the database.

Two count at once, so that an app can change from one to the other without a moment in which its users
are refused (X-4): `make_another` keeps the former one until `drop_former`.
"""

from __future__ import annotations

import logging
import secrets

from django.db import transaction
from django.utils.translation import gettext as _

from apps.sessions.models import Channel
from csdesk import sealing
from csdesk.errors import WrongState

log = logging.getLogger(__name__)

PURPOSE = "channel-secret"
# As long as the secrets that the public libraries' documents show.
BYTES = 32
COLUMNS = ("secret_1", "secret_2")


def current(channel: Channel) -> list[str]:
    """The secrets that count, the newest first; one that can't be opened counts for nothing."""
    found = []
    for column in COLUMNS:
        sealed = getattr(channel, column)
        if not sealed:
            continue
        try:
            found.append(sealing.unseal(PURPOSE, _place(channel, column), sealed))
        except sealing.Unreadable:
            log.error("a secret of channel %s can't be opened: was SECRET_KEY changed?", channel.pk)
    return found


def make_another(channel: Channel) -> str:
    """A new secret; the one before counts on, the one before that no more. The caller holds the row."""
    former = current(channel)[:1]
    made = secrets.token_hex(BYTES)
    _keep(channel, [made, *former])
    return made


def drop_former(channel: Channel) -> None:
    """End the former secret: what was signed with it counts no more. The caller holds the row.

    WrongState when there is none.
    """
    if not channel.secret_2:
        raise WrongState(_("There is no former secret."))
    _keep(channel, current(channel)[:1])


def seal_anew() -> int:
    """Seal with the newest SECRET_KEY what a former one has sealed; how many channels were changed.

    Called at the start, so that a former key is needed until then only.
    """
    changed = 0
    for channel in Channel.objects.exclude(secret_1="").order_by("pk"):
        with transaction.atomic():
            held = Channel.objects.select_for_update().get(pk=channel.pk)
            sealed = [getattr(held, column) for column in COLUMNS if getattr(held, column)]
            texts = current(held)
            # One that opens with no key is left where it is: the key may come back.
            if len(texts) == len(sealed) and not all(sealing.is_newest(PURPOSE, one) for one in sealed):
                _keep(held, texts)
                changed += 1
    return changed


def _keep(channel: Channel, texts: list[str]) -> None:
    for column, text in zip(COLUMNS, [*texts, "", ""], strict=False):
        sealed = sealing.seal(PURPOSE, _place(channel, column), text) if text else ""
        setattr(channel, column, sealed)
    channel.save(update_fields=list(COLUMNS))


def _place(channel: Channel, column: str) -> str:
    return f"service_sessions_channel.{channel.pk}.{column}"
