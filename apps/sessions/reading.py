"""Read marks and typing signals (S-9). Marks only move forward; signals are never stored."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.sessions.models import AuthorKind, ChatSession, Message, State
from csdesk import realtime
from csdesk.errors import NotFound

PREVIEW_LIMIT = 200


@transaction.atomic
def read_by_customer(session_id: UUID, customer_id: UUID, seq: int) -> None:
    """The customer has read up to `seq`; tells the agent and the customer's other tabs."""
    session = _lock(session_id, Q(customer_id=customer_id))
    seq = min(seq, session.seq)
    if seq <= session.customer_read_seq:
        return
    session.customer_read_seq = seq
    session.save(update_fields=["customer_read_seq"])
    _tell(session, AuthorKind.CUSTOMER, seq)


@transaction.atomic
def read_by_agent(session_id: UUID, member_id: int, seq: int) -> None:
    """The serving agent has read up to `seq`; the unread count follows."""
    session = _lock(session_id, Q(agent_id=member_id, state__in=[State.SERVING, State.CLOSED]))
    seq = min(seq, session.seq)
    if seq <= session.agent_read_seq and not session.unread:
        return
    session.agent_read_seq = max(seq, session.agent_read_seq)
    session.unread = Message.objects.filter(
        session_id=session.id, seq__gt=session.agent_read_seq, author_kind=AuthorKind.CUSTOMER
    ).count()
    session.save(update_fields=["agent_read_seq", "unread"])
    _tell(session, AuthorKind.AGENT, session.agent_read_seq)


def _lock(session_id: UUID, whose: Q) -> ChatSession:
    session = ChatSession.objects.select_for_update().filter(whose, id=session_id).first()
    if session is None:
        raise NotFound(_("There is no such session."))
    return session


def _tell(session: ChatSession, by: str, seq: int) -> None:
    frame = {"op": "read", "session": str(session.id), "by": str(by), "seq": seq}
    realtime.publish(realtime.customer(session.customer_id, session.channel_id), frame)
    if session.agent_id:
        realtime.publish(realtime.member(session.agent_id), frame)


def typing_by_customer(customer_id: UUID, channel_id: int, preview: str = "") -> None:
    """Tell the serving agent that the customer types; the preview only where it is allowed (X-16)."""
    found = _served_now(Q(customer_id=customer_id, channel_id=channel_id))
    if found:
        data = {"customerServicePlugin": 0, "src": "12"}
        if preview:
            data["preview"] = preview[:PREVIEW_LIMIT]
        frame = {"op": "signal", "session": str(found["id"]), "data": data}
        realtime.publish(realtime.member(found["agent_id"]), frame)


def typing_by_agent(session_id: UUID, member_id: int) -> None:
    """Tell the customer that the serving agent types; nothing happens for somebody else's session."""
    found = _served_now(Q(id=session_id, agent_id=member_id))
    if found:
        recipient = realtime.customer(found["customer_id"], found["channel_id"])
        realtime.publish(recipient, {"op": "signal", "data": {"customerServicePlugin": 0, "src": "12"}})


def _served_now(which: Q) -> dict | None:
    return (
        ChatSession.objects.filter(which, state=State.SERVING)
        .values("id", "agent_id", "customer_id", "channel_id")
        .first()
    )
