"""What a question gets (B-4): every branch, the order of the rules, what thresholds can do."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.chatbot.decision import Candidate, Facts, Rules, Why, decide
from apps.chatbot.models import Decision
from apps.chatbot.settings import AnswerSettings, SwitchSettings
from apps.team.business import InvalidSetting, changed

RULES = Rules()
ORDER = [Decision.FALLBACK, Decision.GUIDE, Decision.DIRECT]

share = st.integers(0, 100).map(lambda hundredths: hundredths / 100)
rankings = st.lists(share, max_size=6).map(
    lambda scores: tuple(Candidate(n, score) for n, score in enumerate(sorted(scores, reverse=True)))
)
rules = st.builds(
    Rules,
    direct=share,
    chitchat=share,
    guide=share,
    chitchat_on=st.booleans(),
    guide_on=st.booleans(),
    guide_most=st.integers(1, 10),
    guide_times=st.integers(1, 3),
    fallback=st.sampled_from(["words", "button", "human"]),
    misses=st.integers(0, 3),
    after_misses=st.sampled_from(["offer", "start"]),
)
facts = st.builds(
    Facts, qa=rankings, chitchat=rankings, guided_in_row=st.integers(0, 4), missed_in_row=st.integers(0, 4)
)


def ranked(*scores: float) -> tuple[Candidate, ...]:
    return tuple(Candidate(number, score) for number, score in enumerate(scores, start=1))


def small_talk(score: float) -> tuple[Candidate, ...]:
    return (Candidate(99, score),)


def test_an_answer_that_is_sure_enough_is_given():
    verdict = decide(Facts(ranked(0.8, 0.5), small_talk(1.0)), RULES)
    assert (verdict.decision, verdict.entry, verdict.score) == (Decision.DIRECT, 1, 0.8)


def test_small_talk_comes_second():
    verdict = decide(Facts(ranked(0.79), small_talk(0.8)), RULES)
    assert (verdict.decision, verdict.entry) == (Decision.CHITCHAT, 99)


def test_small_talk_can_be_off():
    verdict = decide(Facts(ranked(0.79), small_talk(1.0)), replace(RULES, chitchat_on=False))
    assert verdict.decision == Decision.GUIDE


def test_guiding_lists_the_nearest_above_its_line():
    verdict = decide(Facts(ranked(0.79, 0.5, 0.4, 0.3, 0.29)), replace(RULES, guide_most=10))
    assert verdict.listed == (1, 2, 3, 4)
    assert decide(Facts(ranked(0.79, 0.5, 0.4, 0.3)), RULES).listed == (1, 2, 3)


def test_nobody_is_guided_more_often_than_set():
    near = Facts(ranked(0.5))
    assert decide(replace(near, guided_in_row=1), RULES).decision == Decision.GUIDE
    verdict = decide(replace(near, guided_in_row=2), RULES)
    assert verdict.decision == Decision.FALLBACK
    assert Why.OFTEN_ENOUGH in [step.why for step in verdict.steps]


def test_guiding_can_be_off():
    assert decide(Facts(ranked(0.79)), replace(RULES, guide_on=False)).decision == Decision.FALLBACK


@pytest.mark.parametrize(
    ("fallback", "offers", "hands"),
    [("words", False, False), ("button", True, False), ("human", False, True)],
)
def test_the_fall_back_is_the_one_that_is_set(fallback, offers, hands):
    verdict = decide(Facts(), replace(RULES, fallback=fallback, misses=0))
    assert (verdict.decision, verdict.offers_human, verdict.hands_over) == (Decision.FALLBACK, offers, hands)


@pytest.mark.parametrize(("after", "offers", "hands"), [("offer", True, False), ("start", False, True)])
def test_enough_misses_in_a_row_lead_to_an_agent(after, offers, hands):
    settled = replace(RULES, fallback="words", misses=2, after_misses=after)
    first = decide(Facts(missed_in_row=0), settled)
    assert (first.offers_human, first.hands_over) == (False, False)
    second = decide(Facts(missed_in_row=1), settled)
    assert (second.offers_human, second.hands_over) == (offers, hands)


def test_what_was_picked_from_a_card_is_not_scored():
    verdict = decide(Facts(ranked(1.0), small_talk(1.0), picked=7), RULES)
    assert (verdict.decision, verdict.entry, verdict.score) == (Decision.MENU, 7, 1.0)


@given(facts, rules)
def test_every_question_gets_exactly_what_one_step_says(given_facts, given_rules):
    verdict = decide(given_facts, given_rules)
    taken = [step.rule for step in verdict.steps if step.is_taken and step.rule != "misses"]
    assert taken == [verdict.decision]
    answers = verdict.decision in (Decision.DIRECT, Decision.CHITCHAT)
    assert (verdict.entry is not None) == answers
    assert bool(verdict.listed) == (verdict.decision == Decision.GUIDE)
    assert len(verdict.listed) <= given_rules.guide_most
    assert not (verdict.offers_human and verdict.hands_over)
    assert verdict.decision == Decision.FALLBACK or not (verdict.offers_human or verdict.hands_over)


@given(rankings, share, share, rules)
def test_a_higher_line_never_answers_more(ranking, one, other, given_rules):
    low, high = sorted([one, other])
    asked = Facts(ranking)
    lenient = decide(asked, replace(given_rules, direct=low))
    strict = decide(asked, replace(given_rules, direct=high))
    if strict.decision == Decision.DIRECT:
        assert lenient.decision == Decision.DIRECT


@given(share, share, share, share)
def test_a_better_score_never_gets_less(one, other, line_one, line_other):
    worse, better = sorted([one, other])
    guide, direct = sorted([line_one, line_other])
    settled = Rules(direct=direct, guide=guide)
    got = [ORDER.index(decide(Facts(ranked(score)), settled).decision) for score in (worse, better)]
    assert got == sorted(got)


def test_the_settings_of_the_business_are_the_rules():
    answers = changed(AnswerSettings(), {"direct": 0.9, "guide": 0.9, "misses": 0, "fallback": "words"})
    switches = changed(SwitchSettings(), {"guide_on": False, "chitchat_on": False})
    assert Rules.of(switches, answers) == Rules(
        direct=0.9, guide=0.9, misses=0, fallback="words", guide_on=False, chitchat_on=False
    )
    assert Rules.of(SwitchSettings(), AnswerSettings()) == RULES


def test_guiding_can_not_begin_above_the_direct_answer():
    with pytest.raises(InvalidSetting) as refused:
        changed(AnswerSettings(), {"direct": 0.5, "guide": 0.51})
    assert refused.value.field == "guide"


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), True, "0.5", None])
def test_a_line_is_a_number_from_0_to_1(value):
    with pytest.raises(InvalidSetting):
        changed(AnswerSettings(), {"direct": value})
