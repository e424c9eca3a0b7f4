"""Which web processes and workbenches are alive, and what an outage does to deadlines (S-5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max

from apps.routing import assignment, places
from apps.routing.models import Availability, DeskConnection, Offer, OfferOutcome, Status, WebPulse
from apps.sessions.models import ChatSession
from apps.sessions.queries import OPEN
from csdesk import clock

# Without any web process for longer, nobody could act: deadlines wait (S-5).
OUTAGE = timedelta(seconds=5)
FORGOTTEN = timedelta(minutes=10)


def pulse(process_id: UUID, connection_ids: Iterable[UUID]) -> list[UUID]:
    """Sign of life of a web process, every 2 s, with the desk connections it holds.

    Returns those that are not known any more: call `availability.desk_connected` again for them.
    The first pulse after more than 5 s without any moves all pending deadlines by that time (S-5).
    """
    at = clock.now()
    ids = set(connection_ids)
    if outage_at(at):
        _end_outage(process_id, at)
    known = DeskConnection.objects.filter(id__in=ids)
    known.update(seen_at=at)
    WebPulse.objects.update_or_create(process=process_id, defaults={"seen_at": at})
    return list(ids - set(known.values_list("id", flat=True)))


def outage_at(at: datetime) -> timedelta | None:
    """How long no web process has been alive, if that is an outage; None before the very first pulse too."""
    newest = newest_pulse()
    return at - newest if newest and at - newest > OUTAGE else None


def newest_pulse() -> datetime | None:
    """When some web process was seen last."""
    return WebPulse.objects.aggregate(newest=Max("seen_at"))["newest"]


def _end_outage(process_id: UUID, at: datetime) -> None:
    """Move every pending deadline once by the length of the outage, in the transaction that ends it."""
    with transaction.atomic():
        # Keeps the other processes' first pulses out, which then find the outage ended.
        assignment.lock()
        length = outage_at(at)
        if length is None:
            return
        pending = ChatSession.objects.filter(OPEN, deadline_at__isnull=False)
        pending.update(deadline_at=F("deadline_at") + length)
        Offer.objects.filter(outcome=OfferOutcome.PENDING).update(expires_at=F("expires_at") + length)
        Availability.objects.filter(deadline_at__isnull=False).update(deadline_at=F("deadline_at") + length)
        WebPulse.objects.update_or_create(process=process_id, defaults={"seen_at": at})


def process_ended(process_id: UUID) -> None:
    """A web process ends in good order: its connections are gone now and not only when unseen.

    Its last sign of life stays, so that what comes after it can tell how long nobody was there.
    """
    DeskConnection.objects.filter(process=process_id).delete()


def is_somebody_alive() -> bool:
    """Whether deadlines may fire: some web process has been seen within 5 s."""
    newest = newest_pulse()
    return newest is not None and clock.now() - newest <= OUTAGE


def members_to_look_after() -> list[int]:
    """Members whose desk was lost without a grace running, or came back while one runs."""
    connected = DeskConnection.objects.filter(seen_at__gt=clock.now() - places.FRESH).values("member_id")
    there = Availability.objects.exclude(status=Status.OFFLINE)
    lost = there.exclude(member_id__in=connected).exclude(deadline_kind="grace")
    back = there.filter(member_id__in=connected, deadline_kind="grace")
    return list(lost.union(back).values_list("member_id", flat=True))


def forget_the_dead() -> None:
    """Drop connections and processes that have not been seen for long, but never the newest pulse."""
    before = clock.now() - FORGOTTEN
    DeskConnection.objects.filter(seen_at__lt=before).delete()
    newest = newest_pulse()
    if newest:
        WebPulse.objects.filter(seen_at__lt=min(before, newest)).delete()
