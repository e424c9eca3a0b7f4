"""The round sign of a customer, the same as the workbench draws (static/ui/people.js)."""

import re

from apps.sessions.models import Customer

_TONES = 5


def tone_of(customer: Customer) -> str:
    """The tone that goes with a customer, always the same."""
    total = 0
    for letter in str(customer.id):
        total = (total * 31 + ord(letter)) % 9973
    return f"tone-{total % _TONES + 1}"


def sign_of(customer: Customer) -> str:
    """The first letter of the name, else the first of the four digits they are called by."""
    letters = re.sub(r"^[\W_]+", "", customer.name)
    return letters[:1].upper() if letters else f"{customer.visitor_no:04}"[0]
