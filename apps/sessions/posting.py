"""Appending messages: the only way a message comes into a session.

`post_many` is one SQL statement for up to 128 posts of many authors: it looks up idempotency
keys, locks the sessions in the order of their ids, checks who may speak, numbers the posts
within their sessions, inserts, moves the session's last words and deadline, and returns what
to acknowledge and to publish. The figures that speak for it stand in `docs/architecture.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from apps.sessions import content, frames
from apps.sessions.authors import Author
from apps.sessions.models import AuthorKind, ChatSession, Message, MessageKind, PostKey
from apps.sessions.settings import ClosingSettings
from apps.team import business
from csdesk import clock, realtime
from csdesk.errors import DomainError, NotFound, NotYours, Unavailable, WrongState
from csdesk.tokens import tokens

WAITING_STATEMENT = (Path(__file__).parent / "posting.sql").read_text()
STATEMENT = WAITING_STATEMENT.replace("/*skip*/", "SKIP LOCKED")
ATTEMPTS = 3


@dataclass(frozen=True)
class Post:
    """One message that wants to be stored; `body` as `content.parse_message` makes it."""

    session_id: UUID
    author: Author
    kind: str
    body: dict
    client_id: UUID | None = None


@dataclass(frozen=True)
class Posted:
    """What was stored, for the acknowledgement; `duplicate`: it had been stored before (S-7)."""

    session_id: UUID
    seq: int
    rev: int
    at: datetime
    duplicate: bool = False
    state: str = ""
    customer_id: UUID | None = field(default=None, compare=False)

    @property
    def address(self) -> str:
        return f"{self.session_id}.{self.seq}"


class Busy(DomainError):
    """Another transaction holds the session's row; the post waits for the next round."""

    code = "unavailable"


def post_many(posts: list[Post], *, wait: bool = False) -> list[Posted | DomainError]:
    """Store posts that share one statement and one commit; answers in the order of the posts.

    Refusals are values: NotFound, WrongState (the session has ended, or is served by nobody),
    NotYours (it is served by, or belongs to, somebody else), Busy unless `wait` is set.
    Raises IntegrityError when two of them race with equal keys elsewhere: try each alone.
    """
    at = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(WAITING_STATEMENT if wait else STATEMENT, values_of(posts, at, deadlines()))
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return answered_by(posts, rows, at, realtime.publish)


def values_of(posts: list[Post], at: datetime, deadlines: dict) -> dict:
    """What the statement stores."""
    return {
        "posts": orjson.dumps([_row(n, post) for n, post in enumerate(posts)]).decode(),
        "at": at,
    } | deadlines


def answered_by(
    posts: list[Post], rows: list[dict], at: datetime, publish: Callable[..., None]
) -> list[Posted | DomainError]:
    """The answers that the statement's rows mean; what was stored is published."""
    rows = sorted(rows, key=itemgetter("n"))
    answers = [_answer(post, row, at) for post, row in zip(posts, rows, strict=True)]
    for post, row, answer in zip(posts, rows, answers, strict=True):
        if isinstance(answer, Posted) and not answer.duplicate:
            _publish(post, row, answer, publish)
    return answers


def post(one: Post) -> Posted:
    """Store one post, waiting for the session's row; raises what `post_many` answers as refusals."""
    for attempt in range(ATTEMPTS):
        try:
            # A savepoint only where the caller has a transaction open; alone, the statement is its own.
            if connection.in_atomic_block:
                with transaction.atomic():
                    [answer] = post_many([one], wait=True)
            else:
                [answer] = post_many([one], wait=True)
            break
        except IntegrityError:
            # The same client_id came in twice at the same moment: now the first one can be seen.
            if attempt == ATTEMPTS - 1:
                raise
    if isinstance(answer, DomainError):
        raise answer
    return answer


def answered(one: Post) -> Posted | None:
    """What this author's post with this `client_id` was acknowledged with before, if it was."""
    key = PostKey.objects.filter(author=one.author.key, client_id=one.client_id).first()
    if key is None:
        return None
    session = ChatSession.objects.filter(id=key.session_id).values("state", "customer_id").first() or {}
    return Posted(
        key.session_id,
        key.seq,
        key.rev,
        key.created_at,
        True,
        session.get("state", ""),
        session.get("customer_id"),
    )


def say(session: ChatSession, code: str, text: str, params: dict | None = None) -> Posted:
    """System words, kept as code, parameters and rendered text (S-18); the caller holds the row."""
    [posted] = say_many([(session, code, text, params or {})])
    return posted


def say_many(said: Sequence[tuple[ChatSession, str, str, dict]]) -> list[Posted]:
    """System words to many sessions, as `say` to one; the caller holds the rows."""
    author = Author.system()
    posts = [
        Post(session.id, author, MessageKind.TEXT, {"text": text, "code": code, "params": params})
        for session, code, text, params in said
    ]
    return _under_lock([session for session, *_words in said], posts)


def card(session: ChatSession, data: dict) -> Posted:
    """A stored service message of the system (src 9, 19, 20 …); the caller holds the row."""
    return append(session, Author.system(), MessageKind.CUSTOM, {"data": data})


def append(session: ChatSession, author: Author, kind: str, body: dict) -> Posted:
    """A message of the system or the bot; the caller holds the row.

    The bot's answer is one: the customer waits no longer, and nothing of it is unread.
    """
    [posted] = _under_lock([session], [Post(session.id, author, kind, body)])
    if author.kind == AuthorKind.BOT:
        session.waiting_since, session.unread = None, 0
    return posted


def _under_lock(sessions: Sequence[ChatSession], posts: list[Post]) -> list[Posted]:
    # No savepoint: posts without a `client_id` have no key to race for.
    answers = post_many(posts, wait=True)
    for session, answer in zip(sessions, answers, strict=True):
        if isinstance(answer, DomainError):
            raise answer
        session.seq, session.rev = answer.seq, answer.rev
    return answers


def _row(n: int, one: Post) -> dict:
    return {
        "n": n,
        "session_id": str(one.session_id),
        "author": one.author.key,
        "author_kind": one.author.kind,
        "author_id": one.author.id,
        "author_name": one.author.name,
        "author_avatar": one.author.avatar,
        "kind": one.kind,
        "body": one.body,
        "preview": content.preview(one.kind, one.body),
        "tokens": tokens(content.text_of(one.kind, one.body)),
        "client_id": str(one.client_id) if one.client_id else None,
    }


def deadlines() -> dict:
    """How far the session's deadline moves when the customer or the agent speaks (S-5, R-15)."""
    closing = business.read(ClosingSettings)
    reminded = 0 < closing.reminder_seconds < closing.reply_seconds
    return {
        "flow_seconds": closing.flow_seconds,
        "reply_kind": ("reminder" if reminded else "reply") if closing.reply_seconds else "",
        "reply_seconds": closing.reminder_seconds if reminded else closing.reply_seconds,
    }


def _answer(one: Post, row: dict, at: datetime) -> Posted | DomainError:
    match row["outcome"]:
        case "stored":
            return Posted(one.session_id, row["seq"], row["rev"], at, False, row["state"], row["customer_id"])
        case "duplicate":
            return Posted(
                row["key_session_id"],
                row["seq"],
                row["rev"],
                row["key_at"],
                True,
                row["state"] or "",
                row["customer_id"],
            )
        case "busy":
            return Busy(_("The session is busy."))
        case "not_yours":
            return NotYours(_("This session is served by somebody else."))
        case "wrong_state":
            return WrongState(_("The session does not take messages now."))
        case "not_found":
            return NotFound(_("There is no such session."))
    return Unavailable()


def _publish(one: Post, row: dict, posted: Posted, publish: Callable[..., None]) -> None:
    message = Message(
        session_id=one.session_id,
        seq=posted.seq,
        rev=posted.rev,
        kind=one.kind,
        author_kind=one.author.kind,
        author_id=one.author.id,
        author_name=one.author.name,
        author_avatar=one.author.avatar,
        body=one.body,
        client_id=one.client_id,
        created_at=posted.at,
    )
    publish_message(message, row["customer_id"], row["channel_id"], row["agent_id"], publish)


def publish_message(
    message: Message,
    customer_id: UUID,
    channel_id: int,
    agent_id: int | None,
    publish: Callable[..., None] = realtime.publish,
) -> None:
    """Send a new or changed message to every socket of both sides; `publish` as `realtime.publish`.

    Who watches a session listens to what its agent is sent; only where nobody has it, it is sent to them.
    """
    personal = frames.is_personal(message)
    recipient = realtime.customer(customer_id, channel_id)
    publish(recipient, frames.message_frame(message, for_desk=False), personal=personal)
    frame = frames.message_frame(message, for_desk=True)
    desks = realtime.member(agent_id) if agent_id else realtime.watch(message.session_id)
    publish(desks, frame, personal=personal)


def change(session: ChatSession, message: Message) -> None:
    """Save a stored message that has changed under the session's next `rev` and send it whole again.

    The caller holds the session's row.
    """
    session.rev += 1
    message.rev = session.rev
    message.save(update_fields=["rev", "body", "tokens", "recalled_at"])
    session.save(update_fields=["rev"])
    publish_message(message, session.customer_id, session.channel_id, session.agent_id)
