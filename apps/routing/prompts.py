"""The words customers get at each turn (R-4), in their language."""

from collections.abc import Iterable
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
    _say(code, [(session, params)])


def say_connected(pairs: Iterable[tuple[ChatSession, Member]]) -> None:
    """Tell each customer who serves now."""
    _say(
        "connected",
        [(session, {"StaffName": agent.nickname, "StaffNo": agent.staff_no}) for session, agent in pairs],
    )


def _say(code: str, said: list[tuple[ChatSession, dict]]) -> None:
    words = [(session, render(code, session.language, **params)) for session, params in said]
    posting.say_many([(session, one.code, one.text, one.params) for session, one in words if one])


def closing_words(session: ChatSession, code: str) -> tuple[str, str] | None:
    """Last words in the form `transitions.close` takes, or None when they are switched off."""
    rendered = render(code, session.language)
    return (rendered.code, rendered.text) if rendered else None
