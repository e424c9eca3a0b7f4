"""The tree of categories (B-1, B-2) and what of it the bot gets (B-8)."""

import pytest
from django.utils.translation import override

from apps.chatbot import knowledge
from apps.chatbot.knowledge import InvalidEntry, Line, Values
from apps.chatbot.models import Category, Entry, Library
from apps.team.models import TrailEntry
from csdesk.errors import Invalid, NotFound, WrongState
from tests.chatbot.libraries import would_know

pytestmark = pytest.mark.django_db

QA, CHAT = Library.QA, Library.CHITCHAT


def add(question, category=None, library=QA, **fields):
    return knowledge.add_entry(
        library, Values(question=question, answer=f"A: {question}", **fields), category=category
    )


def shape(library=QA) -> list[str]:
    known = knowledge.tree(library)
    return [known.shown_path(node.id) for node in known.walk()]


def test_categories_stand_where_they_are_put():
    sales = knowledge.add_category(QA, " After  sales ").pk
    returns = knowledge.add_category(QA, "Returns", parent=sales).pk
    knowledge.add_category(QA, "Repairs", parent=sales)
    shipping = knowledge.add_category(QA, "Shipping").pk
    assert shape() == ["After sales", "After sales / Returns", "After sales / Repairs", "Shipping"]
    knowledge.move_category(shipping, parent=None, place=0)
    knowledge.move_category(returns, parent=shipping)
    knowledge.rename_category(sales, "Service")
    assert shape() == ["Shipping", "Shipping / Returns", "Service", "Service / Repairs"]
    assert knowledge.revision(QA) == 7


@pytest.mark.parametrize("name", ["", " \u200d", "x" * 61, "a/b", "NUL\0", "sales", None])
def test_a_name_that_cannot_be_is_refused(name):
    knowledge.add_category(QA, "Sales")
    with pytest.raises(Invalid):
        knowledge.add_category(QA, name)
    assert shape() == ["Sales"]


def test_a_category_is_never_within_itself_nor_too_deep():
    ids = [None]
    for name in "abcd":
        ids.append(knowledge.add_category(QA, name, parent=ids[-1]).pk)
    with pytest.raises(Invalid):
        knowledge.add_category(QA, "e", parent=ids[-1])
    with pytest.raises(Invalid):
        knowledge.move_category(ids[1], parent=ids[3])
    with pytest.raises(Invalid):
        knowledge.move_category(ids[1], parent=ids[1])
    top = knowledge.add_category(QA, "top").pk
    with pytest.raises(Invalid):
        knowledge.move_category(ids[1], parent=top)
    with pytest.raises(NotFound):
        knowledge.move_category(ids[1], parent=knowledge.add_category(CHAT, "other").pk)
    assert shape() == ["a", "a / b", "a / b / c", "a / b / c / d", "top"]


def test_a_deleted_category_gives_its_entries_to_the_one_above():
    outer = knowledge.add_category(QA, "outer").pk
    inner = knowledge.add_category(QA, "inner", parent=outer).pk
    innermost = knowledge.add_category(QA, "innermost", parent=inner).pk
    add("one", inner), add("two", innermost), add("three", outer)
    knowledge.delete_category(inner)
    assert shape() == ["outer"]
    assert set(Entry.objects.values_list("category", flat=True)) == {outer}
    knowledge.delete_category(outer, with_entries=True)
    assert not Entry.objects.exists()
    with pytest.raises(NotFound):
        knowledge.delete_category(outer)


def test_preset_categories_are_called_in_the_readers_language_and_stay():
    knowledge.install_presets(CHAT, [knowledge.Preset("x", "thanks", Values(question="Thanks", answer="!"))])
    thanks = Category.objects.get(preset="thanks")
    with override("zh-hans"):
        assert shape(CHAT) == ["感谢"]
        assert knowledge.code_of("Thanks") == "thanks"
    with override("en"):
        assert shape(CHAT) == ["Thanks"]
    for change in (
        lambda: knowledge.rename_category(thanks.pk, "Mine"),
        lambda: knowledge.delete_category(thanks.pk),
    ):
        with pytest.raises(WrongState):
            change()
    knowledge.switch_category(thanks.pk, is_enabled=False)
    assert would_know(CHAT) == []


def test_the_bot_gets_enabled_entries_of_enabled_categories():
    outer = knowledge.add_category(QA, "outer").pk
    inner = knowledge.add_category(QA, "inner", parent=outer).pk
    add("free", similar=["b", "a"])
    add("off", is_enabled=False)
    add("outer one", outer), add("inner one", inner)
    assert would_know() == [["free", "b", "a"], ["outer one"], ["inner one"]]
    knowledge.switch_category(outer, is_enabled=False)
    assert would_know() == [["free", "b", "a"]]


def test_the_welcome_card_holds_entries_and_words_in_an_order():
    entry = add("How do I refund?")
    knowledge.set_welcome([Line(text=" What is  new? "), Line(entry=entry.pk, language="en")])
    assert knowledge.welcome_lines() == [
        Line(text="What is new?", shown="What is new?"),
        Line(entry=entry.pk, language="en", shown="How do I refund?"),
    ]
    # It counts at once, so there is nothing to publish; the same again is no act.
    knowledge.set_welcome(knowledge.welcome_lines())
    assert knowledge.revision(QA) == 1
    actions = TrailEntry.objects.order_by("number").values_list("action", flat=True)
    assert list(actions) == ["entry.added", "welcome.changed"]


@pytest.mark.parametrize(
    ("lines", "places"),
    [
        ([Line(text="a"), Line(text=" ")], [1]),
        ([Line(text="a"), Line(text="a")], [1]),
        ([Line(text="x" * 201)], [0]),
        ([Line(text="NUL \0")], [0]),
        ([Line(text="a", language="fr")], [0]),
        ([Line(entry=999_999)], [0]),
        ([Line(text=str(n)) for n in range(21)], [None]),
    ],
)
def test_a_card_that_cannot_be_is_refused_by_line(lines, places):
    with pytest.raises(InvalidEntry) as refused:
        knowledge.set_welcome(lines)
    assert [one.place for one in refused.value.problems] == places
    assert knowledge.welcome_lines() == []
