"""What the categories that come with csdesk are called, in the reader's language (B-2)."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import override, pgettext_lazy

from apps.chatbot.models import Category

PRESET_NAMES = {
    "greeting": pgettext_lazy("small talk", "Greetings"),
    "farewell": pgettext_lazy("small talk", "Good-byes"),
    "thanks": pgettext_lazy("small talk", "Thanks"),
    "identity": pgettext_lazy("small talk", "Who are you"),
    "personal": pgettext_lazy("small talk", "About you"),
    "mood": pgettext_lazy("small talk", "How are you"),
    "praise": pgettext_lazy("small talk", "Praise"),
    "complaint": pgettext_lazy("small talk", "Complaints"),
    "apology": pgettext_lazy("small talk", "Apologies"),
    "waiting": pgettext_lazy("small talk", "Wait a moment"),
    "acknowledge": pgettext_lazy("small talk", "Yes, no and fine"),
    "joke": pgettext_lazy("small talk", "Jokes and fun"),
    "weather": pgettext_lazy("small talk", "Weather"),
    "time": pgettext_lazy("small talk", "Time and date"),
    "language": pgettext_lazy("small talk", "Languages"),
    "help": pgettext_lazy("small talk", "Help"),
    "festival": pgettext_lazy("small talk", "Festivals and wishes"),
    "boredom": pgettext_lazy("small talk", "Boredom"),
    "wisdom": pgettext_lazy("small talk", "Big questions"),
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
