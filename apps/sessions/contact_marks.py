"""Phone numbers and e-mails found and masked in any text and any value (S-13), by name and by looks.

Texts are read with the width of their signs folded, so that full-width digits and ＠ are what they look like,
and come back as they were but for the masked signs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

# What pages and forms call contacts: parts of names, and words that must stand alone in them.
_CONTACT = re.compile(
    r"(?<!head)(?<!ear)(?<!micro)phone|(?<!auto)mobile|telno|whats-?app|telegram|wechat|weixin|mail"
    r"|电话|電話|手机|手機|座机|联系方式|聯繫方式|联系号|联络|^号码$|微信|邮箱|邮件|郵箱"
    r"|(?<![a-z])(?:tel|cell|mob|fax|qq|contact)(?![a-z])"
)
# Numbers of orders and the like, which are named so and are nobody's contact.
_ORDERS = "order|invoice|tracking|waybill|订单|訂單|单号|單號|运单|发票"
_ORDER = re.compile(rf"{_ORDERS}|(?<![a-z])(?:sku|sn|serial)(?![a-z])")
_ORDER_BEFORE = re.compile(rf"(?:{_ORDERS})(?:[ .]*(?:no|nr|number|id|code|编号|号码|号|號))?[ .:#]*$")
_NUMBER_OF = re.compile(r"^(?:no|nr|id|number|code|编号|号|号码)\W*$")

# A run of what is no sign between words, with an @ in it.
_IN_EMAIL = r"[^\s@,;:()<>\[\]{}\"'。、|=]"
_EMAIL = re.compile(rf"(?<!{_IN_EMAIL}){_IN_EMAIL}+@{_IN_EMAIL}+")
_GAP = r"[ \-.()]{0,2}"
_PHONE = re.compile(
    # A mobile number of China, however it is written and whatever letters stand around it.
    rf"(?<!\d)(?:\+?86{_GAP})?1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}(?!\d)"
    # With the code of a country, or of a city.
    rf"|\+\d(?:{_GAP}\d){{7,14}}(?!\d)"
    rf"|(?<![\dA-Za-z.])\(?0\d{{2,3}}\)?[ \-]{{0,2}}\d{{3,4}}[ \-]?\d{{4}}(?!\d)"
    r"|(?<![\dA-Za-z.])\(?\d{3}\)?[ \-.]\d{3}[ \-.]\d{4}(?!\d)"
    r"|(?<![\dA-Za-z.])[48]00[ \-]?\d{3,4}[ \-]?\d{3,4}(?!\d)"
)
# Any other run as long as a number of a phone; one that begins with a date is no phone's.
_RUN = re.compile(
    r"(?<![\dA-Za-z.])(?!(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))\d{8,15}(?![\dA-Za-z]|\.\d)"
)
# Under the name of a contact.
_ANY = re.compile(rf"\d(?:{_GAP}\d){{4,}}")
_LONG = 20


def masked_text(text: str) -> str:
    """Without what could be a phone number or an e-mail."""
    return "".join(shown for shown, _full in pieces(text))


def masked_named(names: tuple[str, ...], text: str) -> str:
    """The same for a value that is called so; `names` are those of what it stands within, then its own."""
    return "".join(shown for shown, _full in pieces(text, names))


def pieces(text: str, names: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """The text in pieces, each as it is shown and as it is: the two differ where it is masked.

    What is called a contact is masked whatever it looks like; the number of an order stays.
    """
    folded = [_folded_name(name) for name in names]
    if any(_CONTACT.search(name) for name in folded):
        found = list(_spans(text, is_contact=True))
        return _pieces(text, found) if found else [(hidden(text), text)]
    if _is_order(folded) and "@" not in folded_text(text) and not re.search(r"\s", text.strip()):
        return [(text, text)]
    return _pieces(text, _spans(text))


def hidden(text: str) -> str:
    """Without its middle four signs; one too short for that shows nothing, one that is long its beginning."""
    if len(text) < 7:
        return "*" * len(text)
    if len(text) > _LONG:
        return f"{text[:3]}****"
    before = (len(text) - 4) // 2
    return f"{text[:before]}****{text[before + 4 :]}"


def folded_text(text: str) -> str:
    """The text in signs of usual width, one for one, so that places in it are places in the text."""
    return text if text.isascii() else "".join(map(_folded, text))


def _folded(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind == "Nd":
        return str(unicodedata.decimal(sign))
    if kind in ("Cf", "Zs"):
        return " "
    if kind == "Pd":
        return "-"
    plain = unicodedata.normalize("NFKC", sign)
    return plain if len(plain) == 1 else sign


def _folded_name(name: str) -> str:
    """`telNo` as `tel no`, `tel_no` and `Tel.` alike."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKC", name))
    return re.sub(r"[\s_]+", " ", words).casefold().strip()


def _is_order(names: list[str]) -> bool:
    if not names:
        return False
    own, around = names[-1], names[:-1]
    return bool(_ORDER.search(own) or (_NUMBER_OF.match(own) and any(map(_ORDER.search, around))))


def _spans(text: str, *, is_contact: bool = False) -> Iterator[tuple[int, int, bool]]:
    """Where contacts stand: from, to, and whether it is an e-mail; they may overlap."""
    folded = folded_text(text)
    if "@" in folded:
        for found in _EMAIL.finditer(folded):
            yield (*found.span(), True)
    for pattern in (_ANY,) if is_contact else (_PHONE, _RUN):
        for found in pattern.finditer(folded):
            if is_contact or not _is_told_as_order(folded, found.start()):
                yield (*found.span(), False)


def _is_told_as_order(folded: str, at: int) -> bool:
    return bool(_ORDER_BEFORE.search(folded[max(0, at - 30) : at].casefold()))


def _pieces(text: str, spans: Iterable[tuple[int, int, bool]]) -> list[tuple[str, str]]:
    found, at = [], 0
    for start, end, is_email in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start < at:
            continue
        between, piece = text[at:start], text[start:end]
        found += [(between, between), (_masked_email(piece) if is_email else _masked_digits(piece), piece)]
        at = end
    return [*found, (text[at:], text[at:])]


def _masked_email(piece: str) -> str:
    return f"{piece[0]}***{piece[folded_text(piece).index('@') :]}"


def _masked_digits(piece: str) -> str:
    """Without the middle four digits; of a short number nothing."""
    places = [at for at, sign in enumerate(piece) if sign.isdecimal()]
    before = (len(places) - 4) // 2
    gone = set(places if len(places) < 7 else places[before : before + 4])
    return "".join("*" if at in gone else sign for at, sign in enumerate(piece))
