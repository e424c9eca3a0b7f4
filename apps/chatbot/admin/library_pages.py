"""The addresses of the libraries in the console: the same pages for both of them."""

from collections.abc import Callable
from functools import partial

from django.http import HttpResponse
from django.urls import URLPattern

from apps.chatbot.admin import answer_pictures, categories, entries, libraries, welcome
from apps.chatbot.models import Library

View = Callable[..., HttpResponse]


def urls(page: Callable[[str, View, str], URLPattern]) -> list[URLPattern]:
    """All of them; `page` makes one from address, view and name."""
    found = [
        page("settings/bot_welcome/", welcome.card, "bot_welcome"),
        page("settings/bot_welcome/questions/", welcome.questions, "bot_welcome_questions"),
        page("pictures/", answer_pictures.upload, "bot_picture"),
    ]
    for library in Library.values:

        def of(view: View, library: str = library) -> View:
            return partial(view, library=library)

        name = f"bot_{library}"
        found += [
            page(f"{library}/", of(libraries.library_list), name),
            page(f"{library}/act/", of(libraries.act), f"{name}_act"),
            page(f"{library}/add/", of(entries.add), f"{name}_add"),
            page(f"{library}/<int:entry_id>/", of(entries.change), f"{name}_entry"),
            page(f"{library}/categories/", of(categories.listing_page), f"{name}_categories"),
            page(f"{library}/categories/act/", of(categories.act), f"{name}_categories_act"),
        ]
    return found
