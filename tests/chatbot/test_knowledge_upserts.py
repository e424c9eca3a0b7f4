"""Many entries at once (B-1, M-4): all or nothing, and the same as doing it one by one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.chatbot import knowledge
from apps.chatbot.knowledge import Existing, InvalidRows, Problem, Row, RowProblem, Upserted, Values
from apps.chatbot.models import Entry, Library, SimilarQuestion
from apps.team.models import TrailEntry

QA = Library.QA


def row(number, question, answer="Answer.", *, category=(), **fields) -> Row:
    return Row(number, Values(question=question, answer=answer, **fields), category)


def there() -> dict[str, tuple]:
    known = knowledge.tree(QA)
    return {
        entry.question: (
            entry.answer,
            tuple(entry.similar.values_list("text", flat=True)),
            tuple(entry.tags),
            entry.is_enabled,
            known.nodes[entry.category_id].steps if entry.category_id else (),
        )
        for entry in Entry.objects.filter(library=QA)
    }


@pytest.mark.django_db
class TestUpserts:
    def test_rows_are_added_and_changed_by_their_question(self, django_assert_max_num_queries):
        kept = knowledge.add_entry(QA, Values(question="kept", answer="as it is", similar=["k"], tags=["t"]))
        old = knowledge.add_entry(QA, Values(question="old", answer="before", similar=["a", "b"]))
        rows = [
            row(2, "Kept", "as it is", similar=["k"], tags=["t"]),
            row(3, "OLD", "after", similar=["b", "c"], category=("one", "two")),
            *(row(n, f"new {n}", similar=[f"similar {n}"], category=("one",)) for n in range(4, 60)),
        ]
        with django_assert_max_num_queries(34):
            assert knowledge.upsert_many(QA, rows) == Upserted(added=56, changed=2, unchanged=0)
        assert knowledge.upsert_many(QA, rows) == Upserted(added=0, changed=0, unchanged=58)
        found = there()
        assert found["Kept"] == ("as it is", ("k",), ("t",), True, ())
        assert found["OLD"] == ("after", ("b", "c"), (), True, ("one", "two"))
        assert found["new 7"] == ("Answer.", ("similar 7",), (), True, ("one",))
        # They are the same entries as before, so what refers to them still does.
        assert set(Entry.objects.filter(question__in=["Kept", "OLD"]).values_list("pk", flat=True)) == {
            kept.pk,
            old.pk,
        }

    def test_an_import_is_one_act(self):
        assert knowledge.upsert_many(QA, [row(n, f"q {n}") for n in range(20)]).added == 20
        assert knowledge.revision(QA) == 1
        assert list(TrailEntry.objects.values_list("action", "object_id")) == [("library.imported", "qa")]
        knowledge.upsert_many(QA, [row(1, "q 1")])
        assert knowledge.revision(QA) == 1

    def test_fields_that_a_file_does_not_have_stay(self):
        values = Values(question="q", answer="mine", similar=["s"], tags=["t"], is_enabled=False)
        knowledge.add_entry(QA, values)
        rows = [row(2, "q", "theirs"), row(3, "new", "theirs")]
        assert knowledge.upsert_many(QA, rows, fields={"answer"}).changed == 1
        assert there() == {
            "q": ("theirs", ("s",), ("t",), False, ()),
            "new": ("theirs", (), (), True, ()),
        }

    def test_a_dry_run_counts_and_writes_nothing(self):
        knowledge.add_entry(QA, Values(question="there", answer="a"))
        rows = [row(2, "there", "b"), row(3, "new", category=("fresh",))]
        assert knowledge.upsert_many(QA, rows, dry_run=True) == Upserted(1, 1, 0)
        assert there() == {"there": ("a", (), (), True, ())}
        assert not knowledge.tree(QA).nodes
        assert knowledge.revision(QA) == 1
        assert knowledge.upsert_many(QA, rows) == Upserted(1, 1, 0)

    def test_one_bad_row_and_nothing_is_written(self):
        rows = [
            row(2, "fine", category=("new",)),
            row(3, ""),
            row(4, "long", "x" * 10_000_000),
            row(5, "Fine "),
            row(6, "bad", similar=["ok", "\0"]),
        ]
        with pytest.raises(InvalidRows) as refused:
            knowledge.upsert_many(QA, rows)
        told = [(one.number, one.problem.field, one.problem.place) for one in refused.value.problems]
        assert told == [
            (3, "question", None),
            (4, "answer", None),
            (5, "question", None),
            (6, "similar", 1),
        ]
        assert refused.value.count == 4
        assert "2" in refused.value.problems[2].problem.detail
        assert there() == {}
        assert not knowledge.tree(QA).nodes

    def test_what_could_not_be_read_is_a_problem_of_its_row(self):
        unread = [RowProblem(3, Problem(field, "odd")) for field in ("valid_from", "valid_to")]
        with pytest.raises(InvalidRows) as refused:
            knowledge.upsert_many(QA, iter([row(2, "fine"), *unread, row(4, "")]))
        assert [(one.number, one.problem.field) for one in refused.value.problems] == [
            (3, "valid_from"),
            (3, "valid_to"),
            (4, "question"),
        ]
        assert refused.value.count == 2
        assert there() == {}

    def test_many_bad_rows_are_counted_and_the_first_are_told(self):
        with pytest.raises(InvalidRows) as refused:
            knowledge.upsert_many(QA, (row(number, "") for number in range(1, 2501)))
        assert (len(refused.value.problems), refused.value.count) == (1000, 2500)

    def test_entries_that_are_there_can_be_kept(self):
        knowledge.add_entry(QA, Values(question="There", answer="mine"))
        rows = [row(2, "there", "theirs", category=("not needed",)), row(3, "new", category=("fresh",))]
        assert knowledge.upsert_many(QA, rows, existing=Existing.KEEP) == Upserted(1, 0, 1)
        assert there() == {
            "There": ("mine", (), (), True, ()),
            "new": ("Answer.", (), (), True, ("fresh",)),
        }
        assert [root.name for root in knowledge.tree(QA).roots] == ["fresh"]

    def test_entries_that_are_there_can_be_refused(self):
        knowledge.add_entry(QA, Values(question="There", answer="mine"))
        with pytest.raises(InvalidRows) as refused:
            knowledge.upsert_many(QA, [row(2, "new"), row(3, "there")], existing=Existing.REFUSE)
        assert [(one.number, one.problem.field) for one in refused.value.problems] == [(3, "question")]
        assert there() == {"There": ("mine", (), (), True, ())}

    def test_whoever_hears_of_progress_can_break_off(self):
        def cancelled(share):
            if share > 0.6:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            knowledge.upsert_many(QA, [row(2, "new", category=("fresh",))], progress=cancelled)
        assert there() == {}
        assert not knowledge.tree(QA).nodes

    @pytest.mark.parametrize("steps", [("a" * 61,), ("a", "b", "c", "d", "e"), ("NUL\0",)])
    def test_a_category_that_cannot_be_is_a_problem_of_its_row(self, steps):
        with pytest.raises(InvalidRows) as refused:
            knowledge.upsert_many(QA, [row(2, "fine"), row(3, "bad", category=steps)])
        assert [(one.number, one.problem.field) for one in refused.value.problems] == [(3, "category")]
        assert there() == {}
        assert not knowledge.tree(QA).nodes

    def test_signs_that_files_are_full_of_arrive_as_they_are(self):
        odd = 'a\\b\t{"x",NULL} \\N \\. 😀'
        knowledge.upsert_many(QA, [row(2, odd, f"{odd}\n\\.\n{odd}", similar=[f"s {odd}"], tags=["{}", '"'])])
        plain = " ".join(odd.split())
        assert there() == {plain: (f"{odd}\n\\.\n{odd}", (f"s {plain}",), ("{}", '"'), True, ())}

    def test_progress_is_told_from_beginning_to_end(self):
        heard = []
        knowledge.upsert_many(QA, [row(n, f"q {n}") for n in range(5)], progress=heard.append)
        assert heard[0] == 0.0
        assert heard == sorted(heard)
        assert heard[-1] == 1.0


texts = st.sampled_from(["a", "A", "b", "c", "ｃ", "怎么退款", "怎麼", "é", "x y"])
rows_of_a_file = st.lists(
    st.builds(
        lambda question, answer, similar, tags, is_enabled, category: (
            Values(question=question, answer=answer, similar=similar, tags=tags, is_enabled=is_enabled),
            category,
        ),
        texts,
        texts,
        st.lists(texts, max_size=4),
        st.lists(texts, max_size=2),
        st.booleans(),
        st.sampled_from([(), ("k",), ("k", "l"), ("m",)]),
    ),
    max_size=6,
    unique_by=lambda pair: pair[0].key,
)


class TestLikeOneByOne(TestCase):
    @settings(max_examples=40)
    @given(files=st.lists(rows_of_a_file, min_size=1, max_size=3))
    def test_imports_leave_what_editing_one_by_one_would(self, files):
        expected: dict[str, tuple] = {}
        for file in files:
            for values, category in file:
                plain = knowledge.checked(values)
                said = (plain.question, plain.answer, plain.similar, plain.tags, plain.is_enabled, category)
                expected[values.key] = said
            before = knowledge.revision(QA)
            done = knowledge.upsert_many(
                QA, [Row(number, *pair) for number, pair in enumerate(file)], fields=knowledge.FIELDS
            )
            assert done.added + done.changed + done.unchanged == len(file)
            assert knowledge.revision(QA) - before == (1 if done.added or done.changed else 0)
        assert {question: said for question, *said in expected.values()} == {
            question: [answer, similar, tags, is_enabled, steps]
            for question, (answer, similar, tags, is_enabled, steps) in there().items()
        }
        keys = SimilarQuestion.objects.values_list("entry", "key")
        assert len(keys) == len(set(keys))
