"""What the sweep tells: counts to the workbenches, places in the queue to those who wait (R-11).

What was told last stands in the shared cache, so it does not matter which process sweeps. When
Redis is away nothing can be pushed either.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.cache import cache

from apps.routing import events, queries
from apps.sessions.queries import whole
from csdesk import clock

COUNTS = "routing.queue-counts"
PLACES = "routing.places"
KEPT_SECONDS = 3600
PLACES_EVERY = timedelta(seconds=5)
MOST_AT_ONCE = 500


def tell() -> None:
    """Counts when they have changed, once per sweep; places every 5 s."""
    tell_counts()
    tell_places()


def tell_counts() -> None:
    """`queue` to the workbenches when a count has changed."""
    counts = queries.queue_counts()
    if counts != cache.get(COUNTS):
        cache.set(COUNTS, counts, KEPT_SECONDS)
        events.queue_counts(counts)


def tell_places() -> None:
    """`state` to the customers whose place has changed, at most every 5 s."""
    at = clock.now()
    told: tuple[datetime, dict] | None = cache.get(PLACES)
    if told and timedelta() <= at - told[0] < PLACES_EVERY:
        return
    before = told[1] if told else {}
    now = queries.places()
    changed = [session_id for session_id, place in now.items() if before.get(session_id) != place]
    for session in whole().filter(id__in=changed[:MOST_AT_ONCE]):
        events.place_in_queue(session, now[session.id])
    late = set(changed[MOST_AT_ONCE:])
    cache.set(PLACES, (at, {one: place for one, place in now.items() if one not in late}), KEPT_SECONDS)
