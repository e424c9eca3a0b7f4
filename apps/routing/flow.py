"""What happens before a human (R-1, R-3), and what the customer does to their session.

The visitor door calls these. The bot is not there yet: the flow is welcome words, then the
customer's first message asks for a human.
"""

from __future__ import annotations

from uuid import UUID

from apps.sessions.models import Channel, ChatSession, Customer
from apps.sessions.posting import Posted


def trigger(customer: Customer, channel: Channel, *, language: str = "", page: str = "") -> ChatSession:
    """src 7: the customer's open session, or a new one in the flow with its welcome words.

    Never queues anybody (S-17) and never welcomes twice. Call through `bridge.run`. The door answers
    the asking socket with `signals(session)`.
    """
    raise NotImplementedError


def signals(session: ChatSession | None) -> list[dict]:
    """src 23 and 26 as `signal` frames: what a trigger is answered with (V-7); no query beyond settings."""
    raise NotImplementedError


async def on_customer_message(
    customer: Customer,
    channel: Channel,
    kind: str,
    body: dict,
    *,
    client_id: UUID | None = None,
    session_id: UUID | None = None,
    language: str = "",
    page: str = "",
) -> Posted:
    """Store what the customer says and let the flow go on; the visitor door's only way in.

    `kind`, `body` as `content.parse_message` makes them. `session_id` is the session the door believes
    open: it saves a query and need not be right. Without an open session one opens as by `trigger`.
    Returns when committed, before the flow's answer. Raises what posting refuses.
    """
    raise NotImplementedError


def advance(session_id: UUID) -> bool:
    """Let the flow handle the customer's newest message; idempotent by `flow_seq`, True when it did."""
    raise NotImplementedError


def request_agent(customer: Customer, channel: Channel, *, language: str = "", page: str = "") -> ChatSession:
    """To human by button (R-3); opens a session if there is none. WrongState when not in the flow."""
    raise NotImplementedError


def leave_queue(customer: Customer, channel: Channel) -> ChatSession:
    """The customer backs out of the queue; an offer is withdrawn (S-1). WrongState when not waiting."""
    raise NotImplementedError


def customer_end(customer: Customer, channel: Channel) -> ChatSession:
    """src 27: the customer ends their open session, in any state. NotFound when there is none."""
    raise NotImplementedError
