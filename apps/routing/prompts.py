"""The words customers get at each turn (R-4), in their language."""

from dataclasses import dataclass

from apps.routing.settings import PromptSettings
from apps.sessions import posting
from apps.sessions.models import ChatSession
from apps.team import business
from apps.team.models import Member


@dataclass(frozen=True)
class Rendered:
    """Words ready to be said: kept as code, parameters and text (S-18)."""

    code: str
    text: str
    params: dict

    def __bool__(self) -> bool:
        return bool(self.text)


def render(code: str, language: str, **params: object) -> Rendered:
    """The words named `code` (a field of PromptSettings), filled in; empty when switched off."""
    words = getattr(business.read(PromptSettings), code)
    return Rendered(code, words.fill(language, **params), dict(params))


def say(session: ChatSession, code: str, **params: object) -> None:
    """Append these words to the session, unless they are switched off; the caller holds the row."""
    rendered = render(code, session.language, **params)
    if rendered:
        posting.say(session, rendered.code, rendered.text, rendered.params)


def say_connected(session: ChatSession, agent: Member) -> None:
    """Tell the customer who serves now."""
    say(session, "connected", StaffName=agent.nickname, StaffNo=agent.staff_no)


def closing_words(session: ChatSession, code: str) -> tuple[str, str] | None:
    """Last words in the form `transitions.close` takes, or None when they are switched off."""
    rendered = render(code, session.language)
    return (rendered.code, rendered.text) if rendered else None
