"""The sweep of each second: what is due, what was lost, who waits (S-5)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from apps.routing import (
    assignment,
    availability,
    closing,
    flow,
    leaving,
    notices,
    offers,
    presence,
    queueing,
)
from apps.routing.models import Availability, Status
from apps.sessions.models import ChatSession, DeadlineKind, State
from apps.sessions.queries import OPEN
from csdesk import clock

log = logging.getLogger(__name__)

SWEEP_LOCK = 0x5EEB
MOST_AT_ONCE = 500
FLOW_LAG = timedelta(seconds=3)


def sweep() -> None:
    """Fire due deadlines, heal what a crash left, dispatch, tell about queues. Overlaps with no other sweep.

    While no web process has been alive for 5 s no deadline fires (S-5); tests that move time keep one
    alive with `WebPulse.objects.update_or_create(process=…, defaults={"seen_at": clock.now()})`.
    """
    with _alone() as alone:
        if not alone:
            return
        if presence.is_somebody_alive():
            _each(_due_sessions(), _fire_session)
            _each(_due_availabilities(), _fire_availability)
            _each(presence.members_to_look_after(), availability.look_after_desk)
        _each(_lagging(), flow.advance)
        _each(_of_offline_agents(), leaving.return_one)
        for step in (assignment.dispatch, notices.tell, presence.forget_the_dead):
            _safely(step)


def _due_sessions() -> list[tuple[UUID, datetime, str]]:
    # Among the open sessions: the index of those is short and does not move with every message.
    due = ChatSession.objects.filter(OPEN, deadline_at__lte=clock.now()).order_by("deadline_at")
    return list(due.values_list("id", "deadline_at", "deadline_kind")[:MOST_AT_ONCE])


@transaction.atomic
def _fire_session(due: tuple[UUID, datetime, str]) -> None:
    """Compare both columns under the lock, then act: it fires once, in whichever process."""
    session_id, at, kind = due
    if kind == DeadlineKind.ACCEPT:
        # It may assign the session to the sender of a transfer.
        assignment.lock()
    session = (
        ChatSession.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("customer", "channel")
        .filter(id=session_id, deadline_at=at, deadline_kind=kind)
        .first()
    )
    if session:
        _ACTIONS[kind](session)


_ACTIONS: dict[str, Callable[[ChatSession], None]] = {
    DeadlineKind.FLOW: closing.flow_inactive,
    DeadlineKind.QUEUE: queueing.expired,
    DeadlineKind.ACCEPT: offers.missed,
    DeadlineKind.REMINDER: closing.remind,
    DeadlineKind.REPLY: closing.reply_missing,
}


def _due_availabilities() -> list[tuple[int, datetime, str]]:
    due = Availability.objects.filter(deadline_at__lte=clock.now()).order_by("deadline_at")
    return list(due.values_list("member_id", "deadline_at", "deadline_kind")[:MOST_AT_ONCE])


@transaction.atomic
def _fire_availability(due: tuple[int, datetime, str]) -> None:
    member_id, at, kind = due
    row = (
        Availability.objects.select_for_update(skip_locked=True)
        .filter(member_id=member_id, deadline_at=at, deadline_kind=kind)
        .first()
    )
    if row:
        availability.deadline_passed(row)


def _lagging() -> list[UUID]:
    """Sessions whose customer was not answered: the process died between question and answer."""
    lagging = ChatSession.objects.filter(
        state=State.FLOW, flow_seq__lt=F("customer_seq"), last_at__lt=clock.now() - FLOW_LAG
    )
    return list(lagging.values_list("id", flat=True)[:MOST_AT_ONCE])


def _of_offline_agents() -> list[UUID]:
    """Offered or served by somebody who is offline: going offline was cut off, or the grace has ended."""
    offline = Availability.objects.filter(status=Status.OFFLINE).values("member_id")
    found = ChatSession.objects.filter(agent_id__in=offline, state__in=[State.OFFERED, State.SERVING])
    return list(
        found.order_by("-priority", "queue_order_at", "id").values_list("id", flat=True)[:MOST_AT_ONCE]
    )


def _each(found: list, act: Callable[[object], object]) -> None:
    for one in found:
        _safely(act, one)


def _safely(act: Callable[..., object], *arguments: object) -> None:
    """One bad row keeps no other from its deadline."""
    try:
        act(*arguments)
    except Exception:
        log.exception("sweep: %s failed for %s", act.__name__, arguments)


@contextmanager
def _alone() -> Iterator[bool]:
    """True unless another sweep is under way; its lock goes with its connection."""
    if settings.DATABASES["default"].get("DISABLE_SERVER_SIDE_CURSORS"):
        # Behind a connection pooler a lock would outlive its holder; rows are compared and set anyway.
        yield True
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [SWEEP_LOCK])
        [alone] = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [SWEEP_LOCK])
