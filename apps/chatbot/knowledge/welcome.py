"""The welcome card's questions (B-3): up to 20, in the order in which they are shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.translation import gettext as _

from apps.chatbot import releases
from apps.chatbot.models import QUESTION_LIMIT, Entry, Library, WelcomeQuestion
from apps.team.models import Member
from csdesk.errors import DomainError, WrongState
from csdesk.texts import in_one_line, says_something

from .draft import changing
from .texts import InvalidEntry, Problem

WELCOME_LIMIT = 20


@dataclass(frozen=True)
class Line:
    """A question of the card: an entry of the Q&A library, or words of its own.

    `language`: only customers of this language see it; "" = everybody. `shown` is what is read there;
    `is_on` says whether the bot would answer it now. `is_deleted`: the draft has the entry no more, customers
    have the line until the next publishing.
    """

    entry: int | None = None
    text: str = ""
    language: str = ""
    shown: str = ""
    is_on: bool = True
    is_deleted: bool = False


def welcome_lines() -> list[Line]:
    """The card's questions in their order; without those that neither the draft nor customers have."""
    rows = WelcomeQuestion.objects.order_by("position", "id")
    return worded(Line(row.entry_id, row.text, row.language) for row in rows)


def worded(lines: Iterable[Line]) -> list[Line]:
    """The same with the words that stand on the card; a line whose entry is nowhere is left out."""
    lines = list(lines)
    asked = [line.entry for line in lines if line.entry]
    entries = Entry.objects.filter(library=Library.QA).in_bulk(asked)
    live = releases.live_questions(set(asked) - set(entries))
    return [
        found for line in lines if (found := _worded(line, entries.get(line.entry), live.get(line.entry)))
    ]


def _worded(line: Line, entry: Entry | None, live: str | None) -> Line | None:
    if line.entry is None:
        return replace(line, shown=line.text)
    if entry is not None:
        return replace(line, shown=entry.question, is_on=entry.is_enabled)
    return replace(line, shown=live, is_deleted=True) if live else None


def welcome_mark(lines: Sequence[Line]) -> str:
    """A short text that stands for these lines, to tell later whether they are still the same."""
    said = json.dumps([_said(line) for line in lines]).encode()
    return hashlib.blake2b(said, digest_size=8).hexdigest()


def set_welcome(
    lines: Sequence[Line], *, seen: str | None = None, member: Member | None = None, address: str = ""
) -> None:
    """The whole card anew.

    Raises InvalidEntry whose problems name the line by its place, from 0, and WrongState when the card is no
    longer the one with the mark `seen`.
    """
    with changing(Library.QA, member=member, address=address) as act:
        there = welcome_lines()
        wanted = _checked(lines, {line.entry for line in there if line.is_deleted})
        if seen is not None and seen != welcome_mark(there):
            raise WrongState(_("Somebody else has changed the questions meanwhile. Look at theirs first."))
        before = [_said(line) for line in there]
        after = [_said(line) for line in wanted]
        if before == after:
            return
        WelcomeQuestion.objects.all().delete()
        WelcomeQuestion.objects.bulk_create(
            WelcomeQuestion(entry_id=line.entry, text=line.text, language=line.language, position=position)
            for position, line in enumerate(wanted)
        )
        # The card counts at once, not with the next release.
        act.is_counted = False
        act.note("welcome.changed", "welcome", before={"questions": before}, after={"questions": after})


def _checked(lines: Sequence[Line], kept: Collection[int | None]) -> list[Line]:
    """The lines as they are written; entries in `kept` may stay though the draft has them no more."""
    problems: list[Problem] = []
    if len(lines) > WELCOME_LIMIT:
        problems.append(Problem("lines", _("At most %(most)s questions.") % {"most": WELCOME_LIMIT}))
    wanted = [_checked_line(line, place, problems) for place, line in enumerate(lines[:WELCOME_LIMIT])]
    asked = {line.entry for line in wanted if line.entry}
    there = set(Entry.objects.filter(library=Library.QA, pk__in=asked).values_list("pk", flat=True))
    seen: set[tuple] = set()
    for place, line in enumerate(wanted):
        if line.entry and line.entry not in there and line.entry not in kept:
            problems.append(Problem("text", _("This entry is gone: somebody has deleted it."), place))
        elif _said(line) in seen:
            problems.append(Problem("text", _("This question is there already."), place))
        seen.add(_said(line))
    if problems:
        raise InvalidEntry(*problems)
    return wanted


def _checked_line(line: Line, place: int, problems: list[Problem]) -> Line:
    if line.language and line.language not in dict(settings.LANGUAGES):
        problems.append(Problem("language", _("Choose one of the list."), place))
    if line.entry:
        return Line(line.entry, "", line.language)
    try:
        text = in_one_line(line.text)
    except DomainError as error:
        problems.append(Problem("text", error.detail, place))
        return Line(None, "?", line.language)
    if not says_something(text):
        problems.append(Problem("text", _("This can't be empty."), place))
    elif len(text) > QUESTION_LIMIT:
        words = _("At most %(most)s characters; there are %(there)s.")
        problems.append(Problem("text", words % {"most": QUESTION_LIMIT, "there": len(text)}, place))
    return Line(None, text, line.language)


def _said(line: Line) -> tuple:
    return (line.entry, line.text, line.language)
