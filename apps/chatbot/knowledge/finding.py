"""Which entries of a library somebody looks for: as pages list them and as acts on all of them take them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.chatbot.models import Entry, SimilarQuestion
from csdesk import clock

from .categories import Tree

# States one can look for: on or off by themselves; no longer, or not yet valid.
ON, OFF, ENDED, AHEAD = "on", "off", "ended", "ahead"
STATES = (ON, OFF, ENDED, AHEAD)
NO_CATEGORY = 0


@dataclass(frozen=True)
class Wanted:
    """`category`: with all within it; None = any, 0 = those in none."""

    library: str
    text: str = ""
    category: int | None = None
    state: str = ""
    tag: str = ""


def found(wanted: Wanted, known: Tree) -> QuerySet[Entry]:
    """The entries that fit, in no order. NotFound for a category that is gone."""
    entries = Entry.objects.filter(library=wanted.library)
    if wanted.category == NO_CATEGORY:
        entries = entries.filter(category__isnull=True)
    elif wanted.category is not None:
        entries = entries.filter(category__in=known.below(wanted.category))
    if wanted.state:
        entries = entries.filter(_in_state(wanted.state, clock.now()))
    if wanted.tag:
        entries = entries.filter(tags__contains=[wanted.tag])
    for word in wanted.text.split():
        similar = SimilarQuestion.objects.filter(entry=OuterRef("pk"), text__icontains=word)
        entries = entries.filter(Q(question__icontains=word) | Exists(similar))
    return entries


def _in_state(state: str, now: datetime) -> Q:
    ended, ahead = Q(valid_to__lte=now), Q(valid_from__gt=now)
    if state == ENDED:
        return ended
    if state == AHEAD:
        return ahead
    return Q(is_enabled=state == ON)
