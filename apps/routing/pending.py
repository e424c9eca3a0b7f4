"""The one pending offer of a session (R-9): a row beside the state `offered`, kept in step with it."""

from __future__ import annotations

from datetime import datetime

from apps.routing.models import Offer, OfferOutcome
from apps.sessions.models import ChatSession
from apps.team.models import Member
from csdesk import clock


def begin(session: ChatSession, agent: Member, sender: Member | None, until: datetime) -> Offer:
    """Note that the session is offered now; `sender` gets it back when it is not accepted (R-12)."""
    return Offer.objects.create(
        session=session,
        member=agent,
        group=session.group,
        sender=sender,
        offered_at=clock.now(),
        expires_at=until,
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
