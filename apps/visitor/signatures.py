"""Is this user who the page says? `userSig` by the public TLSSigAPIv2 format (V-8, X-4).

A signature is JSON, deflated, in base64 whose `+ / =` are written `* - _`:

    TLS.ver "2.0", TLS.identifier, TLS.sdkappid, TLS.time (s), TLS.expire (s it lives), TLS.sig, TLS.userbuf?

`TLS.sig` is base64(HMAC-SHA256), with one of the channel's secrets, over the lines "TLS.identifier:…",
"TLS.sdkappid:…", "TLS.time:…", "TLS.expire:…" and, where there is one, "TLS.userbuf:…", each ended by a
line feed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from csdesk.errors import TokenExpired, Unauthorized

VERSION = "2.0"
# Characters as they are sent, and bytes once they are inflated.
LONGEST_TEXT = 12_000
LARGEST = 8 * 1024
# How far the signer's clock may be ahead of ours.
CLOCK_AHEAD = timedelta(minutes=5)
LONGEST_USER_ID = 64
_FORM = re.compile(r"[A-Za-z0-9*_-]+")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,11}")


@dataclass(frozen=True)
class Signed:
    """What a good signature says: who it is, until when it counts, and what else was signed."""

    user_id: str
    until: datetime
    userbuf: bytes = b""


@dataclass(frozen=True)
class _Claim:
    user_id: str
    sdkappid: int
    time: int
    life: int
    sig: str
    userbuf: str | None


def verify(
    user_sig: object,
    user_id: object,
    *,
    secrets: Iterable[str],
    sdkappid: int,
    now: datetime,
    longest: timedelta,
) -> Signed:
    """The signed identity, if the signature is good now and made for this user; Unauthorized else.

    A good one whose life is over is TokenExpired, so that an app knows that it has to sign anew. Why a
    signature does not fit is told only to who has signed it with the right secret.
    """
    if not is_user_id(user_id):
        raise Unauthorized(_("The userID must have 1 to 64 visible characters."))
    claim = _read(user_sig)
    if not _is_signed(claim, secrets):
        raise _not_valid()
    if claim.sdkappid != sdkappid:
        raise Unauthorized(_("The userSig was made for another sdkappid."))
    if not hmac.compare_digest(claim.user_id.encode(), str(user_id).encode()):
        raise Unauthorized(_("The userSig was made for another userID."))
    made, until = _moment(claim.time), _moment(claim.time + claim.life)
    if made > now + CLOCK_AHEAD:
        raise Unauthorized(_("The userSig is from the future: the clock of its server is wrong."))
    if not timedelta() < timedelta(seconds=claim.life) <= longest:
        raise Unauthorized(_("A userSig may live at most %(days)s days.") % {"days": longest.days})
    if until <= now:
        raise TokenExpired(_("The userSig is no longer valid."))
    return Signed(claim.user_id, until, _buffer(claim.userbuf))


def is_user_id(text: object) -> bool:
    """Whether this can be somebody's id: 1 to 64 visible characters, no blank at its ends."""
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_USER_ID or text != text.strip():
        return False
    # A line break would let one signed text be read in two ways; the rest would show one user as another.
    return not any(unicodedata.category(sign).startswith(("C", "Zl", "Zp")) for sign in text)


def _not_valid() -> Unauthorized:
    return Unauthorized(_("The userSig is not valid."))


def _read(user_sig: object) -> _Claim:
    """What the signature says of itself; nothing of it is believed yet."""
    if not isinstance(user_sig, str) or len(user_sig) > LONGEST_TEXT or not _FORM.fullmatch(user_sig):
        raise _not_valid()
    plain = user_sig.translate(str.maketrans("*-_", "+/="))
    try:
        said = json.loads(_inflated(base64.b64decode(plain, validate=True)))
    except (ValueError, RecursionError, zlib.error):
        raise _not_valid() from None
    if not isinstance(said, dict) or said.get("TLS.ver") != VERSION:
        raise _not_valid()
    user_id, sig, userbuf = said.get("TLS.identifier"), said.get("TLS.sig"), said.get("TLS.userbuf")
    texts = [user_id, sig, *([] if userbuf is None else [userbuf])]
    if not all(isinstance(text, str) and _is_text(text) for text in texts):
        raise _not_valid()
    numbers = [_number(said.get(f"TLS.{name}")) for name in ("sdkappid", "time", "expire")]
    return _Claim(user_id, *numbers, sig, userbuf)


def _inflated(deflated: bytes) -> bytes:
    """At most `LARGEST` bytes, however much more a few bytes could become."""
    inflater = zlib.decompressobj()
    found = inflater.decompress(deflated, LARGEST + 1)
    if len(found) > LARGEST or not inflater.eof or inflater.unused_data:
        raise _not_valid()
    return found


def _is_text(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _number(value: object) -> int:
    """A whole number; some libraries write theirs as text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12:
        return value
    raise _not_valid()


def _is_signed(claim: _Claim, secrets: Iterable[str]) -> bool:
    said = (
        f"TLS.identifier:{claim.user_id}\nTLS.sdkappid:{claim.sdkappid}\n"
        f"TLS.time:{claim.time}\nTLS.expire:{claim.life}\n"
    )
    if claim.userbuf is not None:
        said += f"TLS.userbuf:{claim.userbuf}\n"
    given = claim.sig.encode()
    # All of them, whichever fits: how long it takes tells nothing.
    fits = [hmac.compare_digest(given, _signature(secret, said)) for secret in secrets]
    return any(fits)


def _signature(secret: str, said: str) -> bytes:
    return base64.b64encode(hmac.new(secret.encode(), said.encode(), hashlib.sha256).digest())


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise _not_valid() from None


def _buffer(userbuf: str | None) -> bytes:
    try:
        return base64.b64decode(userbuf or "")
    except (ValueError, binascii.Error):
        return b""
