"""What a customer's frame asks of the domain: sync functions that run behind the bridge.

They translate and ask; sessions and routing decide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.routing import assignment, bot, flow, hours
from apps.routing import queries as routing_queries
from apps.sessions import customers, invitations, queries, ratings, reading, recall, transitions
from apps.sessions.authors import Author, customer_key
from apps.sessions.customers import Origin
from apps.sessions.models import Channel, ChatSession, Customer, PostKey, State, VisitorToken
from apps.sessions.posting import Posted
from apps.sessions.settings import MessageSettings
from apps.team import business
from apps.visitor import limits, pre_chat, protocol, tokens
from csdesk import bodies, clock
from csdesk.errors import NotAllowed, NotFound, Unauthorized, WrongState


@dataclass
class Visitor:
    """Who a socket speaks for. `customer` stays None until their first session (X-2)."""

    token: VisitorToken
    channel: Channel
    origin: Origin
    customer: Customer | None = None
    # What the door believes; the domain looks again.
    session_id: UUID | None = None
    is_engaged: bool = False

    @property
    def id(self) -> UUID:
        return self.token.visitor_id

    @property
    def reader(self) -> str:
        """For whom addresses of files are made."""
        return customer_key(self.id)

    def stands_in(self, session: ChatSession | None) -> None:
        """Remember the open session."""
        self.session_id = session.id if session else None
        self.is_engaged = bool(session and session.engaged_at)


def identify(text: str, channel: Channel, origin: Origin) -> Visitor:
    """The visitor of a token, which must be one of this channel."""
    token = tokens.check(text)
    if token.channel_id != channel.pk:
        raise Unauthorized(_("This token is not valid."))
    return Visitor(token, token.channel, origin, Customer.objects.filter(id=token.visitor_id).first())


def standing(visitor: Visitor, last: dict[UUID, int]) -> tuple[list[ChatSession], dict | None]:
    """The open session and what changed since `last`, and the `state` frame of the open one."""
    sessions = queries.changed_since(visitor.id, visitor.channel.pk, last)
    open_one = next((session for session in sessions if session.is_open), None)
    visitor.stands_in(open_one)
    if open_one:
        # Whoever switches the language hears the rest of the session in it.
        customers.speaks(open_one, visitor.origin.language)
    return sessions, routing_queries.customer_state(open_one) if open_one else None


def about(visitor: Visitor) -> dict:
    """The channel as `ready` describes it, with what a user interface must know beforehand."""
    channel = visitor.channel
    rules = business.read(MessageSettings)
    file_limit = rules.file_megabytes * bodies.MEGABYTE
    bodies.allow_files(file_limit)
    return {
        "key": channel.key,
        "name": channel.name,
        "avatar": channel.avatar,
        "staffed": hours.is_open(clock.now()) and assignment.signed_in(None),
        "bot": bot.answers(channel),
        "file_limit": file_limit,
        "typing_preview": rules.typing_preview,
        "recall_seconds": rules.recall_seconds if rules.customer_recalls else 0,
        "pre_chat": pre_chat.asked(visitor),
    }


def come_in(visitor: Visitor, client_id: UUID | None = None) -> Posted | None:
    """Make sure of the customer before they act: the row, and that one more session is allowed.

    Returns what `client_id` stored before when no session is open: resending opens none.
    """
    session = queries.open_session_of(visitor.id, visitor.channel.pk)
    if session is None and client_id:
        known = _posted_before(visitor, client_id)
        if known:
            return known
    if session is None or not session.engaged_at:
        pre_chat.expect(visitor)
        limits.expect_place(visitor.origin.address or "", visitor.id)
    visitor.stands_in(session)
    visitor.customer = customers.ensure_customer(visitor.token, visitor.origin)
    return None


def _posted_before(visitor: Visitor, client_id: UUID) -> Posted | None:
    key = PostKey.objects.filter(author=visitor.reader, client_id=client_id).first()
    return Posted(key.session_id, key.seq, key.rev, key.created_at, duplicate=True) if key else None


def trigger(visitor: Visitor, page: str) -> list[dict]:
    """src 7; returns the frames that answer it. `page` is where the customer is by now."""
    if page:
        visitor.origin = replace(visitor.origin, page=page)
    visitor.customer = customers.ensure_customer(visitor.token, visitor.origin)
    session = flow.trigger(
        visitor.customer,
        visitor.channel,
        language=visitor.origin.language,
        page=visitor.origin.page,
    )
    visitor.stands_in(session)
    return flow.signals(session)


def request_agent(visitor: Visitor) -> None:
    come_in(visitor)
    session = flow.request_agent(
        visitor.customer, visitor.channel, language=visitor.origin.language, page=visitor.origin.page
    )
    visitor.stands_in(session)


def leave_queue(visitor: Visitor) -> None:
    flow.leave_queue(_known(visitor), visitor.channel)


def end(visitor: Visitor) -> None:
    """src 27."""
    flow.customer_end(_known(visitor), visitor.channel)


def rate(visitor: Visitor, selected: dict) -> None:
    """src 10."""
    ratings.rate(visitor.id, visitor.channel.pk, selected)


@transaction.atomic
def ask_rating(visitor: Visitor) -> None:
    """src 24: only with an agent, and only where customers may ask (V-7)."""
    if not invitations.rules_bits() & 4:
        raise NotAllowed(_("Ratings cannot be asked for here."))
    open_one = queries.open_session_of(visitor.id, visitor.channel.pk)
    if open_one is None:
        raise WrongState(_("There is no open session."))
    session = transitions.lock(open_one.id)
    transitions.expect_state(session, State.SERVING)
    ratings.invite(session)


def typing(visitor: Visitor, preview: str) -> None:
    """src 12; the preview goes on only where the business has switched it on (X-16)."""
    if not business.read(MessageSettings).typing_preview:
        preview = ""
    reading.typing_by_customer(visitor.id, visitor.channel.pk, preview)


def read(visitor: Visitor, session_id: UUID, seq: int) -> None:
    _own_session(visitor, session_id)
    reading.read_by_customer(session_id, visitor.id, seq)


def take_back(visitor: Visitor, address: str) -> None:
    session_id, _seq = recall.parse_address(address)
    _own_session(visitor, session_id)
    recall.recall(address, Author.customer(_known(visitor)))


def vote(visitor: Visitor, session_id: UUID, seq: int, is_helpful: bool | None) -> None:
    _own_session(visitor, session_id)
    bot.vote(session_id, seq, is_helpful)


def sync(visitor: Visitor, session_id: UUID, rev: int) -> tuple[list, dict, dict | None]:
    """A page of messages changed after `rev`, its `synced` frame, and after the last page `state`."""
    # The session first: what is committed between the two reads is then in the page, not lost.
    session = _own_session(visitor, session_id)
    page, more = queries.sync_page(session_id, rev)
    reached = page[-1].rev if page else rev
    seq = max((message.seq for message in page), default=0)
    if more:
        return page, protocol.synced_frame(session_id, seq, reached, True), None
    frame = protocol.synced_frame(session_id, max(seq, session.seq), max(reached, session.rev), False)
    return page, frame, routing_queries.customer_state(session)


def history(visitor: Visitor, before: tuple[UUID, int] | None, limit: int) -> tuple[list, dict]:
    """A page of earlier messages over the customer's sessions on this channel, oldest first."""
    if before:
        _own_session(visitor, before[0])
    page, more = queries.history_page(_own_sessions(visitor), before, limit)
    seen = ChatSession.objects.filter(id__in={message.session_id for message in page})
    read = {str(session): seq for session, seq in seen.values_list("id", "agent_read_seq")}
    return page, protocol.history_end_frame(page[0].address if more else None, read)


def revs(visitor: Visitor) -> dict[str, int]:
    """What `pong` carries."""
    return queries.revs_for_customer(visitor.id, visitor.channel.pk)


def over(hashes: list[str]) -> set[str]:
    """Those of the tokens that are none any more: given back, or a merged visitor's (X-3, X-4)."""
    known: set[str] = set()
    for start in range(0, len(hashes), 500):
        found = VisitorToken.objects.filter(hash__in=hashes[start : start + 500])
        known.update(found.values_list("hash", flat=True))
    return set(hashes) - known


def revs_of_many(visitors: list[tuple[UUID, int]]) -> dict[tuple[UUID, int], dict[str, int]]:
    """`revs` of many (visitor, channel), in one query per 500."""
    found: dict[tuple[UUID, int], dict[str, int]] = {key: {} for key in visitors}
    for start in range(0, len(visitors), 500):
        ids = [visitor_id for visitor_id, _channel in visitors[start : start + 500]]
        for customer_id, channel_id, session_id, rev in _recent_of(ids):
            if (customer_id, channel_id) in found:
                found[customer_id, channel_id][str(session_id)] = rev
    return found


def _recent_of(customer_ids: list[UUID]) -> QuerySet:
    recent = queries.OPEN | Q(ended_at__gte=clock.now() - queries.RECENTLY_CLOSED)
    found = ChatSession.objects.filter(recent, customer_id__in=customer_ids)
    return found.values_list("customer_id", "channel_id", "id", "rev")


def _own_sessions(visitor: Visitor) -> QuerySet[ChatSession]:
    return ChatSession.objects.filter(
        customer_id=visitor.id, channel_id=visitor.channel.pk, deleted_at__isnull=True
    )


def _own_session(visitor: Visitor, session_id: UUID) -> ChatSession:
    own = _own_sessions(visitor).select_related("customer", "channel", "group", "agent")
    session = own.filter(id=session_id).first()
    if session is None:
        raise NotFound(_("There is no such session."))
    return session


def _known(visitor: Visitor) -> Customer:
    """The customer who must be there already; without one there is no session either."""
    if visitor.customer is None:
        visitor.customer = Customer.objects.filter(id=visitor.id).first()
    if visitor.customer is None:
        raise NotFound(_("There is no open session."))
    return visitor.customer


def presence_of(session_id: UUID) -> tuple[ChatSession, datetime | None] | None:
    """A session that an agent has, for telling them whether its customer is there; and when an offer ends."""
    session = queries.session_for_desk(session_id)
    if session is None or session.agent_id is None or not session.is_open:
        return None
    return session, session.deadline_at if session.state == State.OFFERED else None
