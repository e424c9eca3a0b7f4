"""What the categories that come with csdesk are called, in the reader's language (B-2)."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from apps.chatbot.models import Category

PRESET_NAMES = {
    "greeting": _("Greetings"),
    "farewell": _("Good-byes"),
    "thanks": _("Thanks"),
    "identity": _("Who are you"),
    "personal": _("About you"),
    "mood": _("How are you"),
    "praise": _("Praise"),
    "complaint": _("Complaints"),
    "apology": _("Apologies"),
    "waiting": _("Wait a moment"),
    "acknowledge": _("Yes, no and fine"),
    "joke": _("Jokes and fun"),
    "weather": _("Weather"),
    "time": _("Time and date"),
    "language": _("Languages"),
    "help": _("Help"),
    "festival": _("Festivals and wishes"),
    "boredom": _("Boredom"),
    "wisdom": _("Big questions"),
}


def name_of(category: Category) -> str:
    """The category's name in the reader's language."""
    return category.name or str(PRESET_NAMES.get(category.preset, category.preset))


def code_of(name: str) -> str:
    """The code of a preset category by its name in any of our languages; "" for any other."""
    wanted = name.strip().casefold()
    for language, _name in settings.LANGUAGES:
        with override(language):
            for code, known in PRESET_NAMES.items():
                if wanted in (code, str(known).casefold()):
                    return code
    return ""
