"""What tests need to exist, made with one call each; every name is new, so tests do not meet."""

from __future__ import annotations

import itertools
import uuid

from django.db import transaction

from apps.sessions import posting, transitions
from apps.sessions.authors import Author
from apps.sessions.models import Channel, ChatSession, Customer
from apps.team.models import Member, Membership, Role, SkillGroup
from csdesk.ids import uuid7

PASSWORD = "correct horse battery"
_run = uuid.uuid4().hex[:6]
_numbers = itertools.count(1)


def _name(kind: str) -> str:
    return f"{kind}-{_run}-{next(_numbers)}"


def make_member(role: str = Role.AGENT, *, groups: list[SkillGroup] | None = None, **fields) -> Member:
    """A member with the password `PASSWORD`, in these groups with priority 3."""
    name = _name(str(role))
    values = {
        "account": f"{name}@example.com",
        "email": f"{name}@example.com",
        "nickname": name,
        # Never all digits: generated numbers go on from the highest of those.
        "staff_no": f"t{_run}{next(_numbers)}",
        "role": role,
    } | fields
    member = Member(**values)
    member.set_password(PASSWORD)
    member.save()
    for group in groups or []:
        Membership.objects.create(member=member, group=group)
    return member


def make_group(**fields) -> SkillGroup:
    return SkillGroup.objects.create(**({"name": _name("group")} | fields))


def make_channel(**fields) -> Channel:
    return Channel.objects.create(**({"key": _name("channel"), "name": "Shop"} | fields))


def make_customer(channel: Channel | None = None, **fields) -> Customer:
    channel = channel or make_channel()
    return Customer.objects.create(**({"source": channel, "visitor_no": next(_numbers) % 10_000} | fields))


def make_session(customer: Customer | None = None, *, channel: Channel | None = None) -> ChatSession:
    """A session in the flow in which the customer has said one thing."""
    channel = channel or (customer.source if customer else make_channel())
    customer = customer or make_customer(channel)
    session, _created = transitions.open_session(customer, channel, seconds=1800)
    customer_says(session, "Hello, is the kettle in stock?")
    session.refresh_from_db()
    return session


def make_served_session(agent: Member | None = None, **kwargs) -> ChatSession:
    """A session that an agent serves, without going through the queue's rules."""
    agent = agent or make_member()
    session = make_session(**kwargs)
    with transaction.atomic():
        locked = transitions.lock(session.id)
        transitions.to_queue(locked, group=None, seconds=1800)
        transitions.serve(locked, agent)
    session.refresh_from_db()
    return session


def customer_says(session: ChatSession, text: str, client_id: uuid.UUID | None = None) -> posting.Posted:
    author = Author.customer(session.customer)
    return posting.post(posting.Post(session.id, author, "text", {"text": text}, client_id or uuid.uuid4()))


def agent_says(session: ChatSession, member: Member, text: str) -> posting.Posted:
    post = posting.Post(session.id, Author.agent(member), "text", {"text": text}, uuid.uuid4())
    return posting.post(post)


def unknown_id() -> uuid.UUID:
    return uuid7()
