"""What the routing tests act out: agents at their desks, customers at their windows, time that moves."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q

from apps.routing import assignment, availability, deadlines, flow
from apps.routing.models import Availability, DeskConnection, Offer, OfferOutcome, WebPulse
from apps.sessions import transitions
from apps.sessions.authors import Author
from apps.sessions.models import ChatSession, Message, ServiceRecord, State
from apps.sessions.posting import Post, post
from apps.team import business
from apps.team.models import Member, SkillGroup
from csdesk import clock, realtime
from tests import factories as make

PROCESS = uuid.uuid4()


class Time:
    """A clock that stands still until it is moved; whoever is at a desk stays there meanwhile."""

    def __init__(self) -> None:
        self.now = datetime(2031, 5, 6, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        # Every look is later than the one before, as with a real clock.
        self.now += timedelta(microseconds=1)
        return self.now

    def move(self, seconds: float, *, sweep: bool = True) -> None:
        """Let time pass in which processes and desks were alive, then sweep."""
        before = self.now
        self.now += timedelta(seconds=seconds)
        DeskConnection.objects.filter(seen_at__gt=before - timedelta(seconds=6)).update(seen_at=self.now)
        alive()
        if sweep:
            deadlines.sweep()

    def move_dead(self, seconds: float) -> None:
        """Let time pass in which no web process was alive."""
        self.now += timedelta(seconds=seconds)


def alive() -> None:
    WebPulse.objects.update_or_create(process=PROCESS, defaults={"seen_at": clock.now()})


@dataclass
class Told:
    """What has been pushed, in order, as (recipient, frame)."""

    frames: list[tuple[str, dict]] = field(default_factory=list)

    def put(self, channel: str, payload: str) -> None:
        self.frames.append((channel.removeprefix(realtime.PREFIX), json.loads(payload[1:])))

    def member(self, member: Member, op: str = "") -> list[dict]:
        return self._of(realtime.member(member.pk), op)

    def customer(self, session: ChatSession, op: str = "") -> list[dict]:
        return self._of(realtime.customer(session.customer_id, session.channel_id), op)

    def desks(self) -> list[dict]:
        return self._of(realtime.desks(), "queue")

    def clear(self) -> None:
        self.frames.clear()

    def _of(self, recipient: str, op: str) -> list[dict]:
        return [frame for to, frame in self.frames if to == recipient and (not op or frame["op"] == op)]


def set_rules(section: type, **values: object) -> None:
    """Save settings of the business; they count at once."""
    business.save(section, values, None)
    business.forget()


def agent_at_desk(*groups: SkillGroup, **fields: object) -> Member:
    """An agent who has signed in and opened the workbench."""
    member = make.make_member(groups=list(groups), sign_in_id=uuid.uuid4(), **fields)
    open_desk(member)
    return member


def open_desk(member: Member) -> uuid.UUID:
    connection_id = uuid.uuid4()
    availability.desk_connected(member, connection_id, PROCESS, member.sign_in_id)
    return connection_id


def close_desk(member: Member) -> None:
    for connection in DeskConnection.objects.filter(member=member):
        availability.desk_lost(connection.id)


def customer_comes(**kwargs: object) -> ChatSession:
    """A new customer's window is opened: a session in the flow."""
    customer = make.make_customer()
    return flow.trigger(customer, customer.source, **kwargs)


def asks(session: ChatSession, text: str = "Where is my parcel?") -> ChatSession:
    """The customer says their first words, and the flow handles them."""
    says(session, text)
    flow.advance(session.id)
    return again(session)


def customer_asks(group: SkillGroup | None = None, **kwargs: object) -> ChatSession:
    """A new customer who asks for a human; with a group, the one they wait for."""
    session = customer_comes(**kwargs)
    if group is None:
        return asks(session)
    return waits_for(session, group)


def waits_for(session: ChatSession, group: SkillGroup | None, *, priority: int = 0) -> ChatSession:
    """Let a session in the flow wait for a group."""
    says(session, "Hello")
    with transaction.atomic():
        locked = transitions.lock(session.id)
        locked.flow_seq = locked.customer_seq
        transitions.to_queue(locked, group=group, seconds=1800, priority=priority)
    assignment.dispatch()
    return again(session)


def says(session: ChatSession, text: str):
    author = Author.customer(session.customer)
    return post(Post(session.id, author, "text", {"text": text}, uuid.uuid4()))


def agent_says(session: ChatSession, member: Member, text: str = "Let me look."):
    return post(Post(session.id, Author.agent(member), "text", {"text": text}, uuid.uuid4()))


def again(session: ChatSession) -> ChatSession:
    """The session as the database has it now."""
    return ChatSession.objects.select_related("agent", "group", "customer", "channel").get(id=session.id)


def codes(session: ChatSession) -> list[str]:
    """What the customer has been told, as codes of system words and src of cards."""
    found = []
    for message in Message.objects.filter(session=session, author_kind="system").order_by("seq"):
        found.append(message.body.get("code") or "src" + message.body["data"]["src"])
    return found


def endings(session: ChatSession) -> list[str]:
    """How the records of the session ended, in order; "" for the open one."""
    return list(
        ServiceRecord.objects.filter(session=session).order_by("number").values_list("status", flat=True)
    )


def load(member: Member) -> int:
    return Availability.objects.get(member=member).load


def status(member: Member) -> str:
    return Availability.objects.get(member=member).status


def check_invariants() -> None:
    """What must hold whatever has happened (R-7, S-2, S-5)."""
    hands = Q(member__chat_sessions__state__in=[State.OFFERED, State.SERVING])
    for row in Availability.objects.annotate(hands=Count("member__chat_sessions", filter=hands)):
        assert row.load == row.hands, f"{row} has load {row.load} and {row.hands} sessions"
    for session in ChatSession.objects.all():
        records = list(ServiceRecord.objects.filter(session=session).order_by("number"))
        still_open = [record for record in records if record.ended_at is None]
        assert len(still_open) == (1 if session.is_open else 0)
        if still_open:
            assert (still_open[0].agent_id, still_open[0].group_id) == (session.agent_id, session.group_id)
        else:
            assert records[-1].status == session.status
        pending = Offer.objects.filter(session=session, outcome=OfferOutcome.PENDING)
        assert [one.member_id for one in pending] == (
            [session.agent_id] if session.state == State.OFFERED else []
        )
        seqs = list(Message.objects.filter(session=session).order_by("seq").values_list("seq", flat=True))
        assert seqs == list(range(1, session.seq + 1))
