"""Customers' phone numbers and e-mails as their reader may see them (S-13, T-9): the one place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from apps.sessions.models import Customer
from apps.sessions.permissions import may_see_unmasked
from apps.team.models import Member

# What pages and forms call them, in any case of letters.
_CONTACT_NAME = re.compile(r"phone|mobile|telephone|^tel$|e-?mail|电话|手机|邮箱", re.IGNORECASE)
_EMAIL = re.compile(r"([^\s@])[^\s@]*(@[^\s@]+)")
_PHONE = re.compile(r"(\d{3})[\d\s-]{3,}(\d{4})")


@dataclass(frozen=True)
class Contact:
    """How a customer can be reached, as it may be shown; empty where nothing is known."""

    phone: str
    email: str
    is_masked: bool

    def told(self, values: dict) -> dict:
        """What page, form or flow have told of the customer, by name; contacts are masked there too."""
        if not self.is_masked:
            return values
        return {name: _masked_value(name, value) for name, value in values.items()}


def contact_of(reader: Member, customer: Customer) -> Contact:
    """A customer's phone number and e-mail for this reader."""
    return contact(customer, is_masked=not may_see_unmasked(reader))


def contact(customer: Customer, *, is_masked: bool) -> Contact:
    """The same where the right of the reader has been asked for already, as for a list."""
    if not is_masked:
        return Contact(customer.phone, customer.email, False)
    return Contact(masked_phone(customer.phone), masked_email(customer.email), True)


def masked_phone(phone: str) -> str:
    """The number without its middle four digits; one too short for that shows nothing."""
    if len(phone) < 7:
        return "*" * len(phone)
    before = (len(phone) - 4) // 2
    return f"{phone[:before]}****{phone[before + 4 :]}"


def masked_email(email: str) -> str:
    """The address without most of its name."""
    if not email:
        return ""
    name, at, host = email.partition("@")
    return f"{name[:2] if len(name) > 2 else ''}***{at}{host}" if at else "***"


def masked_text(text: str) -> str:
    """Without what could be a phone number or an e-mail: for the trail, which outlives both."""
    return _PHONE.sub(r"\1****\2", _EMAIL.sub(r"\1***\2", text))


def _masked_value(name: str, value: object) -> object:
    """A value as it may be shown; numbers that are called otherwise, such as an order's, stay."""
    if isinstance(value, str) and "@" in value:
        return _EMAIL.sub(r"\1***\2", value)
    if isinstance(value, str | int) and not isinstance(value, bool) and _CONTACT_NAME.search(str(name)):
        return masked_phone(str(value))
    return value
