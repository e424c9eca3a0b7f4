"""The states of a session (S-1): the only code that assigns `state`.

Every function takes a session whose row the caller has locked with `lock()` inside its own
`transaction.atomic()`, refuses with WrongState when the session is not where the change
starts from, writes a `SessionEvent`, keeps the service records (S-2) and publishes after
commit: `state` and src 26 to the customer, `session` to the workbenches concerned.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.sessions import frames, invitations, parts, posting, pre_chat, ratings, standing
from apps.sessions.models import (
    Channel,
    ChatSession,
    ClosedBy,
    Customer,
    DeadlineKind,
    ServiceStatus,
    SessionEvent,
    State,
)
from apps.team.models import Member, SkillGroup
from csdesk import clock, realtime, rows
from csdesk.errors import NotFound, WrongState

log = logging.getLogger(__name__)

# From which states each change starts; S-1 has the whole table with its events.
STARTS_FROM = {
    State.QUEUED: {State.FLOW, State.QUEUED, State.OFFERED, State.SERVING},
    State.OFFERED: {State.QUEUED, State.OFFERED, State.SERVING},
    State.SERVING: {State.QUEUED, State.OFFERED, State.SERVING},
    State.FLOW: {State.FLOW, State.QUEUED, State.OFFERED},
    State.CLOSED: {State.FLOW, State.QUEUED, State.OFFERED, State.SERVING},
}


# What a change may move; `seq` and the last words are posting's alone.
_MOVED = (
    "state", "group", "agent", "engaged_at", "assigned_at", "ended_at", "status", "closed_by", "priority",
    "queue_order_at", "queued_at", "failed_status", "deadline_at", "deadline_kind", "on_hold_at",
    "waiting_since", "flow_seq", "rev",
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """A session on its way to another state: where it was, and whose."""

    session: ChatSession
    before: str
    former: Member | None


def lock(session_id: UUID) -> ChatSession:
    """The session with its row locked until the transaction ends; NotFound if there is none."""
    found = (
        # Not the agent and the group: after a wait for the lock a join would still show the former ones.
        ChatSession.objects.select_for_update(of=("self",))
        .select_related("customer", "channel")
        .filter(id=session_id)
        .first()
    )
    if found is None:
        raise NotFound(_("There is no such session."))
    return found


def expect_state(session: ChatSession, *states: str) -> None:
    """Refuse with WrongState unless the session is in one of these states."""
    if session.state not in states:
        raise WrongState(_("The session is in another state now."), state=str(session.state))


def open_session(
    customer: Customer,
    channel: Channel,
    *,
    seconds: int,
    language: str = "",
    page: str = "",
    previous: ChatSession | None = None,
) -> tuple[ChatSession, bool]:
    """The customer's open session on the channel, else a new one in the flow (S-4).

    `seconds` is the flow's inactivity limit. Two at the same moment get the same session.
    """
    found = _open_one(customer, channel)
    if found:
        return found, False
    at = clock.now()
    try:
        with transaction.atomic():
            session = ChatSession.objects.create(
                customer=customer,
                channel=channel,
                language=language,
                source_page=page[:500],
                variables=pre_chat.variables_for(customer.pk, channel),
                previous=previous,
                started_at=at,
                rev=1,
                deadline_kind=DeadlineKind.FLOW,
                deadline_at=at + timedelta(seconds=seconds),
            )
            parts.open_with(session, at)
            _log("opened", [Change(session, "", None)], None, None)
            standing.tell_change([session])
    except IntegrityError:
        # The other tab was first.
        found = _open_one(customer, channel)
        if found is None:
            raise
        return found, False
    return session, True


def _open_one(customer: Customer, channel: Channel) -> ChatSession | None:
    return (
        ChatSession.objects.select_related("customer", "channel", "group", "agent")
        .filter(customer=customer, channel=channel)
        .exclude(state=State.CLOSED)
        .first()
    )


def to_queue(
    session: ChatSession,
    *,
    group: SkillGroup | None,
    seconds: int,
    priority: int | None = None,
    at_head: bool = False,
    status: str = "",
    actor: Member | None = None,
    detail: dict | None = None,
) -> None:
    """Let the session wait for an agent of the group, or of any.

    From the flow its record goes on; from an agent the record ends with `status` and the next
    opens. `at_head` keeps the first queueing's place (R-7); `seconds` is the waiting limit.
    """
    change = _start(session, State.QUEUED)
    at = clock.now()
    session.group, session.agent = group, None
    session.queued_at = at
    if not (at_head and session.queue_order_at):
        session.queue_order_at = at
    if priority is not None:
        session.priority = priority
    session.failed_status = ""
    session.on_hold_at = None
    set_deadline(session, DeadlineKind.QUEUE, at + timedelta(seconds=seconds))
    times = {"queued_at": at, "assigned_at": None, "accepted_at": None}
    parts.keep([session], status, [times])
    _changed("queued", [change], actor, detail)


def offer(
    session: ChatSession,
    agent: Member,
    *,
    until: datetime,
    status: str = "",
    actor: Member | None = None,
    detail: dict | None = None,
) -> None:
    """Offer the session to an agent until the countdown ends (R-9)."""
    offer_many([(session, agent, until)], status=status, actor=actor, detail=detail)


def offer_many(
    offers: Sequence[tuple[ChatSession, Member, datetime]],
    *,
    status: str = "",
    actor: Member | None = None,
    detail: dict | None = None,
) -> None:
    """Offer each session to its agent until its countdown ends, as `offer` does one."""
    changes, times = [], []
    for session, agent, until in offers:
        change = _start(session, State.OFFERED)
        at = clock.now()
        session.agent = agent
        session.assigned_at = at
        session.on_hold_at = None
        set_deadline(session, DeadlineKind.ACCEPT, until)
        times.append({"assigned_at": at, "accepted_at": None})
        changes.append(change)
    parts.keep([change.session for change in changes], status, times)
    _changed("offered", changes, actor, detail)


def serve(
    session: ChatSession,
    agent: Member,
    *,
    status: str = "",
    actor: Member | None = None,
    detail: dict | None = None,
) -> None:
    """Let an agent serve: assigned in automatic reception, accepted, transferred or taken over."""
    serve_many([(session, agent)], status=status, actor=actor, detail=detail)


def serve_many(
    given: Sequence[tuple[ChatSession, Member]],
    *,
    status: str = "",
    actor: Member | None = None,
    detail: dict | None = None,
) -> None:
    """Let each session's agent serve it, as `serve` does one."""
    changes, times = [], []
    for session, agent in given:
        change = _start(session, State.SERVING)
        at = clock.now()
        if change.former != agent or change.before != State.OFFERED:
            session.assigned_at = at
        session.agent = agent
        session.on_hold_at = None
        session.failed_status = ""
        # The agent owes the answer, so the session waits for nothing but its owner.
        set_deadline(session, "", None)
        times.append({"assigned_at": session.assigned_at, "accepted_at": at})
        changes.append(change)
    parts.keep([change.session for change in changes], status, times)
    _changed("serving", changes, actor, detail)


def to_flow(
    session: ChatSession,
    *,
    failed_status: str,
    seconds: int,
    actor: Member | None = None,
    detail: dict | None = None,
) -> None:
    """Back to the flow after a hand-over that failed or was given up; the record goes on.

    `failed_status` is what the record ends as if the session ends there (S-1).
    """
    change = _start(session, State.FLOW)
    session.agent = None
    session.queued_at = session.queue_order_at = None
    session.failed_status = failed_status
    set_deadline(session, DeadlineKind.FLOW, clock.now() + timedelta(seconds=seconds))
    parts.keep([session], "", [{"queued_at": None, "assigned_at": None}])
    _changed("back_in_flow", [change], actor, (detail or {}) | {"failed": failed_status})


def close(
    session: ChatSession,
    *,
    status: str,
    closed_by: str,
    actor: Member | None = None,
    words: tuple[str, str] | None = None,
    invite: bool = False,
    timed_out: bool = False,
) -> None:
    """End the session as S-18 says: the words, the rating, the end mark, closed.

    `words` are (code, text). `invite` asks for a rating when an agent has served it.
    """
    expect_state(session, *STARTS_FROM[State.CLOSED])
    if words:
        posting.say(session, *words)
    if invite and invitations.may_be_invited(session):
        ratings.invite(session)
    posting.card(session, {"customerServicePlugin": 0, "src": "20" if timed_out else "19"})
    change = _start(session, State.CLOSED)
    session.ended_at = clock.now()
    session.status, session.closed_by = status, closed_by
    session.on_hold_at = session.waiting_since = None
    set_deadline(session, "", None)
    parts.end([session], status, closed_by)
    _changed("closed", [change], actor, {"status": str(status), "closed_by": str(closed_by)})


def hold(session: ChatSession, actor: Member) -> None:
    """Let the reply clock stand still until the agent's next message (R-15)."""
    expect_state(session, State.SERVING)
    session.on_hold_at = clock.now()
    set_deadline(session, "", None)
    _changed("held", [Change(session, session.state, session.agent)], actor, None)


def set_deadline(session: ChatSession, kind: str, at: datetime | None) -> None:
    """Set the one pending deadline on the object (S-5); the transition that follows saves it."""
    session.deadline_kind, session.deadline_at = kind, at


def save_deadline(session: ChatSession) -> None:
    """Save a deadline that moves without a change of state, such as reminder → reply."""
    session.save(update_fields=["deadline_kind", "deadline_at"])


def _start(session: ChatSession, target: str) -> Change:
    expect_state(session, *STARTS_FROM[target])
    change = Change(session, session.state, session.agent)
    session.state = target
    return change


def _changed(event: str, changes: Sequence[Change], actor: Member | None, detail: dict | None) -> None:
    """Save the sessions, each with a new `rev`, log the changes and tell everybody concerned."""
    sessions = [change.session for change in changes]
    for session in sessions:
        session.rev += 1
    rows.save(sessions, _MOVED)
    _log(event, changes, actor, detail)
    standing.tell_change(sessions)
    for change in changes:
        if (change.before == State.SERVING) != (change.session.state == State.SERVING):
            _tell_seat(change.session)
        tell_desk(change.session, change.former, change.session.agent)


def _log(event: str, changes: Sequence[Change], actor: Member | None, detail: dict | None) -> None:
    rows.insert(
        SessionEvent,
        [
            {
                "session_id": change.session.id,
                "at": clock.now(),
                "event": event,
                "before": change.before,
                "after": change.session.state,
                "actor_id": actor.pk if actor else None,
                "agent_id": change.session.agent_id,
                "group_id": change.session.group_id,
                "detail": detail or {},
            }
            for change in changes
        ],
    )
    # What is undone is not told, and whoever waits for the locks need not wait for the log.
    lines = [(event, change.before or "new", change.session.state, change.session.id) for change in changes]
    transaction.on_commit(partial(_write_log, lines), robust=True)


def _write_log(lines: list[tuple[str, str, str, UUID]]) -> None:
    for event, before, after, session_id in lines:
        log.info("%s: %s → %s", event, before, after, extra={"session_id": session_id})


def _tell_seat(session: ChatSession) -> None:
    """src 26: whether somebody serves now."""
    seat = "inSeat" if session.state == State.SERVING else "outSeat"
    data = {
        "customerServicePlugin": 0,
        "src": "26",
        "content": {"command": "updateSeatStatus", "content": seat},
    }
    recipient = realtime.customer(session.customer_id, session.channel_id)
    realtime.publish(recipient, {"op": "signal", "data": data})


def tell_desk(session: ChatSession, *members: Member | None) -> None:
    """Send the summary of this session to the workbenches of these members, and to who watches it."""
    frame = frames.summary_frame(session, offer_ends=session.deadline_at)
    realtime.publish(realtime.watch(session.id), frame)
    for member in set(members) - {None}:
        realtime.publish(realtime.member(member.pk), frame)


__all__ = [
    "STARTS_FROM",
    "ClosedBy",
    "ServiceStatus",
    "close",
    "expect_state",
    "hold",
    "lock",
    "offer",
    "offer_many",
    "open_session",
    "save_deadline",
    "serve",
    "serve_many",
    "set_deadline",
    "tell_desk",
    "to_flow",
    "to_queue",
]
