"""What a question gets (B-4): a pure function over plain facts, with the reasons in their order.

Nothing here knows a database, a language or a screen, so the decision can be tested, previewed and explained.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from apps.chatbot.models import Decision
from apps.chatbot.settings import AnswerSettings, SwitchSettings


@dataclass(frozen=True)
class Candidate:
    """An entry that may answer: its score in [0, 1] and the stored question that spoke for it."""

    entry: int
    score: float
    matched: str = ""


@dataclass(frozen=True)
class Rules:
    """The settings that decide; thresholds are scores in [0, 1]."""

    direct: float = 0.80
    chitchat: float = 0.80
    guide: float = 0.30
    chitchat_on: bool = True
    guide_on: bool = True
    guide_most: int = 3
    guide_times: int = 2
    fallback: str = "button"  # words, button, human
    misses: int = 2  # 0 = never
    after_misses: str = "offer"  # offer, start

    @classmethod
    def of(cls, switches: SwitchSettings, answers: AnswerSettings) -> "Rules":
        return cls(
            direct=answers.direct,
            chitchat=answers.chitchat,
            guide=answers.guide,
            chitchat_on=switches.chitchat_on,
            guide_on=switches.guide_on,
            guide_most=answers.guide_most,
            guide_times=answers.guide_times,
            fallback=answers.fallback,
            misses=answers.misses,
            after_misses=answers.after_misses,
        )


@dataclass(frozen=True)
class Facts:
    """What is known when a question is decided; rankings are best first.

    `picked` is the entry whose standard question is the text itself, as a card's lines are. `guided_in_row`
    counts the guided questions right before this one, `missed_in_row` the fall-backs since the last answer.
    """

    qa: tuple[Candidate, ...] = ()
    chitchat: tuple[Candidate, ...] = ()
    picked: int | None = None
    guided_in_row: int = 0
    missed_in_row: int = 0


class Why(StrEnum):
    """Why a step was taken or passed over."""

    PICKED = "picked"
    REACHED = "reached"
    BELOW = "below"
    NOTHING = "nothing"
    OFF = "off"
    OFTEN_ENOUGH = "often_enough"
    LAST = "last"
    MISSED = "missed"


@dataclass(frozen=True)
class Step:
    """One rule that was looked at: `score` against `line`, or `count` of `most`."""

    rule: str  # menu, direct, chitchat, guide, fallback, misses
    is_taken: bool
    why: Why
    score: float | None = None
    line: float | None = None
    count: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What the question gets; `listed` are the entries of a guided question's card."""

    decision: Decision
    entry: int | None = None
    score: float | None = None
    listed: tuple[int, ...] = ()
    offers_human: bool = False
    hands_over: bool = False
    # Enough misses in a row: other words than the fall-back's own.
    missed_enough: bool = False
    steps: tuple[Step, ...] = field(default=(), compare=False)


def decide(facts: Facts, rules: Rules) -> Verdict:
    """The first rule that applies, in the order of B-4."""
    if facts.picked is not None:
        step = Step("menu", True, Why.PICKED)
        return Verdict(Decision.MENU, facts.picked, 1.0, steps=(step,))
    steps = [_reached("direct", facts.qa, rules.direct)]
    if steps[-1].is_taken:
        return _answered(Decision.DIRECT, facts.qa[0], steps)
    steps.append(_reached("chitchat", facts.chitchat, rules.chitchat, rules.chitchat_on))
    if steps[-1].is_taken:
        return _answered(Decision.CHITCHAT, facts.chitchat[0], steps)
    steps.append(_guided(facts, rules))
    if steps[-1].is_taken:
        near = [candidate for candidate in facts.qa if candidate.score >= rules.guide]
        listed = tuple(candidate.entry for candidate in near[: rules.guide_most])
        return Verdict(Decision.GUIDE, None, near[0].score, listed, steps=tuple(steps))
    return _fallen_back(facts, rules, steps)


def _reached(rule: str, ranking: tuple[Candidate, ...], line: float, is_on: bool = True) -> Step:
    if not is_on:
        return Step(rule, False, Why.OFF)
    if not ranking:
        return Step(rule, False, Why.NOTHING, line=line)
    score = ranking[0].score
    is_taken = score >= line
    return Step(rule, is_taken, Why.REACHED if is_taken else Why.BELOW, score, line)


def _guided(facts: Facts, rules: Rules) -> Step:
    step = _reached("guide", facts.qa, rules.guide, rules.guide_on)
    if not step.is_taken:
        return step
    is_taken = facts.guided_in_row < rules.guide_times
    return Step(
        "guide",
        is_taken,
        Why.REACHED if is_taken else Why.OFTEN_ENOUGH,
        step.score,
        step.line,
        facts.guided_in_row,
        rules.guide_times,
    )


def _answered(decision: Decision, best: Candidate, steps: list[Step]) -> Verdict:
    return Verdict(decision, best.entry, best.score, steps=tuple(steps))


def _fallen_back(facts: Facts, rules: Rules, steps: list[Step]) -> Verdict:
    """Fall-back words, a button beside them, or straight to an agent; more after enough misses."""
    steps.append(Step("fallback", True, Why.LAST))
    missed = facts.missed_in_row + 1
    is_enough = 0 < rules.misses <= missed
    if rules.misses:
        why = Why.MISSED if is_enough else Why.BELOW
        steps.append(Step("misses", is_enough, why, count=missed, most=rules.misses))
    hands_over = rules.fallback == "human" or (is_enough and rules.after_misses == "start")
    offers_human = not hands_over and (rules.fallback == "button" or is_enough)
    best = facts.qa[0].score if facts.qa else None
    return Verdict(Decision.FALLBACK, None, best, (), offers_human, hands_over, is_enough, tuple(steps))
