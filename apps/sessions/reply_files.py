"""One's own quick replies as a file, and back (D-5): CSV with title, text and category."""

from __future__ import annotations

import csv
import io
import re

from django.db import transaction
from django.utils.translation import gettext as _

from apps.sessions import quick_replies
from apps.sessions.models import QuickReply
from apps.team.models import Member
from csdesk.errors import DomainError, Invalid, TooLarge

COLUMNS = ("title", "text", "category")
FILE_LIMIT = 1024 * 1024
# No text holds these, and hardly any other file does not.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# A spreadsheet would take these for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def written(member: Member) -> str:
    """All of the member's own, in their order."""
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(COLUMNS)
    for reply in QuickReply.objects.filter(owner=member).order_by("category", "position", "id"):
        rows.writerow(_guarded(value) for value in (reply.title, reply.text, reply.category))
    # With the mark of its encoding, so that spreadsheets read Chinese as Chinese.
    return "\ufeff" + file.getvalue()


def read(member: Member, data: bytes) -> int:
    """Take in a file, all or nothing; one of the same title and category is replaced. How many it held.

    Raises Invalid or TooLarge, naming the row.
    """
    rows = _rows(data)
    with transaction.atomic():
        known = {(one.title, one.category): one.pk for one in QuickReply.objects.filter(owner=member)}
        for number, row in rows:
            try:
                _take(member, row, known)
            except DomainError as error:
                words = _("Row %(number)s: %(why)s") % {"number": number, "why": error.detail}
                raise type(error)(words) from None
    return len(rows)


def _take(member: Member, row: list[str], known: dict[tuple[str, str], int]) -> None:
    title, text, category = (_plain(value.strip()) for value in (*row, "", "", "")[:3])
    words = {"title": title, "text": text, "category": category}
    name = (" ".join(title.split()), " ".join(category.split()))
    if name in known:
        quick_replies.change(member, known[name], **words)
    else:
        known[name] = quick_replies.add(member, **words).pk


def _rows(data: bytes) -> list[tuple[int, list[str]]]:
    if len(data) > FILE_LIMIT:
        raise TooLarge(_("The file is larger than 1 MB."))
    found = _cells(data)
    if found and tuple(cell.strip().lower() for cell in found[0][:3]) == COLUMNS:
        found[0] = []
    rows = [(number, row) for number, row in enumerate(found, start=1) if any(cell.strip() for cell in row)]
    if not rows:
        raise Invalid(_("The file holds no quick replies."))
    if len(rows) > quick_replies.MOST_OWN:
        raise TooLarge(_("You have %(limit)s quick replies already.") % {"limit": quick_replies.MOST_OWN})
    return rows


def _cells(data: bytes) -> list[list[str]]:
    """What a spreadsheet would show; Invalid for pictures, programs and whatever else is no such text."""
    no_csv = Invalid(_("The file is no CSV in UTF-8."))
    try:
        text = data.decode("utf-8-sig")
        found = list(csv.reader(io.StringIO(text, newline="")))
    except (UnicodeDecodeError, csv.Error):
        raise no_csv from None
    has_columns = any(sum(bool(cell.strip()) for cell in row) > 1 for row in found)
    if CONTROL.search(text) or (text.strip() and not has_columns):
        raise no_csv
    return found


def _guarded(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value


def _plain(value: str) -> str:
    return value[1:] if value.startswith("'") and value[1:].startswith(FORMULA) else value
