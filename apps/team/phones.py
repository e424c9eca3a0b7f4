"""Phone numbers: as people type them, as they are kept (E.164), as they are shown."""

import re

from django.conf import settings

_SEPARATORS = re.compile(r"[\s().\-‐-―]+")
_E164 = re.compile(r"\+[1-9]\d{6,14}")


def normalised(typed: str) -> str:
    """The number in E.164 (`+8613800138000`), or "" for what is none.

    Without a country in front (`+86`, `0086`) it is one of `PHONE_COUNTRY`.
    """
    # NFKC would do more than we want: full-width digits are all that keyboards produce.
    text = _SEPARATORS.sub("", typed.translate(_PLAIN))
    if text.startswith("00"):
        text = f"+{text[2:]}"
    elif text and not text.startswith("+"):
        text = f"+{settings.PHONE_COUNTRY}{text.removeprefix('0')}"
    return text if _E164.fullmatch(text) and text.isascii() else ""


def masked(number: str) -> str:
    """The number with its middle hidden: enough to know one's own again (`+86 138****8000`)."""
    country = f"+{settings.PHONE_COUNTRY}"
    if number.startswith(country):
        rest = number.removeprefix(country)
        return f"{country} {rest[:3]}****{rest[-4:]}" if len(rest) > 8 else f"{country} ****{rest[-3:]}"
    return f"{number[:4]}****{number[-3:]}" if number else ""


_PLAIN = {0xFF10 + digit: str(digit) for digit in range(10)} | {0xFF0B: "+"}
