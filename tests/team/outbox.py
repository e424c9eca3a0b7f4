"""Text messages that a test has had sent, by a back end named by its dotted path."""

import re

from apps.team.sms import Message, SmsError

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
