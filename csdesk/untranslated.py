"""Finds words on the screen that no translation can reach (Q-8): in templates, scripts and Python.

`csdesk.words` finds words that are marked and have no translation; this finds those that are not marked.
It reads sources as text and is a check, not a proof: names in `SAME_EVERYWHERE` need no translation.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from csdesk import errors

# Words that are the same in both languages.
SAME_EVERYWHERE = frozenset(
    {"csdesk", "EN", "TXT", "ID", "URL", "Alt", "Esc", "Ctrl", "Shift", "https", "SecretId", "SecretKey"}
)
SEEN_ATTRIBUTES = frozenset({"title", "placeholder", "aria-label", "alt", "aria-description", "label"})
UNSEEN_ELEMENTS = frozenset({"script", "style", "code"})
# What a model, a form or a page shows to people.
SEEN_KEYWORDS = frozenset({"verbose_name", "verbose_name_plural", "help_text", "label", "short_description"})
SEEN_ERRORS = frozenset({"ValidationError"} | {kind.__name__ for kind in errors.DomainError.__subclasses__()})
MESSAGES = frozenset({"success", "info", "warning", "error"})

_TAGS = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.S)
_COMMENT = re.compile(r"\{% comment.*?endcomment %\}", re.S)
# `<{% if framed %}section{% else %}main{% endif %} …>` is one element, whichever.
_CHOSEN_ELEMENT = re.compile(r"(</?)\{%[^%]*%\}")
_CLASS = re.compile(r"[a-z]+(?:-[a-z]+)+")
_BLOCK = re.compile(r"\{% blocktrans(?:late)?\b.*?endblocktrans(?:late)? %\}", re.S)
_WORD = re.compile(r"[A-Za-z]{2,}")
# A sentence or a heading: a capital, and a second word. Codes, keys, selectors and addresses are none.
_SENTENCE = re.compile(r"[A-Z][a-z]+,? [A-Za-z]")
_JS_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`\\])//[^\n]*", re.S)
_JS_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|\'((?:[^\'\\\n]|\\.)*)\'|`((?:[^`\\]|\\.)*)`')
# Errors of programs, for those who write them.
_FOR_PROGRAMMERS = re.compile(r"(?:Error|console\.\w+|deprecated)\(\s*$")
# Pages for those who work on the product, and libraries for other programs.
_OTHER_READERS = ("static/showcase/", "static/sdk/", "static/visitor/widget", "templates/showcase/")


def problems(root: Path) -> list[str]:
    """A line for each place whose words stay English in every language."""
    found = [*_in_templates(root), *_in_scripts(root), *_in_python(root)]
    return [f"{place}: not translatable: {text!r}" for place, text in found]


def _in_templates(root: Path) -> Iterator[tuple[str, str]]:
    for name, file in _files(root, ("templates", "apps"), "html"):
        yield from ((name, text) for text in template_words(file.read_text()))


def template_words(source: str) -> list[str]:
    """What a template shows in the same words to everybody."""
    reader = _Reader()
    bare = _CHOSEN_ELEMENT.sub(r"\1", _BLOCK.sub(" ", _COMMENT.sub(" ", source)))
    reader.feed(_TAGS.sub(" ", bare))
    return [text for text in reader.seen if _foreign(text) and not _CLASS.fullmatch(text)]


def _foreign(text: str) -> bool:
    return any(word not in SAME_EVERYWHERE for word in _WORD.findall(text))


class _Reader(HTMLParser):
    """Collects the texts and the attributes that people see or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in UNSEEN_ELEMENTS
        self.seen += [value.strip() for name, value in attrs if name in SEEN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in UNSEEN_ELEMENTS and self._unseen > 0

    def handle_data(self, data: str) -> None:
        if not self._unseen and data.strip():
            self.seen.append(data.strip())


def _in_scripts(root: Path) -> Iterator[tuple[str, str]]:
    for name, file in _files(root, ("static",), "js"):
        yield from ((name, text) for text in script_words(file.read_text()))


def script_words(source: str) -> list[str]:
    """Strings of a script that read like a sentence or a heading."""
    code = _JS_COMMENT.sub(" ", source)
    found = []
    for match in _JS_STRING.finditer(code):
        text = next(part for part in match.groups() if part is not None)
        if _SENTENCE.match(text.strip()) and not _FOR_PROGRAMMERS.search(code[: match.start()]):
            found.append(text)
    return found


def _in_python(root: Path) -> Iterator[tuple[str, str]]:
    for name, file in _files(root, ("apps", "csdesk"), "py"):
        if "migrations" not in file.parts and file.name != "apps.py":
            yield from ((f"{name}:{line}", text) for line, text in python_words(file.read_text()))


def python_words(source: str) -> list[tuple[int, str]]:
    """Plain strings where people will read them: labels, helps, messages, details of errors."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            found += [_plain(word.value) for word in node.keywords if word.arg in SEEN_KEYWORDS]
            found += [_plain(value) for value in _shown(node)]
        elif isinstance(node, ast.Assign):
            names = {target.id for target in node.targets if isinstance(target, ast.Name)}
            found += [_plain(node.value)] if names & SEEN_KEYWORDS else []
    return [(line, text) for line, text in filter(None, found) if _foreign(text)]


def _shown(call: ast.Call) -> list[ast.expr]:
    """The arguments of a call that go to people as they are."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    owner = getattr(function.value, "id", "") if isinstance(function, ast.Attribute) else ""
    if name in SEEN_ERRORS:
        return call.args[:1]
    if owner == "messages" and name in MESSAGES:
        return call.args[1:2]
    return []


def _plain(value: ast.expr) -> tuple[int, str] | None:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.lineno, value.value
    return None


def _files(root: Path, folders: tuple[str, ...], ending: str) -> Iterator[tuple[str, Path]]:
    """The sources of the faces, each with its name within the project."""
    for folder in folders:
        for file in sorted((root / folder).rglob(f"*.{ending}")):
            name = file.relative_to(root).as_posix()
            if not name.startswith(_OTHER_READERS):
                yield name, file
