"""The words of the product: compile translations, find those that are missing (Q-8).

Everything is done in Python (Babel), so that no gettext programs are needed.
"""

import io
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGE = "zh_Hans"
KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
METHODS = [
    ("**/migrations/**", "ignore"),
    ("**/management/**", "ignore"),
    ("**.py", "python"),
    ("**/templates/**.html", "csdesk.words:extract_template"),
    ("templates/**.html", "csdesk.words:extract_template"),
    ("**/templates/**.txt", "csdesk.words:extract_template"),
    ("templates/**.txt", "csdesk.words:extract_template"),
]
SOURCES = ("apps", "csdesk", "templates")
_HOLES = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


def catalogues(root: Path) -> Iterator[Path]:
    """The catalogues (.po) of the project's own parts."""
    for folder in ("apps", "csdesk"):
        yield from sorted((root / folder).rglob("LC_MESSAGES/*.po"))


def compile_all(root: Path) -> list[Path]:
    """Write each .mo that is older than its .po; returns those written. Safe while others read them."""
    written = []
    for source in catalogues(root):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3], abort_invalid=True)
        new = target.with_name(f".{target.name}.{os.getpid()}")
        with new.open("wb") as file:
            write_mo(file, catalogue)
        # Part of the program, not of the data: for whoever runs it next.
        new.chmod(0o644)
        new.replace(target)
        written.append(target)
    return written


def extract_template(
    fileobj: io.BufferedReader, keywords: object, comment_tags: object, options: dict
) -> Iterable:
    """Babel's extractor for Django templates: turns them into Python first, as makemessages does."""
    from babel.messages.extract import extract_python
    from django.utils.translation import template

    source = template.templatize(fileobj.read().decode())
    return extract_python(io.BytesIO(source.encode()), keywords, comment_tags, options)


def used(root: Path) -> dict[tuple[str | None, str], str]:
    """Every translatable string of the sources, with its context, and where it was first seen."""
    found: dict[tuple[str | None, str], str] = {}
    for folder in SOURCES:
        if not (root / folder).is_dir():
            continue
        methods = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in METHODS]
        extracted = extract_from_dir(root / folder, methods, keywords=KEYWORDS, directory_filter=_is_source)
        for file, line, message, _comments, context in extracted:
            text = message[0] if isinstance(message, tuple) else message
            found.setdefault((context, text), f"{folder}/{file}:{line}")
    return found


def _is_source(folder: str | os.PathLike) -> bool:
    return not Path(folder).name.startswith((".", "__pycache__"))


def problems(root: Path) -> list[str]:
    """What is wrong with the words, a line each: missing, unused, unclear or broken translations."""
    found = used(root)
    known: dict[tuple[str | None, str], tuple[str, Path]] = {}
    lines = []
    for file in catalogues(root):
        if file.parts[-3] != LANGUAGE:
            continue
        short = file.relative_to(root)
        for key, text, flaw in _entries(file):
            if flaw:
                lines.append(f"{short}: {flaw}: {key[1]!r}")
            elif key in known and known[key][0] != text:
                lines.append(f"{short}: {key[1]!r} is {known[key][0]!r} in {known[key][1]}, {text!r} here")
            if key not in found:
                lines.append(f"{short}: not used any more: {key[1]!r}")
            known.setdefault(key, (text, short))
    missing = [key for key in found if key not in known and not _comes_with_django(key)]
    lines += [f"{found[key]}: not translated: {key[1]!r}" for key in missing]
    return lines


def _entries(file: Path) -> Iterator[tuple[tuple[str | None, str], str, str]]:
    """Each entry's key, its translation, and what is wrong with it (empty when nothing is)."""
    with file.open("rb") as opened:
        catalogue: Catalog = read_po(opened, locale=LANGUAGE, abort_invalid=True)
    for message in catalogue:
        if not message.id:
            continue
        sources = message.id if isinstance(message.id, tuple | list) else [message.id]
        texts = message.string if isinstance(message.string, tuple | list) else [message.string]
        flaw = ""
        if message.fuzzy:
            flaw = "fuzzy"
        elif not all(texts):
            flaw = "not translated"
        elif any(set(_HOLES.findall(text)) != set(_HOLES.findall(sources[-1])) for text in texts):
            flaw = "placeholders differ"
        yield (message.context, sources[0]), "|".join(text or "" for text in texts), flaw


def _comes_with_django(key: tuple[str | None, str]) -> bool:
    """Does Django or an installed package bring this translation itself?"""
    from django.utils import translation

    context, text = key
    with translation.override("zh-hans"):
        return (translation.pgettext(context, text) if context else translation.gettext(text)) != text
