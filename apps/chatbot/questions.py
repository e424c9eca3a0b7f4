"""Every question that was asked, what it got and what the customer did next (B-6, B-7)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from apps.chatbot.models import AskedQuestion, Decision
from csdesk import clock

# How far back a conversation is looked at; more guided or missed in a row than this nobody has.
_LOOKED_AT = 30
_TEXT_LIMIT = 5_000


@dataclass(frozen=True)
class Standing:
    """How a conversation stands before its next question.

    `guided_in_row` are the guided questions right before; `missed_in_row` the fall-backs since the last
    answer of the Q&A library: what was guided or small talk in between neither counts nor ends the row.
    `answered` says how often each entry has answered.
    """

    guided_in_row: int = 0
    missed_in_row: int = 0
    answered: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class Noted:
    """What is kept of an answer; `runners_up` are pairs of entry and score."""

    decision: str
    language: str = ""
    release: int | None = None
    entry: int | None = None
    score: float | None = None
    runners_up: Sequence[tuple[int, float]] = ()


def standing(conversation: UUID) -> Standing:
    """The counts in a row that the decision needs (B-4); one query."""
    rows = AskedQuestion.objects.filter(conversation=conversation).order_by("-seq")
    return counted(list(rows.values_list("decision", "entry_id")[:_LOOKED_AT]))


def counted(rows: Sequence[tuple[str, int | None]]) -> Standing:
    """The standing after these decisions and entries, newest first."""
    guided = missed = 0
    for decision, _entry in rows:
        if decision != Decision.GUIDE:
            break
        guided += 1
    for decision, _entry in rows:
        if decision in (Decision.DIRECT, Decision.MENU):
            break
        missed += decision == Decision.FALLBACK
    return Standing(guided, missed, Counter(entry for _decision, entry in rows if entry is not None))


def note(
    noted: Noted, text: str, *, conversation: UUID, channel: int, seq: int, answer_seq: int | None = None
) -> None:
    """Keep a question with what it got, inside the caller's transaction; a second time changes nothing.

    `seq` and `answer_seq` are the places of question and answer in the conversation. A question picked from a
    card is at once what the customer did about the question before it.
    """
    if noted.decision == Decision.MENU and noted.entry is not None:
        clicked(conversation, noted.entry, before=seq)
    question = AskedQuestion(
        conversation=conversation,
        channel=channel,
        asked_at=clock.now(),
        language=noted.language[:10],
        text=text.replace("\0", "")[:_TEXT_LIMIT],
        seq=seq,
        answer_seq=answer_seq,
        release_id=noted.release,
        decision=noted.decision,
        entry_id=noted.entry,
        score=noted.score,
        runners_up=[[entry, round(score, 4)] for entry, score in noted.runners_up],
    )
    AskedQuestion.objects.bulk_create([question], ignore_conflicts=True)


def clicked(conversation: UUID, entry: int, *, before: int | None = None) -> bool:
    """The customer chose this entry from the card of the newest question; False when none was guided."""
    rows = AskedQuestion.objects.filter(conversation=conversation)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    newest = rows.order_by("-seq").first()
    if newest is None or newest.decision != Decision.GUIDE or newest.clicked_at is not None:
        return False
    newest.clicked_entry_id, newest.clicked_at = entry, clock.now()
    newest.save(update_fields=["clicked_entry_id", "clicked_at"])
    return True


def voted(conversation: UUID, answer_seq: int, is_helpful: bool | None) -> bool:
    """The customer's thumb under the answer at this place (B-7); the last counts. False without an answer."""
    rows = AskedQuestion.objects.filter(conversation=conversation, answer_seq=answer_seq)
    return bool(rows.update(is_helpful=is_helpful, voted_at=clock.now()))


def handed_over(conversation: UUID) -> bool:
    """The customer went to an agent after the newest question; False when the bot was asked nothing."""
    rows = AskedQuestion.objects.filter(conversation=conversation)
    newest = rows.order_by("-seq").values_list("pk", flat=True)[:1]
    return bool(rows.filter(pk__in=list(newest), to_human_at=None).update(to_human_at=clock.now()))


def forget(conversations: Iterable[UUID]) -> int:
    """Erase all questions of these conversations; how many there were."""
    deleted, _each = AskedQuestion.objects.filter(conversation__in=list(conversations)).delete()
    return deleted
