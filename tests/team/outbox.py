"""Text messages that a test has had sent, by a back end named by its dotted path."""

import re

from apps.team.models import Member, Role
from apps.team.sms import Message, SmsError
from tests.factories import make_member

NUMBER, OTHER = "+8613800138000", "+8613900139000"

SENT: list[Message] = []
FAILS: list[str] = []


class Backend:
    def send(self, message: Message) -> None:
        if FAILS:
            raise SmsError(FAILS[0])
        SENT.append(message)


def last_code() -> str:
    """The six digits that stand in the newest message."""
    return re.search(r"\b\d{6}\b", SENT[-1].text).group()


def bound(role: str = Role.AGENT, **fields) -> Member:
    """A member whom `NUMBER` signs in."""
    return make_member(role, **({"bound_phone": NUMBER} | fields))
