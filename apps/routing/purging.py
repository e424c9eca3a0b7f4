"""What nobody needs any more goes at night, in small portions that hold no lock for long."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from apps.chatbot import answering
from apps.sessions.models import ChatSession, Customer, Message, PostKey, State, VisitorToken
from csdesk import clock

PORTION = 500
# A look at the window that led to nothing; kept for a while for whoever looks into a complaint.
LOOKS_KEPT = timedelta(hours=1)
KEYS_KEPT = timedelta(days=7)


def looks() -> int:
    """Delete closed sessions in which the customer never said anything (S-17); how many.

    Their customers go with them, unless they have come for more (X-2).
    """
    ended = ChatSession.objects.filter(
        state=State.CLOSED,
        engaged_at__isnull=True,
        ended_at__lt=clock.now() - LOOKS_KEPT,
        held_at__isnull=True,
    )
    total = 0
    while found := list(ended.values_list("id", "customer_id")[:PORTION]):
        with transaction.atomic():
            delete([session_id for session_id, _customer in found])
            _without_sessions({customer for _session, customer in found}).delete()
        total += len(found)
    return total


def delete(session_ids: list[UUID]) -> None:
    """Delete sessions with all that is theirs, in the caller's transaction."""
    # By hand, for deleting by session costs one statement and the cascade one per message.
    Message.objects.filter(session_id__in=session_ids).delete()
    answering.forget(session_ids)
    ChatSession.objects.filter(id__in=session_ids).delete()


def _without_sessions(customer_ids: set) -> QuerySet[Customer]:
    theirs = ChatSession.objects.filter(customer_id=OuterRef("id"))
    return Customer.objects.filter(~Exists(theirs), id__in=customer_ids)


def post_keys() -> int:
    """Delete the keys of messages sent more than 7 days ago (S-7); how many."""
    return _in_portions(PostKey.objects.filter(created_at__lt=clock.now() - KEYS_KEPT))


def visitor_tokens() -> int:
    """Delete visitors' tokens that are over (X-3); how many."""
    return _in_portions(VisitorToken.objects.filter(expires_at__lt=clock.now()))


def _in_portions(old: QuerySet) -> int:
    total = 0
    while keys := list(old.values_list("pk", flat=True)[:PORTION]):
        old.filter(pk__in=keys).delete()
        total += len(keys)
    return total
