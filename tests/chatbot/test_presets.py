"""What csdesk brings along: complete, well-formed, brought once (B-2)."""

from collections import Counter

import pytest

from apps.chatbot import knowledge, presets
from apps.chatbot.knowledge import PRESET_NAMES, Values
from apps.chatbot.models import Category, Entry, Library, question_key

CHITCHAT = presets.chitchat()
ABOUT = {language: presets.about_csdesk(language) for language in presets.LANGUAGES}
EVERY_LIBRARY = {"chitchat": CHITCHAT, "about": [one for told in ABOUT.values() for one in told]}


@pytest.mark.parametrize("language", presets.LANGUAGES)
def test_small_talk_has_many_subjects_in_each_language(language):
    mine = [one for one in CHITCHAT if one.code.startswith(language[:2])]
    assert {one.category for one in mine} == set(PRESET_NAMES)
    assert len(PRESET_NAMES) >= 12
    assert all(5 <= len(one.values.similar) <= 15 for one in mine)
    assert all(2 <= 1 + len(one.values.more_answers) <= 4 for one in mine)


@pytest.mark.parametrize("language", presets.LANGUAGES)
def test_the_demo_knows_csdesk_in_each_language(language):
    told = ABOUT[language]
    assert len(told) >= 40
    assert all(4 <= len(one.values.similar) <= 8 for one in told)
    assert len({one.heading for one in told}) >= 5


def test_both_languages_tell_of_the_same():
    for told in (CHITCHAT, EVERY_LIBRARY["about"]):
        codes = {lang: {one.code[3:] for one in told if one.code[:3] == lang} for lang in ("zh-", "en-")}
        assert codes["zh-"] == codes["en-"]


@pytest.mark.parametrize("library", EVERY_LIBRARY)
def test_no_question_belongs_to_two_entries(library):
    """Two entries with the same question could never be told apart."""
    told = EVERY_LIBRARY[library]
    asked = Counter(question_key(text) for one in told for text in (one.values.question, *one.values.similar))
    assert [key for key, count in asked.items() if count > 1] == []
    assert len({one.code for one in told}) == len(told)


@pytest.mark.parametrize("library", EVERY_LIBRARY)
def test_every_entry_can_be_kept_as_it_stands(library):
    for one in EVERY_LIBRARY[library]:
        kept = knowledge.checked(one.values)
        assert (kept.answer, len(kept.similar)) == (one.values.answer, len(one.values.similar)), one.code


def test_small_talk_is_brought_once(db):
    assert presets.install_chitchat() == len(CHITCHAT)
    assert presets.install_chitchat() == 0
    assert Entry.objects.filter(library=Library.CHITCHAT).count() == len(CHITCHAT)
    assert not Category.objects.filter(library=Library.CHITCHAT).exclude(preset__in=PRESET_NAMES).exists()


def test_what_people_made_of_it_stays(db):
    presets.install_chitchat()
    hello = Entry.objects.get(preset="en-hello")
    knowledge.change_entry(hello.pk, Values(question="Ahoy", answer="Ahoy yourself!"), category=None)
    weather = Entry.objects.get(preset="en-weather")
    knowledge.switch_entries(Library.CHITCHAT, [weather.pk], is_enabled=False)

    assert presets.install_chitchat() == 0
    hello.refresh_from_db()
    weather.refresh_from_db()
    assert (hello.question, hello.answer, hello.category) == ("Ahoy", "Ahoy yourself!", None)
    assert not weather.is_enabled


def test_small_talk_gives_way_to_an_entry_of_ones_own(db):
    mine = knowledge.add_entry(Library.CHITCHAT, Values(question="Hello", answer="Hello from us."))
    presets.install_chitchat()
    assert Entry.objects.get(library=Library.CHITCHAT, key=mine.key).answer == "Hello from us."
    assert not Entry.objects.filter(preset="en-hello").exists()


def test_the_demo_library_is_filled_with_its_welcome_card(db):
    assert presets.install_demo() == len(EVERY_LIBRARY["about"])
    lines = knowledge.welcome_lines()
    assert Counter(line.language for line in lines) == dict.fromkeys(presets.LANGUAGES, len(presets.WELCOME))
    assert lines[0].shown == "csdesk 是什么"
    tree = knowledge.tree(Library.QA)
    assert [root.name for root in tree.roots] == ["csdesk 使用帮助", "Using csdesk"]
    assert all(len(root.children) >= 5 for root in tree.roots)


def test_deleted_demo_knowledge_does_not_come_back(db):
    presets.install_demo()
    knowledge.delete_entries(Library.QA, Entry.objects.filter(library=Library.QA))
    assert presets.install_demo() == 0
    assert not Entry.objects.filter(library=Library.QA).exists()
