"""The trail of whoever looks at customers (C-9, X-14): written before anything is shown, else nothing is."""

from __future__ import annotations

from django.http import HttpRequest

from apps.records.customers.filters import Filters
from apps.sessions.masking import masked_text
from apps.sessions.models import Customer
from apps.team import trail
from apps.team.adapter import address_of

SEARCHED, VIEWED = "customer.searched", "customer.viewed"


def searched(request: HttpRequest, filters: Filters, shown: int) -> None:
    """A list of customers is about to be shown."""
    values = filters.values() | {"shown": shown}
    if filters.q:
        values["q"] = masked_text(filters.q)
    trail.append(
        SEARCHED,
        member=request.user,
        address=address_of(request),
        object_type="customers",
        values=values,
    )


def viewed(request: HttpRequest, customer: Customer) -> None:
    """The profile of a customer is about to be shown."""
    trail.append(
        VIEWED,
        member=request.user,
        address=address_of(request),
        object_type="customer",
        object_id=customer.id,
    )
