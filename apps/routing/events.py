"""What is told beside messages, states and summaries: the workbench's events (D-15, D-16), places, counts."""

from datetime import datetime
from uuid import UUID

from apps.sessions import standing
from apps.sessions.masking import contact
from apps.sessions.models import ChatSession
from apps.team.models import Member
from csdesk import clock, realtime


def call_in(
    session: ChatSession, agent: Member, until: datetime, handed_by: dict | None, *, is_masked: bool
) -> None:
    """`callIn`: the session is offered to the agent; `timeout` in seconds, `handed_by` as in `handing`.

    Remark and data come without contacts where `is_masked`: the agent may not see them in full (T-9).
    """
    customer, channel = session.customer, session.channel
    shown = contact(customer, is_masked=is_masked)
    frame = {
        "op": "callIn",
        "session": str(session.id),
        "type": "im",
        "timeout": max(0, round((until - clock.now()).total_seconds())),
        "nickname": customer.display_name,
        "avatar": customer.avatar,
        "remark": shown.text(customer.remark),
        "peerSource": session.source_page,
        "channelName": channel.name,
        "clientData": shown.told(customer.client_data),
        "handedBy": handed_by,
    }
    realtime.publish(realtime.member(agent.pk), frame)


def user_accessed(session: ChatSession, agent: Member, **extra: object) -> None:
    """`userAccessed`: the agent serves from now on."""
    _tell(agent.pk, "userAccessed", session, **extra)


def auto_transfer(session: ChatSession, agent: Member) -> None:
    """`autoTransfer`: the agent missed or declined the offer."""
    _tell(agent.pk, "autoTransfer", session)


def transferred(session: ChatSession, agent: Member, **extra: object) -> None:
    """`transfer`: the session was taken from the agent (transferred, taken over, handed over)."""
    _tell(agent.pk, "transfer", session, **extra)


def session_ended(session: ChatSession, agent: Member, closed_by: str, *, is_owed: bool = False) -> None:
    """`sessionEnded`: it closed, or the customer withdrew while it was offered. `owed`: its summary is."""
    _tell(agent.pk, "sessionEnded", session, closeBy=str(closed_by), **({"owed": True} if is_owed else {}))


def wrapped_up(session_id: UUID, member_id: int) -> None:
    """`wrappedUp`: the session's summary is filled in, so its agent owes it no more."""
    realtime.publish(realtime.member(member_id), {"op": "wrappedUp", "session": str(session_id)})


def status_changed(member_id: int, status: str, rest_reason: str = "", by: str = "") -> None:
    """`statusChanged` to the member's workbenches; `by`: the supervisor who has set it."""
    frame = {"op": "statusChanged", "status": str(status), "restReason": rest_reason}
    if by:
        frame["by"] = by
    realtime.publish(realtime.member(member_id), frame)


def place_in_queue(session: ChatSession, place: int | None) -> None:
    """`state` to the customer, with their place among those who wait."""
    standing.tell_customer(session, place)


def queue_counts(groups: list[dict]) -> None:
    """`queue` to every workbench: counts of all groups (`queries.queue_counts`)."""
    realtime.publish(realtime.desks(), {"op": "queue", "groups": groups})


def _tell(member_id: int, op: str, session: ChatSession, **extra: object) -> None:
    realtime.publish(realtime.member(member_id), {"op": op, "session": str(session.id), **extra})
