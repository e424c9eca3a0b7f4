"""Customers: made with the first session, not with the first look (X-2)."""

import secrets
from dataclasses import dataclass

from django.db import IntegrityError

from apps.sessions.models import Customer, VisitorToken
from csdesk import clock

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
    """The token's customer, made now if this is their first session; `last_seen_at` moves."""
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
        try:
            return Customer.objects.create(
                id=token.visitor_id,
                source_id=token.channel_id,
                visitor_no=secrets.randbelow(VISITOR_NUMBERS),
                **seen,
            )
        except IntegrityError:
            # Two tabs at once: the other was first.
            found = Customer.objects.get(id=token.visitor_id)
    known = {name: value for name, value in seen.items() if value}
    for name, value in known.items():
        setattr(found, name, value)
    found.save(update_fields=list(known))
    return found
