"""Two who edit at once (B-1): one after the other, the later one told, nothing half done."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from apps.chatbot import knowledge
from apps.chatbot.knowledge import InvalidEntry, Row, Values, draft
from apps.chatbot.models import Entry, Library, LibraryState, SimilarQuestion
from csdesk.errors import Unavailable, WrongState
from tests.chatbot.libraries import would_know

pytestmark = pytest.mark.django_db(transaction=True)

QA = Library.QA


def at_once(*acts: Callable) -> list:
    """What each act returned or raised, all begun at the same moment."""
    ready, said = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable) -> None:
        ready.wait(10)
        try:
            said[place] = act()
        except Exception as error:
            said[place] = error
        connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def test_the_same_question_added_by_four_at_once_is_there_once():
    def add():
        return knowledge.add_entry(QA, Values(question="Refund?", answer="!", similar=["a", "b"]))

    said = at_once(*[add] * 4)
    assert sum(isinstance(one, Entry) for one in said) == 1
    assert sum(isinstance(one, InvalidEntry) for one in said) == 3
    assert SimilarQuestion.objects.count() == 2
    assert knowledge.revision(QA) == 1


def test_of_two_who_save_what_they_saw_one_is_told():
    entry = knowledge.add_entry(QA, Values(question="Refund?", answer="!"))
    seen = Entry.objects.get().changed_at

    def save(answer):
        values = Values(question="Refund?", answer=answer)
        return lambda: knowledge.change_entry(entry.pk, values, category=None, seen=seen)

    said = at_once(save("one"), save("two"))
    assert sorted(type(one) for one in said if isinstance(one, Exception)) == [WrongState]
    assert knowledge.revision(QA) == 2


def test_imports_and_deletions_at_once_leave_whole_entries():
    rows = [Row(n, Values(question=f"q {n}", answer="!", similar=[f"s {n}"])) for n in range(50)]
    knowledge.upsert_many(QA, rows)
    ids = list(Entry.objects.values_list("pk", flat=True))
    more = [Row(n, Values(question=f"q {n}", answer="?", similar=[f"t {n}"])) for n in range(50)]
    said = at_once(
        lambda: knowledge.upsert_many(QA, more),
        lambda: knowledge.delete_entries(QA, ids),
        lambda: knowledge.switch_entries(QA, ids, is_enabled=False),
    )
    assert not [one for one in said if isinstance(one, Exception)]
    for entry in Entry.objects.all():
        assert entry.answer == "?"
        assert [one.text for one in entry.similar.all()] == [entry.question.replace("q", "t")]
    assert SimilarQuestion.objects.count() == Entry.objects.count()


def test_who_waits_too_long_for_somebody_elses_act_is_told(monkeypatch):
    monkeypatch.setattr(draft, "PATIENCE_MS", 50)
    knowledge.add_entry(QA, Values(question="there", answer="!"))
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            LibraryState.objects.select_for_update().get(pk=QA)
            held.set()
            done.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    try:
        with pytest.raises(Unavailable):
            knowledge.add_entry(QA, Values(question="mine", answer="!"))
        # The other library goes on, and so does this one for whoever reads.
        knowledge.add_entry(Library.CHITCHAT, Values(question="hello", answer="!"))
        assert would_know() == [["there"]]
    finally:
        done.set()
        holder.join()
    knowledge.add_entry(QA, Values(question="mine", answer="!"))
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone()[0] == "0"
