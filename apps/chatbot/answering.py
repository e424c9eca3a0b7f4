"""What a customer's words get from the bot: the one door for whoever holds conversations (B-4, B-6, B-7).

The caller asks `is_on()`, calls `answer()` outside a transaction, then writes the reply into the conversation
and `note()`s it in one transaction. Counts in a row come from what was noted before.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from apps.chatbot import live, questions
from apps.chatbot.decision import Facts, Rules, Verdict, decide
from apps.chatbot.knowing import Knowledge, Known
from apps.chatbot.models import Decision, Format, Library
from apps.chatbot.settings import AnswerSettings, SwitchSettings, WelcomeSettings
from apps.team import business

# Entries that are kept beside the one that was chosen.
RUNNERS_UP = 5


@dataclass(frozen=True)
class Reply:
    """What a question gets.

    `decision` is menu, direct, chitchat, guide or fallback. An answer has `text` in `format` (text or
    markdown); a guided question has `title` and `items`, the standard questions to choose from.
    `offers_human` puts a “to human” button beside it; `hands_over` starts the hand-over now, and `text` is
    empty then. `asks_helpful` puts thumbs under it.
    """

    decision: str
    text: str = ""
    format: str = Format.TEXT.value
    title: str = ""
    items: tuple[str, ...] = ()
    offers_human: bool = False
    hands_over: bool = False
    entry: int | None = None
    score: float | None = None
    release: int | None = None
    asks_helpful: bool = False
    language: str = ""
    runners_up: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class WelcomeCard:
    """The card a conversation begins with (B-3)."""

    title: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Explained:
    """An answer with all that led to it, for the test window (B-5, B-8)."""

    reply: Reply
    verdict: Verdict
    facts: Facts
    rules: Rules


def is_on() -> bool:
    """Whether the bot answers now: switched on (B-11), and something published that this process can use."""
    return business.read(SwitchSettings).is_on and live.current() is not None


def answer(text: str, *, conversation: UUID, language: str = "") -> Reply:
    """What the live release answers; reads only, so call it outside a transaction.

    `language` is the customer's. When nothing is published, the answer is the fall-back.
    """
    switches, answers = business.read(SwitchSettings), business.read(AnswerSettings)
    return explain(
        text, live.current(), switches, answers, lambda: questions.standing(conversation), language
    ).reply


def explain(
    text: str,
    knowledge: Knowledge | None,
    switches: SwitchSettings,
    answers: AnswerSettings,
    standing_of: Callable[[], questions.Standing] = questions.Standing,
    language: str = "",
) -> Explained:
    """What this knowledge answers under these settings, and why.

    How the conversation stands is asked only where it matters: not for an answer that is sure enough.
    """
    rules = Rules.of(switches, answers)
    facts = _facts(text, knowledge, rules)
    standing, verdict = questions.Standing(), decide(facts, rules)
    if verdict.entry is None:
        standing = standing_of()
        facts = replace(facts, guided_in_row=standing.guided_in_row, missed_in_row=standing.missed_in_row)
        verdict = decide(facts, rules)
    entries = verdict.listed if verdict.entry is None else (verdict.entry,)
    known = knowledge.known(entries) if knowledge and entries else {}
    if any(len(entry.answers) > 1 for entry in known.values()) and verdict.entry is not None:
        standing = standing_of()
    reply = _reply(verdict, known, switches, answers, standing, language)
    runners_up = _runners_up(facts, verdict)
    release = knowledge.release if knowledge else None
    return Explained(replace(reply, release=release, runners_up=runners_up), verdict, facts, rules)


def note(
    reply: Reply, text: str, *, conversation: UUID, channel: int, seq: int, answer_seq: int | None = None
) -> None:
    """Keep the question with its reply (B-6), inside the caller's transaction; a second time changes nothing.

    `seq` and `answer_seq` are the places of question and answer in the conversation.
    """
    noted = questions.Noted(
        reply.decision, reply.language, reply.release, reply.entry, reply.score, reply.runners_up
    )
    questions.note(noted, text, conversation=conversation, channel=channel, seq=seq, answer_seq=answer_seq)


def clicked(conversation: UUID, entry: int) -> bool:
    """The customer chose this entry from the last card; `note()` of a menu reply says so by itself."""
    return questions.clicked(conversation, entry)


def voted(conversation: UUID, answer_seq: int, is_helpful: bool | None) -> bool:
    """A thumb under the answer at this place of the conversation; False when the bot gave none there."""
    return questions.voted(conversation, answer_seq, is_helpful)


def handed_over(conversation: UUID) -> bool:
    """The customer went to an agent: kept with the newest question."""
    return questions.handed_over(conversation)


def forget(conversations: Iterable[UUID]) -> int:
    """Erase the questions of these conversations, which are being erased themselves."""
    return questions.forget(conversations)


def welcome(language: str = "") -> WelcomeCard | None:
    """The welcome card for a customer of this language; None when it is off or has no question."""
    card = business.read(WelcomeSettings)
    knowledge = live.current()
    if not card.is_shown or knowledge is None or not business.read(SwitchSettings).is_on:
        return None
    items = knowledge.welcome_items(language)
    return WelcomeCard(card.card_title.text(language), items) if items else None


def _facts(text: str, knowledge: Knowledge | None, rules: Rules) -> Facts:
    if knowledge is None or not text.strip():
        return Facts()
    picked = knowledge.exactly(text)
    if picked is not None:
        return Facts(picked=picked)
    limit = max(rules.guide_most, RUNNERS_UP + 1)
    qa = knowledge.rank(Library.QA, text, limit)
    # Small talk matters only where no answer is sure enough; the test window shows it all the same.
    chitchat = knowledge.rank(Library.CHITCHAT, text, limit) if rules.chitchat_on else ()
    return Facts(qa, chitchat)


def _reply(
    verdict: Verdict,
    known: dict[int, Known],
    switches: SwitchSettings,
    answers: AnswerSettings,
    standing: questions.Standing,
    language: str,
) -> Reply:
    common = {"decision": verdict.decision.value, "score": verdict.score, "language": language}
    if verdict.decision == Decision.GUIDE:
        items = tuple(known[entry].question for entry in verdict.listed if entry in known)
        return Reply(title=answers.guide_words.text(language), items=items, **common)
    if verdict.decision == Decision.FALLBACK:
        said = answers.missed_words if verdict.missed_enough else answers.fallback_words
        text = "" if verdict.hands_over else said.text(language)
        return Reply(text=text, offers_human=verdict.offers_human, hands_over=verdict.hands_over, **common)
    entry = known[verdict.entry]
    said = standing.answered[entry.entry] % len(entry.answers)
    asks = switches.asks_helpful and verdict.decision != Decision.CHITCHAT
    return Reply(
        text=entry.answers[said], format=entry.format, entry=entry.entry, asks_helpful=asks, **common
    )


def _runners_up(facts: Facts, verdict: Verdict) -> tuple[tuple[int, float], ...]:
    rest = [c for c in (*facts.qa, *facts.chitchat) if c.entry != verdict.entry]
    rest.sort(key=lambda candidate: -candidate.score)
    return tuple((candidate.entry, candidate.score) for candidate in rest[:RUNNERS_UP])
