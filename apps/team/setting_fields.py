"""The kinds of values a section of the settings may have; each knows how to check and store itself.

reply_seconds: int = whole(600, _("Reply time-out"), minimum=0, maximum=86_400, unit=_("seconds"))
welcome: Words = words({"en": "Hello!", "zh-hans": "您好！"}, _("Welcome"))
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

Label = str | Promise
_PLACEHOLDER = re.compile(r"\$(?:\{(\w*)\}|\((\w*)\)|([A-Za-z]\w*))")
_BRACES = re.compile(r"\$\{[^}\n]{0,40}\}?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
# Letters that show nothing: Hangul fillers, the empty Braille cell, the grapheme joiner.
_BLANK_LETTERS = "\u115f\u1160\u3164\uffa0\u2800\u034f"
_ZERO_WIDTH_JOINER = "\u200d"
_JOINERS = "\u200c" + _ZERO_WIDTH_JOINER
_JOINER = re.compile(f"[{_JOINERS}]")
# Signs of an emoji that a joiner may stand beside: "in colour", and the five tones of skin.
_EMOJI_MARKS = "\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_SYSTEM_WORDS = {
    *("system", "systemmessage", "csdesk", "系统", "系统消息", "系统通知", "系統", "系統訊息"),
    *("bot", "chatbot", "robot", "机器人", "機器人"),
}


@dataclass(frozen=True)
class Words:
    """A sentence to the customer, in each language, that can be switched off (R-4)."""

    texts: Mapping[str, str]
    enabled: bool = True

    def text(self, language: str = "") -> str:
        """The sentence in the customer's language, else in the deployment's, else in any; "" when off."""
        if not self.enabled:
            return ""
        family = (language or get_language() or "").lower().split("-")[0]
        wanted = [code for code in self.texts if code.split("-")[0] == family]
        for code in [*wanted, settings.LANGUAGE_CODE, *self.texts]:
            if self.texts.get(code):
                return self.texts[code]
        return ""

    def fill(self, language: str = "", **values: object) -> str:
        """The sentence with `${Name}` replaced by the given values."""
        return _PLACEHOLDER.sub(lambda found: str(values.get(_name(found), found[0])), self.text(language))


class WrongParts(ValueError):
    """Some parts of a value do not fit; `parts`: why, by part. In words: all of it, in `lines` if given."""

    def __init__(self, parts: Mapping[str, str], lines: Iterable[str] = ()) -> None:
        super().__init__("\n".join(lines or parts.values()))
        self.parts = parts


@dataclass(frozen=True)
class Kind:
    label: Label
    help: Label = ""

    def clean(self, value: Any) -> Any:
        """The value as it is kept; raises ValueError with a sentence for people."""
        return value

    def to_json(self, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class FlagKind(Kind):
    def clean(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError(_("Yes or no."))
        return value


@dataclass(frozen=True)
class WholeKind(Kind):
    minimum: int = 0
    maximum: int = 2_147_483_647
    unit: Label = ""

    def clean(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(_("A whole number."))
        if not self.minimum <= value <= self.maximum:
            raise ValueError(
                _("Between %(least)s and %(most)s.") % {"least": self.minimum, "most": self.maximum}
            )
        return value


@dataclass(frozen=True)
class ShareKind(Kind):
    """A part of a whole, from 0 to 1, in hundredths."""

    def clean(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise ValueError(_("A number from 0 to 1."))
        if not 0 <= float(value) <= 1:  # also what is no number at all
            raise ValueError(_("A number from 0 to 1."))
        return round(float(value), 2)


@dataclass(frozen=True)
class ChoiceKind(Kind):
    choices: tuple[tuple[str, Label], ...] = ()

    def clean(self, value: Any) -> str:
        if value not in dict(self.choices):
            raise ValueError(_("Choose one of the list."))
        return str(value)


@dataclass(frozen=True)
class TextKind(Kind):
    maximum: int = 200
    required: bool = False

    def clean(self, value: Any) -> str:
        text = plain(value)
        if len(text) > self.maximum:
            raise ValueError(_("At most %(most)s characters.") % {"most": self.maximum})
        if self.required and not text:
            raise ValueError(_("This can't be empty."))
        return text


@dataclass(frozen=True)
class LinesKind(Kind):
    """A list of short texts, one per line; those with `names` are kept by code, however they are written."""

    maximum: int = 100
    longest: int = 60
    names: Mapping[str, Label] = field(default_factory=dict)

    def clean(self, value: Any) -> tuple[str, ...]:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise ValueError(_("A list of lines."))
        given = [code_of(text, self.names) for line in value if (text := plain(line))]
        # Once in any case of letters: the first is kept.
        kept: dict[str, str] = {}
        for line in given:
            kept.setdefault(name_key(line), line)
        lines = tuple(kept.values())
        if len(lines) > self.maximum:
            raise ValueError(_("At most %(most)s lines.") % {"most": self.maximum})
        if any(len(line) > self.longest for line in lines):
            raise ValueError(_("At most %(most)s characters in a line.") % {"most": self.longest})
        return lines

    def to_json(self, value: Iterable[str]) -> list[str]:
        return list(value)


@dataclass(frozen=True)
class WordsKind(Kind):
    """`names`: the placeholders these words may hold; `required`: they can't be switched off."""

    names: tuple[str, ...] = ()
    required: bool = False
    maximum: int = 1000

    def clean(self, value: Any) -> Words:
        if isinstance(value, Words):
            value = self.to_json(value)
        if not isinstance(value, Mapping) or not isinstance(value.get("texts"), Mapping):
            raise ValueError(_("Words per language."))
        known = dict(settings.LANGUAGES)
        texts, wrong = {}, {}
        for code, text in value["texts"].items():
            if code in known:
                try:
                    texts[code] = self._clean_text(text)
                except ValueError as error:
                    wrong[code] = str(error)
        if wrong:
            raise WrongParts(wrong)
        enabled = bool(value.get("enabled", True)) or self.required
        if enabled and not any(texts.values()):
            raise ValueError(_("Write the words in at least one language, or switch them off."))
        return Words(texts, enabled)

    def to_json(self, value: Words) -> dict:
        return {"enabled": value.enabled, "texts": dict(value.texts)}

    def _clean_text(self, value: Any) -> str:
        text = plain(value)
        if len(text) > self.maximum:
            raise ValueError(_("At most %(most)s characters.") % {"most": self.maximum})
        spelt = _PLACEHOLDER.sub(self._spell, text)
        for odd in _BRACES.findall(_PLACEHOLDER.sub("", spelt)):
            # Neither a name nor plain text: `${Staff Name}`, or a brace that is never closed.
            raise ValueError(self._unknown(odd))
        return spelt

    def _spell(self, found: re.Match) -> str:
        """`$(X)` and `$X` of the known names become `${X}`; an unknown `${X}` is refused (R-4)."""
        name = _name(found)
        if name in self.names:
            return f"${{{name}}}"
        if found[3] is not None:
            return found[0]  # "$US" is just text
        raise ValueError(self._unknown(found[0]))

    def _unknown(self, found: str) -> str:
        if not self.names:
            words = _("%(found)s means nothing here: these words hold no names that are filled in.")
            return words % {"found": found}
        allowed = ", ".join(f"${{{known}}}" for known in self.names)
        return _("%(found)s is not known here. Possible: %(allowed)s.") % {"found": found, "allowed": allowed}


def code_of(text: str, names: Mapping[str, Label]) -> str:
    """The code of a name in any of our languages, else the text as it is."""
    if text in names:
        return text
    for language, _name in settings.LANGUAGES:
        with override(language):
            for code, name in names.items():
                if str(name).casefold() == text.casefold():
                    return code
    return text


def name_of(code: str, names: Mapping[str, Label]) -> str:
    """The name of a code in the reader's language, else the text as it is."""
    return str(names.get(code, code))


def plain(value: Any) -> str:
    """Text without control and bidirectional characters and without blanks around it."""
    if not isinstance(value, str):
        raise ValueError(_("A text."))
    return _CONTROL.sub("", value.replace("\r\n", "\n")).strip()


def plain_name(value: Any) -> str:
    """A name in one line without anything that is not seen; raises ValueError when nothing is left (X-4).

    Joiners stay where they are part of how it is written: in Persian and Indic names, in emoji families.
    """
    if not isinstance(value, str):
        raise ValueError(_("A text."))
    text = unicodedata.normalize("NFC", " ".join(value.split()))
    seen = "".join(sign for sign in text if sign in _JOINERS or not _is_unseen(sign))
    name = " ".join(_JOINER.sub(_where_it_joins, seen).split())
    if not name:
        raise ValueError(_("This can't be empty."))
    return name


def is_system_word(name: str) -> bool:
    """Whether a name would pass for the system's own, however it is written (X-4)."""
    return bare_name(name) in _SYSTEM_WORDS


def bare_name(name: str) -> str:
    """What is left of a name for whoever reads it in a hurry: letters and digits in one case and width."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name).casefold())


def name_key(name: str) -> str:
    """What accounts and e-mails are compared by: one case and one width of their signs (T-2)."""
    return unicodedata.normalize("NFKC", name).casefold()


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Cn") or sign in _BLANK_LETTERS


def _where_it_joins(found: re.Match) -> str:
    """The joiner between two signs that it makes a difference to, else nothing."""
    joiner, text = found[0], found.string
    # Beside no sign at all stands a blank, which nothing joins.
    before, after = text[: found.start()][-1:] or " ", text[found.end() :][:1] or " "
    is_in_word = _is_joining(before) and _is_joining(after)
    is_in_emoji = joiner == _ZERO_WIDTH_JOINER and _is_emoji(before) and _is_emoji(after)
    return joiner if is_in_word or is_in_emoji else ""


def _is_joining(sign: str) -> bool:
    """A letter, or its mark, of a script whose letters join: not Latin, Greek, Cyrillic, Chinese, Korean."""
    is_letter = unicodedata.category(sign) in ("Lo", "Lm", "Mn", "Mc")
    return is_letter and unicodedata.east_asian_width(sign) == "N"


def _is_emoji(sign: str) -> bool:
    return unicodedata.category(sign) in ("So", "Sm") or sign in _EMOJI_MARKS


def _name(found: re.Match) -> str:
    return next(group for group in found.groups() if group is not None)


def yes_or_no(default: bool, label: Label, help: Label = "") -> Any:
    return field(default=default, metadata={"kind": FlagKind(label, help)})


def whole(
    default: int,
    label: Label,
    help: Label = "",
    *,
    minimum: int = 0,
    maximum: int = 2_147_483_647,
    unit: Label = "",
) -> Any:
    return field(default=default, metadata={"kind": WholeKind(label, help, minimum, maximum, unit)})


def share(default: float, label: Label, help: Label = "") -> Any:
    """A part of a whole, such as a threshold: 0 to 1 in hundredths."""
    return field(default=default, metadata={"kind": ShareKind(label, help)})


def choice(default: str, label: Label, choices: Iterable[tuple[str, Label]], help: Label = "") -> Any:
    """`choices` are pairs of value and label, such as `Reception.choices`."""
    return field(default=default, metadata={"kind": ChoiceKind(label, help, tuple(choices))})


def text(default: str, label: Label, help: Label = "", *, maximum: int = 200, required: bool = False) -> Any:
    return field(default=default, metadata={"kind": TextKind(label, help, maximum, required)})


def lines(
    default: Iterable[str],
    label: Label,
    help: Label = "",
    *,
    maximum: int = 100,
    longest: int = 60,
    names: Mapping[str, Label] | None = None,
) -> Any:
    """`names`: lines that are kept by code and shown in each reader's language."""
    kind = LinesKind(label, help, maximum, longest, names or {})
    return field(default=tuple(default), metadata={"kind": kind})


def words(
    default: Mapping[str, str],
    label: Label,
    help: Label = "",
    *,
    names: Iterable[str] = (),
    enabled: bool = True,
    required: bool = False,
) -> Any:
    """Words per language (`{"en": …, "zh-hans": …}`) in which `${name}` of `names` may stand."""
    kind = WordsKind(label, help, tuple(names), required)
    return field(default_factory=lambda: Words(dict(default), enabled), metadata={"kind": kind})
