"""Who is on the blacklist is not served (S-14): their sessions end, and what they try becomes a record.

The blacklist itself is `sessions.blacklist`. It is asked when a session opens and when a customer signs in,
never for a message: a session of somebody barred carries that from its opening as `failed_status`, the status
it will end with.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.routing import assignment, closing
from apps.sessions import blacklist, networks, transitions
from apps.sessions.blacklist import Target
from apps.sessions.models import (
    BlacklistEntry,
    BlacklistState,
    ChatSession,
    Customer,
    Message,
    ServiceStatus,
    State,
)
from apps.team.models import Member


def add(
    member: Member, whom: Target, *, reason: str, until: datetime | None = None, address: str = ""
) -> BlacklistEntry:
    """Put somebody on the blacklist or propose it, and end their sessions when it counts at once.

    Raises what `blacklist.add` raises.
    """
    entry = blacklist.add(member, whom, reason=reason, until=until, address=address)
    _expel(entry, member)
    return entry


def decide(member: Member, entry_id: int, *, accepts: bool, address: str = "") -> BlacklistEntry:
    """Decide on a proposal; accepted, the sessions of who it is about end. Raises what `blacklist` does."""
    entry = blacklist.decide(member, entry_id, accepts=accepts, address=address)
    _expel(entry, member)
    return entry


def _expel(entry: BlacklistEntry, actor: Member) -> None:
    """End the open sessions of whom an entry bars, each in a transaction of its own."""
    if entry.state != BlacklistState.ACTIVE:
        return
    sessions = ChatSession.objects.exclude(state=State.CLOSED)
    if entry.customer_id:
        sessions = sessions.filter(customer_id=entry.customer_id)
    elif entry.user_id:
        sessions = sessions.filter(customer__user_id=entry.user_id)
    else:
        first, last = networks.edges(entry.network)
        sessions = sessions.filter(customer__address__gte=first, customer__address__lte=last)
    _end_each(sessions.order_by("id").values_list("id", flat=True), actor)


def signed_in(customer_id: UUID) -> None:
    """Somebody has turned out to be this customer: if they are barred, what they have open ends."""
    customer = Customer.objects.filter(id=customer_id).first()
    if customer and blacklist.bars(customer):
        sessions = ChatSession.objects.exclude(state=State.CLOSED).filter(customer=customer)
        _end_each(sessions.order_by("id").values_list("id", flat=True), None)


def _end_each(session_ids: Iterable[UUID], actor: Member | None) -> None:
    for session_id in list(session_ids):
        with transaction.atomic():
            session = transitions.lock(session_id)
            if session.is_open:
                closing.as_blacklisted(session, actor)
        assignment.soon()


def opened(session: ChatSession) -> bool:
    """Whether a session that has just been opened is somebody's who is barred; it then carries that.

    The caller has opened it in this transaction.
    """
    blacklist.hold_still()
    if not blacklist.bars(session.customer):
        return False
    session.failed_status = ServiceStatus.BLACKLISTED
    session.save(update_fields=["failed_status"])
    return True


def carries(session: ChatSession) -> bool:
    """Whether the session was somebody's who was barred when it opened."""
    return session.failed_status == ServiceStatus.BLACKLISTED


def turn_away(said: Message) -> bool:
    """Answer what somebody says whose session `carries` it; False when they are not barred any more."""
    with transaction.atomic():
        session = transitions.lock(said.session_id)
        if session.state != State.FLOW or session.flow_seq >= said.seq:
            return True
        return turned_away(session, said)


def turned_away(session: ChatSession, said: Message | None = None) -> bool:
    """Answer who is barred with the notice and the end, and say so; False for who is not any more.

    The caller holds the row of a session in the flow that `carries` it.
    """
    if not blacklist.bars(session.customer):
        session.failed_status = ""
        session.save(update_fields=["failed_status"])
        return False
    if said:
        session.flow_seq = said.seq
    closing.as_blacklisted(session, None)
    return True
