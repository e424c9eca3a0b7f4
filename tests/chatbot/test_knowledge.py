"""Editing the draft (B-1, B-2, B-8): what an entry may say, doubles, selections, what is logged."""

from datetime import timedelta

import pytest

from apps.chatbot import knowledge
from apps.chatbot.knowledge import InvalidEntry, Values, Wanted
from apps.chatbot.models import Entry, Library, LibraryState, SimilarQuestion
from apps.team.models import Role, TrailDetail, TrailEntry
from csdesk import clock
from csdesk.errors import NotFound, WrongState
from tests.factories import make_member

pytestmark = pytest.mark.django_db

QA = Library.QA


def values(question="How do I refund?", answer="Like so.", **fields) -> Values:
    return Values(question=question, answer=answer, **fields)


def problems(change) -> list[tuple]:
    with pytest.raises(InvalidEntry) as refused:
        change()
    return [(one.field, one.place) for one in refused.value.problems]


def actions() -> list[str]:
    return list(TrailEntry.objects.order_by("number").values_list("action", flat=True))


def everything(library=QA, **wanted):
    return knowledge.found(Wanted(library, **wanted), knowledge.tree(library))


def test_an_entry_is_kept_as_it_was_meant():
    member = make_member(Role.ADMINISTRATOR)
    entry = knowledge.add_entry(
        QA,
        values(
            "  How do I\trefund? ",
            "First.\r\n\r\nThen.\x07\n",
            similar=["refund", "REFUND ", "", "how do i refund?", "money\u202e back"],
            tags=["a", "A", " b "],
            more_answers=["Or so.", "Or so.", " "],
        ),
        member=member,
    )
    entry.refresh_from_db()
    assert entry.question == "How do I refund?"
    assert entry.answer == "First.\n\nThen."
    assert list(entry.similar.values_list("text", flat=True)) == ["refund", "money back"]
    assert entry.tags == ["a", "b"]
    assert entry.more_answers == ["Or so."]
    assert entry.changed_by == member


def test_a_standard_question_is_there_once_and_the_other_is_named():
    first = knowledge.add_entry(QA, values("怎么退款？"))
    with pytest.raises(InvalidEntry) as refused:
        knowledge.add_entry(QA, values("  怎么退款? "))
    assert refused.value.problems[0].entry == first.pk
    assert "怎么退款？" in refused.value.detail
    # The other library has questions of its own.
    knowledge.add_entry(Library.CHITCHAT, values("怎么退款？"))
    second = knowledge.add_entry(QA, values("Other"))
    assert problems(lambda: knowledge.change_entry(second.pk, values("怎么退款？"), category=None)) == [
        ("question", None)
    ]


@pytest.mark.parametrize(
    ("wrong", "field", "place"),
    [
        ({"question": ""}, "question", None),
        ({"question": " \u200d\u3000"}, "question", None),
        ({"question": "x" * 201}, "question", None),
        ({"question": "NUL \0"}, "question", None),
        ({"question": "half \ud83d"}, "question", None),
        ({"question": "x" * 10_000_000}, "question", None),
        ({"answer": "\n"}, "answer", None),
        ({"answer": "x" * 5_001}, "answer", None),
        ({"similar": ["fine", "x" * 201]}, "similar", 1),
        ({"similar": [f"question {n}" for n in range(101)]}, "similar", None),
        ({"tags": ["x" * 31]}, "tags", 0),
        ({"tags": [str(n) for n in range(21)]}, "tags", None),
        ({"more_answers": [str(n) for n in range(10)]}, "more_answers", None),
        ({"format": "html"}, "format", None),
        ({"valid_from": clock.now(), "valid_to": clock.now() - timedelta(days=1)}, "valid_to", None),
    ],
)
def test_what_cannot_be_an_entry_is_told_by_field(wrong, field, place):
    fields = {"question": "Fine?", "answer": "Fine."} | wrong
    assert problems(lambda: knowledge.add_entry(QA, Values(**fields))) == [(field, place)]
    assert not Entry.objects.exists()
    assert knowledge.revision(QA) == 0


def test_all_that_is_wrong_is_told_at_once():
    wrong = Values(question="", answer="", similar=["\0"], tags=["x" * 31])
    assert [field for field, _place in problems(lambda: knowledge.add_entry(QA, wrong))] == [
        "question",
        "similar",
        "answer",
        "tags",
    ]


def test_each_act_counts_once_and_is_logged_once():
    member = make_member(Role.ADMINISTRATOR)
    ids = [knowledge.add_entry(QA, values(str(n)), member=member).pk for n in range(5)]
    assert knowledge.revision(QA) == 5
    assert knowledge.switch_entries(QA, ids, is_enabled=False, member=member, address="192.0.2.1") == 5
    assert knowledge.revision(QA) == 6
    assert actions()[-2:] == ["entry.added", "entry.disabled"]
    detail = TrailDetail.objects.select_related("entry").latest("entry__number")
    assert detail.values["count"] == 5
    assert detail.address == "192.0.2.1"
    # What changes nothing is no act.
    assert knowledge.switch_entries(QA, ids, is_enabled=False) == 0
    assert knowledge.revision(QA) == 6
    assert len(actions()) == 6
    assert knowledge.revision(Library.CHITCHAT) == 0


def test_a_change_says_what_it_was_before():
    entry = knowledge.add_entry(QA, values(similar=["a", "b"]))
    knowledge.change_entry(entry.pk, values(similar=["b", "c"]), category=None)
    assert list(entry.similar.values_list("text", flat=True)) == ["b", "c"]
    said = TrailDetail.objects.latest("entry__number").values
    assert said == {"library": "qa", "before": {"similar": ["a", "b"]}, "after": {"similar": ["b", "c"]}}
    revision = knowledge.revision(QA)
    knowledge.change_entry(entry.pk, values(similar=["b", "c"]), category=None)
    assert knowledge.revision(QA) == revision


def test_the_second_of_two_who_edit_is_told():
    entry = knowledge.add_entry(QA, values())
    seen = Entry.objects.get().changed_at
    knowledge.change_entry(entry.pk, values(answer="Mine."), category=None, seen=seen)
    with pytest.raises(WrongState):
        knowledge.change_entry(entry.pk, values(answer="Theirs."), category=None, seen=seen)
    assert Entry.objects.get().answer == "Mine."
    knowledge.delete_entries(QA, [entry.pk])
    with pytest.raises(NotFound):
        knowledge.change_entry(entry.pk, values(answer="Late."), category=None, seen=seen)


def test_questions_that_two_entries_have_are_told():
    first = knowledge.add_entry(QA, values("Refund", similar=["money back", "return it"]))
    knowledge.add_entry(Library.CHITCHAT, values("Hello", similar=["money back"]))
    second = knowledge.add_entry(QA, values("Invoice", similar=["bill"]))
    found = knowledge.twins(QA, ["Bill", "other", "MONEY  BACK", "refund"], besides=second.pk)
    assert [(twin.text, twin.entry, twin.question) for twin in found] == [
        ("MONEY  BACK", first.pk, "Refund"),
        ("refund", first.pk, "Refund"),
    ]


def test_all_that_match_are_changed_and_nothing_else():
    category = knowledge.add_category(QA, "Sales").pk
    for n in range(6):
        knowledge.add_entry(QA, values(f"Refund {n}", similar=[f"money {n}"]), category=category)
    kept = knowledge.add_entry(QA, values("Invoice"))
    other = knowledge.add_entry(Library.CHITCHAT, values("Refund me"))
    assert knowledge.move_entries(QA, everything(text="refund money"), category=None) == 6
    assert knowledge.switch_entries(QA, everything(text="MONEY 3"), is_enabled=False) == 1
    assert everything(state="off").get().question == "Refund 3"
    knowledge.set_welcome([knowledge.Line(entry=everything(text="Refund 1").get().pk)])
    assert knowledge.delete_entries(QA, everything(text="refund")) == 6
    assert set(Entry.objects.values_list("pk", flat=True)) == {kept.pk, other.pk}
    assert not SimilarQuestion.objects.exists()
    assert knowledge.welcome_lines() == []


def test_entries_of_the_other_library_are_out_of_reach():
    theirs = knowledge.add_entry(Library.CHITCHAT, values())
    category = knowledge.add_category(Library.CHITCHAT, "Mine").pk
    assert knowledge.delete_entries(QA, [theirs.pk]) == 0
    assert knowledge.switch_entries(QA, [theirs.pk], is_enabled=False) == 0
    assert problems(lambda: knowledge.add_entry(QA, values(), category=category)) == [("category", None)]


def test_what_came_with_csdesk_is_brought_once_and_never_deleted():
    presets = [
        knowledge.Preset("en-hello", "greeting", values("Hello", similar=["hi"])),
        knowledge.Preset("en-bye", "farewell", values("Bye")),
    ]
    chat = Library.CHITCHAT
    mine = knowledge.add_entry(chat, values("bye"))
    assert knowledge.install_presets(chat, presets) == 1
    assert knowledge.install_presets(chat, presets) == 0
    hello = Entry.objects.get(preset="en-hello")
    assert hello.category.preset == "greeting"
    knowledge.change_entry(hello.pk, values("Hello there", "Ours."), category=None)
    assert knowledge.install_presets(chat, presets) == 0
    assert knowledge.delete_entries(chat, everything(chat)) == 1
    assert not Entry.objects.filter(pk=mine.pk).exists()
    assert Entry.objects.get().answer == "Ours."


def test_an_act_that_fails_leaves_nothing():
    knowledge.add_entry(QA, values("There"))
    entry = knowledge.add_entry(QA, values("Mine"))
    before = LibraryState.objects.get(pk=QA).revision
    problems(lambda: knowledge.change_entry(entry.pk, values("There"), category=None))
    assert LibraryState.objects.get(pk=QA).revision == before
    assert actions() == ["entry.added"] * 2


def test_states_and_tags_find_entries():
    now = clock.now()
    knowledge.add_entry(QA, values("over", valid_to=now - timedelta(days=1)))
    knowledge.add_entry(QA, values("to come", valid_from=now + timedelta(days=1), tags=["sale"]))
    knowledge.add_entry(QA, values("off", is_enabled=False))
    names = {
        state: set(everything(state=state).values_list("question", flat=True))
        for state in ("on", "off", "ended", "ahead")
    }
    assert names == {"on": {"over", "to come"}, "off": {"off"}, "ended": {"over"}, "ahead": {"to come"}}
    assert everything(tag="sale").get().question == "to come"
