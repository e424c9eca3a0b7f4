"""The customer chooses a group (R-5b): a branch (src 15) that lists the groups, and what is answered to it.

While it is open the session's `flow_place` says what was listed, so an answer means what the customer saw,
whatever the groups are called by then. Everything here runs in the transaction that marks the customer's
words as handled (`flow_seq`): an answer counts once.
"""

from __future__ import annotations

import unicodedata
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.routing import assignment, hours
from apps.routing.settings import CHOSEN, AllocationSettings, QueueSettings
from apps.sessions import posting, transitions
from apps.sessions.models import ChatSession, DeadlineKind, Message
from apps.sessions.settings import ClosingSettings
from apps.team import business
from apps.team.models import SkillGroup
from csdesk import clock

NODE = "groups"
# After so many answers that name no group, the default one.
MISSES = 3
ITEM_LIMIT = 100


def listed() -> list[SkillGroup]:
    """The groups that a customer who asks for a human may choose from; none where they are not asked."""
    return listed_by(business.read(AllocationSettings))


def listed_by(rules: AllocationSettings) -> list[SkillGroup]:
    """The groups that these rules let customers choose from."""
    if rules.strategy != CHOSEN:
        return []
    groups = SkillGroup.objects.present().order_by("name", "pk")
    return list(groups.filter(pk__in=rules.groups) if rules.groups else groups)[:ITEM_LIMIT]


def may_be_shown() -> bool:
    """Whether there is a choice with somebody behind it now, so that asking is no dead end."""
    groups = listed()
    return len(groups) > 1 and any(_trouble(group) is None for group in groups)


def are_closed(groups: list[SkillGroup]) -> bool:
    """Whether it is outside the working hours of all these groups."""
    return not any(hours.is_open(clock.now(), group) for group in groups)


def is_open(session: ChatSession) -> bool:
    """Whether the customer is being asked to choose."""
    return session.flow_place.get("node") == NODE


def show(session: ChatSession, asked_by: str, *, misses: int = 0) -> None:
    """Ask the customer to choose; the caller holds the row. `misses`: how often they named none before."""
    rules = business.read(AllocationSettings)
    if misses:
        _mark(session, session.flow_place, "")
        if again := rules.again_words.text(session.language):
            posting.say(session, "choose_again", again)
    groups = listed()
    names = _items(groups, is_numbered=rules.is_numbered)
    shown = content(rules, groups, session.language)
    posted = posting.card(session, {"customerServicePlugin": 0, "src": "15", "content": shown})
    # It is the customer who owes an answer now.
    session.waiting_since = None
    session.flow_place = {
        "node": NODE,
        "seq": posted.seq,
        "misses": misses,
        "asked_by": asked_by,
        "items": [[group.pk, group.name, name] for group, name in zip(groups, names, strict=True)],
    }
    limit = timedelta(seconds=business.read(ClosingSettings).flow_seconds)
    transitions.set_deadline(session, DeadlineKind.FLOW, clock.now() + limit)
    session.save(update_fields=["flow_place", "waiting_since", "deadline_at", "deadline_kind"])


def content(rules: AllocationSettings, groups: list[SkillGroup], language: str) -> dict:
    """The content of the branch (src 15): an item per group, with why nobody of it can be reached now."""
    names = _items(groups, is_numbered=rules.is_numbered)
    with override(language or None):
        items = [
            {"content": name, "desc": _trouble(group) or ""}
            for name, group in zip(names, groups, strict=True)
        ]
    return {
        "header": rules.menu_words.text(language),
        "items": items,
        "tail": rules.menu_tail.text(language),
    }


def repeat(session: ChatSession) -> bool:
    """The customer has named no group: ask again; False when that was the last time (R-2)."""
    misses = session.flow_place["misses"] + 1
    if misses >= MISSES or not listed():
        return False
    show(session, session.flow_place["asked_by"], misses=misses)
    return True


def group_named(place: dict, text: str) -> int | None:
    """The group that these words choose from what was listed: its item, its name or its number."""
    said = _plain(text)
    items = place.get("items", [])
    for wanted in (lambda item: item[2], lambda item: item[1]):
        found = next((item[0] for item in items if _plain(wanted(item)) == said), None)
        if found is not None:
            return found
    number = said.rstrip(".。、)")
    if number.isdecimal() and len(number) <= 3 and 1 <= int(number) <= len(items):
        return items[int(number) - 1][0]
    return None


def default_group() -> int | None:
    """Where those go who do not choose; None: to whoever is free."""
    return business.read(AllocationSettings).default_group or None


def close(session: ChatSession, group_id: int | None = None) -> str:
    """The question is over, with what was chosen marked; returns what asked for a human. The caller locks."""
    place = session.flow_place
    chosen = next((item[2] for item in place["items"] if item[0] == group_id), None)
    if chosen:
        _mark(session, place, chosen)
    session.flow_place = {}
    session.save(update_fields=["flow_place"])
    return place.get("asked_by", "menu")


def _mark(session: ChatSession, place: dict, chosen: str) -> None:
    """Nothing more is chosen from this menu: "" where another one took its place."""
    message = Message.objects.filter(session_id=session.id, seq=place["seq"], recalled_at=None).first()
    if message:
        message.body["data"]["content"]["selected"] = {"content": chosen}
        posting.change(session, message)


def _items(groups: list[SkillGroup], *, is_numbered: bool) -> list[str]:
    if not is_numbered:
        return [group.name for group in groups]
    return [f"{number}. {group.name}" for number, group in enumerate(groups, 1)]


def _trouble(group: SkillGroup) -> str | None:
    """Why nobody of the group can be reached now, as it stands beside its name; None when somebody can."""
    if not hours.is_open(clock.now(), group):
        return _("closed at the moment")
    if not (business.read(QueueSettings).queue_without_agents or assignment.signed_in(group.pk)):
        return _("nobody there at the moment")
    return None


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()
