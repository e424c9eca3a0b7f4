"""Frames of the customer's protocol: what comes in as dataclasses, what goes out as dictionaries.

docs/protocol-visitor.md is the reference. Parsing touches no database; whatever is wrong raises
a DomainError whose code goes into the `error` frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.sessions import content, recall
from apps.sessions.models import ChatSession, Customer, State, VisitorToken
from apps.sessions.posting import Posted
from apps.visitor import pre_chat
from csdesk import realtime, texts
from csdesk.clock import milliseconds
from csdesk.errors import DomainError, Invalid, TooLarge

LARGEST_FRAME = 64 * 1024
MOST_LAST = 100
HISTORY_LIMIT = 50
MOST_HISTORY = 200
PAGE_LIMIT = 500
PREVIEW_LIMIT = 200
LARGEST_NUMBER = 2**31 - 1

# Close codes; Daphne takes 1000 and 3000–4999 only.
HELLO_MISSING, ABUSE, SILENCE, NO_CHANNEL, SIGNED_OUT = 4001, 4008, 4010, 4004, 4003


class UnknownOp(DomainError):
    code = "unknown_op"


@dataclass(frozen=True)
class Hello:
    token: str
    last: dict[UUID, int] = field(default_factory=dict)
    language: str = ""
    page: str = ""
    referrer: str = ""


@dataclass(frozen=True)
class Send:
    client_id: UUID
    kind: str
    body: dict


@dataclass(frozen=True)
class RequestAgent:
    pass


@dataclass(frozen=True)
class LeaveQueue:
    pass


@dataclass(frozen=True)
class Trigger:
    """src 7: the window is shown."""

    page: str = ""


@dataclass(frozen=True)
class Rate:
    """src 10."""

    selected: dict


@dataclass(frozen=True)
class Typing:
    """src 12."""

    preview: str = ""


@dataclass(frozen=True)
class AskRating:
    """src 24."""


@dataclass(frozen=True)
class End:
    """src 27."""


@dataclass(frozen=True)
class Sync:
    session: UUID
    rev: int


@dataclass(frozen=True)
class History:
    before: tuple[UUID, int] | None
    limit: int


@dataclass(frozen=True)
class Read:
    session: UUID
    seq: int


@dataclass(frozen=True)
class Recall:
    message: str


@dataclass(frozen=True)
class Vote:
    """A thumb under the bot's answer; None takes it back (B-7)."""

    session: UUID
    seq: int
    is_helpful: bool | None


@dataclass(frozen=True)
class Ping:
    pass


Frame = (
    Hello
    | Send
    | RequestAgent
    | LeaveQueue
    | Trigger
    | Rate
    | Typing
    | AskRating
    | End
    | Sync
    | History
    | Read
    | Recall
    | Vote
    | pre_chat.PreChat
    | Ping
)


def decode(text: str | None) -> dict:
    """The JSON object of a text frame; Invalid for anything else, TooLarge over 64 KiB."""
    if text is None:
        raise Invalid(_("Send text, not bytes."))
    # Characters bound the bytes from below, so most frames need no encoding to be measured.
    if len(text) > LARGEST_FRAME or (len(text) * 4 > LARGEST_FRAME and len(text.encode()) > LARGEST_FRAME):
        raise TooLarge(_("The frame is larger than 64 KiB."))
    try:
        raw = realtime.decode(text)
    except (ValueError, RecursionError):
        raise Invalid(_("This is not JSON.")) from None
    if not isinstance(raw, dict):
        raise Invalid(_("A frame must be a JSON object."))
    return raw


def client_id_of(raw: dict) -> str | None:
    """The `client_id` as the client wrote it, to go back with an error; None unless it is a plain id."""
    value = raw.get("client_id")
    plain = isinstance(value, str) and 0 < len(value) <= 64 and value.isascii() and value.isprintable()
    return value if plain else None


def parse(raw: dict) -> Frame:
    """The frame that an object means; UnknownOp, Invalid or TooLarge else."""
    op = raw.get("op")
    parser = _PARSERS.get(op) if isinstance(op, str) else None
    if parser is None:
        raise UnknownOp(_("This op is not known."))
    return parser(raw)


def _hello(raw: dict) -> Hello:
    last = raw.get("last") or {}
    if not isinstance(last, dict) or len(last) > MOST_LAST:
        raise Invalid(_("last must be an object of at most %(count)s sessions.") % {"count": MOST_LAST})
    return Hello(
        token=_text(raw, "token", 200),
        last={content.identifier(session, "last"): _count(rev, "last") for session, rev in last.items()},
        language=_text(raw, "language", 35),
        page=_page(raw, "page"),
        referrer=_page(raw, "referrer"),
    )


def _send(raw: dict) -> Send:
    client_id = content.identifier(raw.get("client_id"), "client_id")
    kind, body = content.parse_message(raw.get("message"))
    return Send(client_id, kind, body)


def _signal(raw: dict) -> Frame:
    data = raw.get("data")
    if not isinstance(data, dict) or data.get("customerServicePlugin") != 0:
        raise Invalid(_("This is not a service message."))
    parser = _SIGNALS.get(data["src"]) if isinstance(data.get("src"), str) else None
    if parser is None:
        raise Invalid(_("This service message cannot be sent as a signal."))
    return parser(data)


def _trigger(data: dict) -> Trigger:
    return Trigger(_page(data, "page"))


def _rate(data: dict) -> Rate:
    selected = data.get("menuSelected")
    if not isinstance(selected, dict):
        raise Invalid(_("menuSelected is missing."))
    if not selected.get("id"):
        raise Invalid(_("%(field)s is missing.") % {"field": "menuSelected.id"})
    return Rate(selected)


def _typing(data: dict) -> Typing:
    return Typing(_text(data, "preview", content.TEXT_LIMIT)[:PREVIEW_LIMIT])


def _sync(raw: dict) -> Sync:
    return Sync(content.identifier(raw.get("session"), "session"), _count(raw.get("rev"), "rev"))


def _history(raw: dict) -> History:
    before = raw.get("before")
    limit = raw.get("limit", HISTORY_LIMIT)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise Invalid(_("limit must be a whole number from 1."))
    return History(None if before is None else recall.parse_address(before), min(limit, MOST_HISTORY))


def _read(raw: dict) -> Read:
    return Read(content.identifier(raw.get("session"), "session"), _count(raw.get("seq"), "seq"))


def _recall(raw: dict) -> Recall:
    recall.parse_address(raw.get("message"))
    return Recall(raw["message"])


def _vote(raw: dict) -> Vote:
    session, seq = recall.parse_address(raw.get("message"))
    is_helpful = raw.get("helpful")
    if "helpful" not in raw or not (is_helpful is None or isinstance(is_helpful, bool)):
        raise Invalid(_("helpful must be true, false or null."))
    return Vote(session, seq, is_helpful)


def _text(raw: dict, name: str, limit: int) -> str:
    """An optional text of the frame."""
    value = raw.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > limit:
        wanted = _("%(field)s must be text of at most %(limit)s characters.")
        raise Invalid(wanted % {"field": name, "limit": limit})
    return texts.storable(value)


def _page(raw: dict, name: str) -> str:
    """Where the customer looks or came from; whatever is no web address is not worth keeping."""
    value = _text(raw, name, 2_000)
    return value[:PAGE_LIMIT] if value.startswith(("http://", "https://")) else ""


def _count(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_NUMBER:
        raise Invalid(_("%(field)s must be a whole number from 0.") % {"field": name})
    return value


_SIGNALS: dict[str, Callable[[dict], Frame]] = {
    "7": _trigger,
    "10": _rate,
    "12": _typing,
    "24": lambda _data: AskRating(),
    "27": lambda _data: End(),
}
_PARSERS: dict[str, Callable[[dict], Frame]] = {
    "hello": _hello,
    "send": _send,
    "request_agent": lambda _raw: RequestAgent(),
    "leave_queue": lambda _raw: LeaveQueue(),
    "signal": _signal,
    "sync": _sync,
    "history": _history,
    "read": _read,
    "recall": _recall,
    "vote": _vote,
    "pre_chat": pre_chat.parse,
    "ping": lambda _raw: Ping(),
}


# --- Server → client --------------------------------------------------------------------------------


def shown_state(session: ChatSession) -> str:
    """The state as the customer sees it: an offer still reads as queued."""
    return str(State.QUEUED if session.state == State.OFFERED else session.state)


def ready_frame(
    sessions: list[ChatSession], customer: Customer | None, token: VisitorToken, channel: dict
) -> dict:
    """`ready`: who one is, and where one's sessions stand."""
    open_one = next((session for session in sessions if session.is_open), None)
    return {
        "op": "ready",
        "session": str(open_one.id) if open_one else None,
        "sessions": [
            {
                "session": str(s.id),
                "seq": s.seq,
                "rev": s.rev,
                "state": shown_state(s),
                "read": {"customer": s.customer_read_seq, "agent": s.agent_read_seq},
            }
            for s in sessions
        ],
        "customer": _described(customer, token),
        "channel": channel,
    }


def _described(customer: Customer | None, token: VisitorToken) -> dict:
    """Who one is. Without a row of the customer yet, what the sign-in told (X-2)."""
    told = token.profile or {}
    return {
        "id": str(token.visitor_id),
        "userID": token.user_id,
        "verified": bool(token.user_id),
        "name": customer.name if customer else told.get("name", ""),
        "visitor_no": customer.visitor_no if customer else None,
        "avatar": customer.avatar if customer else told.get("avatar", ""),
    }


def ack_frame(client_id: UUID, posted: Posted) -> dict:
    """`ack`: stored and committed."""
    return {
        "op": "ack",
        "client_id": str(client_id),
        "id": posted.address,
        "session": str(posted.session_id),
        "seq": posted.seq,
        "rev": posted.rev,
        "time": milliseconds(posted.at),
    }


def synced_frame(session: UUID, seq: int, rev: int, more: bool) -> dict:
    """`synced`: the end of a sync's page."""
    return {"op": "synced", "session": str(session), "seq": seq, "rev": rev, "more": more}


def history_end_frame(before: str | None, read: dict[str, int]) -> dict:
    """`history_end`: where the next page begins; None when this was the first word.

    `read`: up to which message the agent has read each session of the page.
    """
    return {"op": "history_end", "before": before, "read": read}


def pong_frame(revs: dict[str, int]) -> dict:
    """`pong`: the newest rev of each recent session."""
    return {"op": "pong", "sessions": revs}


# Codes of the domain that customers know by another name.
_CODES = {"not_yours": "not_found", "at_capacity": "unavailable"}


def error_frame(error: DomainError, client_id: str | None = None) -> dict:
    """`error`: refused, and why; the connection stays usable."""
    code = _CODES.get(error.code, error.code)
    frame: dict[str, Any] = {"op": "error", "code": code, "detail": error.detail}
    if "field" in error.extra:
        # Which question of the form before the first word it is about, and what is wrong with others.
        frame["field"] = error.extra["field"]
        frame["fields"] = error.extra.get("fields", {frame["field"]: error.detail})
    if client_id:
        frame["client_id"] = client_id
    return frame
