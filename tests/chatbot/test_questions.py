"""Every question is kept, with what came of it (B-6, B-7)."""

from uuid import uuid4

import pytest

from apps.chatbot import questions
from apps.chatbot.models import AskedQuestion
from apps.chatbot.questions import Noted, counted, note

pytestmark = pytest.mark.django_db


def asked(talk, seq: int, decision: str = "direct", entry: int | None = None, **fields) -> AskedQuestion:
    note(
        Noted(decision, entry=entry, **fields),
        f"q{seq}",
        conversation=talk,
        channel=1,
        seq=seq,
        answer_seq=seq + 1,
    )
    return AskedQuestion.objects.get(conversation=talk, seq=seq)


def test_a_question_is_kept_with_what_it_got():
    row = asked(uuid4(), 3, "direct", 7, score=0.91, language="en", runners_up=((8, 0.46), (9, 0.333333)))
    assert (row.text, row.decision, row.entry_id, row.score) == ("q3", "direct", 7, 0.91)
    assert (row.channel, row.seq, row.answer_seq, row.language) == (1, 3, 4, "en")
    assert row.runners_up == [[8, 0.46], [9, 0.3333]]


def test_a_second_time_changes_nothing():
    talk = uuid4()
    asked(talk, 1, "direct", 7)
    assert asked(talk, 1, "fallback").decision == "direct"
    assert AskedQuestion.objects.count() == 1


@pytest.mark.parametrize(
    ("newest_first", "guided", "missed"),
    [
        ([], 0, 0),
        (["guide", "guide", "direct"], 2, 0),
        (["fallback", "guide", "guide"], 0, 1),
        (["fallback", "chitchat", "guide", "fallback", "menu", "fallback"], 0, 2),
        (["direct", "fallback", "fallback"], 0, 0),
        (["chitchat", "guide"], 0, 0),
        (["guide", "fallback", "guide"], 1, 1),
    ],
)
def test_counts_in_a_row(newest_first, guided, missed):
    found = counted([(decision, None) for decision in newest_first])
    assert (found.guided_in_row, found.missed_in_row) == (guided, missed)


def test_conversations_do_not_mix():
    one, other = uuid4(), uuid4()
    asked(one, 1, "fallback")
    asked(other, 1, "guide")
    assert questions.standing(one).missed_in_row == 1
    assert questions.standing(other).guided_in_row == 1


def test_picking_from_a_card_is_kept_with_the_question_before():
    talk = uuid4()
    guided = asked(talk, 1, "guide")
    asked(talk, 3, "menu", 7)
    guided.refresh_from_db()
    assert guided.clicked_entry_id == 7 and guided.clicked_at


def test_a_line_of_the_welcome_card_is_no_click_on_a_question():
    talk = uuid4()
    first = asked(talk, 1, "direct", 5)
    asked(talk, 3, "menu", 7)
    first.refresh_from_db()
    assert first.clicked_at is None


def test_a_thumb_is_kept_with_its_answer_and_the_last_one_counts():
    talk = uuid4()
    asked(talk, 1, "direct", 7)
    other = asked(talk, 3, "direct", 8)
    assert questions.voted(talk, 2, True)
    assert questions.voted(talk, 2, False)
    assert AskedQuestion.objects.get(conversation=talk, seq=1).is_helpful is False
    other.refresh_from_db()
    assert other.is_helpful is None
    assert not questions.voted(talk, 9, True)


def test_going_to_an_agent_is_kept_with_the_newest_question():
    talk = uuid4()
    asked(talk, 1, "fallback")
    asked(talk, 3, "fallback")
    assert questions.handed_over(talk)
    moments = AskedQuestion.objects.order_by("seq").values_list("to_human_at", flat=True)
    assert moments[0] is None and moments[1] is not None
    assert not questions.handed_over(talk)  # once
    assert not questions.handed_over(uuid4())


def test_purged_conversations_leave_no_question():
    kept, gone = uuid4(), uuid4()
    asked(kept, 1)
    asked(gone, 1)
    asked(gone, 2)
    assert questions.forget([gone]) == 2
    assert AskedQuestion.objects.get().conversation == kept
