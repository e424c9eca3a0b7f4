"""Text from people, before it is kept: what cannot be stored, and what nobody sees."""

import re

from django.utils.translation import gettext as _

from csdesk.errors import Invalid

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
# Control characters but tab and the end of a line, and marks that turn the direction of what follows.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")


def storable(text: str) -> str:
    """The text, unless it holds what UTF-8 or PostgreSQL cannot: lone surrogates, NUL."""
    if _UNSTORABLE.search(text):
        raise Invalid(_("The text holds characters that cannot be stored."))
    return text


def in_lines(text: str) -> str:
    """The text with `\\n` at the ends of its lines, without what nobody sees and without blanks around it."""
    return _UNSEEN.sub("", storable(text).replace("\r\n", "\n").replace("\r", "\n")).strip()


def in_one_line(text: str) -> str:
    """The same in one line, with one blank between words."""
    return " ".join(in_lines(text).split())


def says_something(text: str) -> bool:
    """Whether anything of the text is seen."""
    return any(sign.isprintable() and sign != " " for sign in text)
