"""The rows that a template shows how to fill, which no import takes for entries (M-4)."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from apps.chatbot.models import Format, Library, question_key
from apps.chatbot.resources import Line


def examples(library: str) -> list[Line]:
    """Two entries in the reader's language."""
    return _small_talk() if library == Library.CHITCHAT else _questions()


def is_example(question: object) -> bool:
    """Whether this is the question of a row that a template came with."""
    return question_key(str(question)) in _keys()


@cache
def _keys() -> frozenset[str]:
    found = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            lines = [line for library in Library.values for line in examples(library)]
            found |= {question_key(line.question) for line in lines}
    return frozenset(found)


def _questions() -> list[Line]:
    return [
        Line(
            category=_("After sales / Refunds"),
            question=_("Example: How long does a refund take?"),
            similar=[_("When do I get my money back?"), _("refund time"), _("my refund has not arrived")],
            answer=_("Refunds arrive within **3 to 7 working days**, the way you paid."),
            format=Format.MARKDOWN.value,
            tags=[_("refund")],
        ),
        Line(
            category=_("Before buying"),
            question=_("Example: Do you ship abroad?"),
            similar=[_("Can you deliver to other countries?"), _("international shipping")],
            answer=_("Yes, to more than 30 countries. The costs are shown before you pay."),
        ),
    ]


def _small_talk() -> list[Line]:
    return [
        Line(
            category=pgettext("small talk", "Greetings"),
            question=_("Example: Nice to meet you"),
            similar=[_("pleased to meet you"), _("glad to meet you")],
            answer=_("Nice to meet you too! What can I do for you?"),
            more_answers=[_("The pleasure is mine. How can I help?")],
        )
    ]
