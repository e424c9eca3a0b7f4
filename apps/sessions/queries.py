"""Named reads of sessions and messages that sockets and pages need."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from apps.sessions.models import ChatSession, Message, Note, State
from csdesk import clock

SYNC_PAGE = 200
HISTORY_PAGE = 50
ENDED_PAGE = 50
RECENTLY_CLOSED = timedelta(days=1)
OPEN = ~Q(state=State.CLOSED)


def whole() -> QuerySet[ChatSession]:
    """Sessions with all that a frame shows of them."""
    return ChatSession.objects.select_related("customer", "channel", "group", "agent")


def open_session_of(customer_id: UUID, channel_id: int) -> ChatSession | None:
    """The customer's one open session on the channel."""
    return whole().filter(OPEN, customer_id=customer_id, channel_id=channel_id).first()


def revs_for_customer(customer_id: UUID, channel_id: int) -> dict[str, int]:
    """`rev` of each of the customer's sessions that is open or was closed within a day."""
    since = clock.now() - RECENTLY_CLOSED
    found = ChatSession.objects.filter(
        OPEN | Q(ended_at__gte=since), customer_id=customer_id, channel_id=channel_id
    )
    return {str(session_id): rev for session_id, rev in found.values_list("id", "rev")}


def revs_for_member(member_id: int) -> dict[str, list[int]]:
    """`[rev, note]` of each session that is offered to or served by the member."""
    found = ChatSession.objects.filter(agent_id=member_id, state__in=[State.OFFERED, State.SERVING])
    return {
        str(session_id): [rev, note] for session_id, rev, note in found.values_list("id", "rev", "note_no")
    }


def changed_since(customer_id: UUID, channel_id: int, last: dict[UUID, int]) -> list[ChatSession]:
    """The open session and all of the customer's that have a greater `rev` than in `last`, or began since."""
    news = OPEN | Q(id__in=list(last)) | (Q(id__gt=max(last)) if last else Q())
    found = whole().filter(news, customer_id=customer_id, channel_id=channel_id)
    return [s for s in found.order_by("id") if s.is_open or s.rev > last.get(s.id, 0)]


def sync_page(session_id: UUID, rev: int, limit: int = SYNC_PAGE) -> tuple[list[Message], bool]:
    """Messages changed after `rev`, in the order of `rev`, and whether there are more."""
    page = list(Message.objects.filter(session_id=session_id, rev__gt=rev).order_by("rev")[: limit + 1])
    return page[:limit], len(page) > limit


def notes_after(session_id: UUID, number: int) -> list[Note]:
    """Internal notes after this number, in order."""
    return list(
        Note.objects.select_related("author")
        .filter(session_id=session_id, number__gt=number)
        .order_by("number")
    )


def history_page(
    sessions: QuerySet[ChatSession], before: tuple[UUID, int] | None, limit: int = HISTORY_PAGE
) -> tuple[list[Message], bool]:
    """The newest messages of these sessions before (session, seq), oldest first, and whether there are more.

    Session ids are ordered by time, so (session, seq) is the order of the whole history.
    """
    limit = max(1, min(limit, SYNC_PAGE))
    found = Message.objects.filter(session_id__in=sessions.values("id"))
    if before:
        session_id, seq = before
        found = found.filter(Q(session_id__lt=session_id) | Q(session_id=session_id, seq__lt=seq))
    page = list(found.order_by(F("session_id").desc(), F("seq").desc())[: limit + 1])
    return page[:limit][::-1], len(page) > limit


def sessions_of_agent(member_id: int) -> list[ChatSession]:
    """What is offered to or served by the member, oldest assignment first."""
    found = whole().filter(agent_id=member_id, state__in=[State.OFFERED, State.SERVING])
    return list(found.order_by("assigned_at", "id"))


def ended_since(
    member_id: int, since: datetime, before: UUID | None = None, limit: int = ENDED_PAGE
) -> tuple[list[ChatSession], bool]:
    """The member's sessions that ended since a moment, newest first, and whether there are more.

    `before`: the page goes on after this session of the former page.
    """
    found = whole().filter(
        agent_id=member_id, state=State.CLOSED, ended_at__gte=since, deleted_at__isnull=True
    )
    last = (
        ChatSession.objects.filter(id=before).values_list("ended_at", flat=True).first() if before else None
    )
    if last:
        found = found.filter(Q(ended_at__lt=last) | Q(ended_at=last, id__lt=before))
    page = list(found.order_by("-ended_at", "-id")[: limit + 1])
    return page[:limit], len(page) > limit


def session_for_desk(session_id: UUID) -> ChatSession | None:
    """One session with all that a summary shows."""
    return whole().filter(id=session_id).first()
