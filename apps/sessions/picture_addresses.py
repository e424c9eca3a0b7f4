"""Addresses of our own for pictures of others (X-11): made for a reader, for where the picture stands.

A window never asks the original: its host would learn who reads what. A frame on its way out gets, beside
each original, an address that works for an hour at most (docs/protocol-visitor.md, "Pictures of others").
"""

from __future__ import annotations

import posixpath
import re
import time
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.utils.translation import gettext as _

from csdesk.errors import NotFound

_SALT = "csdesk.pictures"
# Addresses change in these steps (s) and live this many of them: a picture that stands in many messages
# then has one address for a while, and browsers ask for it once.
STEP = 600
LIVES = 6
LONGEST = 2_000
MOST_IN_TEXT = 20

# What static/ui/markdown.js takes for a picture.
_IN_MARKDOWN = re.compile(
    r"!\[[^\]\n]{0,500}\]\(\s*<?((?:[^\s()<>]|\([^\s()<>]*\))+)>?(?:\s+\"[^\"\n]*\")?\s*\)"
)

# The demo's goods were stored under the name and port that it was first opened by.
_THIS_MACHINE = re.compile(r"http://(?:localhost|127\.0\.0\.1)(?::\d+)?")

# Pictures in the bot's answers, which are everybody's (B-1).
_OF_ANSWERS = re.compile(r"/pictures/answers/[0-9a-f-]{36}/")

# Where a picture can stand besides a session, of which the id is given.
OWN, CHANNEL = "own", "channel:"
# Who has the channel's picture before they are known at all.
ANYBODY = "*"


@dataclass(frozen=True)
class Claim:
    """What an address says: this original, for this reader, standing there.

    `place` is a session's id, `own` (the reader's profile) or `channel:KEY`; `seq` is the message's number,
    0 for the picture of a person in the session.
    """

    original: str
    reader: str
    place: str
    seq: int


def address(original: str, reader: str, place: UUID | str, seq: int = 0) -> str:
    """The address of a picture for one reader; empty for what is no web address, the path for one of ours."""
    if not original or len(original) > LONGEST:
        return ""
    if own := _own_path(original):
        return own
    if not original.startswith(("http://", "https://")):
        return ""
    return _signed(original, reader, str(place), seq, int(time.time() // STEP))


@lru_cache(8_192)
def _signed(original: str, reader: str, place: str, seq: int, step: int) -> str:
    said = signing.Signer(salt=_SALT).sign_object([original, reader, place, seq, step], compress=True)
    return f"/pictures/{said}/"


def _own_path(original: str) -> str:
    """The path of a static file or an answer's picture of ours, which need no fetching; else empty."""
    path = original
    if not original.startswith("/"):
        origin = "/".join(original.split("/", 3)[:3])
        if origin != settings.CSDESK_BASE_URL and not (settings.DEMO and _THIS_MACHINE.fullmatch(origin)):
            return ""
        path = original[len(origin) :]
    path = path.partition("?")[0].partition("#")[0]
    plain = unquote(path)
    if _OF_ANSWERS.fullmatch(plain):
        return plain
    is_plain = posixpath.normpath(plain) == plain and "\\" not in plain
    return path if is_plain and plain.startswith(settings.STATIC_URL) else ""


def read(signed: str) -> Claim:
    """What an address says; NotFound for one that is forged or over."""
    try:
        original, reader, place, seq, step = signing.Signer(salt=_SALT).unsign_object(signed)
    except (signing.BadSignature, ValueError):
        raise NotFound(_("There is no such picture.")) from None
    if time.time() // STEP - step >= LIVES:
        raise NotFound(_("There is no such picture."))
    return Claim(original, reader, place, seq)


# --- In frames -------------------------------------------------------------------------------------


def named_in(data: dict) -> list[str]:
    """The pictures of others that the data of a card or of Markdown names."""
    content = data.get("content")
    if data.get("src") in ("22", "28") and isinstance(content, dict):
        return [content["pic"]] if content.get("pic") else []
    if data.get("src") == "30" and isinstance(content, str) and "![" in content:
        return list(dict.fromkeys(_IN_MARKDOWN.findall(content)))[:MOST_IN_TEXT]
    return []


def of_person(person: dict, reader: str, place: UUID | str) -> dict:
    """Somebody with an `avatar`, with `picture` beside it where there is one to show."""
    own = address(person.get("avatar") or "", reader, place)
    return person | {"picture": own} if own else person


def in_message(frame: dict, reader: str) -> dict:
    """A `message` frame with the addresses of its pictures made for this reader."""
    session = frame["session"]
    found = frame | {"from": of_person(frame["from"], reader, session)}
    message = frame["message"]
    named = named_in(message["data"]) if message["type"] == "custom" else []
    own = {one: made for one in named if (made := address(one, reader, session, frame["seq"]))}
    if own:
        found["message"] = message | {"data": _with_pictures(message["data"], own)}
    return found


def _with_pictures(data: dict, own: dict[str, str]) -> dict:
    if data["src"] == "30":
        return data | {"pictures": own}
    return data | {"content": data["content"] | {"picture": own[data["content"]["pic"]]}}


def in_ready(frame: dict, reader: str) -> dict:
    """`ready` of either side, with the pictures of whom it names."""
    found = dict(frame)
    for name in ("customer", "member"):
        if name in frame:
            found[name] = of_person(frame[name], reader, OWN)
    if "channel" in frame:
        found["channel"] = of_person(frame["channel"], reader, of_channel(frame["channel"]["key"]))
    return found


def of_channel(key: str) -> str:
    """The place of a channel's own picture, which stands on its pages."""
    return CHANNEL + key


def in_state(frame: dict, reader: str) -> dict:
    """A `state` frame with the picture of who serves."""
    agent = frame["agent"]
    return frame | {"agent": of_person(agent, reader, frame["session"])} if agent else frame


def in_summary(frame: dict, reader: str) -> dict:
    """A `session` frame of the workbench with the customer's picture."""
    return frame | {"customer": of_person(frame["customer"], reader, frame["session"])}
