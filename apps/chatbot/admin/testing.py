"""The test window and the preview of settings (B-5, B-8, M-2): what a question would get now, and why."""

import json
from dataclasses import dataclass

from django.conf import settings as deployment
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from apps.chatbot import answering, drafts, questions
from apps.chatbot.decision import Candidate, Step, Why
from apps.chatbot.models import Decision, Library
from apps.chatbot.settings import AnswerSettings, SwitchSettings
from apps.chatbot.templatetags.bot_pages import score as shown
from apps.team import business
from csdesk.console.settings_forms import SectionForm

TEXT_LIMIT = 5_000
# A small draft is learnt in this time, so that an edit is answered from at once; seconds.
PATIENCE = 6.0
# The rail of scores: from LEFT to LEFT + WIDTH.
LEFT, WIDTH = 4, 344
SHOWN_RUNNERS = 4


@dataclass(frozen=True)
class Runner:
    """A candidate in the list below the rail."""

    score: float
    question: str
    matched: str
    sign: str
    entry: int
    is_chitchat: bool = False
    is_chosen: bool = False

    @property
    def x(self) -> float:
        return _x(self.score)


def ready(request: HttpRequest) -> HttpResponse:
    """Have the draft learnt; tells how many acts of editing are still missing."""
    return JsonResponse({"behind": drafts.prepare()})


def ask(request: HttpRequest) -> HttpResponse:
    """What the draft would answer; with the fields of a settings form, under what is typed there."""
    text = request.POST.get("text", "")[:TEXT_LIMIT]
    if request.method != "POST" or not text.strip():
        return JsonResponse({"detail": _("Write a question first.")}, status=400)
    language = request.POST.get("language", "")
    if language not in dict(deployment.LANGUAGES):
        language = deployment.LANGUAGE_CODE
    switches, answers = business.current(SwitchSettings), business.current(AnswerSettings)
    section = request.POST.get("section", "")
    for current in (switches, answers):
        if section == current.name:
            form = SectionForm(current, request.POST)
            if not form.is_valid():
                return JsonResponse({"detail": _("The values typed do not fit together yet.")}, status=400)
            typed = business.changed(current, form.changed_values)
            switches, answers = (typed, answers) if current is switches else (switches, typed)
    behind = drafts.prepare(PATIENCE)
    knowledge = drafts.DraftKnowledge()
    standing = questions.counted(_rows(request.POST.get("rows", "[]")))
    found = answering.explain(text, knowledge, switches, answers, lambda: standing, language)
    reply = found.reply
    return JsonResponse(
        {
            "decision": reply.decision,
            "entry": reply.entry,
            "text": reply.text,
            "format": reply.format,
            "title": reply.title,
            "items": reply.items,
            "offers_human": reply.offers_human,
            "hands_over": reply.hands_over,
            "asks_helpful": reply.asks_helpful,
            "why": render_to_string("admin/chatbot/decision.html", _why(found, knowledge)),
            "note": _note(behind, switches),
        }
    )


def _rows(text: str) -> list[tuple[str, int | None]]:
    """The decisions of this test talk, newest first, as the page remembers them."""
    try:
        rows = json.loads(text)
        kept = [(str(decision), entry) for decision, entry in rows[:30]]
    except (ValueError, TypeError):
        return []
    return [
        (decision, entry if isinstance(entry, int) else None)
        for decision, entry in kept
        if decision in Decision.values
    ]


def _note(behind: int, switches: SwitchSettings) -> str:
    if behind:
        return _("Testing an earlier draft: what was changed since (%s) is being learnt.") % behind
    return (
        "" if switches.is_on else _("The bot is off: customers go to agents. Here it answers all the same.")
    )


def _why(found: answering.Explained, knowledge: drafts.DraftKnowledge) -> dict:
    verdict, rules, facts = found.verdict, found.rules, found.facts
    best = verdict.score if verdict.decision != Decision.MENU else None
    is_chitchat = verdict.decision == Decision.CHITCHAT
    return {
        "decision": verdict.decision,
        "name": _names()[verdict.decision],
        "tag": {Decision.GUIDE: "near", Decision.FALLBACK: "late"}.get(verdict.decision, "ok"),
        "icon": {Decision.GUIDE: "alert", Decision.FALLBACK: "x"}.get(verdict.decision, "check"),
        "library": Library.CHITCHAT.label if is_chitchat else Library.QA.label,
        "relation": _relation(found),
        "steps": [_told(step, found) for step in verdict.steps],
        "runners": _runners(found, knowledge),
        "is_picked": verdict.decision == Decision.MENU,
        "best": best,
        "best_x": _x(best or 0),
        "marks": _marks(found),
        "is_chitchat": is_chitchat,
        "guide": rules.guide,
        "direct": rules.chitchat if is_chitchat else rules.direct,
        "count": facts.guided_in_row + 1,
        "most": rules.guide_times,
    }


def _names() -> dict[str, str]:
    return {
        Decision.MENU: _("Picked from a card"),
        Decision.DIRECT: _("Direct answer"),
        Decision.CHITCHAT: _("Chit-chat"),
        Decision.GUIDE: _("Guided question"),
        Decision.FALLBACK: _("No answer"),
    }


def _relation(found: answering.Explained) -> str:
    """The score against the lines, as a formula: `.30 ≤ .72 < .80`."""
    verdict, rules = found.verdict, found.rules
    best = shown(verdict.score)
    if verdict.decision == Decision.DIRECT:
        return f"{best} ≥ {shown(rules.direct)}"
    if verdict.decision == Decision.CHITCHAT:
        return f"{best} ≥ {shown(rules.chitchat)}"
    if verdict.decision == Decision.GUIDE:
        return f"{shown(rules.guide)} ≤ {best} < {shown(rules.direct)}"
    if verdict.decision == Decision.FALLBACK and verdict.score is not None:
        sign = "<" if verdict.score < rules.guide else "≥"
        return f"{best} {sign} {shown(rules.guide)}"
    return ""


def _marks(found: answering.Explained) -> list[dict]:
    """The lines on the rail and the words between them."""
    rules = found.rules
    if found.verdict.decision == Decision.CHITCHAT:
        return [{"x": _x(rules.chitchat), "text": shown(rules.chitchat)}]
    marks = [{"x": _x(rules.direct), "text": shown(rules.direct)}]
    if rules.guide_on and rules.guide < rules.direct:
        marks.insert(0, {"x": _x(rules.guide), "text": shown(rules.guide)})
    return marks


def _runners(found: answering.Explained, knowledge: drafts.DraftKnowledge) -> list[Runner]:
    verdict, facts = found.verdict, found.facts
    small_talk = {candidate.entry for candidate in facts.chitchat}
    ranking = sorted((*facts.qa, *facts.chitchat), key=lambda candidate: -candidate.score)
    listed = [candidate for candidate in ranking if candidate.entry in verdict.listed]
    rest = [candidate for candidate in ranking if candidate.entry not in verdict.listed]
    wanted = (listed + rest)[: max(SHOWN_RUNNERS, len(listed) + 1)]
    known = knowledge.known([candidate.entry for candidate in wanted])
    return [
        Runner(
            candidate.score,
            known[candidate.entry].question,
            candidate.matched if candidate.matched != known[candidate.entry].question else "",
            _sign(candidate, found),
            candidate.entry,
            candidate.entry in small_talk,
            candidate.entry == verdict.entry,
        )
        for candidate in wanted
        if candidate.entry in known
    ]


def _sign(candidate: Candidate, found: answering.Explained) -> str:
    verdict, rules = found.verdict, found.rules
    if candidate.entry == verdict.entry:
        return _("chosen")
    if candidate.entry in verdict.listed:
        return _("listed")
    line = rules.guide if candidate in found.facts.qa else rules.chitchat
    if verdict.decision in (Decision.GUIDE, Decision.FALLBACK) and candidate.score < line:
        return _("below %s") % shown(line)
    return ""


def _told(step: Step, found: answering.Explained) -> str:
    """A step of the decision in words."""
    values = {"score": shown(step.score), "line": shown(step.line), "count": step.count, "most": step.most}
    return _sentences(found)[step.rule, step.why] % values


def _sentences(found: answering.Explained) -> dict[tuple[str, str], str]:
    fallback = {
        "words": _("Nothing fits: the fall-back words."),
        "button": _("Nothing fits: the fall-back words with a “to human” button."),
        "human": _("Nothing fits: straight to an agent."),
    }[found.rules.fallback]
    missed = (
        _("Missed %(count)s times in a row, %(most)s are enough: the hand-over starts.")
        if found.rules.after_misses == "start"
        else _("Missed %(count)s times in a row, %(most)s are enough: an agent is offered.")
    )
    return {
        ("menu", Why.PICKED): _("The words are those of a standard question: answered without a score."),
        ("direct", Why.REACHED): _("Q&A library: %(score)s reaches the line of %(line)s."),
        ("direct", Why.BELOW): _("Q&A library: %(score)s is below the line of %(line)s."),
        ("direct", Why.NOTHING): _("Q&A library: nothing comes near."),
        ("chitchat", Why.REACHED): _("Chit-chat: %(score)s reaches the line of %(line)s."),
        ("chitchat", Why.BELOW): _("Chit-chat: %(score)s is below the line of %(line)s."),
        ("chitchat", Why.NOTHING): _("Chit-chat: nothing comes near."),
        ("chitchat", Why.OFF): _("Chit-chat is switched off."),
        ("guide", Why.REACHED): _("Guiding: %(score)s reaches the line of %(line)s."),
        ("guide", Why.BELOW): _("Guiding: %(score)s is below the line of %(line)s."),
        ("guide", Why.NOTHING): _("Guiding: nothing comes near."),
        ("guide", Why.OFF): _("Guiding is switched off."),
        ("guide", Why.OFTEN_ENOUGH): _("Guided %(count)s times in a row already, %(most)s are allowed."),
        ("fallback", Why.LAST): fallback,
        ("misses", Why.MISSED): missed,
        ("misses", Why.BELOW): _("Missed %(count)s of %(most)s times in a row."),
    }


def _x(value: float) -> float:
    return round(LEFT + WIDTH * value, 1)
