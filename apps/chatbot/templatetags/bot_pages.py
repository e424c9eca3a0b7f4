"""What every page of the bot shows at its head, and how scores are written."""

from django import template
from django.conf import settings
from django.utils.translation import gettext as _

from apps.chatbot import state as bot
from apps.chatbot.comparing import FieldChange
from apps.chatbot.models import Format
from csdesk.thread_words import thread_words

register = template.Library()


@register.simple_tag
def bot_state() -> bot.BotState:
    """Whether the bot is on, what is live, what waits to be published (M-3)."""
    return bot.state(patient=False)


@register.simple_tag
def customer_languages() -> list[tuple[str, str]]:
    """Languages the test window can speak as a customer."""
    names = {"zh-hans": "中文", "en": "English"}
    return [(code, names.get(code, code)) for code, _name in settings.LANGUAGES]


@register.filter
def score(value: float | None) -> str:
    """A score as `.91`, a dash for none; cut, so that nothing below a line looks as if it reached it."""
    if value is None:
        return "–"
    text = f"{int(value * 100 + 1e-9) / 100:.2f}"
    return text.removeprefix("0") if value < 1 else text


@register.simple_tag
def bot_words() -> dict[str, object]:
    """The words that the scripts of the bot pages need."""
    return {
        "thread": thread_words(),
        "failed": _("That did not work. Try again."),
        "learning": _("Learning what changed …"),
        "to_human": _("To human"),
    }


@register.filter
def field_name(name: str) -> str:
    """What a field of an entry is called."""
    names = {
        "question": _("standard question"),
        "similar": _("similar questions"),
        "answers": _("answer"),
        "format": _("format"),
        "category": _("category"),
        "tags": _("tags"),
        "valid_from": _("valid from"),
        "valid_to": _("valid to"),
    }
    return names.get(name, name)


@register.filter
def lines_of(field: FieldChange, side: str) -> list[str]:
    """What a change shows of one side: of a list only what the other side has not."""
    here, there = (field.before, field.after) if side == "before" else (field.after, field.before)
    if isinstance(here, list):
        different = [line for line in here if line not in there]
        is_reordered = sorted(here) == sorted(there)
        return here if is_reordered else different
    if field.name == "format":
        return [str(Format(here).label)]
    return [str(here)] if here else []
