"""Customers: made with the first session, not with the first look (X-2)."""

import secrets
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.sessions import pre_chat
from apps.sessions.models import ChatSession, Customer, VisitorToken
from csdesk import clock
from csdesk.errors import Unauthorized

VISITOR_NUMBERS = 10_000


@dataclass(frozen=True)
class Origin:
    """What is known of where a customer comes from: language code, address, browser, page, referrer."""

    language: str = ""
    address: str | None = None
    browser: str = ""
    page: str = ""
    referrer: str = ""


def ensure_customer(token: VisitorToken, origin: Origin) -> Customer:
    """The token's customer, made now if this is their first session; `last_seen_at` moves.

    Unauthorized when there is none and the token has ended: they are another's by now (X-4).
    """
    seen = {
        "language": origin.language,
        "address": origin.address,
        "browser": origin.browser[:200],
        "page": origin.page[:500],
        "referrer": origin.referrer[:500],
        "last_seen_at": clock.now(),
    }
    found = Customer.objects.filter(id=token.visitor_id).first()
    if found is None:
        found, is_new = _make(token, seen)
        if is_new:
            return found
    known = {name: value for name, value in seen.items() if value}
    for name, value in known.items():
        setattr(found, name, value)
    found.save(update_fields=list(known))
    return found


def known_customer(token: VisitorToken) -> Customer:
    """The customer of a known user's token, made now if they have never had a session."""
    found = Customer.objects.filter(id=token.visitor_id).first()
    return found or _make(token, {"last_seen_at": clock.now()})[0]


def _make(token: VisitorToken, seen: dict) -> tuple[Customer, bool]:
    """The row of a token's visitor, and whether it was made here; the other of two tabs finds it made."""
    try:
        with transaction.atomic():
            # Held until the row is there: a merge that ends the tokens waits, and takes the row along.
            # Any of the visitor's, for renewing needs no reconnect; the newest tells who they are.
            held = VisitorToken.objects.select_for_update().filter(visitor_id=token.visitor_id)
            newest = max(held, key=lambda one: one.created_at, default=None)
            if newest is None:
                raise Unauthorized(_("This token is not valid."))
            made = Customer.objects.create(
                id=token.visitor_id,
                source_id=token.channel_id,
                visitor_no=secrets.randbelow(VISITOR_NUMBERS),
                user_id=newest.user_id,
                **(newest.profile or {}),
                **seen,
            )
            pre_chat.fill_profile(made, token.channel)
            return made, True
    except IntegrityError:
        return Customer.objects.get(id=token.visitor_id), False


def speaks(session: ChatSession, language: str) -> None:
    """From now on the system's words in this session are in the customer's present language."""
    if language and session.language != language:
        ChatSession.objects.filter(id=session.id).update(language=language)
