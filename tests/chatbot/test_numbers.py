"""The bot's numbers (B-6, M-6): by the business's days, each what it says it counts."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from apps.chatbot import knowledge, numbers
from apps.chatbot.models import AskedQuestion
from csdesk import clock
from tests.chatbot.libraries import INVOICE, QA, REFUND, publish, small_library

pytestmark = pytest.mark.django_db

# Half past midnight in Shanghai, still the day before in UTC.
NOW = datetime(2026, 3, 9, 16, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _time(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def asked(decision: str, ago: float = 0, **fields) -> None:
    AskedQuestion.objects.create(
        conversation=uuid4(),
        channel=1,
        seq=1,
        text="?",
        decision=decision,
        asked_at=NOW - timedelta(hours=ago),
        **fields,
    )


def test_days_are_those_of_the_business():
    days = numbers.last_days(2)
    assert [str(day) for day in days] == ["2026-03-09", "2026-03-10"]
    asked("direct", ago=0.4)
    asked("direct", ago=0.6)
    asked("direct", ago=24.6)
    asked("direct", ago=25)
    assert [row.asked for row in numbers.by_day(days).values()] == [1, 1]


def test_every_number_counts_what_it_says():
    asked("direct", is_helpful=True)
    asked("menu", is_helpful=False)
    asked("chitchat", to_human_at=NOW)
    asked("guide", clicked_at=NOW)
    asked("guide")
    asked("fallback", to_human_at=NOW)
    found = numbers.total(numbers.by_day(numbers.last_days(7)).values())
    assert found == numbers.Numbers(6, 2, 1, 2, 1, 1, 2, 1, 1)
    assert found.share(found.answered) == pytest.approx(1 / 3)
    assert (found.clicked_share, found.helpful_share) == (0.5, 0.5)


def test_of_nothing_there_is_no_share():
    found = numbers.total(numbers.by_day(numbers.last_days(7)).values())
    assert found == numbers.Numbers()
    assert (found.share(0), found.helpful_share, found.clicked_share) == (None, None, None)


def test_entries_are_listed_by_how_often_they_answered():
    entries = small_library()
    publish()
    refund, invoice = entries[REFUND].pk, entries[INVOICE].pk
    for _ in range(3):
        asked("direct", entry_id=refund)
    asked("menu", entry_id=invoice, is_helpful=True)
    asked("chitchat", entry_id=entries["Hello"].pk)
    asked("direct", ago=24 * 8, entry_id=invoice)
    knowledge.delete_entries(QA, [refund])
    found = numbers.top(numbers.last_days(7))
    assert [(row.entry, row.question, row.answered, row.helpful, row.is_there) for row in found] == [
        (refund, REFUND, 3, 0, False),
        (invoice, INVOICE, 1, 1, True),
    ]
    # Customers get what was deleted until the next publishing (B-8).
    assert [row.is_live for row in found] == [True, True]
    publish()
    assert [row.is_live for row in numbers.top(numbers.last_days(7))] == [False, True]
    assert numbers.hits([refund, invoice, 1_000_000]) == {refund: 3, invoice: 1}
