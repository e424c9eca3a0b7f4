"""The frames that a workbench sends (D-16): each becomes a small object, or is refused with a code.

Nothing here knows the database. `parse(text)` answers a Command or raises a DomainError whose
`reply` says how the refusal finds its way back to the sender.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.desk import supervisor_frames
from apps.desk.command import Command, OfSession, Reply, UnknownOp
from apps.desk.fields import Fields
from apps.routing.transfer import NOT_SAID
from apps.sessions import content, recall
from apps.sessions.models.summaries import REMARK_LIMIT
from csdesk import realtime
from csdesk.errors import DomainError, Invalid, TooLarge

FRAME_LIMIT = 64 * 1024  # bytes
ID_LIMIT = 64
SHORT_TEXT = 200
REASON_LIMIT = 60
MOST_SESSIONS = 200
PAGE_LIMIT = 200
HISTORY_PAGE = 50
MOST_TAGS = 50

STATUSES = ("free", "notReady", "rest", "offline")


@dataclass(frozen=True, kw_only=True)
class Hello(Command):
    op = "hello"
    needs_id = False
    last: dict[UUID, int]
    # This socket only looks: it is no workbench that makes the member available.
    quiet: bool = False


@dataclass(frozen=True, kw_only=True)
class Ping(Command):
    op = "ping"
    needs_id = False


@dataclass(frozen=True, kw_only=True)
class SetStatus(Command):
    op = "set_status"
    status: str
    rest_reason: str = ""
    hand_over: bool = False


class Accept(OfSession):
    op = "accept"


class Decline(OfSession):
    op = "decline"


class End(OfSession):
    op = "end"


class Hold(OfSession):
    op = "hold"


class InviteRating(OfSession):
    op = "invite_rating"


class Typing(OfSession):
    op = "typing"
    needs_id = False


@dataclass(frozen=True, kw_only=True)
class Transfer(Command):
    op = "transfer"
    session: UUID
    group: int | None = None
    user: str = ""
    note: str = ""
    seen_with: int | None = NOT_SAID


@dataclass(frozen=True, kw_only=True)
class Colleagues(Command):
    op = "colleagues"
    query: str = ""


@dataclass(frozen=True, kw_only=True)
class LeaveNote(Command):
    op = "note"
    session: UUID
    text: str


@dataclass(frozen=True, kw_only=True)
class Recall(Command):
    op = "recall"
    message: str


@dataclass(frozen=True, kw_only=True)
class WrapUp(Command):
    op = "wrap_up"
    session: UUID
    category: int | None = None
    is_resolved: bool | None = None
    remark: str = ""
    # None: they stay as they are.
    tags: tuple[int, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Send(Command):
    op = "send"
    needs_id = False
    client_id: UUID
    session: UUID
    kind: str
    body: dict

    @property
    def reply(self) -> Reply:
        return Reply(self.op, self.id, str(self.client_id))


@dataclass(frozen=True, kw_only=True)
class Sync(Command):
    op = "sync"
    needs_id = False
    session: UUID
    rev: int
    # Notes come only to those who say which one they have.
    note: int | None = None


@dataclass(frozen=True, kw_only=True)
class History(Command):
    op = "history"
    needs_id = False
    session: UUID | None = None
    customer: UUID | None = None
    before: tuple[UUID, int] | None = None
    limit: int = HISTORY_PAGE


@dataclass(frozen=True, kw_only=True)
class Read(Command):
    op = "read"
    needs_id = False
    session: UUID
    seq: int


def parse(text: str | None) -> Command:
    """A text frame as a command.

    Raises Invalid for what is no JSON object or lacks fields, TooLarge for more than 64 KiB,
    UnknownOp; each with `reply` as far as the frame could be read.
    """
    if text is None:
        raise _about(Invalid(_("Frames must be JSON text.")), Reply())
    if len(text) > FRAME_LIMIT or (not text.isascii() and len(text.encode("utf-8", "replace")) > FRAME_LIMIT):
        raise _about(TooLarge(_("The frame is larger than 64 KiB.")), Reply())
    try:
        raw = realtime.decode(text)
    except (ValueError, RecursionError):
        raise _about(Invalid(_("The frame is not valid JSON.")), Reply()) from None
    if not isinstance(raw, dict):
        raise _about(Invalid(_("The frame must be a JSON object.")), Reply())
    reply = _reply_of(raw)
    try:
        return _parse(raw, reply)
    except DomainError as error:
        raise _about(error, reply) from None


def reply_to(error: DomainError) -> Reply:
    """Which frame a refusal by `parse` is about."""
    return getattr(error, "reply", Reply())


def _about(error: DomainError, reply: Reply) -> DomainError:
    error.reply = reply
    return error


def _reply_of(raw: dict) -> Reply:
    """Echo only what has the right form, so that nothing hostile comes back."""
    return Reply(_echoed(raw.get("op")), _echoed(raw.get("id")), _echoed(raw.get("client_id")))


def _echoed(value: object) -> str:
    # Printable leaves out lone surrogates too, which no frame could carry.
    return value if isinstance(value, str) and len(value) <= ID_LIMIT and value.isprintable() else ""


def _parse(raw: dict, reply: Reply) -> Command:
    name = raw.get("op")
    parser = _PARSERS.get(name) if isinstance(name, str) else None
    if parser is None:
        raise UnknownOp(_("This command is not known."))
    kind, build = parser
    if raw.get("id") is not None and not reply.id:
        raise Invalid(_("id must be text of 1 to 64 characters."))
    if kind.needs_id and not reply.id:
        raise Invalid(_("The command has no id."))
    return kind(id=reply.id, **build(Fields(raw)))


def _hello(fields: Fields) -> dict[str, Any]:
    last = fields.raw.get("last")
    if last is None:
        last = {}
    if not isinstance(last, dict) or len(last) > MOST_SESSIONS:
        raise Invalid(_("last must be an object of session numbers."))
    numbers = Fields(last)
    known = {content.identifier(session, "last"): numbers.number(session) for session in last}
    return {"last": known, "quiet": fields.flag("quiet")}


def _set_status(fields: Fields) -> dict[str, Any]:
    status = fields.raw.get("status")
    if status not in STATUSES:
        raise Invalid(_("status must be one of: %(statuses)s.") % {"statuses": ", ".join(STATUSES)})
    reason = fields.text("restReason", REASON_LIMIT)
    return {"status": status, "rest_reason": reason, "hand_over": fields.flag("hand_over")}


def _of_session(fields: Fields) -> dict[str, Any]:
    return {"session": fields.session()}


def _transfer(fields: Fields) -> dict[str, Any]:
    group, user = fields.raw.get("skillGroupId"), fields.text("userId", 254)
    if (group in (None, "")) == (not user):
        raise Invalid(_("Say either skillGroupId or userId."))
    return {
        "session": fields.session(),
        "group": None if group in (None, "") else _group_id(group),
        "user": user,
        "note": fields.text("note", content.TEXT_LIMIT),
        "seen_with": supervisor_frames.seen_with(fields),
    }


def _group_id(value: object) -> int:
    """Group ids are numbers; the SDK's users write them as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    raise Invalid(_("%(field)s is not an id.") % {"field": "skillGroupId"})


def _colleagues(fields: Fields) -> dict[str, Any]:
    return {"query": fields.text("query", SHORT_TEXT)}


def _note(fields: Fields) -> dict[str, Any]:
    return {"session": fields.session(), "text": content.spoken(fields.raw.get("text"))}


def _recall(fields: Fields) -> dict[str, Any]:
    address = fields.raw.get("message")
    recall.parse_address(address)
    return {"message": address}


def _wrap_up(fields: Fields) -> dict[str, Any]:
    resolved = fields.raw.get("resolved")
    return {
        "session": fields.session(),
        "category": fields.optional_number("category"),
        "is_resolved": None if resolved is None else fields.flag("resolved"),
        "remark": fields.text("remark", REMARK_LIMIT),
        "tags": None if fields.raw.get("tags") is None else fields.numbers("tags", MOST_TAGS),
    }


def _send(fields: Fields) -> dict[str, Any]:
    client_id = fields.session("client_id")
    kind, body = content.parse_agent_message(fields.raw.get("message"))
    return {"client_id": client_id, "session": fields.session(), "kind": kind, "body": body}


def _sync(fields: Fields) -> dict[str, Any]:
    return {"session": fields.session(), "rev": fields.number("rev"), "note": fields.optional_number("note")}


def _history(fields: Fields) -> dict[str, Any]:
    session, customer = fields.optional_id("session"), fields.optional_id("customer")
    if (session is None) == (customer is None):
        raise Invalid(_("Say either session or customer."))
    before, limit = fields.raw.get("before"), fields.optional_number("limit")
    return {
        "session": session,
        "customer": customer,
        "before": None if before is None else recall.parse_address(before),
        "limit": HISTORY_PAGE if limit is None else max(1, min(limit, PAGE_LIMIT)),
    }


def _read(fields: Fields) -> dict[str, Any]:
    return {"session": fields.session(), "seq": fields.number("seq")}


def _nothing(fields: Fields) -> dict[str, Any]:
    return {}


_PARSERS = {
    kind.op: (kind, build)
    for kind, build in (
        (Hello, _hello),
        (Ping, _nothing),
        (SetStatus, _set_status),
        (Accept, _of_session),
        (Decline, _of_session),
        (End, _of_session),
        (Hold, _of_session),
        (InviteRating, _of_session),
        (Typing, _of_session),
        (Transfer, _transfer),
        (Colleagues, _colleagues),
        (LeaveNote, _note),
        (Recall, _recall),
        (WrapUp, _wrap_up),
        (Send, _send),
        (Sync, _sync),
        (History, _history),
        (Read, _read),
        *supervisor_frames.FRAMES,
    )
}
