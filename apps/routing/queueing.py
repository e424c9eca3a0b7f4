"""Into the queue, back to its head, and what the customer is told of their place (R-6, R-11)."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from apps.routing import assignment, bot, events, group_menu, hours, prompts, queries
from apps.routing.settings import QueueSettings
from apps.sessions import transitions
from apps.sessions.models import ChatSession, ClosedBy, ServiceStatus, State
from apps.sessions.settings import ClosingSettings
from apps.team import business
from apps.team import queries as team
from apps.team.models import Member, SkillGroup
from csdesk import clock


def enter(session: ChatSession, group: SkillGroup | None = None, *, detail: dict | None = None) -> bool:
    """Let a session of the flow wait for an agent of the group, or of any; False when that fails.

    It fails, with its words, outside working hours, when nobody of the target is signed in or the
    queue is full (R-16, R-6, R-11). The caller holds the row; after its commit it dispatches and calls
    `tell_place()`.
    """
    transitions.expect_state(session, State.FLOW)
    rules = business.read(QueueSettings)
    # A group deleted meanwhile has no agents: any will do.
    group = team.held_group(group.pk) if group else None
    if not hours.is_open(clock.now(), group):
        fail(session, ServiceStatus.OFF_HOURS)
        return False
    if not (assignment.signed_in(group.pk if group else None) or rules.queue_without_agents):
        fail(session, ServiceStatus.NO_AGENT_ONLINE)
        return False
    if _is_full(group, rules):
        fail(session, ServiceStatus.ABANDONED_IN_QUEUE)
        return False
    prompts.say(session, "connecting")
    transitions.to_queue(session, group=group, seconds=wait_seconds(group), detail=detail)
    return True


def _is_full(group: SkillGroup | None, rules: QueueSettings) -> bool:
    """Whether the group's own limit, or the global one over all that wait, is reached; 0 = unlimited."""
    waiting = ChatSession.objects.filter(state=State.QUEUED)
    own = group.queue_limit if group else None
    if own is not None:
        return 0 < own <= waiting.filter(group=group).count()
    return 0 < rules.queue_limit <= waiting.count()


def wait_seconds(group: SkillGroup | None) -> int:
    """The waiting limit; it is never off."""
    own = group.wait_seconds if group else None
    return own or business.read(QueueSettings).wait_seconds


def fail(session: ChatSession, status: str, *, timed_out: bool = False) -> None:
    """A hand-over that failed, with its words: back to the bot or the menu, else the end (R-6)."""
    words = "off_hours" if status == ServiceStatus.OFF_HOURS else "handover_failed"
    if goes_on(session):
        back_to_flow(session, status, words)
        return
    transitions.close(
        session,
        status=status,
        closed_by=ClosedBy.TIMER,
        words=prompts.closing_words(session, words),
        invite=True,
        timed_out=timed_out,
    )


def goes_on(session: ChatSession) -> bool:
    """Whether the flow has more for a customer who reached nobody: the bot, or another group (S-1)."""
    return bot.answers(session.channel) or group_menu.may_be_shown()


def back_to_flow(session: ChatSession, status: str, words: str) -> None:
    """Back to the flow with these words, where it `goes_on`; what ends there ends as `status` (S-1).

    The bot goes on; where there is none, the customer may choose again. The caller holds the row.
    """
    if session.state != State.FLOW:
        # What was said while waiting was said to an agent.
        session.flow_seq = session.customer_seq
    session.waiting_since = None
    prompts.say(session, words)
    transitions.to_flow(session, failed_status=status, seconds=business.read(ClosingSettings).flow_seconds)
    if not bot.answers(session.channel):
        group_menu.show(session, "menu")


def back_to_head(
    session: ChatSession, *, status: str, actor: Member | None = None, detail: dict | None = None
) -> None:
    """From an agent back to the queue, with the place of the first queueing (R-7).

    The caller holds the row, has given the agent's place back, and dispatches after its commit.
    """
    target = assignment.target_of(session)
    transitions.to_queue(
        session,
        group=target,
        seconds=wait_seconds(target),
        at_head=True,
        status=status,
        actor=actor,
        detail=detail,
    )
    events.place_in_queue(session, queries.position(session))


@transaction.atomic
def tell_place(session_id: UUID) -> None:
    """Tell a customer who still waits after the dispatch how many are before them."""
    session = transitions.lock(session_id)
    if session.state != State.QUEUED:
        return
    place = queries.position(session)
    if place:
        prompts.say(session, "queueing", QueuePosition=place, WaitNo=place - 1)
    events.place_in_queue(session, place)


def expired(session: ChatSession) -> None:
    """The waiting limit is reached (S-1)."""
    fail(session, ServiceStatus.ABANDONED_IN_QUEUE, timed_out=True)
