"""One cell of a table: what a spreadsheet would take for a formula, and what it says it is (X-13)."""

import re

# Longer cells belong to no table of ours, and are refused before they are kept.
MOST_CHARACTERS = 200_000
# Columns beyond these are not looked at.
MOST_COLUMNS = 200

# What spreadsheets run: these signs at the beginning, after blanks, in full width too.
_DANGER = re.compile(r"^'*\s*[=+\-@\t\r\n\0＝＋－＠]|^'*[\t\r\n\0]")
_QUOTED_DANGER = re.compile(r"^'+\s*[=+\-@\t\r\n\0＝＋－＠]|^'+[\t\r\n\0]")


class Number(str):
    """A cell that holds a number, as it stands in the file."""


class Formula(str):
    """A cell that holds a formula."""


def guarded(text: str) -> str:
    """The text so that no spreadsheet runs it; `plain` takes the quote off again."""
    return f"'{text}" if _DANGER.match(text) else text


def told_apart(text: str) -> str:
    """For cells that say themselves that they are text: only what `plain` would unquote gets a quote."""
    return f"'{text}" if _QUOTED_DANGER.match(text) else text


def plain(text: str) -> str:
    """What was guarded, as it was."""
    return text[1:] if _QUOTED_DANGER.match(text) else text


def column_name(place: int) -> str:
    """The letters of a column, from 0: A, B … Z, AA."""
    name = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def column_place(reference: str) -> int | None:
    """The column of `AB12`, from 0; None when there is none."""
    place = 0
    for character in reference:
        if not "A" <= character <= "Z":
            break
        place = place * 26 + ord(character) - ord("A") + 1
        if place > 100_000:
            return None
    return place - 1 if place else None
