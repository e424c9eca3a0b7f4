"""Sessions that nobody speaks in, whose deadlines fall into an outage (S-5)."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.routing import assignment, closing, places, queueing
from apps.routing.models import Offer
from apps.sessions import posting, transitions
from apps.sessions.authors import Author
from apps.sessions.models import ChatSession, Customer, DeadlineKind, State
from apps.team.models import Member, SkillGroup
from csdesk import clock
from csdesk.errors import DomainError
from drill.scene import Scene

# Where a session must be once its time has passed.
AFTERWARDS = {
    DeadlineKind.FLOW: (State.CLOSED,),
    DeadlineKind.QUEUE: (State.CLOSED,),
    DeadlineKind.ACCEPT: (State.QUEUED, State.CLOSED),
    DeadlineKind.REPLY: (State.CLOSED,),
}


@dataclass(frozen=True)
class Bystanders:
    """One session per kind of deadline, all due at the same moment."""

    due: datetime
    kinds: dict[uuid.UUID, str]

    def standing(self) -> dict[str, ChatSession]:
        found = ChatSession.objects.in_bulk(list(self.kinds))
        return {kind: found[session_id] for session_id, kind in self.kinds.items()}

    def not_fired(self) -> list[str]:
        """Faults: those whose deadline has not been acted on."""
        return [
            f"{kind}: still {row.state}, due {row.deadline_at}"
            for kind, row in self.standing().items()
            if row.state not in AFTERWARDS[kind]
        ]

    def not_moved(self, seconds: float) -> list[str]:
        """Faults: those who do not stand as they stood, with at least so much more time."""
        wanted = self.due + timedelta(seconds=seconds)
        return [
            f"{kind}: {row.state}, due {row.deadline_at}, should be {wanted} or later"
            for kind, row in self.standing().items()
            if row.state in AFTERWARDS[kind] or row.deadline_kind != kind or row.deadline_at < wanted
        ]


def place(scene: Scene, seconds: float) -> Bystanders:
    """One session for each kind of deadline, due in so many seconds."""
    flow, queued, offered, served = [_session(scene) for _ in range(4)]
    with transaction.atomic():
        _enqueue(queued, scene.offered)
    _give(offered, scene.dreamer, scene.offered)
    _give(served, scene.keeper, scene.group)
    author = Author.agent(scene.keeper)
    posting.post(posting.Post(served.id, author, "text", {"text": "Here it is."}, uuid.uuid4()))
    kinds = {
        flow.id: DeadlineKind.FLOW,
        queued.id: DeadlineKind.QUEUE,
        offered.id: DeadlineKind.ACCEPT,
        served.id: DeadlineKind.REPLY,
    }
    due = clock.now() + timedelta(seconds=seconds)
    for session_id, kind in kinds.items():
        moved = ChatSession.objects.filter(id=session_id, deadline_kind=kind).update(deadline_at=due)
        if not moved:
            raise AssertionError(f"the session for {kind} does not wait for that")
    Offer.objects.filter(session=offered, outcome="pending").update(expires_at=due)
    return Bystanders(due, kinds)


def clear(scene: Scene, bystanders: Bystanders) -> None:
    """End what still stands."""
    for session_id in bystanders.kinds:
        with contextlib.suppress(DomainError):
            closing.by_administrator(scene.admin, session_id)


def _session(scene: Scene) -> ChatSession:
    """In the flow, with words of the customer that the flow has already handled."""
    customer = Customer.objects.create(source=scene.aside, visitor_no=uuid.uuid4().int % 10_000)
    session, _is_new = transitions.open_session(customer, scene.aside, seconds=1_800)
    words = posting.Post(session.id, Author.customer(customer), "text", {"text": "Hello?"}, uuid.uuid4())
    posting.post(words)
    session.refresh_from_db()
    session.flow_seq = session.customer_seq
    session.save(update_fields=["flow_seq"])
    return session


def _enqueue(session: ChatSession, group: SkillGroup) -> ChatSession:
    locked = transitions.lock(session.id)
    transitions.to_queue(locked, group=group, seconds=queueing.wait_seconds(group))
    return locked


@transaction.atomic
def _give(session: ChatSession, member: Member, group: SkillGroup) -> None:
    """By hand, past the queue: offered or served, as the group receives."""
    assignment.lock()
    locked = _enqueue(session, group)
    if not places.claim_signed_in(member.pk):
        raise AssertionError("the keepers have no place left")
    assignment.hand_over([assignment.Handed(locked, member)])
