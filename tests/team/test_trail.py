"""The one trail (C-9, X-14): sealed, without holes, its tail known outside the database."""

import io
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from apps.team import trail, trail_head
from apps.team.models import TrailDetail, TrailEntry
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def append_some(count: int = 4) -> None:
    member = make_member()
    for number in range(count):
        trail.append(
            "record.viewed",
            member=member,
            address="192.0.2.7",
            object_type="session",
            object_id=f"s{number}",
            values={"search": "退款", "count": number, "share": 0.5, "nul": "a\x00b"},
        )


def test_entries_are_numbered_without_holes_and_verify():
    append_some()
    assert list(TrailEntry.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4]
    found = trail.verify()
    assert found.is_unaltered
    assert found.entries == 4


@pytest.mark.parametrize("column", ["action", "object_type", "object_id", "member_id", "at", "key_id"])
def test_a_changed_entry_is_found(column):
    append_some()
    values = {"member_id": 99, "at": "2001-01-01T00:00:00Z", "key_id": "0" * 16}
    TrailEntry.objects.filter(number=2).update(**{column: values.get(column, "forged")})
    found = trail.verify()
    assert not found.is_unaltered
    assert found.findings[0].number == 2


@pytest.mark.parametrize(
    ("field", "value"), [("member_name", "Other"), ("address", "10.0.0.1"), ("values", {}), ("salt", "00")]
)
def test_changed_details_are_found(field, value):
    append_some()
    TrailDetail.objects.filter(entry_id=3).update(**{field: value})
    assert trail.verify().findings == [trail.Finding(3, "details_altered")]


def test_erased_details_break_nothing_and_the_erasure_is_an_entry():
    append_some()
    assert trail.erase([2, 3, 99], member=make_member(nickname="Zhou Ning")) == 2
    found = trail.verify()
    assert found.is_unaltered
    assert found.erased == 2
    last = TrailEntry.objects.get(number=5)
    assert (last.action, last.detail.member_name) == ("trail.erased", "Zhou Ning")
    assert last.detail.values == {"numbers": [2, 3]}


def test_details_deleted_by_hand_are_no_erasure():
    append_some()
    trail.erase([2])
    TrailDetail.objects.filter(entry_id=3).delete()
    found = trail.verify()
    assert found.findings == [trail.Finding(3, "details_missing")]
    assert found.erased == 1


def test_an_erasure_is_believed_only_while_it_is_unaltered():
    append_some()
    trail.erase([2])
    TrailDetail.objects.filter(entry_id=3).delete()
    TrailDetail.objects.filter(entry_id=5).update(values={"numbers": [2, 3]})
    problems = {(one.number, one.problem) for one in trail.verify().findings}
    assert problems == {(2, "details_missing"), (3, "details_missing"), (5, "details_altered")}


def test_what_an_erasure_says_is_never_erased():
    append_some()
    trail.erase([2])
    assert trail.erase([5]) == 0
    assert trail.verify().is_unaltered


def test_the_command_erases_numbers_and_ranges():
    append_some()
    out = io.StringIO()
    call_command("erase_access_log_details", "1", "3-900000", stdout=out)
    assert "from 3 entries" in out.getvalue()
    assert list(TrailDetail.objects.order_by("entry_id").values_list("entry_id", flat=True)) == [2, 5]
    assert trail.verify().is_unaltered
    with pytest.raises(CommandError):
        call_command("erase_access_log_details", "all")


def test_a_removed_entry_is_found():
    append_some()
    TrailDetail.objects.filter(entry_id=2).delete()
    TrailEntry.objects.filter(number=2).delete()
    assert trail.Finding(2, "missing") in trail.verify().findings


def test_moving_text_between_fields_changes_the_seal():
    first = TrailEntry(number=1, at=make_time(), action="ab", object_type="c", key_id="k")
    second = TrailEntry(number=1, at=make_time(), action="a", object_type="bc", key_id="k")
    assert trail.seal(first, b"key") != trail.seal(second, b"key")


def make_time():
    from datetime import UTC, datetime

    return datetime(2026, 1, 1, tzinfo=UTC)


def test_a_cut_tail_is_told_apart_from_an_alteration(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        append_some()
    assert trail.verify().is_complete is True
    TrailDetail.objects.filter(entry_id=4).delete()
    TrailEntry.objects.filter(number=4).delete()
    found = trail.verify()
    assert found.is_unaltered
    assert found.is_complete is False


def test_a_trail_rewritten_with_the_key_still_misses_the_outside_anchor():
    append_some()
    anchor = trail.verify().newest
    TrailDetail.objects.all().delete()
    TrailEntry.objects.all().delete()
    append_some(6)
    assert trail.verify(anchor).is_unaltered
    assert trail.verify(anchor).is_complete is False


def test_without_a_witness_completeness_is_unknown(settings, tmp_path):
    settings.DATA = tmp_path / "nowhere"
    append_some()
    assert trail.verify().is_complete is None


def test_old_keys_still_verify_older_entries(settings):
    append_some(2)
    settings.TRAIL_OLD_KEYS = [settings.TRAIL_KEY]
    settings.TRAIL_KEY = "a new key that is quite long enough for it"
    append_some(1)
    assert trail.verify().is_unaltered
    settings.TRAIL_OLD_KEYS = []
    assert [finding.problem for finding in trail.verify().findings] == ["unknown_key", "unknown_key"]


def cut(first: int) -> None:
    """Delete the entries from `first` on, as somebody with the database could."""
    TrailDetail.objects.filter(entry_id__gte=first).delete()
    TrailEntry.objects.filter(number__gte=first).delete()


def test_the_head_only_moves_forward(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        append_some()
    fourth, third = TrailEntry.objects.get(number=4), TrailEntry.objects.get(number=3)
    # Another process was slower.
    trail_head.remember(3, third.hash, third.previous_hash, trail.is_there)
    assert trail_head.remembered() == f"4:{fourth.hash}"
    assert trail_head.lost() == []


def test_entries_of_another_machine_in_between_are_no_loss(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        append_some(2)
    append_some(3)
    with django_capture_on_commit_callbacks(execute=True):
        append_some(1)
    assert trail_head.remembered().startswith("6:")
    assert trail.verify().is_complete is True


@pytest.mark.parametrize("again", [1, 2, 5])
def test_numbers_used_again_after_a_cut_do_not_hide_it(django_capture_on_commit_callbacks, caplog, again):
    with django_capture_on_commit_callbacks(execute=True):
        append_some(4)
    known = trail_head.remembered()
    cut(3)
    with django_capture_on_commit_callbacks(execute=True):
        append_some(again)
    found = trail.verify()
    assert found.is_unaltered
    assert found.is_complete is False
    assert found.lost == (known,)
    assert any(record.levelname == "ERROR" and known in record.getMessage() for record in caplog.records)
    # And for ever, however much is written since.
    with django_capture_on_commit_callbacks(execute=True):
        append_some(6)
    assert trail.verify().is_complete is False
    assert trail.verify(trail.verify().newest).is_complete is False


def test_the_command_answers_both_questions(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        append_some()
    out = io.StringIO()
    call_command("verify_access_log", stdout=out)
    assert "Altered: no" in out.getvalue()
    assert "Tail:    complete up to 4:" in out.getvalue()
    TrailEntry.objects.filter(number=2).update(action="forged")
    with pytest.raises(CommandError):
        call_command("verify_access_log", stdout=out)
    assert "entry 2: altered" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("verify_access_log", "--anchor", "nonsense")


@pytest.mark.django_db(transaction=True)
def test_many_appenders_at_once_leave_no_hole():
    def work() -> None:
        try:
            for number in range(10):
                with transaction.atomic():
                    trail.append("record.viewed", object_id=number)
                    if number % 5 == 4:
                        transaction.set_rollback(True)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    numbers = list(TrailEntry.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 33))
    assert trail.verify().is_unaltered


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("written_since", [0, 3])
def test_a_loss_is_reported_until_an_administrator_acknowledges_it(tmp_path, written_since):
    append_some(4)
    known = trail_head.remembered()
    cut(3)
    if written_since:
        append_some(written_since)
    with pytest.raises(CommandError):
        call_command("verify_access_log", stdout=io.StringIO())
    out = io.StringIO()
    call_command("verify_access_log", "--acknowledge", stdout=out)
    assert f"Acknowledged as lost: {known}" in out.getvalue()
    assert f"complete up to {3 + written_since}:" in out.getvalue()
    entry = TrailEntry.objects.get(action="trail.loss_acknowledged")
    assert entry.detail.values == {"lost": [known]}
    assert known in (tmp_path / "trail-head-broken.txt").read_text()


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_durable_when_append_returns():
    trail.append("record.viewed")
    assert not connection.in_atomic_block
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM team_trailentry")
            assert cursor.fetchone() == (1,)
    finally:
        other.close()
