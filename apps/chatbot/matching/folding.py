"""One spelling for what means the same (B-5): width, case, traditional characters, digits, accents."""

import re
import unicodedata
from functools import lru_cache

import opencc

LONGEST = 5_000
"""Characters of a text that are looked at; what follows is left out."""

ROUNDS = 5  # folding twice gives what folding once gives; each step may make work for an earlier one
ACCENTS = re.compile("[\u0300-\u036f]")
APOSTROPHES = str.maketrans("’‘ʼ`´", "'''''")
GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
UNSEEN = re.compile(r"[\x00-\x1f\x7f]")
SPACE = re.compile(r"\s+")
HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")

DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
UNITS = {"十": 10, "百": 100, "千": 1000}
GREAT = {"万": 10_000, "亿": 100_000_000}
NUMERAL = re.compile("[零〇一二两三四五六七八九十百千万亿]{2,}")
YEAR = re.compile("[零〇一二三四五六七八九]{4}")
MEASURED = re.compile(
    "(?<![第每单零〇一二两三四五六七八九十百千万亿])([二两三四五六七八九十]|一(?=[天年月岁号元块]))"
    "(?=[个天年月日号岁周次元块斤克米里公度级层平台张条倍])"
)
MIXED = re.compile(r"(?<![\d.])(\d{1,6}(?:\.\d{1,4})?)([百千万亿])(?![百千万亿])")


@lru_cache(maxsize=2)
def _converter(name: str) -> opencc.OpenCC:
    """Conversion tables are read at the first use: 4 MB, ten milliseconds."""
    return opencc.OpenCC(name)


def fold(text: str) -> str:
    """The text as it is compared: folding it again changes nothing. Empty when nothing is left to compare."""
    text = text[:LONGEST]
    for _ in range(ROUNDS):
        before, text = text, _once(text)
        if text == before:
            break
    return text


def _once(text: str) -> str:
    if text.isascii():
        text = UNSEEN.sub(" ", text).lower()
    else:
        text = _seen(unicodedata.normalize("NFKC", text)).casefold().translate(APOSTROPHES)
        text = ACCENTS.sub("", unicodedata.normalize("NFKD", text))
        text = _numerals(_simplified(unicodedata.normalize("NFKC", text)))
    text = GROUPED.sub(lambda found: found[0].replace(",", ""), text)
    return SPACE.sub(" ", text).strip()


def _seen(text: str) -> str:
    """Without what nobody sees; pictures go, too, unless there is nothing else."""
    plain = []
    pictures = []
    for c in text:
        kind = unicodedata.category(c)
        if kind == "Cc" or kind[0] == "Z":
            plain.append(" ")
        elif kind in ("So", "Sk"):
            pictures.append(c)
            plain.append(" ")
        elif kind[0] != "C" and not "\ufe00" <= c <= "\ufe0f":
            plain.append(c)
    if pictures and not any(c.isalnum() for c in plain):
        return " ".join(pictures)
    return "".join(plain)


def _simplified(text: str) -> str:
    """Simplified characters, and the mainland's word where Taiwan has another (軟體 → 软件)."""
    if not HAN.search(text) or _converter("t2s").convert(text) == text:
        return text
    return _converter("t2s").convert(_converter("tw2sp").convert(text))


def _numerals(text: str) -> str:
    text = NUMERAL.sub(lambda found: _number(found[0]), text)
    text = MEASURED.sub(lambda found: str(DIGITS.get(found[1], 10)), text)
    return MIXED.sub(_mixed, text)


def _mixed(found: re.Match[str]) -> str:
    """1.5万 → 15000."""
    value = float(found[1]) * (UNITS | GREAT)[found[2]]
    return str(int(value)) if value == int(value) else found[0]


def _number(numeral: str) -> str:
    """三百六十五 → 365; what is no well-formed number (万一, 三三两两, 千万) stays as it is."""
    if YEAR.fullmatch(numeral) and ("零" in numeral or "〇" in numeral):
        return "".join(str(DIGITS[c]) for c in numeral)
    if not any(c in DIGITS or c == "十" for c in numeral) or not any(
        c in UNITS or c in GREAT for c in numeral
    ):
        return numeral
    total = section = digit = 0
    last_unit = GREAT["亿"] * 10
    last_great = last_unit * 10
    before = ""
    for c in numeral:
        if c in DIGITS:
            if before in DIGITS and before not in "零〇":
                return numeral
            digit = DIGITS[c]
        elif c in UNITS:
            if UNITS[c] >= last_unit or (digit == 0 and (c != "十" or before)):
                return numeral
            section += (digit or 1) * UNITS[c]
            digit, last_unit = 0, UNITS[c]
        else:
            section += digit
            if section == 0 or GREAT[c] >= last_great:
                return numeral
            total += section * GREAT[c]
            section, digit, last_unit, last_great = 0, 0, GREAT["亿"] * 10, GREAT[c]
        before = c
    if digit and before in DIGITS and len(numeral) > 1 and numeral[-2] in "百千万":
        digit *= (UNITS | GREAT)[numeral[-2]] // 10  # 三百五 is 350
    return str(total + section + digit)
