"""Whatever is written into the trail is read in words, in both languages (T-11, C-9)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from apps.team.admin.access_log import THINGS, thing_words
from apps.team.models import TrailDetail, TrailEntry
from apps.team.templatetags.trail_words import action_words
from apps.team.trail_reading import changes_of, facts_of

ROOT = Path(settings.BASE_DIR)
_ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
_VERB = re.compile(r"[a-z_]+")
# What else in such a file is two words with a dot.
_FILES = (".js", ".py", ".css", ".html", ".txt", ".svg", ".csv", ".xlsx", ".json")


def sources() -> Iterator[ast.Module]:
    """The modules that write the trail, by their calls or by way of a `_log`."""
    for folder in ("apps", "csdesk"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if re.search(r"import .*\btrail\b|\bsign_in\b|\.trail\b|ConsoleAdmin|Act\(", text):
                yield ast.parse(text)


def literals(nodes: list[ast.AST]) -> Iterator[str]:
    for top in nodes:
        for node in ast.walk(top):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def actions() -> set[str]:
    """Every `thing.verb` in such a file; and the verbs that `_log` puts behind a thing."""
    found = set()
    for tree in sources():
        found |= {text for text in literals([tree]) if _ACTION.fullmatch(text) and not text.endswith(_FILES)}
        # A table's name as Django writes it is no act.
        found.discard("team.trailentry")
        for node in ast.walk(tree):
            name = (
                getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            )
            if name in ("_log", "_entry"):
                found |= {f"thing.{verb}" for verb in literals(node.args[:2]) if _VERB.fullmatch(verb)}
    return found


def things() -> set[str]:
    found = set()
    for tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "object_type":
                found |= set(literals([node.value]))
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "trail_type":
                found |= set(literals([node.value]))
    return found


def is_in_words(said: str, raw: str, language: str) -> bool:
    has_chinese = any("\u4e00" <= sign <= "\u9fff" for sign in said)
    return said != raw and (has_chinese or language == "en")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_action_has_words(language):
    there = actions()
    # The search finds those written out, those of constants and those made of a verb.
    assert {"channel.pre_chat", "record.viewed", "thing.rotated", "customer.viewed"} <= there
    with translation.override(language):
        assert [one for one in sorted(there) if not is_in_words(action_words(one), one, language)] == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_thing_has_words(language):
    there = things() | set(THINGS)
    assert {"channel", "summary_category", "file"} <= there
    with translation.override(language):
        assert [one for one in sorted(there) if not is_in_words(thing_words(one), one, language)] == []


@pytest.mark.parametrize(("language", "label"), [("en", "Form before the chat"), ("zh-hans", "咨询前表单")])
def test_a_pre_chat_form_is_told_by_its_name(language, label):
    entry = TrailEntry(action="channel.pre_chat", object_type="channel", object_id="3")
    values = {"before": {"pre_chat": {}}, "after": {"pre_chat": {"is_on": True}}}
    with translation.override(language):
        [change] = changes_of(TrailDetail(entry=entry, values=values))
        assert change.name == label


def test_facts_are_told_in_the_readers_language():
    entry = TrailEntry(action="quick_reply.exported", object_type="quick_reply")
    with translation.override("zh-hans"):
        assert facts_of(TrailDetail(entry=entry, values={"form": "csv", "rows": 3})) == [
            ("格式", "csv"),
            ("行数", "3"),
        ]
