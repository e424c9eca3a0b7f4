"""An anonymous visitor turns out to be a known user: what they said becomes that customer's (S-12, X-4).

Nothing is copied and nothing is lost: sessions, records, messages, files and the keys of resent messages
change hands in one transaction, and the visitor's row and tokens go with it. So a visitor can be merged once
only, whoever else tries at the same moment.
"""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected

from apps.routing import closing, purging
from apps.sessions import blacklist, customers, queries, standing, tags, transitions
from apps.sessions.authors import customer_key
from apps.sessions.models import (
    Attachment,
    AuthorKind,
    ChatSession,
    Customer,
    Message,
    PostKey,
    ServiceRecord,
    SessionEvent,
    VisitorToken,
)
from csdesk import clock, realtime
from csdesk.errors import Unavailable

ATTEMPTS = 5
# What a visitor may have told of themselves, kept where the known user has nothing.
_KEPT = ("phone", "email", "remark", "language", "address", "browser", "page", "referrer")


class _Again(Exception):
    """Something came in between: begin anew."""


def merge(visitor_id: UUID, token: VisitorToken) -> bool:
    """Give all that is the anonymous visitor's to the known user of `token`; False when somebody was faster.

    If both have an open session on the channel, the visitor's is ended first. Call it outside a
    transaction: it begins anew when it collides with what the two are saying meanwhile. Unavailable if it
    does so again and again; nothing has changed then.
    """
    for _attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return _merge(visitor_id, token)
        except (_Again, IntegrityError):
            # One of the two has opened a session meanwhile.
            continue
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
    raise Unavailable(_("Something is wrong here. Please try again."))


def _merge(visitor_id: UUID, token: VisitorToken) -> bool:
    # The tokens first: whoever wants to be this visitor from now on waits here, and is refused afterwards.
    former = VisitorToken.objects.filter(visitor_id=visitor_id, user_id="")
    channels = set(former.select_for_update().values_list("channel_id", flat=True))
    if not former.delete()[0]:
        return False
    sessions = _locked_sessions(visitor_id)
    visitor = Customer.objects.select_for_update().filter(id=visitor_id).first()
    if visitor:
        if len(sessions) != ChatSession.objects.filter(customer_id=visitor_id).count():
            raise _Again
        customer = customers.known_customer(token)
        sessions = _without_looks(sessions, customer)
        _end_where_both_are_open(sessions, customer)
        _move(visitor_id, customer.id, [session.id for session in sessions])
        tags.move(visitor, customer)
        blacklist.move(visitor, customer)
        _keep_what_was_told(visitor, customer)
        visitor.delete()
        _tell(visitor_id, customer, sessions)
    for channel_id in channels:
        # Windows still signed in as the visitor stand for nobody any more.
        realtime.control(realtime.customer(visitor_id, channel_id), {"op": "signed_out"})
    return True


def _locked_sessions(visitor_id: UUID) -> list[ChatSession]:
    # Sessions before the customer's row: whoever holds a session may want a share of that row.
    found = ChatSession.objects.select_for_update().filter(customer_id=visitor_id)
    return list(found.order_by("id"))


def _without_looks(sessions: list[ChatSession], customer: Customer) -> list[ChatSession]:
    """Those that stay: where nothing was said leaves no trace (S-17), unless the customer goes on there."""

    def is_wanted(session: ChatSession) -> bool:
        return session.is_open and not queries.open_session_of(customer.id, session.channel_id)

    kept = [session for session in sessions if session.engaged_at or is_wanted(session)]
    purging.delete([session.id for session in sessions if session not in kept])
    return kept


def _end_where_both_are_open(sessions: list[ChatSession], customer: Customer) -> None:
    for session in sessions:
        if session.is_open and queries.open_session_of(customer.id, session.channel_id):
            closing.as_another_goes_on(session.id)


def _move(former: UUID, present: UUID, session_ids: list[UUID]) -> None:
    theirs = Q(session_id__in=session_ids)
    Message.objects.filter(theirs, author_kind=AuthorKind.CUSTOMER).update(author_id=str(present))
    ServiceRecord.objects.filter(theirs).update(customer_id=present)
    said_last = ChatSession.objects.filter(id__in=session_ids, last_author=AuthorKind.CUSTOMER)
    said_last.update(last_author_id=str(present))
    ChatSession.objects.filter(id__in=session_ids).update(customer_id=present)
    Attachment.objects.filter(uploader=customer_key(former)).update(uploader=customer_key(present))
    known = PostKey.objects.filter(author=customer_key(present)).values("client_id")
    keys = PostKey.objects.filter(author=customer_key(former))
    keys.filter(client_id__in=known).delete()
    keys.update(author=customer_key(present))


def _keep_what_was_told(visitor: Customer, customer: Customer) -> None:
    gained = [name for name in _KEPT if getattr(visitor, name) and not getattr(customer, name)]
    for name in gained:
        setattr(customer, name, getattr(visitor, name))
    if visitor.first_seen_at < customer.first_seen_at:
        customer.first_seen_at = visitor.first_seen_at
        gained.append("first_seen_at")
    if visitor.attributes:
        customer.attributes = visitor.attributes | customer.attributes
        gained.append("attributes")
    customer.save(update_fields=gained)


def _tell(former: UUID, customer: Customer, sessions: list[ChatSession]) -> None:
    """The history of each session, its agent's workbench, and the windows the customer has open elsewhere."""
    SessionEvent.objects.bulk_create(
        SessionEvent(
            session_id=session.id,
            at=clock.now(),
            event="customer_merged",
            before=state,
            after=state,
            detail={"visitor": str(former), "customer": str(customer.id)},
        )
        for session, state in _states(sessions)
    )
    for session in queries.whole().filter(id__in=[session.id for session in sessions]).order_by("id"):
        if session.agent:
            transitions.tell_desk(session, session.agent)
        if session.is_open:
            standing.tell_customer(session)


def _states(sessions: list[ChatSession]) -> list[tuple[ChatSession, str]]:
    now = dict(ChatSession.objects.filter(id__in=[one.id for one in sessions]).values_list("id", "state"))
    return [(session, now[session.id]) for session in sessions]
