"""What the customer gets (B-4, B-7): from the live release, under the settings of the moment."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.chatbot import answering, drafts, knowledge, live, published
from apps.chatbot.decision import Candidate
from apps.chatbot.knowledge import Line
from apps.chatbot.models import AskedQuestion
from apps.chatbot.settings import AnswerSettings, SwitchSettings, WelcomeSettings
from apps.team import business
from csdesk import clock
from tests.chatbot.libraries import CHITCHAT, HELLO, INVOICE, QA, REFUND, add, publish, small_library

pytestmark = pytest.mark.django_db


def ask(text: str, conversation=None, language="en") -> answering.Reply:
    return answering.answer(text, conversation=conversation or uuid4(), language=language)


@pytest.fixture
def scores(monkeypatch):
    """Scores by library instead of the matchers' own."""

    def give(**by_library: list[tuple]) -> None:
        def rank(_self, library, _text, limit):
            found = by_library.get(str(library), [])
            return tuple(Candidate(entry.pk, score) for entry, score in found)[:limit]

        monkeypatch.setattr(published.PublishedKnowledge, "rank", rank)

    return give


def test_the_bot_is_on_once_something_is_published():
    assert not answering.is_on()
    small_library()
    assert not answering.is_on()
    publish()
    assert answering.is_on()
    business.save(SwitchSettings, {"is_on": False}, None)
    assert not answering.is_on()


def test_an_answer_has_text_format_entry_and_release():
    entries = small_library()
    release = publish()
    reply = ask("when do I get my money back?")
    assert (reply.decision, reply.text, reply.format) == ("direct", "Three days.", "text")
    assert (reply.entry, reply.release) == (entries[REFUND].pk, release.pk)
    assert reply.asks_helpful and reply.score >= 0.8
    assert ask("wrong name on the invoice").format == "markdown"


def test_a_line_of_a_card_is_answered_whatever_its_score(scores):
    entries = small_library()
    publish()
    scores(qa=[(entries[INVOICE], 1.0)])
    reply = ask(f"  {REFUND.upper()} ")
    assert (reply.decision, reply.entry, reply.text) == ("menu", entries[REFUND].pk, "Three days.")


def test_small_talk_asks_for_no_thumbs(scores):
    entries = small_library()
    publish()
    scores(qa=[(entries[REFUND], 0.5)], chitchat=[(entries[HELLO], 0.9)])
    reply = ask("hello there")
    assert (reply.decision, reply.text, reply.asks_helpful) == ("chitchat", "Hi there!", False)
    assert reply.runners_up == ((entries[REFUND].pk, 0.5),)


def test_guiding_lists_standard_questions(scores):
    entries = small_library()
    publish()
    scores(qa=[(entries[INVOICE], 0.6), (entries[REFUND], 0.4)])
    reply = ask("money?", language="en")
    assert (reply.decision, reply.items) == ("guide", (INVOICE, REFUND))
    assert reply.title == "Did you mean one of these?"
    assert ask("money?", language="zh-hans").title == "您可能想问"


def test_the_fall_back_speaks_the_customers_language(scores):
    small_library()
    publish()
    scores()
    assert ask("zzz", language="zh-CN").text.startswith("抱歉")
    reply = ask("zzz", language="en-GB")
    assert reply.text.startswith("Sorry") and reply.offers_human and not reply.hands_over


def test_who_misses_again_hears_other_words(scores):
    small_library()
    publish()
    scores()
    talk, said = uuid4(), []
    for seq in range(1, 4):
        reply = ask("zzz", talk)
        said.append((reply.text.split()[0], reply.offers_human))
        answering.note(reply, "zzz", conversation=talk, channel=1, seq=seq)
    assert said == [("Sorry,", True), ("I", True), ("I", True)]


def test_a_hand_over_says_nothing_itself(scores):
    small_library()
    publish()
    scores()
    business.save(AnswerSettings, {"fallback": "human"}, None)
    reply = ask("zzz")
    assert (reply.text, reply.hands_over, reply.offers_human) == ("", True, False)


def test_counts_in_a_row_come_from_the_conversation(scores):
    entries = small_library()
    publish()
    scores(qa=[(entries[REFUND], 0.5)])
    talk = uuid4()
    decisions = []
    for seq in range(1, 5):
        reply = ask("money?", talk)
        decisions.append(reply.decision)
        answering.note(reply, "money?", conversation=talk, channel=1, seq=seq)
    assert decisions == ["guide", "guide", "fallback", "guide"]
    assert ask("money?").decision == "guide"  # another customer


def test_answers_are_said_in_turn(scores):
    small_library()
    entry = add("Tell me a joke", "One.", library=CHITCHAT, more_answers=("Two.",))
    publish()
    scores(chitchat=[(entry, 1.0)])
    talk, said = uuid4(), []
    for seq in range(1, 4):
        reply = ask("Tell me a joke", talk)
        answering.note(reply, "Tell me a joke", conversation=talk, channel=1, seq=seq)
        said.append(reply.text)
    assert entry.pk == reply.entry
    assert said == ["One.", "Two.", "One."]


def test_an_entry_answers_only_while_it_is_valid(monkeypatch):
    small_library()
    tomorrow = clock.now() + timedelta(days=1)
    sale = add(
        "What is on sale?",
        "Kettles.",
        ("sale today",),
        valid_from=tomorrow,
        valid_to=tomorrow + timedelta(days=1),
    )
    publish()
    for days, is_valid in [(0, False), (1.5, True), (3, False)]:
        moment = clock.now() + timedelta(days=days)
        with monkeypatch.context() as patch:
            patch.setattr(clock, "now", lambda moment=moment: moment)
            assert (ask("What is on sale?").entry == sale.pk) == is_valid
            ranked = [candidate.entry for candidate in live.current().rank(QA, "sale today", 5)]
            assert (sale.pk in ranked) == is_valid


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "?!…。",
        "😀😀",
        "\x00\x07\u202e",
        "退" * 5_000,
        "a" * 5_000,
        "مرحبا",
        "𓀀𓀁",
        "' OR 1=1 --",
        "%s %(x)s",
    ],
)
def test_whatever_is_asked_gets_something(text):
    small_library()
    publish()
    reply = ask(text)
    assert reply.decision in ("fallback", "guide", "direct", "chitchat")
    answering.note(reply, text, conversation=uuid4(), channel=1, seq=1)
    assert AskedQuestion.objects.count() == 1


def test_without_a_release_there_is_the_fall_back():
    assert ask("hello").decision == "fallback"


def test_the_welcome_card_shows_what_is_published_in_the_customers_language():
    entries = small_library()
    publish()
    later = add("Added later?")
    knowledge.set_welcome(
        [
            Line(text="Opening hours?", language="en"),
            Line(entry=entries[REFUND].pk),
            Line(text="营业时间？", language="zh-hans"),
            Line(entry=later.pk),
        ]
    )
    live.forget()
    assert answering.welcome("en").items == ("Opening hours?", REFUND)
    card = answering.welcome("zh-CN")
    assert (card.title, card.items) == ("猜你想问", (REFUND, "营业时间？"))
    business.save(WelcomeSettings, {"is_shown": False}, None)
    assert answering.welcome("en") is None


def test_no_card_without_a_question():
    small_library()
    publish()
    assert answering.welcome("en") is None


def test_the_draft_answers_what_is_not_published():
    entries = small_library()
    publish()
    fresh = add("Where is my parcel?", "On its way.", ("parcel not here",))
    assert drafts.behind() == 1
    drafts.learn()
    assert drafts.behind() == 0
    draft = drafts.DraftKnowledge()
    assert draft.exactly("where is my  parcel?") == fresh.pk
    assert draft.rank(QA, "parcel not here", 1)[0].entry == fresh.pk
    knowledge.switch_entries(QA, [fresh.pk], is_enabled=False)
    assert draft.exactly("where is my parcel?") is None
    assert fresh.pk not in [found.entry for found in draft.rank(QA, "parcel not here", 5)]
    assert draft.known([entries[REFUND].pk])[entries[REFUND].pk].answers == ("Three days.",)


def test_the_draft_of_an_emptied_library_knows_nothing():
    entries = small_library()
    drafts.learn()
    knowledge.delete_entries(QA, [entries[REFUND].pk, entries[INVOICE].pk])
    drafts.learn()
    assert drafts.behind() == 0
    assert drafts.DraftKnowledge().rank(QA, "when do I get my money back", 5) == ()


def test_a_sure_answer_asks_the_database_at_most_once(scores, django_assert_num_queries, monkeypatch):
    entries = small_library()
    publish()
    monkeypatch.setattr(live, "LOOK_EVERY", 1_000)
    monkeypatch.setattr(business, "CACHE_SECONDS", 1_000)
    scores(qa=[(entries[REFUND], 0.9)])
    ask("money")
    with django_assert_num_queries(0):
        assert ask("when is my money back").entry == entries[REFUND].pk
    scores()
    with django_assert_num_queries(1):
        assert ask("zzz").decision == "fallback"


def test_the_worker_is_asked_once_to_learn_the_draft(monkeypatch):
    sent = []
    monkeypatch.setattr(drafts.current_app, "send_task", lambda name: sent.append(name))
    assert drafts.prepare() == 0
    assert not sent  # nothing was ever edited
    small_library()
    assert drafts.prepare() == 3
    assert drafts.prepare(0.05) == 3  # who waits is told when nobody learns
    assert sent == ["chatbot.tasks.learn_draft"]
    monkeypatch.setattr(drafts.time, "sleep", lambda _: drafts.learn())
    assert drafts.prepare(10) == 0
