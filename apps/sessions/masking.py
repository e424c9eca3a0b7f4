"""Customers' phone numbers and e-mails as their reader may see them (S-13, T-9): the one place."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.sessions.contact_marks import hidden, masked_named, masked_text, pieces
from apps.sessions.models import Customer
from apps.sessions.permissions import may_see_unmasked
from apps.team.models import Member

# So deep is shown what a page has told; nobody tells more in earnest.
DEEPEST = 6


@dataclass(frozen=True)
class Contact:
    """How a customer can be reached, as it may be shown; empty where nothing is known."""

    phone: str
    email: str
    is_masked: bool

    def told(self, values: dict) -> dict:
        """What page, form or flow have told of the customer, by name; contacts are masked there too.

        Lists and objects stay what they are; `readable` makes text of them.
        """
        return _masked_within((), values, 0) if self.is_masked else values

    def value(self, name: str, value: object) -> object:
        """One such value by its name."""
        return _masked_within((name,), value, 0) if self.is_masked else value

    def text(self, text: str) -> str:
        """A text such as the remark, without what could be a phone number or an e-mail."""
        return masked_text(text) if self.is_masked else text

    def restored(self, given: str, kept: str, name: str = "") -> str:
        """What a reader has made of a text they see masked: its masked parts are what they were.

        ValueError when such a part would be shown otherwise than before.
        """
        names = (name,) if name else ()
        if not self.is_masked:
            return given
        text, at, back = "", 0, Counter()
        for shown, full in pieces(kept, names):
            found = given.find(shown, at) if shown != full else -1
            if found >= 0:
                text += given[at:found] + full
                at = found + len(shown)
                back[shown, full] += 1
        text += given[at:]
        # Exactly as before: other signs beside it could have moved what is hidden.
        if back - Counter(pieces(text, names)):
            raise ValueError
        return text


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
    return hidden(phone)


def masked_email(email: str) -> str:
    """The address without most of its name."""
    if not email:
        return ""
    name, at, host = email.partition("@")
    return f"{name[:2] if len(name) > 2 else ''}***{at}{host}" if at else "***"


def readable(value: object, depth: int = 0) -> str:
    """A value that a page has told, as people read it: no brackets of a program, nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dict | list) and depth >= DEEPEST:
        return "…"
    if isinstance(value, dict):
        parts = ((str(name), readable(one, depth + 1)) for name, one in value.items())
        return "; ".join(f"{name}: {one}" for name, one in parts if one)
    if isinstance(value, list):
        return ", ".join(part for part in (readable(one, depth + 1) for one in value) if part)
    return str(value)


def _masked_within(names: tuple[str, ...], value: object, depth: int) -> object:
    """A value that is called so, as it may be shown; numbers that are called otherwise stay numbers."""
    if isinstance(value, dict | list) and depth > DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {
            masked_text(str(name)): _masked_within((*names, str(name)), one, depth + 1)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_masked_within(names, one, depth + 1) for one in value]
    if value is None or isinstance(value, bool):
        return value
    text = readable(value)
    shown = masked_named(names, text)
    return value if shown == text else shown
