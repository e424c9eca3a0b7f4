"""Releases (B-8): what they hold, one at a time, going back; what fails leaves the live one."""

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction

from apps.chatbot import building, comparing, drafts, knowledge, learning, live, releases, snapshots
from apps.chatbot.knowledge import Line, Values
from apps.chatbot.models import Artifact, EntryVersion, Library, Release, ReleaseState
from apps.team.models import TrailEntry
from csdesk import clock
from csdesk.errors import Invalid, WrongState
from tests.chatbot.libraries import CHITCHAT, INVOICE, QA, REFUND, add, live_now, publish, small_library

pytestmark = pytest.mark.django_db


def change(entry, **values) -> None:
    entry.refresh_from_db()
    kept = {"question": entry.question, "answer": entry.answer, "format": entry.format}
    kept["similar"] = tuple(entry.similar.values_list("text", flat=True))
    knowledge.change_entry(entry.pk, Values(**(kept | values)), category=entry.category_id)


def answer_of(entry) -> str:
    return live.current().known([entry.pk])[entry.pk].answers[0]


def test_a_release_holds_the_draft_of_its_moment():
    entries = small_library()
    release = publish("first")
    assert (release.entries, release.state, release.error) == (3, ReleaseState.PUBLISHED, "")
    change(entries[REFUND], answer="Five days.")
    knowledge.delete_entries(QA, [entries[INVOICE].pk])
    live.forget()
    assert answer_of(entries[REFUND]) == "Three days."
    assert live.current().exactly(INVOICE) == entries[INVOICE].pk


def test_releases_are_numbered_by_time_and_one_after_the_other():
    small_library()
    numbers = [publish().number.split("-") for _ in range(2)]
    assert all(number[0].startswith("V20") and len(number[1]) == 6 for number in numbers)
    assert [number[2] for number in numbers] == ["1", "2"]


def test_what_is_off_is_left_out():
    small_library()
    off = add("Off?")
    knowledge.switch_entries(QA, [off.pk], is_enabled=False)
    outer = knowledge.add_category(QA, "Outer")
    inner = knowledge.add_category(QA, "Inner", parent=outer.pk)
    within = add("Within?")
    knowledge.move_entries(QA, [within.pk], category=inner.pk)
    knowledge.switch_category(outer.pk, is_enabled=False)
    publish()
    assert not live.current().known([off.pk, within.pk])
    assert live.current().exactly("Off?") is None


def test_versions_are_shared_by_releases():
    entries = small_library()
    publish()
    change(entries[REFUND], answer="Five days.")
    publish()
    assert EntryVersion.objects.count() == 4


def test_what_was_learnt_is_used_again():
    entries = small_library()
    first = publish()
    change(entries[REFUND], answer="Five days.")
    second = publish()
    assert (second.qa, second.chitchat) == (first.qa, first.chitchat)
    change(entries[REFUND], similar=("another way to ask",))
    third = publish()
    assert third.qa != first.qa
    assert third.chitchat == first.chitchat


def test_publishing_uses_what_the_test_window_has_learnt(monkeypatch):
    small_library()
    drafts.learn()
    monkeypatch.setattr(learning, "train", lambda *_, **__: pytest.fail("learnt twice"))
    publish()


def test_nothing_is_published_from_an_empty_library():
    with pytest.raises(Invalid):
        releases.publish(None)
    add("Hello", library=CHITCHAT)
    with pytest.raises(Invalid):
        releases.publish(None)
    assert not Release.objects.exists()


def test_small_talk_is_not_needed():
    entry = add(REFUND, "Three days.")
    publish()
    assert answer_of(entry) == "Three days."
    assert live.current().rank(CHITCHAT, "hello", 3) == ()


def test_questions_without_a_letter_teach_nothing_and_do_no_harm():
    entry = add("???", "So what?")
    publish()
    assert live.current().rank(QA, "anything", 3) == ()
    assert live.current().exactly("???") == entry.pk


def test_a_second_publish_waits_for_the_first():
    small_library()
    first = releases.publish(None)
    with pytest.raises(WrongState):
        releases.publish(None)
    assert building.build(first.pk)
    releases.publish(None)


def test_a_release_is_built_once():
    small_library()
    release = releases.publish(None)
    assert building.build(release.pk)
    assert not building.build(release.pk)
    held = releases.publish(None)
    assert releases.claim(held.pk)
    assert releases.claim(held.pk) is None


@pytest.mark.parametrize("error", [RuntimeError, ValueError, MemoryError])
def test_a_failed_build_leaves_the_live_one(monkeypatch, error):
    entries = small_library()
    first = publish()
    change(entries[REFUND], answer="Five days.", similar=("a new way",))

    def broken(*_, **__):
        raise error("no")

    monkeypatch.setattr(learning, "train", broken)
    second = releases.publish(None)
    assert not building.build(second.pk)
    second.refresh_from_db()
    assert second.state == ReleaseState.FAILED and error.__name__ in second.reason
    assert not second.contents.exists()
    live.forget()
    assert releases.newest() == first
    assert answer_of(entries[REFUND]) == "Three days."


def test_a_build_that_is_not_heard_of_any_more_makes_way():
    small_library()
    dead = releases.publish(None)
    releases.claim(dead.pk)
    Release.objects.filter(pk=dead.pk).update(seen_at=clock.now() - timedelta(seconds=31))
    assert releases.being_built() is None
    dead.refresh_from_db()
    assert dead.state == ReleaseState.FAILED and dead.error
    assert not releases.go_live(dead)
    publish()


def test_a_build_that_waits_in_the_queue_is_not_taken_for_dead():
    small_library()
    waiting = releases.publish(None)
    Release.objects.filter(pk=waiting.pk).update(made_at=clock.now() - timedelta(seconds=60))
    assert releases.being_built() == waiting
    Release.objects.filter(pk=waiting.pk).update(made_at=clock.now() - timedelta(seconds=200))
    assert releases.being_built() is None


def test_going_back_brings_the_former_content_and_learns_nothing(monkeypatch, manager):
    entries = small_library()
    first = publish()
    change(entries[REFUND], answer="Five days.", similar=("a new way",))
    second = publish()
    monkeypatch.setattr(learning, "train", lambda *_, **__: pytest.fail("learnt again"))
    third = live_now(releases.roll_back(manager, first))
    assert answer_of(entries[REFUND]) == "Three days."
    assert (third.same_as, third.qa) == (first, first.qa)
    assert third.number != first.number
    entries[REFUND].refresh_from_db()
    assert entries[REFUND].answer == "Five days."  # the draft stays
    for refused in (third, first):
        with pytest.raises(WrongState):
            releases.roll_back(manager, refused)
    fourth = live_now(releases.roll_back(manager, second))
    assert answer_of(entries[REFUND]) == "Five days."
    assert fourth.same_as == second


def test_going_back_further_than_matchers_are_kept_learns_anew(monkeypatch):
    monkeypatch.setattr(building, "KEPT_RELEASES", 1)
    entries = small_library()
    first = publish()
    change(entries[REFUND], answer="Five days.", similar=("a new way",))
    publish()
    first.refresh_from_db()
    assert first.qa is None
    assert Artifact.objects.filter(library=QA).count() == 1
    back = releases.roll_back(None, first)
    assert back.state == ReleaseState.BUILDING
    assert building.build(back.pk)
    live_now(back)
    assert answer_of(entries[REFUND]) == "Three days."
    assert live.current().rank(QA, "when do I get my money back", 1)[0].entry == entries[REFUND].pk


def test_a_failed_release_never_comes_back(monkeypatch):
    small_library()
    monkeypatch.setattr(building, "_build", lambda *_: 1 / 0)
    failed = releases.publish(None)
    building.build(failed.pk)
    failed.refresh_from_db()
    with pytest.raises(WrongState):
        releases.roll_back(None, failed)


def test_publishing_and_going_back_are_logged(manager):
    small_library()
    first = publish("spring", manager)
    publish("summer", manager)
    releases.roll_back(manager, first, address="10.0.0.1")
    rows = TrailEntry.objects.filter(object_type="release").order_by("number")
    assert list(rows.values_list("action", "member_id")) == [
        ("release.published", manager.pk),
        ("release.published", manager.pk),
        ("release.rolled_back", manager.pk),
    ]


def test_releases_are_compared_field_by_field():
    entries = small_library()
    first = publish()
    change(entries[REFUND], answer="Five days.")
    knowledge.delete_entries(QA, [entries[INVOICE].pk])
    added = add("Where is my order?")
    second = publish()
    assert comparing.counts(second, first) == comparing.Counts(1, 1, 1)
    found = comparing.changes(second, first)
    assert [(change.kind, change.entry) for change in found] == [
        ("added", added.pk),
        ("changed", entries[REFUND].pk),
        ("removed", entries[INVOICE].pk),
    ]
    (field,) = found[1].fields
    assert (field.name, field.before, field.after) == ("answers", ["Three days."], ["Five days."])
    assert comparing.changes(second, first, kind="removed", start=0)[0].question == INVOICE
    assert comparing.changes(second, first, start=1, limit=1)[0].kind == "changed"
    assert comparing.counts(first, first).total == 0
    assert comparing.counts(first, None) == comparing.Counts(3, 0, 0)


def test_what_is_not_published_is_counted():
    entries = small_library()
    assert comparing.unpublished(None).total == 3
    release = publish()
    assert comparing.unpublished(release).total == 0
    change(entries[REFUND], answer="Five days.")
    assert comparing.unpublished(release) == comparing.Counts(0, 1, 0)
    change(entries[REFUND], answer="Three days.")
    assert comparing.unpublished(release).total == 0


def test_a_release_that_can_not_be_used_leaves_the_one_before(settings):
    entries = small_library()
    publish()
    live.current()
    change(entries[REFUND], answer="Five days.", similar=("a new way",))
    second = publish()
    for part in second.qa.parts.all():
        part.content = b"broken"
        part.save()
    settings.BOT_FOLDER += "-of-another-machine"
    live.forget()
    assert answer_of(entries[REFUND]) == "Three days."
    assert live.trouble(second.pk)
    assert building.renew(second.pk)
    live.forget()
    assert answer_of(entries[REFUND]) == "Five days."
    assert not building.renew(second.pk)


def test_damaged_files_of_this_machine_are_made_anew():
    entries = small_library()
    release = publish()
    place = building.artifacts.fetch(release.qa)
    for file in place.iterdir():
        file.write_bytes(b"\0" * file.stat().st_size)
    live.forget()
    assert answer_of(entries[REFUND]) == "Three days."
    assert live.current().rank(QA, REFUND, 1)


def test_a_release_ahead_is_loaded_before_its_moment(monkeypatch):
    entries = small_library()
    publish()
    assert answer_of(entries[REFUND]) == "Three days."
    change(entries[REFUND], answer="Five days.")
    second = releases.publish(None)
    building.build(second.pk)
    now = live.time.monotonic()
    for later, answer in [(0.6, "Three days."), (0.7, "Three days."), (60, "Five days.")]:
        monkeypatch.setattr(live.time, "monotonic", lambda later=later: now + later)
        if later == 0.7:  # it is loaded already: nothing is read any more
            monkeypatch.setattr(live, "_newest", lambda: pytest.fail("read again"))
        if later == 60:
            monkeypatch.setattr(live.Pointer, "look", lambda _: None)
        assert answer_of(entries[REFUND]) == answer


@pytest.mark.django_db(transaction=True)
def test_of_two_that_publish_at_once_one_is_refused():
    small_library()
    start, outcomes = threading.Barrier(2), []

    def race() -> None:
        try:
            start.wait(10)
            releases.publish(None)
            outcomes.append("begun")
        except WrongState:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["begun", "refused"]
    assert Release.objects.count() == 1


def test_a_release_takes_as_few_statements_however_large(django_assert_num_queries):
    for number in range(12):
        add(f"Question number {number}?", similar=(f"Ask {number}",))
    release = releases.publish(None)
    with django_assert_num_queries(3), transaction.atomic(savepoint=False):
        snapshots.take(release)
    assert release.entries == 12


def test_every_library_is_part_of_a_release():
    assert [field for field in ("qa", "chitchat") if hasattr(Release, field)] == list(Library.values)


def test_a_line_of_the_welcome_card_stays_until_a_release_without_its_entry_is_live():
    """B-3, B-8: customers see nothing of the draft before it is published."""
    entries = small_library()
    line = Line(entry=entries[REFUND].pk, language="en")
    knowledge.set_welcome([line, Line(text="Anything else?")])
    publish()
    change(entries[REFUND], question="Refunds?")
    knowledge.delete_entries(QA, [entries[REFUND].pk])
    live.forget()
    assert live.current().welcome_items("en") == (REFUND, "Anything else?")
    deleted, own = there = knowledge.welcome_lines()
    assert (deleted.shown, deleted.is_deleted, own.is_deleted) == (REFUND, True, False)
    knowledge.set_welcome([own, line], seen=knowledge.welcome_mark(there))
    assert [known.entry for known in knowledge.welcome_lines()] == [None, line.entry]
    publish()
    assert live.current().welcome_items("en") == ("Anything else?",)
    assert [known.text for known in knowledge.welcome_lines()] == ["Anything else?"]
    with pytest.raises(knowledge.InvalidEntry):
        knowledge.set_welcome([own, line])
