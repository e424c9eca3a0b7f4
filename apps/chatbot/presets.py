"""What csdesk brings along: chit-chat for everybody (B-2), knowledge about csdesk itself for the demo.

The words stand in text files under `presets/`; `chitchat.zh-hans.txt` says how they are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apps.chatbot import knowledge
from apps.chatbot.knowledge import Line, Preset, Row, Values
from apps.chatbot.models import Entry, Format, Library, question_key

FOLDER = Path(__file__).parent / "presets"
LANGUAGES = ("zh-hans", "en")
# The demo's welcome card, by codes without their language.
WELCOME = ("what-is-csdesk", "embed", "user-sig", "add-knowledge", "nobody-online", "production")
SIMILAR, OTHER_ANSWER = "? ", "---"


@dataclass(frozen=True)
class Told:
    """An entry of a file: under the heading of a category, with a code that never changes."""

    heading: str
    code: str
    values: Values


def chitchat() -> list[Preset]:
    """The preset chit-chat in all languages."""
    return [
        Preset(told.code, told.heading, told.values)
        for language in LANGUAGES
        for told in read(f"chitchat.{language}.txt", Format.TEXT)
    ]


def about_csdesk(language: str) -> list[Told]:
    """What the demo's bot knows about csdesk in a language."""
    return list(read(f"csdesk.{language}.txt", Format.MARKDOWN))


def install_chitchat() -> int:
    """Bring what is not there yet into the chit-chat library; how many entries were added.

    Safe to repeat: what people have changed, moved or switched off stays as they made it.
    """
    return knowledge.install_presets(Library.CHITCHAT, chitchat())


def install_demo() -> int:
    """Fill the demo's Q&A library and welcome card; how many entries were added.

    Only a library that nobody has ever touched is filled, so nothing comes back that was deleted.
    """
    if knowledge.revision(Library.QA):
        return 0
    told = [one for language in LANGUAGES for one in about_csdesk(language)]
    rows = [
        Row(number, one.values, tuple(name.strip() for name in one.heading.split("/")))
        for number, one in enumerate(told, start=1)
    ]
    added = knowledge.upsert_many(Library.QA, rows).added
    knowledge.set_welcome(_welcome(told))
    return added


def read(name: str, kind: str) -> Iterator[Told]:
    """The entries of a file under `presets/`, whose answers are of this format."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    for category in text.split("\n# ")[1:]:
        heading, *entries = category.split("\n## ")
        for entry in entries:
            head, *lines = entry.strip().splitlines()
            code, question = head.split(" | ", 1)
            yield Told(heading.strip(), code, _values(question, lines, kind))


def _values(question: str, lines: list[str], kind: str) -> Values:
    similar = [line.removeprefix(SIMILAR) for line in lines if line.startswith(SIMILAR)]
    said = "\n".join(line for line in lines if not line.startswith(SIMILAR))
    answer, *others = (part.strip() for part in said.split(f"\n{OTHER_ANSWER}\n"))
    return Values(question=question, similar=similar, answer=answer, more_answers=others, format=kind)


def _welcome(told: list[Told]) -> list[Line]:
    """The card's lines, each for customers of its language."""
    questions = {one.code: one.values.question for one in told}
    keys = {question_key(question): question for question in questions.values()}
    entries = dict(Entry.objects.filter(library=Library.QA, key__in=keys).values_list("key", "pk"))
    return [
        Line(entries[question_key(questions[f"{language[:2]}-{code}"])], language=language)
        for language in LANGUAGES
        for code in WELCOME
    ]
