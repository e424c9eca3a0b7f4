"""Libraries as files (M-4, X-13): what was written can be read again and changes nothing."""

from datetime import UTC, datetime

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.chatbot import exports, knowledge
from apps.chatbot.job_models import FileJob
from apps.chatbot.knowledge import Row, Values
from apps.chatbot.models import Entry, Format, Library
from apps.team.models import Member, Role, TrailEntry
from csdesk.file_jobs.models import JobState
from tests.chatbot.files import cells_of, imported
from tests.factories import make_member

QA = Library.QA


def exported(form="csv", wanted=None, member=None, library=QA) -> bytes:
    member = member or make_member(Role.ADMINISTRATOR)
    with translation.override("en"):
        return exports.at_once(library, wanted or {}, form, member=member)


def fill(count: int) -> None:
    rows = (
        Row(number, Values(question=f"question {number}", answer="a"), ("one",)) for number in range(count)
    )
    knowledge.upsert_many(QA, rows)


@pytest.mark.django_db
class TestExports:
    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_all_that_an_entry_says_stands_in_its_row(self, form):
        values = Values(
            question="怎么退款",
            answer="- within\n- **7** days",
            similar=["退款", "refund"],
            more_answers=["soon"],
            format=Format.MARKDOWN,
            is_enabled=False,
            valid_from=datetime(2026, 7, 15, 10, 0, tzinfo=UTC),
            valid_to=datetime(2026, 8, 1, 0, 0, 30, tzinfo=UTC),
            tags=["a", "b"],
        )
        after = knowledge.add_category(QA, "After sales")
        inner = knowledge.add_category(QA, "Refunds", parent=after.pk)
        knowledge.add_entry(QA, values, category=inner.pk)
        assert cells_of(exported(form), f"x.{form}") == [
            [
                "Category",
                "Standard question",
                "Similar questions",
                "Answer",
                "Format",
                "Enabled",
                "Valid from",
                "Valid to",
                "Tags",
                "Other answer 1",
            ],
            [
                "After sales / Refunds",
                "怎么退款",
                "退款\nrefund",
                "- within\n- **7** days",
                "Rich text (Markdown)",
                "No",
                "2026-07-15 18:00",
                "2026-08-01 08:00:30",
                "a\nb",
                "soon",
            ],
        ]

    def test_only_what_was_chosen_or_fits_is_written(self):
        fill(5)
        chosen = list(
            Entry.objects.filter(question__in=["question 1", "question 3"]).values_list("pk", flat=True)
        )
        assert [row[1] for row in cells_of(exported(wanted={"ids": chosen}))[1:]] == [
            "question 1",
            "question 3",
        ]
        assert [row[1] for row in cells_of(exported(wanted={"text": "4"}))[1:]] == ["question 4"]

    def test_a_library_is_read_some_at_a_time(self, monkeypatch):
        monkeypatch.setattr(exports, "STEP", 3)
        fill(10)
        assert [row[1] for row in cells_of(exported())[1:]] == [f"question {number}" for number in range(10)]

    def test_it_is_in_the_trail(self):
        fill(2)
        member = make_member(Role.ADMINISTRATOR)
        exported(member=member)
        entry = TrailEntry.objects.get(action="library.exported")
        assert entry.member_id == member.pk

    def test_a_large_one_is_written_by_a_job(self):
        fill(30)
        job = exports.begin(QA, {}, "xlsx", member=make_member(Role.ADMINISTRATOR))
        exports.write(job.pk)
        job.refresh_from_db()
        assert (job.state, job.rows) == (JobState.DONE, 30)
        with job.opened() as file:
            assert len(cells_of(file.read(), "x.xlsx")) == 31

    def test_who_may_not_manage_the_bot_any_more_gets_no_file(self):
        fill(1)
        job = exports.begin(QA, {}, "csv", member=make_member(Role.ADMINISTRATOR))
        Member.objects.filter(pk=job.member_id).update(role=Role.AGENT)
        exports.write(job.pk)
        job.refresh_from_db()
        assert (job.state, job.stored) == (JobState.FAILED, "")

    def test_an_export_comes_back_in_the_other_language_too(self):
        knowledge.upsert_many(Library.CHITCHAT, [Row(1, Values(question="hi", answer="ho"))])
        with translation.override("zh-hans"):
            content = exports.at_once(Library.CHITCHAT, {}, "csv", member=make_member(Role.ADMINISTRATOR))
        assert "标准问题".encode() in content
        job = imported(content, library=Library.CHITCHAT)
        assert (job.added, job.changed, job.unchanged) == (0, 0, 1)


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8) | st.sampled_from(
    ["=1+1", "'=1", "- item\n- item", "@x", '"a",b;', "＝1", "_x000D_", "退款\n换货", "a\tb"]
)
said = texts.map(lambda text: f"{text}.")
moments = st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
entries = st.lists(
    st.builds(
        lambda question, answer, similar, more, tags, kind, is_enabled, since: Values(
            question=question,
            answer=answer,
            similar=similar,
            more_answers=more,
            tags=tags,
            format=kind,
            is_enabled=is_enabled,
            valid_from=since,
        ),
        texts.map(lambda text: f"{text}?"),
        said,
        st.lists(said, max_size=3),
        st.lists(said, max_size=2),
        st.lists(said, max_size=2),
        st.sampled_from(Format.values),
        st.booleans(),
        moments,
    ),
    max_size=4,
    unique_by=lambda values: values.key,
)


class TestThereAndBack(TestCase):
    @settings(max_examples=20)
    @given(entries, st.sampled_from(["csv", "xlsx"]))
    def test_what_was_exported_is_imported_as_it_was(self, values, form):
        knowledge.delete_entries(QA, Entry.objects.all())
        rows = [Row(number, one, ("k", "l")) for number, one in enumerate(values)]
        knowledge.upsert_many(QA, rows)
        content = exported(form)
        if not values:
            return
        job = imported(content, f"x.{form}")
        assert (job.added, job.changed, job.unchanged) == (0, 0, len(values))
        knowledge.delete_entries(QA, Entry.objects.all())
        assert imported(content, f"x.{form}").added == len(values)
        assert cells_of(exported(form), f"x.{form}") == cells_of(content, f"x.{form}")
        assert FileJob.objects.exclude(state=JobState.DONE).count() == 0
