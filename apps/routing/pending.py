"""The one pending offer of a session (R-9): a row beside the state `offered`, kept in step with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apps.routing.models import Offer, OfferOutcome
from apps.sessions.models import ChatSession
from apps.team.models import Member
from csdesk import clock


def begin(offers: Iterable[tuple[ChatSession, Member, Member | None, datetime]]) -> None:
    """Note which session is offered to whom and until when; the third gets it back when that fails (R-12)."""
    Offer.objects.bulk_create(
        Offer(
            session=session,
            member=agent,
            group_id=session.group_id,
            sender=sender,
            offered_at=clock.now(),
            expires_at=until,
        )
        for session, agent, sender, until in offers
    )


def end(session: ChatSession, outcome: str) -> Offer | None:
    """Close the pending offer of a session, if there is one; the caller holds the session's row."""
    offer = (
        Offer.objects.select_related("sender").filter(session=session, outcome=OfferOutcome.PENDING).first()
    )
    if offer:
        offer.outcome, offer.ended_at = outcome, clock.now()
        offer.save(update_fields=["outcome", "ended_at"])
    return offer
