"""Frames of both protocols built from stored facts; complete, so that delivery costs no query."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from apps.sessions import picture_addresses
from apps.sessions.content import FILE_KINDS
from apps.sessions.models import AuthorKind, ChatSession, Message, MessageKind, Note, State
from csdesk.clock import milliseconds


def time_of(moment: datetime | None) -> int | None:
    return milliseconds(moment) if moment else None


def message_frame(message: Message, *, for_desk: bool) -> dict:
    """A stored message as `message`. Only the desk learns which member wrote (`from.id`).

    `client_id` goes to the writer's own side alone.
    """
    sender = {"kind": message.author_kind, "name": message.author_name, "avatar": message.author_avatar}
    if for_desk and message.author_id:
        sender["id"] = message.author_id
    frame = {
        "op": "message",
        "id": message.address,
        "session": str(message.session_id),
        "seq": message.seq,
        "rev": message.rev,
        "time": milliseconds(message.created_at),
        "from": sender,
        "message": content_of(message),
    }
    own_side = AuthorKind.AGENT if for_desk else AuthorKind.CUSTOMER
    if message.client_id and message.author_kind == own_side:
        frame["client_id"] = str(message.client_id)
    return frame


def content_of(message: Message) -> dict:
    """The `message` object of a frame; of a recalled one nothing but that it was."""
    if message.recalled_at:
        return {"type": "recalled"}
    return {"type": message.kind} | message.body


def is_personal(message: Message) -> bool:
    """Whether each reader needs addresses of their own in the frame (X-10, X-11)."""
    if message.author_avatar:
        return True
    if message.recalled_at or message.kind == MessageKind.TEXT:
        return False
    return message.kind in FILE_KINDS or bool(picture_addresses.named_in(message.body["data"]))


def agent_card(session: ChatSession) -> dict | None:
    """Who serves, as the customer sees it."""
    agent = session.agent if session.state == State.SERVING else None
    if agent is None:
        return None
    return {"name": agent.nickname, "staffNo": agent.staff_no, "avatar": agent.avatar}


def state_frame(
    session: ChatSession, *, can: list[str], position: int | None = None, changed: bool = False
) -> dict:
    """`state` for the customer; an offer still reads as queued.

    `changed`: the frame is the very change that `rev` counts. One that only repeats how things stand
    must not pass for it: the number may be that of a message which has not arrived.
    """
    state = State.QUEUED if session.state == State.OFFERED else session.state
    return {
        "op": "state",
        "session": str(session.id),
        "rev": session.rev,
        "changed": changed,
        "state": str(state),
        "agent": agent_card(session),
        # A place that was read a moment ago is none any more when the session has gone on meanwhile.
        "position": position if session.state == State.QUEUED else None,
        "can": can,
    }


def summary_frame(
    session: ChatSession, *, online: bool | None = None, offer_ends: datetime | None = None
) -> dict:
    """`session` for the workbench: all that a row of the list shows. `online` None: not known here."""
    customer, channel, group = session.customer, session.channel, session.group
    frame = {
        "op": "session",
        "session": str(session.id),
        "state": session.state,
        "customer": {
            "id": str(customer.id),
            "name": customer.display_name,
            # Without a name the face writes Visitor_#### in its own language.
            "visitor_no": None if customer.name else customer.visitor_no,
            "avatar": customer.avatar,
        },
        "channel": {"name": channel.name, "kind": channel.kind},
        "group": {"id": group.id, "name": group.name} if group else None,
        "agent": session.agent_id,
        "started": time_of(session.started_at),
        "assigned": time_of(session.assigned_at),
        "ended": time_of(session.ended_at),
        "status": session.status,
        "offer_ends": time_of(offer_ends) if session.state == State.OFFERED else None,
        "waiting_since": time_of(session.waiting_since),
        "held": session.on_hold_at is not None,
        "unread": session.unread,
        "seq": session.seq,
        "rev": session.rev,
        "note": session.note_no,
        "read": {"customer": session.customer_read_seq, "agent": session.agent_read_seq},
        "last": {
            "text": session.last_text,
            "time": time_of(session.last_at),
            "kind": session.last_kind,
            "from": session.last_author,
            "by": session.last_author_id,
        },
    }
    if online is not None:
        frame["customer"]["online"] = online
    return frame


def note_frame(note: Note) -> dict:
    """An internal note for the workbench."""
    return {
        "op": "note",
        "session": str(note.session_id),
        "n": note.number,
        "after_seq": note.after_seq,
        "from": {"kind": "agent", "id": str(note.author_id), "name": note.author.nickname},
        "text": note.text,
        "time": milliseconds(note.created_at),
    }


def last_words(kind: str) -> str:
    """What a list shows for a message without text."""
    names = {"image": _("[Picture]"), "file": _("[File]"), "voice": _("[Voice]"), "video": _("[Video]")}
    return names.get(kind, "")
