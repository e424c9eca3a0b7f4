"""What the history must look like, whatever was killed: each function answers the faults it finds."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, QuerySet

from apps.routing.models import Availability, Status
from apps.sessions.models import ChatSession, ClosedBy, Message, ServiceRecord, SessionEvent, State
from drill.chatter import Chatter
from drill.clients import Desk, Visitor

HELD = (State.OFFERED, State.SERVING)
# A session whose queueing was committed while a dispatch was under way is not overtaken by it.
UNDER_WAY = timedelta(seconds=1)
# Somebody came second: noted, and nothing has changed.
NO_CHANGE = "collision"
_COUNTED = re.compile(r"(.+) \d+$")


def sessions(found: Iterable[ChatSession]) -> Iterator[str]:
    """Each session for itself: no holes, no doubles, in order, never without owner and deadline."""
    kept = list(found)
    ids = [session.id for session in kept]
    rows: dict[UUID, list[Message]] = defaultdict(list)
    for row in Message.objects.filter(session_id__in=ids).order_by("session_id", "seq"):
        rows[row.session_id].append(row)
    changes = _count(SessionEvent.objects.exclude(event=NO_CHANGE), ids)
    open_records = _count(ServiceRecord.objects.filter(ended_at__isnull=True), ids)
    for session in kept:
        theirs = rows[session.id]
        name = str(session.id)
        if [row.seq for row in theirs] != list(range(1, session.seq + 1)):
            yield f"{name}: seq has a hole"
        if session.rev != len(theirs) + changes[session.id]:
            counts = f"{len(theirs)} messages and {changes[session.id]} changes"
            yield f"{name}: rev is {session.rev}, with {counts}"
        doubled = [key for key, count in Counter(r.client_id for r in theirs).items() if key and count > 1]
        if doubled:
            yield f"{name}: stored twice: {doubled}"
        yield from (f"{name}: {fault}" for fault in _out_of_order(theirs))
        if session.is_open and not (session.deadline_at or (session.state in HELD and session.agent_id)):
            yield f"{name}: {session.state} without owner and deadline"
        if open_records[session.id] != int(session.is_open):
            yield f"{name}: {session.state} with {open_records[session.id]} open records"


def _count(found: QuerySet, ids: list[UUID]) -> Counter[UUID]:
    theirs = found.filter(session_id__in=ids).order_by().values_list("session_id")
    return Counter(dict(theirs.annotate(Count("pk"))))


def _out_of_order(rows: list[Message]) -> Iterator[str]:
    """Every speaker of a drill counts, and waits for the acknowledgement before saying the next."""
    last: dict[str, int] = {}
    for row in rows:
        text = str(row.body.get("text", ""))
        counted = _COUNTED.match(text)
        if row.client_id and counted:
            number = int(text.rpartition(" ")[2])
            if number < last.get(counted[1], 0):
                yield f"out of order: {text}"
            last[counted[1]] = number


def loads() -> Iterator[str]:
    """What stands as an agent's load is what they have."""
    held = Counter(
        dict(
            ChatSession.objects.filter(state__in=HELD)
            .order_by()
            .values_list("agent_id")
            .annotate(Count("id"))
        )
    )
    for row in Availability.objects.all():
        if row.load != held[row.member_id]:
            yield f"member {row.member_id}: load {row.load}, but has {held[row.member_id]}"


def history(channel_id: int, limits: dict[int, int], groups: dict[int, set[int]]) -> Iterator[str]:
    """All changes of a channel's sessions in their order: no agent above the limit, nobody overtaken.

    `limits`: sessions at once per member; `groups`: the members of each group. The numbers of events
    are drawn under the locks that decide, so they tell the order.
    """
    holder: dict[UUID, int] = {}
    load: Counter[int] = Counter()
    waiting: dict[UUID, SessionEvent] = {}
    passed_on: dict[UUID, int | None] = {}
    events = SessionEvent.objects.select_related("session").filter(session__channel_id=channel_id)
    for event in events.exclude(event=NO_CHANGE).order_by("id"):
        session_id, former = event.session_id, holder.pop(event.session_id, None)
        if former:
            load[former] -= 1
        if event.after in HELD:
            holder[session_id] = event.agent_id
            load[event.agent_id] += 1
            if load[event.agent_id] > limits.get(event.agent_id, 0):
                yield f"{session_id}: member {event.agent_id} above the limit, {load[event.agent_id]}"
        queued = waiting.pop(session_id, None)
        if queued and event.after in HELD and event.actor_id is None:
            yield from _overtaken(event, waiting, passed_on, groups)
        if event.after == State.QUEUED:
            waiting[session_id] = event
            passed_on[session_id] = former if "from" in event.detail else None


def _overtaken(
    given: SessionEvent,
    waiting: dict[UUID, SessionEvent],
    passed_on: dict[UUID, int | None],
    groups: dict[int, set[int]],
) -> Iterator[str]:
    """Those who waited further ahead for this very agent and did not get them (R-5, R-7)."""
    agent = given.agent_id
    for session_id, queued in waiting.items():
        may = queued.group_id is None or agent in groups.get(queued.group_id, ())
        waited = queued.at < given.at - UNDER_WAY
        if may and waited and passed_on.get(session_id) != agent and _key(queued) < _key(given):
            yield f"{session_id}: overtaken by {given.session_id}"


def _key(event: SessionEvent) -> tuple[int, datetime, str]:
    session = event.session
    return (-session.priority, session.queue_order_at, str(session.id))


def endings(channel_id: int) -> Iterator[str]:
    """Nobody has lost their place or their agent by our outage: they left, or an agent let them go."""
    by_us = SessionEvent.objects.filter(session__channel_id=channel_id, event="closed")
    for event in by_us.exclude(detail__closed_by__in=[ClosedBy.CLIENT.value, ClosedBy.SEAT.value]):
        yield f"{event.session_id}: ended by {event.detail}"
    lost = ServiceRecord.objects.filter(channel_id=channel_id, status="agent_lost")
    for record in lost:
        yield f"{record.session_id}: agent lost"


def agents(member_ids: Iterable[int], status: str = Status.FREE) -> Iterator[str]:
    """Everybody at a workbench is what they were."""
    for row in Availability.objects.filter(member_id__in=member_ids).exclude(status=status):
        yield f"member {row.member_id} has become {row.status}"


def beside_a_free_place(channel_id: int, limits: dict[int, int]) -> str:
    """Who waits although one of these agents has room; empty when nobody does (R-7)."""
    waiting = ChatSession.objects.filter(channel_id=channel_id, state=State.QUEUED).first()
    free = Availability.objects.filter(member_id__in=limits, status=Status.FREE)
    room = [row for row in free if row.load < limits[row.member_id]]
    return f"{waiting.id}: waits beside {len(room)} agents with room" if waiting and room else ""


# --- What the clients have --------------------------------------------------------------------------


def missing(found: Iterable[ChatSession], visitors: list[Visitor], desks: list[Desk]) -> list[str]:
    """What some client should have and has not yet: each side all messages, and the newest number."""
    told = []
    seats = {desk.member: desk for desk in desks}
    rows = list(found)
    by_session = {session: visitor for visitor in visitors for session in visitor.seen}
    for session in rows:
        name = str(session.id)
        sides: list[Chatter | None] = [by_session.get(name)]
        desk = seats.get(session.agent_id)
        # One that came and went while the workbench was away is none the agent knows of.
        if desk and (session.is_open or name in desk.revs):
            sides.append(desk)
        for side in sides:
            if side is None:
                told.append(f"{name}: no customer has it")
                continue
            has, rev = len(side.seen.get(name, ())), side.revs.get(name, 0)
            if (has, rev) != (session.seq, session.rev):
                kind = type(side).__name__
                told.append(f"{name}: {kind} has {has} of {session.seq}, rev {rev} of {session.rev}")
    return told


def misjudged(visitors: list[Visitor], desks: list[Desk]) -> list[str]:
    """Customers who are shown as gone although they are there, or the other way round."""
    there = {visitor.state["session"]: visitor.is_connected for visitor in visitors if visitor.state}
    return [
        f"{session}: is shown as {'there' if desk.online.get(session) else 'gone'}"
        for desk in desks
        for session in desk.sessions
        if session in there and desk.online.get(session) is not there[session]
    ]


def deliveries(found: Iterable[ChatSession], clients: Iterable[Chatter]) -> Iterator[str]:
    """Whatever a client has is what was stored, under the same number, once."""
    ids = {str(session.id) for session in found}
    stored = {
        (str(session_id), seq): (body.get("text"), str(client_id) if client_id else None)
        for session_id, seq, body, client_id in Message.objects.filter(session_id__in=ids).values_list(
            "session_id", "seq", "body", "client_id"
        )
    }
    for client in clients:
        for session in ids & set(client.seen):
            for seq, frame in client.seen[session].items():
                text, client_id = stored.get((session, seq), (None, None))
                if frame["message"].get("text") != text:
                    yield f"{session}.{seq}: delivered otherwise than stored"
                if frame.get("client_id") not in (None, client_id):
                    yield f"{session}.{seq}: delivered as another's message"


def acknowledged(clients: Iterable[Chatter]) -> Iterator[str]:
    """Each acknowledged message is stored once, where the acknowledgement said; nothing is left unsent."""
    told = {client_id: address for client in clients for client_id, address in client.acked.items()}
    stored: dict[str, list[str]] = defaultdict(list)
    for row in Message.objects.filter(client_id__in=list(told)).only("session_id", "seq", "client_id"):
        stored[str(row.client_id)].append(row.address)
    for client_id, address in told.items():
        if stored[client_id] != [address]:
            yield f"acknowledged as {address}, stored as {stored[client_id]}"
    for client in clients:
        for frame in client.outbox:
            yield f"not acknowledged in the end: {frame['message']}"
