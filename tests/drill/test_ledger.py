"""The drill's figures: how long a message takes, and since when it takes no longer than usual."""

import pytest

from drill.ledger import Ledger

USUAL = 0.02


@pytest.fixture
def ledger():
    """From second 100 on ten messages a second; those of the first two arrive only at 102.5."""
    made = Ledger()
    for tenth in range(60):
        said = 100 + tenth / 10
        made.deliveries.append((said, max(said + USUAL, 102.5 if tenth < 20 else 0)))
        made.acks.append(said + 0.01)
    return made


def test_recovery_counts_until_messages_are_as_fast_as_usual(ledger):
    assert ledger.recovery(100, USUAL, 106) == 2.0
    assert ledger.recovery(103, USUAL, 106) == 0.0


def test_a_single_fast_moment_is_no_recovery(ledger):
    assert ledger.recovery(100, USUAL, 102.5) is None


def test_silence_is_no_recovery(ledger):
    assert ledger.recovery(107, USUAL, 110) is None


def test_first_times_count_from_the_moment_asked_for(ledger):
    assert ledger.first_delivery(100.0) == pytest.approx(2.02)
    assert ledger.first_ack(101.0) == pytest.approx(0.01)
    assert ledger.first_ack(200) is None
    assert ledger.messages_since(105) == 10


def test_only_what_reaches_the_other_side_counts_as_delivered():
    ledger = Ledger()
    ledger.say("agent 0 answers 1")
    ledger.arrived({"client_id": "x", "message": {"text": "agent 0 answers 1"}})
    assert ledger.deliveries == []
    ledger.arrived({"message": {"text": "agent 0 answers 1"}})
    ledger.arrived({"message": {"text": "agent 0 answers 1"}})
    assert len(ledger.deliveries) == 1
