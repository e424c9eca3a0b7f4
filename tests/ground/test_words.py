"""The product speaks Chinese everywhere it speaks English (Q-8)."""

from pathlib import Path

import pytest
from django.conf import settings

from csdesk import words

HEADER = 'msgid ""\nmsgstr ""\n"Language: zh_Hans\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "apps/shop/locale/zh_Hans/LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "csdesk").mkdir()
    (tmp_path / "templates/shop").mkdir(parents=True)
    return tmp_path


def translate(project: Path, entries: str) -> None:
    (project / "apps/shop/locale/zh_Hans/LC_MESSAGES/django.po").write_text(HEADER + entries)


def test_every_word_is_translated_and_every_translation_is_used():
    assert words.problems(settings.BASE_DIR) == []


def test_a_string_without_translation_is_found_in_code_and_templates(project: Path):
    (project / "apps/shop/sale.py").write_text('text = _("Nobody has translated me")\n')
    (project / "templates/shop/page.html").write_text('{% load i18n %}<p>{% translate "Nor me, dear" %}</p>')
    translate(project, "")

    assert words.problems(project) == [
        "apps/shop/sale.py:1: not translated: 'Nobody has translated me'",
        "templates/shop/page.html:1: not translated: 'Nor me, dear'",
    ]


@pytest.mark.parametrize(
    ("entry", "flaw"),
    [
        ('msgid "Tea for %(name)s"\nmsgstr "给 %(nam)s 的茶"\n', "placeholders differ"),
        ('msgid "Tea for %(name)s"\nmsgstr ""\n', "not translated"),
        ('#, fuzzy\nmsgid "Tea for %(name)s"\nmsgstr "给 %(name)s 的茶"\n', "fuzzy"),
    ],
)
def test_a_broken_translation_is_found(project: Path, entry: str, flaw: str):
    (project / "apps/shop/sale.py").write_text('text = _("Tea for %(name)s")\n')
    translate(project, entry)

    assert [flaw in line for line in words.problems(project)] == [True]


def test_a_translation_nobody_uses_is_found(project: Path):
    translate(project, 'msgid "Long gone tea"\nmsgstr "早已没有的茶"\n')

    assert words.problems(project)[0].endswith("not used any more: 'Long gone tea'")


def test_words_are_compiled_once_and_again_after_a_change(project: Path):
    translate(project, 'msgid "Tea"\nmsgstr "茶"\n')
    (compiled,) = words.compile_all(project)

    assert words.compile_all(project) == []
    compiled.unlink()
    assert words.compile_all(project) == [compiled]
