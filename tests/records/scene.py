"""Sessions that are over, as the records show them."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.sessions.content import text_of
from apps.sessions.models import AuthorKind, Channel, ChatSession, Customer, Message, ServiceRecord, State
from apps.team.models import Member, SkillGroup
from csdesk import clock
from csdesk.ids import uuid7
from csdesk.tokens import tokens
from tests.factories import make_channel, make_customer


def make_record(
    *said: str,
    agent: Member | None = None,
    group: SkillGroup | None = None,
    channel: Channel | None = None,
    customer: Customer | None = None,
    started_at: datetime | None = None,
    status: str = "normal",
    is_open: bool = False,
    is_engaged: bool = True,
    **fields: object,
) -> ServiceRecord:
    """A session with one record; what is said alternates between the customer and the agent."""
    at = started_at or clock.now() - timedelta(hours=1)
    channel = channel or make_channel()
    customer = customer or make_customer(channel)
    session = ChatSession.objects.create(
        id=uuid7(int(at.timestamp() * 1000)),
        customer=customer,
        channel=channel,
        group=group,
        agent=agent,
        state=State.CLOSED if not is_open else State.SERVING if agent else State.QUEUED,
        started_at=at,
        engaged_at=at if is_engaged else None,
        queued_at=at + timedelta(seconds=5),
        queue_order_at=at + timedelta(seconds=5),
        assigned_at=at + timedelta(seconds=12) if agent else None,
        ended_at=None if is_open else at + timedelta(minutes=5),
        status="" if is_open else status,
        deadline_at=at + timedelta(days=9) if is_open and not agent else None,
        deadline_kind="queue" if is_open and not agent else "",
    )
    record = ServiceRecord.objects.create(
        session=session,
        customer=customer,
        channel=channel,
        group=group,
        agent=agent,
        started_at=at,
        queued_at=session.queued_at,
        assigned_at=session.assigned_at,
        accepted_at=session.assigned_at,
        ended_at=session.ended_at,
        status=session.status,
        **fields,
    )
    for n, text in enumerate(said):
        by_agent = agent is not None and n % 2 == 1
        add_message(
            session, text, author=agent if by_agent else None, at=at + timedelta(seconds=20 * (n + 1))
        )
    return record


def add_message(
    session: ChatSession,
    text: str = "",
    *,
    author: Member | None = None,
    kind: str = "text",
    body: dict | None = None,
    at: datetime | None = None,
    **fields: object,
) -> Message:
    """One more message, by the customer unless an author is given."""
    session.seq += 1
    session.rev += 1
    session.save(update_fields=["seq", "rev"])
    body = body or {"text": text}
    values = {
        "author_kind": AuthorKind.AGENT if author else AuthorKind.CUSTOMER,
        "author_id": str(author.pk if author else session.customer_id),
        "author_name": author.nickname if author else session.customer.name,
        "tokens": tokens(text_of(kind, body)),
        "created_at": at or session.started_at,
    } | fields
    return Message.objects.create(
        session=session, seq=session.seq, rev=session.rev, kind=kind, body=body, **values
    )


def next_part(record: ServiceRecord, *, agent: Member, group: SkillGroup | None = None) -> ServiceRecord:
    """The session was transferred: this record ended, and the next one goes to its end."""
    session = record.session
    end = record.ended_at
    ServiceRecord.objects.filter(pk=record.pk).update(
        status="transferred", last_seq=session.seq, ended_at=record.started_at + timedelta(minutes=2)
    )
    record.refresh_from_db()
    return ServiceRecord.objects.create(
        session=session,
        number=record.number + 1,
        customer=record.customer,
        channel=record.channel,
        group=group,
        agent=agent,
        first_seq=session.seq,
        started_at=record.ended_at,
        assigned_at=record.ended_at,
        accepted_at=record.ended_at,
        ended_at=end,
        status="normal",
    )
