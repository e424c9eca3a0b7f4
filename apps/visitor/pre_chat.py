"""The form before the first word (V-4): asked with `ready`, answered by the frame `pre_chat`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.sessions import pre_chat
from apps.visitor import channels
from csdesk import realtime
from csdesk.errors import Invalid, NotAllowed

if TYPE_CHECKING:
    from apps.visitor.commands import Visitor

MOST_ANSWERS = 50


class NotAnswered(NotAllowed):
    """The visitor has to answer the `form` in `extra` first."""


@dataclass(frozen=True)
class PreChat:
    answers: dict
    agrees: bool


def parse(raw: dict) -> PreChat:
    """`{"op":"pre_chat","answers":{key: text},"agrees":true}`."""
    answers = raw.get("answers")
    if answers is None:
        answers = {}
    if not isinstance(answers, dict) or len(answers) > MOST_ANSWERS:
        raise Invalid(_("%(field)s must be an object.") % {"field": "answers"})
    return PreChat(answers, raw.get("agrees") is True)


def form_frame(form: dict | None) -> dict:
    """`pre_chat`: what is to be answered, or null once it has been."""
    return {"op": "pre_chat", "form": form}


def asked(visitor: Visitor) -> dict | None:
    """The form that this visitor has still to answer, in their language."""
    form = pre_chat.missing(channels.find(visitor.channel.key), visitor.token.hash)
    return pre_chat.shown(form, visitor.origin.language) if form else None


def expect(visitor: Visitor) -> None:
    """Refuse who has not answered the channel's form."""
    form = asked(visitor)
    if form:
        raise NotAnswered(_("Please fill in the form first."), form=form)


def take(visitor: Visitor, frame: PreChat) -> None:
    """Keep the answers; every window of the visitor may go on then. Invalid names the `field`."""
    channel = channels.find(visitor.channel.key)
    pre_chat.answer(channel, visitor.token.hash, frame.answers, agrees=frame.agrees)
    realtime.publish(realtime.customer(visitor.id, channel.pk), form_frame(None))
