"""Read marks and typing signals (S-9). Marks only move forward; signals are never stored."""

from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.sessions.models import AuthorKind, ChatSession, Message, State
from csdesk import realtime
from csdesk.errors import NotFound

PREVIEW_LIMIT = 200
# What a number of a message can be at most.
LARGEST = 2**31 - 1

# Each message is read once by either side, so what is usual is one statement: further than before …
_BY_CUSTOMER = """
    UPDATE service_sessions_chatsession
    SET customer_read_seq = LEAST(%(seq)s, seq)
    WHERE id = %(session)s AND customer_id = %(reader)s AND customer_read_seq < LEAST(%(seq)s, seq)
    RETURNING customer_id, channel_id, agent_id, customer_read_seq"""
# … and up to the customer's newest message, so that there is nothing to count.
_BY_AGENT = """
    UPDATE service_sessions_chatsession
    SET agent_read_seq = LEAST(%(seq)s, seq), unread = 0
    WHERE id = %(session)s AND agent_id = %(reader)s AND state IN ('serving', 'closed')
        AND %(seq)s >= customer_seq AND (agent_read_seq < LEAST(%(seq)s, seq) OR unread > 0)
        AND agent_read_seq <= %(seq)s
    RETURNING customer_id, channel_id, agent_id, agent_read_seq"""


def read_by_customer(session_id: UUID, customer_id: UUID, seq: int) -> None:
    """The customer has read up to `seq`; tells the agent and the customer's other tabs."""
    if not _moved(_BY_CUSTOMER, AuthorKind.CUSTOMER, session_id, customer_id, seq):
        _expect(session_id, Q(customer_id=customer_id))


def read_by_agent(session_id: UUID, member_id: int, seq: int) -> None:
    """The serving agent has read up to `seq`; the unread count follows."""
    if not _moved(_BY_AGENT, AuthorKind.AGENT, session_id, member_id, seq):
        _read_in_part(session_id, member_id, seq)


def _moved(statement: str, by: str, session_id: UUID, reader: object, seq: int) -> bool:
    """Whether the one statement did it; then both sides are told."""
    values = {"session": session_id, "reader": reader, "seq": min(seq, LARGEST)}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    if row is None:
        return False
    _tell(session_id, by, *row)
    return True


@transaction.atomic
def _read_in_part(session_id: UUID, member_id: int, seq: int) -> None:
    """The agent has read some of the customer's messages, or nothing new."""
    whose = Q(agent_id=member_id, state__in=[State.SERVING, State.CLOSED])
    session = _expect(session_id, whose, ChatSession.objects.select_for_update())
    seq = min(seq, session.seq)
    if seq <= session.agent_read_seq and not session.unread:
        return
    session.agent_read_seq = max(seq, session.agent_read_seq)
    session.unread = Message.objects.filter(
        session_id=session.id, seq__gt=session.agent_read_seq, author_kind=AuthorKind.CUSTOMER
    ).count()
    session.save(update_fields=["agent_read_seq", "unread"])
    _tell(
        session.id,
        AuthorKind.AGENT,
        session.customer_id,
        session.channel_id,
        session.agent_id,
        session.agent_read_seq,
    )


def _expect(session_id: UUID, whose: Q, sessions: QuerySet[ChatSession] | None = None) -> ChatSession:
    found = ChatSession.objects.all() if sessions is None else sessions
    session = found.filter(whose, id=session_id).first()
    if session is None:
        raise NotFound(_("There is no such session."))
    return session


def _tell(
    session_id: UUID, by: str, customer_id: UUID, channel_id: int, agent_id: int | None, seq: int
) -> None:
    frame = {"op": "read", "session": str(session_id), "by": str(by), "seq": seq}
    realtime.publish(realtime.customer(customer_id, channel_id), frame)
    if agent_id:
        realtime.publish(realtime.member(agent_id), frame)


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
