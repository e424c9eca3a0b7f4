"""The bot's part of a conversation: whether it answers, what it says, and what came of it (B-3 … B-7, B-11).

What a question gets is decided by `apps.chatbot.answering`, outside any transaction. Here the reply becomes
messages, in the transaction that marks the customer's words as handled, so each gets one answer, once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language, get_supported_language_variant, override
from django.utils.translation import gettext as _

from apps.chatbot import answering
from apps.chatbot.answering import Reply
from apps.chatbot.models import Decision, Format
from apps.chatbot.settings import AnswerSettings, SwitchSettings
from apps.sessions import posting, transitions
from apps.sessions.authors import Author
from apps.sessions.models import AuthorKind, Channel, ChatSession, Message, MessageKind
from apps.team import business
from csdesk import realtime
from csdesk.errors import NotFound, WrongState

log = logging.getLogger(__name__)

# Beside the words of an answer: whether it has helped, None until the customer says so.
HELPFUL = "helpful"
# How far back a pressed button is looked for.
_LAST_CARDS = 5
# Sessions for which this process is finding an answer.
_thinking: set[UUID] = set()


@dataclass(frozen=True)
class Answer:
    """What the customer's words get; `is_kept` when it was decided by the libraries and counts (B-6)."""

    reply: Reply
    is_kept: bool = False


def answers(channel: Channel) -> bool:
    """Whether the bot answers this channel's customers now: on for all and here, and published (B-11)."""
    return channel.has_bot and answering.is_on()


def welcome(session: ChatSession) -> None:
    """The welcome card (B-3), where there is one; the caller holds the row."""
    if not Channel.objects.filter(pk=session.channel_id, has_bot=True).exists():
        return
    try:
        card = answering.welcome(session.language)
    except Exception:
        # Without its suggestions a conversation still begins.
        log.exception("there is no welcome card", extra={"session_id": session.id})
        return
    if card:
        _card(session, "29", _choices(card.title, card.items), subtype="welcome_msg")


def answer_to(said: Message) -> Answer:
    """What these words get. Never raises: who cannot be answered hears so and may ask for a human.

    Not inside a transaction.
    """
    session = said.session
    if said.kind != MessageKind.TEXT:
        words = business.read(AnswerSettings).only_text_words.text(session.language)
        return Answer(_fallen_back(words, session))
    _thinking.add(session.id)
    try:
        reply = answering.answer(said.body["text"], conversation=session.id, language=session.language)
    except Exception:
        log.exception("the bot could not answer", extra={"session_id": session.id})
        return helpless(session)
    finally:
        _thinking.discard(session.id)
    return Answer(reply, is_kept=True)


def is_sure(answer: Answer) -> bool:
    """Whether this answers the question itself, instead of asking back or giving up."""
    return answer.is_kept and answer.reply.decision in (Decision.MENU, Decision.DIRECT, Decision.CHITCHAT)


def tell_thinking(session_id: UUID, recipient: str) -> None:
    """Let the customer see that an answer is being found (src 12), if one is. For the event loop."""
    if session_id in _thinking:
        frame = {"op": "signal", "data": {"customerServicePlugin": 0, "src": "12"}}
        realtime.publish_committed(recipient, frame)


def helpless(session: ChatSession) -> Answer:
    """What a customer gets when something is wrong with the bot."""
    words = business.read(AnswerSettings).fallback_words.text(session.language)
    return Answer(_fallen_back(words, session))


def _fallen_back(words: str, session: ChatSession) -> Reply:
    return Reply(Decision.FALLBACK.value, text=words, offers_human=True, language=session.language)


def say(session: ChatSession, said: Message, answer: Answer) -> None:
    """Put the reply to these words into the session, and keep the question; the caller holds the row."""
    reply = answer.reply
    answer_seq = _say(session, reply)
    if answer.is_kept:
        answering.note(
            reply,
            said.body["text"],
            conversation=session.id,
            channel=session.channel_id,
            seq=said.seq,
            answer_seq=answer_seq,
        )


def _say(session: ChatSession, reply: Reply) -> int | None:
    """The reply as a message; its `seq`, None when there is nothing to say."""
    if reply.items:
        return _card(session, "29", _choices(reply.title, reply.items, reply.text), subtype="clarify_msg")
    if reply.offers_human:
        button = {"content": to_human_words(session.language), "desc": ""}
        return _card(session, "15", {"header": reply.text, "items": [button], "tail": ""})
    if not reply.text:
        return None
    vote = {HELPFUL: None} if reply.asks_helpful else {}
    if reply.format == Format.MARKDOWN:
        return _card(session, "30", reply.text, beside=vote)
    return posting.append(session, _author(session), MessageKind.TEXT, {"text": reply.text} | vote).seq


def _choices(title: str, items: tuple[str, ...], text: str = "") -> dict:
    return {"title": title, "content": text, "items": [{"content": item} for item in items]}


def _card(
    session: ChatSession, src: str, content: object, *, subtype: str = "", beside: dict | None = None
) -> int:
    data = {"customerServicePlugin": 0, "src": src, "content": content}
    if subtype:
        data["subtype"] = subtype
    body = {"data": data} | (beside or {})
    return posting.append(session, _author(session), MessageKind.CUSTOM, body).seq


def _author(session: ChatSession) -> Author:
    return Author.bot(business.read(SwitchSettings).bot_name.text(session.language))


# --- To human --------------------------------------------------------------------------------------


def to_human_words(language: str) -> str:
    """What stands on the “to human” button, in the customer's language, and what pressing it says."""
    return _buttons()[_spoken(language)]


def is_button(text: str) -> bool:
    """Whether these are the words of a “to human” button, whoever has written them."""
    return text.strip().casefold() in {words.casefold() for words in _buttons().values()}


@lru_cache(1)
def _buttons() -> dict[str, str]:
    found = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            found[code] = _("Talk to a person")
    return found


def _spoken(language: str) -> str:
    try:
        return get_supported_language_variant((language or get_language() or "").lower())
    except LookupError:
        return settings.LANGUAGE_CODE


def press_button(session: ChatSession, text: str) -> None:
    """Mark the button that these words have pressed (src 15), if there is one; the caller holds the row."""
    cards = Message.objects.filter(
        session_id=session.id, author_kind=AuthorKind.BOT, kind=MessageKind.CUSTOM, recalled_at=None
    )
    for card in cards.order_by("-seq")[:_LAST_CARDS]:
        data = card.body["data"]
        if data["src"] != "15":
            continue
        item = next((item for item in data["content"]["items"] if item["content"] == text.strip()), None)
        if item and "selected" not in data["content"]:
            data["content"]["selected"] = {"content": item["content"]}
            posting.change(session, card)
        return


def handed_over(session: ChatSession) -> None:
    """The customer goes to an agent: kept with what they had asked last (B-6)."""
    answering.handed_over(session.id)


# --- Thumbs ----------------------------------------------------------------------------------------


@transaction.atomic
def vote(session_id: UUID, seq: int, is_helpful: bool | None) -> None:
    """A thumb under an answer, the last one counts; None takes it back (B-7).

    NotFound where nobody was asked, WrongState when the session has ended (S-18).
    """
    session = transitions.lock(session_id)
    message = Message.objects.filter(session_id=session_id, seq=seq, author_kind=AuthorKind.BOT).first()
    if message is None or HELPFUL not in message.body:
        raise NotFound(_("There is no such answer."))
    if not session.is_open:
        raise WrongState(_("This chat has ended."))
    if message.body[HELPFUL] is is_helpful:
        return
    message.body[HELPFUL] = is_helpful
    posting.change(session, message)
    answering.voted(session_id, seq, is_helpful)
