"""Who gets which session (R-5a, R-6, R-7).

`dispatch()` looks at waiting sessions in queue order and gives each to the best eligible agent.
One advisory lock keeps every assignment apart from every other: without it two rounds would
overtake one another. Who is eligible is read once per transaction; somebody who becomes so
later is found by the dispatch that follows what made them so.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction

from apps.routing import events, pending, places, prompts
from apps.routing.choice import Agent, Choice, GroupRules, Pair, Waiting
from apps.routing.models import Availability, Status
from apps.routing.ordering import QUEUE_KEYS, order_by
from apps.routing.settings import ReceptionSettings
from apps.sessions import handing, permissions, transitions
from apps.sessions.models import ChatSession, ServiceStatus, SessionEvent
from apps.team import business
from apps.team.models import Member, Reception, SkillGroup, Strategy
from csdesk import clock

log = logging.getLogger(__name__)

# Key of the advisory lock of everything that assigns.
LOCK = 0x0D15_7A7C
# They take some 0.1 s, in which nobody else assigns and nobody posts to these sessions.
PAIRS_AT_ONCE = 200
# Waiting sessions that are locked and looked at even if there are fewer free places.
FEWEST = 10
# How long who passed a session on last is not eligible for it, even if nobody else is.
LAST_ONE_WAITS = timedelta(seconds=15)

# Ended records that say: this agent had it and passed it on.
PASSED_ON = [ServiceStatus.TIMEOUT_TRANSFERRED.value, ServiceStatus.TRANSFERRED.value]

_WAITING = f"""
    SELECT
        session.id, session.group_id, session.queued_at, (
            SELECT CASE WHEN record.status = ANY(%(passed_on)s) THEN record.agent_id END
            FROM service_sessions_servicerecord AS record
            WHERE record.session_id = session.id AND record.ended_at IS NOT NULL
            ORDER BY record.number DESC
            LIMIT 1
        ), ARRAY(
            SELECT missed.member_id FROM routing_offer AS missed
            WHERE missed.session_id = session.id AND missed.outcome IN ('missed', 'declined')
        ), CASE WHEN session.group_id = ANY(%(familiar)s) THEN (
            SELECT record.agent_id FROM service_sessions_servicerecord AS record
            WHERE record.customer_id = session.customer_id AND record.session_id <> session.id
                AND record.accepted_at IS NOT NULL
            ORDER BY record.started_at DESC, record.id DESC
            LIMIT 1
        ) END
    FROM service_sessions_chatsession AS session
    WHERE session.state = 'queued'
        AND (session.group_id = ANY(%(groups)s) OR (session.group_id IS NULL AND %(any)s))
        AND NOT session.id = ANY(%(seen)s)
    ORDER BY {order_by(QUEUE_KEYS, "session")}
    LIMIT %(most)s
    FOR UPDATE OF session"""  # noqa: S608


def dispatch() -> int:
    """Give waiting sessions to eligible agents until no pair is left; how many were given.

    One transaction-level advisory lock, up to 200 pairs per transaction. Any number of processes
    may call it at once. Not inside a transaction: use `soon()` there.
    """
    if not _worth_a_look():
        return 0
    given = 0
    while True:
        try:
            with transaction.atomic():
                pairs = _round() if _my_turn() else 0
        except places.NotFree:
            continue
        given += pairs
        if pairs < PAIRS_AT_ONCE:
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


def _my_turn() -> bool:
    """Take the lock; whoever had to wait for it looks again, for the others may have given everything."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        [is_free] = cursor.fetchone()
    if is_free:
        return True
    lock()
    return _worth_a_look()


# In queue order, so that the index of the queue answers.
_WORTH_A_LOOK = f"""
    SELECT 1 FROM service_sessions_chatsession
    WHERE state = 'queued' AND EXISTS (SELECT FROM routing_availability WHERE status = 'free')
    ORDER BY {order_by(QUEUE_KEYS)}
    LIMIT 1"""  # noqa: S608


def _worth_a_look() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_WORTH_A_LOOK)
        return cursor.fetchone() is not None


def _round() -> int:
    """Choose and give up to `PAIRS_AT_ONCE` pairs over one view of who is eligible; how many.

    Sessions are locked as they are looked at. `places.claim` notices who is no longer as they were
    read: the round is undone then, for taking out one pair would let the next ones overtake it (R-7).
    """
    agents = places.eligible()
    if not agents:
        return 0
    rules = group_rules()
    choice = Choice(agents, rules)
    pairs: list[Pair] = []
    for waiting in _waiting(choice, pairs, rules):
        pair = choice.give(waiting, clock.now())
        if pair:
            pairs.append(pair)
    if pairs:
        _give(pairs, agents)
        _take_turns(pairs, agents, rules)
    return len(pairs)


def _take_turns(pairs: list[Pair], agents: list[Agent], rules: GroupRules) -> None:
    """Where agents are given sessions in turn, it was these agents' turn (R-5)."""
    given = {agent.member_id: agent.given_at for agent in agents}
    in_turn = {pair for pair in pairs if rules.strategy(pair.group_id) == Strategy.ROUND_ROBIN}
    turns = {(pair.member_id, pair.group_id) for pair in in_turn}
    if turns:
        places.take_turns([(member, group, given[member][group]) for member, group in turns])


def _waiting(choice: Choice, pairs: list[Pair], rules: GroupRules) -> Iterator[Waiting]:
    """Waiting sessions of targets with somebody eligible, in queue order, page by page, locked."""
    seen: list[UUID] = []
    familiar = [group for group, strategy in rules.strategies.items() if strategy == Strategy.FAMILIAR]
    while choice.targets and len(pairs) < PAIRS_AT_ONCE and (free := choice.free_places()):
        most = min(PAIRS_AT_ONCE - len(pairs), max(free, FEWEST))
        values = {
            "passed_on": PASSED_ON,
            "groups": [target for target in choice.targets if target is not None],
            "any": None in choice.targets,
            "seen": seen,
            "familiar": familiar,
            "most": most,
        }
        with connection.cursor() as cursor:
            cursor.execute(_WAITING, values)
            page = cursor.fetchall()
        long_ago = clock.now() - LAST_ONE_WAITS
        for session_id, group_id, queued_at, last_one, missed, served_last in page:
            may = queued_at <= long_ago
            yield Waiting(session_id, group_id, last_one, may, Counter(missed), served_last)
        if len(page) < most:
            return
        seen += [session_id for session_id, *_facts in page]


def _give(pairs: list[Pair], agents: list[Agent]) -> None:
    """Take the places, then let the agents serve the sessions, or offer them (R-9)."""
    places_of = Counter(pair.member_id for pair in pairs)
    given = [agent for agent in agents if agent.member_id in places_of]
    places.claim(given, [places_of[agent.member_id] for agent in given])
    # Read after the lock: what they are now. The few channels are not read again for each session.
    sessions = (
        ChatSession.objects.select_related("customer")
        .prefetch_related("channel")
        .in_bulk([pair.session_id for pair in pairs])
    )
    members = Member.objects.defer("password").in_bulk(places_of)
    groups = SkillGroup.objects.in_bulk({pair.group_id for pair in pairs} - {None})
    for pair in pairs:
        sessions[pair.session_id].group = groups.get(pair.group_id)
    hand_over([Handed(sessions[pair.session_id], members[pair.member_id]) for pair in pairs])


def group_rules() -> GroupRules:
    """How many sessions each group with a cap may still take (R-6), and strategies of their own (R-5)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT theirs.id, theirs.strategy, CASE WHEN theirs.session_cap IS NOT NULL THEN
                theirs.session_cap - (
                    SELECT count(*) FROM service_sessions_chatsession AS taken
                    WHERE taken.group_id = theirs.id AND taken.state IN ('offered', 'serving')
                )
            END
            FROM team_skillgroup AS theirs
            WHERE theirs.deleted_at IS NULL
                AND (theirs.session_cap IS NOT NULL OR theirs.strategy <> 'longest_idle')"""
        )
        rows = cursor.fetchall()
    return GroupRules(
        rooms={group: room for group, _strategy, room in rows if room is not None},
        strategies={group: strategy for group, strategy, _room in rows},
    )


@dataclass(frozen=True)
class Handed:
    """A session and who gets it; `sender` gets it back when the agent does not accept (R-12)."""

    session: ChatSession
    agent: Member
    sender: Member | None = None


def hand_over(
    handed: Iterable[Handed],
    *,
    status: str = "",
    actor: Member | None = None,
    detail: dict | None = None,
) -> None:
    """Serve or offer, as each session's group receives; the agents' places have been taken before."""
    offered, served = [], []
    for one in handed:
        (offered if is_manual(one.session.group) else served).append(one)
    if offered:
        _offer(offered, status=status, actor=actor, detail=detail)
    if served:
        pairs = [(one.session, one.agent) for one in served]
        transitions.serve_many(pairs, status=status, actor=actor, detail=detail)
        prompts.say_connected(pairs)
        for session, agent in pairs:
            events.user_accessed(session, agent)


def _offer(offered: list[Handed], **how: object) -> None:
    at = clock.now()
    until = [at + timedelta(seconds=accept_seconds(one.session.group)) for one in offered]
    ends = list(zip(offered, until, strict=True))
    transitions.offer_many([(one.session, one.agent, end) for one, end in ends], **how)
    pending.begin((one.session, one.agent, one.sender, end) for one, end in ends)
    handed_by = handing.handed_by([one.session.id for one in offered])
    in_full = permissions.who_sees_unmasked({one.agent.pk: one.agent for one in offered}.values())
    for one, end in ends:
        is_masked = one.agent.pk not in in_full
        events.call_in(one.session, one.agent, end, handed_by.get(one.session.id), is_masked=is_masked)
        # To the customer it still reads as queued, and they are next.
        events.place_in_queue(one.session, 1)


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
