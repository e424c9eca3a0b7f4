"""Who gets which session (R-5a, R-6, R-7).

`dispatch()` looks at waiting sessions in queue order and gives each to the best eligible agent.
One advisory lock keeps every assignment apart from every other: without it two rounds would
overtake one another. Who is eligible is read once per transaction; somebody who becomes so
later is found by the dispatch that follows what made them so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count

from apps.routing import events, pending, places, prompts
from apps.routing.models import Availability, Status
from apps.routing.ordering import QUEUE_KEYS, order_by
from apps.routing.settings import ReceptionSettings
from apps.sessions import transitions
from apps.sessions.models import ChatSession, ServiceStatus, SessionEvent, State
from apps.team import business
from apps.team.models import Member, Reception, SkillGroup
from csdesk import clock

log = logging.getLogger(__name__)

# Key of the advisory lock of everything that assigns.
LOCK = 0x0D15_7A7C
PAIRS_AT_ONCE = 20
# How many waiting sessions are locked and looked at together.
PAGE = 20
# How long who passed a session on last is not eligible for it, even if nobody else is.
LAST_ONE_WAITS = timedelta(seconds=15)

# Ended records that say: this agent had it and passed it on.
PASSED_ON = [ServiceStatus.TIMEOUT_TRANSFERRED.value, ServiceStatus.TRANSFERRED.value]

_WAITING = f"""
    SELECT session.id, (
        SELECT CASE WHEN record.status = ANY(%(passed_on)s) THEN record.agent_id END
        FROM service_sessions_servicerecord AS record
        WHERE record.session_id = session.id AND record.ended_at IS NOT NULL
        ORDER BY record.number DESC
        LIMIT 1
    )
    FROM service_sessions_chatsession AS session
    WHERE session.state = 'queued'
        AND (session.group_id = ANY(%(groups)s) OR (session.group_id IS NULL AND %(any)s))
        AND NOT session.id = ANY(%(seen)s)
    ORDER BY {order_by(QUEUE_KEYS, "session")}
    LIMIT {PAGE}
    FOR UPDATE OF session"""  # noqa: S608


def dispatch() -> int:
    """Give waiting sessions to eligible agents until no pair is left; how many were given.

    One transaction-level advisory lock, up to 20 pairs per transaction. Any number of processes
    may call it at once. Not inside a transaction: use `soon()` there.
    """
    given = 0
    while _worth_a_look():
        with transaction.atomic():
            lock()
            pairs = _Round().run()
        given += pairs
        if pairs < PAIRS_AT_ONCE:
            break
    return given


def soon() -> None:
    """`dispatch()` after the running transaction commits; at once outside one. Never raises."""
    transaction.on_commit(_dispatch_quietly)


def _dispatch_quietly() -> None:
    try:
        dispatch()
    except Exception:
        # Whoever freed a place or asked for one has been served; the sweep dispatches within a second.
        log.exception("dispatch failed")


def lock() -> None:
    """Keep all other assignments out until this transaction ends; before any row is locked (R-7)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _worth_a_look() -> bool:
    waiting = ChatSession.objects.filter(state=State.QUEUED)
    return waiting.exists() and Availability.objects.filter(status=Status.FREE).exists()


class _Round:
    """The pairs of one transaction, over one view of who is eligible."""

    def __init__(self) -> None:
        groups = places.candidates()
        self.among = list(groups)
        self.open_groups = {group for theirs in groups.values() for group in theirs}
        self.is_any_open = bool(groups)
        self.rooms = rooms_left()
        self.agents = Member.objects.in_bulk(self.among)
        self.groups = SkillGroup.objects.in_bulk(self.open_groups)

    def run(self) -> int:
        pairs = 0
        for session, last_one in self._waiting():
            if not self._is_open(session.group_id):
                continue
            claimed = self._claim(session, last_one)
            if claimed:
                self._give(session, claimed)
                pairs += 1
                if pairs == PAIRS_AT_ONCE:
                    break
            elif last_one is None:
                self._shut(session.group_id)
        return pairs

    def _give(self, session: ChatSession, claimed: places.Claimed) -> None:
        """Let the agent whose place was taken serve the session, or offer it to them (R-9)."""
        session.group = self.groups.get(claimed.group_id)
        hand_to(session, self.agents[claimed.member_id], status="", sender=None)
        if claimed.group_id in self.rooms:
            self.rooms[claimed.group_id] -= 1

    def _claim(self, session: ChatSession, last_one: int | None) -> places.Claimed | None:
        return places.claim_best(
            session.id,
            group_id=session.group_id,
            among=self.among,
            full_groups=[group for group, room in self.rooms.items() if room <= 0],
            last_one=last_one,
            last_one_may=clock.now() - session.queued_at >= LAST_ONE_WAITS,
        )

    def _waiting(self) -> Iterator[tuple[ChatSession, int | None]]:
        """Waiting sessions of targets with somebody eligible, in queue order, page by page, locked.

        With each comes who passed it on last, if somebody did.
        """
        seen: list[UUID] = []
        while self.is_any_open or self.open_groups:
            values = {
                "passed_on": PASSED_ON,
                "groups": list(self.open_groups),
                "any": self.is_any_open,
                "seen": seen,
            }
            with connection.cursor() as cursor:
                cursor.execute(_WAITING, values)
                page = cursor.fetchall()
            # Read after the lock: what they are now.
            sessions = ChatSession.objects.select_related("customer", "channel").in_bulk([i for i, _ in page])
            yield from ((sessions[session_id], last_one) for session_id, last_one in page)
            if len(page) < PAGE:
                return
            seen += [session_id for session_id, _last_one in page]

    def _is_open(self, group_id: int | None) -> bool:
        return group_id in self.open_groups if group_id else self.is_any_open

    def _shut(self, group_id: int | None) -> None:
        """Nobody is left for this target; who waits behind for another one is not held up (R-7)."""
        if group_id:
            self.open_groups.discard(group_id)
        else:
            self.is_any_open = False


def rooms_left() -> dict[int, int]:
    """How many sessions each group with a cap may still take (R-6)."""
    capped = SkillGroup.objects.present().filter(session_cap__isnull=False)
    caps = dict(capped.values_list("id", "session_cap"))
    if not caps:
        return {}
    taken = (
        ChatSession.objects.filter(group__in=caps, state__in=[State.OFFERED, State.SERVING])
        .values_list("group")
        .annotate(count=Count("id"))
        .order_by()
    )
    return caps | {group: caps[group] - count for group, count in taken}


def hand_to(
    session: ChatSession,
    agent: Member,
    *,
    status: str,
    sender: Member | None,
    actor: Member | None = None,
    detail: dict | None = None,
) -> None:
    """Serve or offer, as the session's group receives; the agent's place has been taken before.

    `sender` gets it back when the agent does not accept (R-12).
    """
    if is_manual(session.group):
        until = clock.now() + timedelta(seconds=accept_seconds(session.group))
        transitions.offer(session, agent, until=until, status=status, actor=actor, detail=detail)
        pending.begin(session, agent, sender, until)
        events.call_in(session, agent, until)
        # To the customer it still reads as queued, and they are next.
        events.place_in_queue(session, 1)
    else:
        transitions.serve(session, agent, status=status, actor=actor, detail=detail)
        prompts.say_connected(session, agent)
        events.user_accessed(session, agent)


def is_manual(group: SkillGroup | None) -> bool:
    """Whether sessions of the group are offered and must be accepted (R-9)."""
    own = group.reception if group else ""
    return (own or business.read(ReceptionSettings).reception) == Reception.MANUAL


def accept_seconds(group: SkillGroup | None) -> int:
    """How long an offer stands."""
    own = group.accept_seconds if group else None
    return own or business.read(ReceptionSettings).accept_seconds


def lock_session(session_id: UUID) -> ChatSession:
    """The advisory lock, then the session's row: what every hand-over by hand begins with."""
    lock()
    return transitions.lock(session_id)


def group_for(session: ChatSession, agent: Member) -> SkillGroup | None:
    """The group under which an agent gets a session by hand: its own if they are in it, else their first."""
    theirs = SkillGroup.objects.present().filter(memberships__member=agent)
    if session.group_id and theirs.filter(pk=session.group_id).exists():
        return session.group
    return theirs.order_by("memberships__priority", "pk").first()


def target_of(session: ChatSession) -> SkillGroup | None:
    """The group whose agents the session waits or waited for; None = any.

    The session's own group names who has it now, so the last queueing is asked.
    """
    queueing = (
        SessionEvent.objects.select_related("group")
        .filter(session=session, event="queued")
        .order_by("-at", "-id")
        .first()
    )
    target = queueing.group if queueing else session.group
    # A deleted group has no agents: whoever would wait for it waits for any.
    return target if target and target.deleted_at is None else None


def signed_in(group_id: int | None) -> bool:
    """Whether somebody of the target is signed in (R-6); a lost desk within its grace counts."""
    there = Availability.objects.exclude(status=Status.OFFLINE).filter(
        member__serves=True, member__deleted_at__isnull=True, member__forced_offline_at__isnull=True
    )
    if group_id:
        there = there.filter(
            member__memberships__group=group_id, member__memberships__group__deleted_at__isnull=True
        )
    return there.exists()
