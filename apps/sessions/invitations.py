"""When a customer may be asked, or ask, to rate (S-16): questions only, nothing is changed here."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from apps.sessions.models import ChatSession, Rating, ServiceRecord, State
from apps.sessions.settings import RatingSettings
from apps.team import business
from csdesk import clock


def rules_bits() -> int:
    """`menuSendRuleFlag` of src 23: 1 sent at the end, 2 the agent may invite, 4 the customer may ask."""
    rules = business.read(RatingSettings)
    if not rules.is_on:
        return 0
    return rules.sent_at_end * 1 + rules.agent_invites * 2 + rules.customer_asks * 4


def may_ask(session: ChatSession) -> bool:
    """Whether the customer may ask for the invitation now (src 24)."""
    return session.id in askable([session])


def askable(sessions: Iterable[ChatSession]) -> set[UUID]:
    """Those of the sessions whose customer may ask for the invitation now; one query for all of them."""
    served = {session.id for session in sessions if session.state == State.SERVING}
    if not served or not rules_bits() & 4:
        return set()
    # While somebody serves, the open part is the one that was served last.
    is_rated_now = Q(rated_at__isnull=False, record__ended_at__isnull=True)
    known = Rating.objects.filter(_waits() | is_rated_now, session_id__in=served)
    return served - set(known.values_list("session_id", flat=True))


def may_be_invited(session: ChatSession) -> bool:
    """Whether the invitation goes out at the end: somebody has served, and nothing is open or given."""
    if not rules_bits() & 1:
        return False
    served = served_part(session)
    return served is not None and not is_open(session.id) and not is_rated(served)


def served_part(session: ChatSession) -> ServiceRecord | None:
    """The last part that an agent has really served; what a rating is for."""
    return session.records.filter(accepted_at__isnull=False, agent__isnull=False).order_by("-number").first()


def is_open(session_id: UUID) -> bool:
    """Whether an invitation of the session waits for its answer."""
    return Rating.objects.filter(_waits(), session_id=session_id).exists()


def _waits() -> Q:
    """Of an invitation: sent, neither answered nor expired."""
    return Q(rated_at__isnull=True, expires_at__gt=clock.now())


def is_rated(record: ServiceRecord) -> bool:
    """Whether this part has its rating: one is given once."""
    return Rating.objects.filter(record=record, rated_at__isnull=False).exists()
