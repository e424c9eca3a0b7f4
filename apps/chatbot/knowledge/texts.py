"""What an entry may say (B-1): every field checked and made plain, all that is wrong told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from apps.chatbot.models import (
    ANSWER_LIMIT,
    ANSWERS_LIMIT,
    QUESTION_LIMIT,
    SIMILAR_LIMIT,
    TAGS_LIMIT,
    Format,
    question_key,
)
from csdesk.errors import Invalid
from csdesk.texts import in_lines, in_one_line, says_something

TAG_LIMIT = 30
_FORMATS = frozenset(Format.values)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a field; `place` is the line of a list, from 0."""

    field: str
    detail: str
    place: int | None = None
    # The other entry, where that is what is in the way.
    entry: int | None = None


class InvalidEntry(Invalid):
    """What was typed can't be an entry; `problems` say what is wrong with which field."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].detail, field=problems[0].field)
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Values:
    """What an entry says, as it is edited and imported."""

    question: str
    answer: str
    similar: Sequence[str] = ()
    more_answers: Sequence[str] = ()
    format: str = Format.TEXT
    is_enabled: bool = True
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    tags: Sequence[str] = ()

    @property
    def key(self) -> str:
        return question_key(self.question)


def checked(values: Values) -> Values:
    """The same, made plain and without doubles; raises InvalidEntry with all that is wrong."""
    problems: list[Problem] = []
    question = _line(values.question, "question", QUESTION_LIMIT, problems, is_needed=True)
    key = question_key(question)
    similar = _distinct_lines(values.similar, "similar", QUESTION_LIMIT, problems, besides=key)
    answer = _text(values.answer, "answer", problems, is_needed=True)
    more = dict.fromkeys(
        _text(one, "more_answers", problems, place=place) for place, one in enumerate(values.more_answers)
    )
    more_answers = tuple(one for one in more if one and one != answer)
    tags = _distinct_lines(values.tags, "tags", TAG_LIMIT, problems)
    if len(similar) > SIMILAR_LIMIT:
        problems.append(_too_many("similar", _("At most %(most)s similar questions."), SIMILAR_LIMIT))
    if 1 + len(more_answers) > ANSWERS_LIMIT:
        problems.append(_too_many("more_answers", _("At most %(most)s answers in all."), ANSWERS_LIMIT))
    if len(tags) > TAGS_LIMIT:
        problems.append(_too_many("tags", _("At most %(most)s tags."), TAGS_LIMIT))
    if values.format not in _FORMATS:
        problems.append(Problem("format", _("Choose one of the list.")))
    if values.valid_from and values.valid_to and values.valid_from >= values.valid_to:
        problems.append(Problem("valid_to", _("The end must be after the beginning.")))
    if problems:
        raise InvalidEntry(*problems)
    return replace(
        values, question=question, similar=similar, answer=answer, more_answers=more_answers, tags=tags
    )


def _line(
    value: object,
    field: str,
    most: int,
    problems: list[Problem],
    *,
    place: int | None = None,
    is_needed: bool = False,
) -> str:
    return _plain(value, in_one_line, field, most, problems, place, is_needed)


def _text(
    value: object,
    field: str,
    problems: list[Problem],
    *,
    place: int | None = None,
    is_needed: bool = False,
) -> str:
    return _plain(value, in_lines, field, ANSWER_LIMIT, problems, place, is_needed)


def _plain(
    value: object,
    made_plain: Callable[[str], str],
    field: str,
    most: int,
    problems: list[Problem],
    place: int | None,
    is_needed: bool,
) -> str:
    """The text made plain; "" with a problem noted for what is too long, unstorable or missing."""
    try:
        if not isinstance(value, str):
            raise Invalid(_("This must be text."))
        # What is that long is not even looked through.
        text = made_plain(value) if len(value) <= 10 * most else value
        if len(text) > most:
            raise Invalid(
                _("At most %(most)s characters; there are %(there)s.") % {"most": most, "there": len(text)}
            )
        if is_needed and not says_something(text):
            raise Invalid(_("This can't be empty."))
    except Invalid as error:
        problems.append(Problem(field, error.detail, place))
        return ""
    return text if says_something(text) else ""


def _distinct_lines(
    value: Iterable[str], field: str, most: int, problems: list[Problem], *, besides: str = ""
) -> tuple[str, ...]:
    """Without empty ones, without those that are there already, without the one with the key `besides`."""
    found: dict[str, str] = {}
    for place, one in enumerate(value):
        if line := _line(one, field, most, problems, place=place):
            found.setdefault(question_key(line), line)
    found.pop(besides, None)
    return tuple(found.values())


def _too_many(field: str, words: str, most: int) -> Problem:
    return Problem(field, words % {"most": most})
