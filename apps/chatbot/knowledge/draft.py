"""One act of editing a library: alone, counted and logged (B-8, T-11)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.chatbot.models import LibraryState
from apps.team import trail
from apps.team.models import Member
from csdesk import clock
from csdesk.errors import Unavailable

# How long one waits for somebody else's act; only an import takes longer.
PATIENCE_MS = 8_000


class Act:
    """What an act has come to; without an entry noted, nothing was changed."""

    def __init__(self) -> None:
        self.entry: dict[str, Any] | None = None
        # Whether it changes what a release would hold.
        self.is_counted = True

    def note(self, action: str, thing: str, number: object = "", **values: Any) -> None:
        """What goes into the trail: `thing.verb`, what it was done to, before and after."""
        self.entry = {"action": action, "object_type": thing, "object_id": number, "values": values}


@contextmanager
def changing(library: str, *, member: Member | None = None, address: str = "") -> Iterator[Act]:
    """The transaction of one act: others wait, the revision steps once, the trail gets one entry.

    Unavailable when somebody else's act, an import say, takes longer than one waits.
    """
    with transaction.atomic():
        _lock(library)
        act = Act()
        yield act
        if act.entry is not None:
            if act.is_counted:
                changed = {"revision": F("revision") + 1, "changed_at": clock.now()}
                LibraryState.objects.filter(pk=library).update(**changed)
            # Last, for the trail's lock is held until the commit.
            act.entry["values"] = {"library": library} | act.entry["values"]
            trail.append(member=member, address=address, **act.entry)


def revision(library: str) -> int:
    """How often the library's draft was changed. Read it before the snapshot that it is to stand for."""
    return LibraryState.objects.filter(pk=library).values_list("revision", flat=True).first() or 0


def _lock(library: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        usual = cursor.fetchone()[0]
        try:
            _wait_at_most(f"{PATIENCE_MS}ms")
            LibraryState.objects.bulk_create([LibraryState(library=library)], ignore_conflicts=True)
            LibraryState.objects.select_for_update().get(pk=library)
        except OperationalError as error:
            raise Unavailable(
                _("Somebody is importing into this library. Try again in a minute; nothing is lost.")
            ) from error
    _wait_at_most(usual)


def _wait_at_most(time: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [time])
