"""What a section's values mean to customers, shown beside its form while they are changed (M-2)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.routing import group_menu, hours
from apps.routing.settings import CHOSEN, AllocationSettings, HoursSettings
from apps.sessions.settings import RatingSettings
from apps.team.business import Section
from csdesk import clock
from csdesk.console.settings_forms import LANGUAGE_NAMES
from csdesk.thread_words import thread_words

WEEKS = 5
# The width of a day in the picture: a quarter of an hour is one unit.
QUARTER = 15
RATING_IDS = ("101", "102", "103", "104", "105")


def of(section: Section) -> dict | None:
    """What the page shows of these values; None where there is nothing to be seen."""
    draw = _DRAWN.get(type(section))
    return draw(section) if draw else None


def calendar(rules: HoursSettings) -> dict:
    """The next weeks, day by day, with the hours in which customers reach a human (R-16)."""
    zone = ZoneInfo(rules.zone)
    now = clock.now().astimezone(zone)
    shown = rules if rules.is_on else None
    monday = now.date() - timedelta(days=now.weekday())
    weeks = [
        [_day(rules, monday + timedelta(days=7 * week + day), now.date()) for day in range(7)]
        for week in range(WEEKS)
    ]
    return {
        "weeks": weeks,
        "is_on": rules.is_on,
        "now": date_format(now, "l H:i"),
        "zone": rules.zone,
        "standing": _standing(shown, zone) if shown else _("Always open."),
        "is_open": shown is None or hours.is_open_by(rules, clock.now()),
    }


def _standing(rules: HoursSettings, zone: ZoneInfo) -> str:
    at = clock.now()
    if hours.is_open_by(rules, at):
        return _("Open now")
    opening = hours.next_opening_by(rules, at)
    if opening is None:
        return _("Closed now, and not open again within a year")
    return _("Closed now, open again %(time)s") % {"time": date_format(opening, "Y-m-d H:i")}


def _day(rules: HoursSettings, day: date, today: date) -> dict:
    parts = hours.spans(rules, day)
    special = hours.special_of(rules, day)
    words = ", ".join(str(part) for part in parts) or _("closed")
    return {
        "date": day,
        "number": day.day,
        "is_first": day.day == 1,
        "is_today": day == today,
        "is_past": day < today,
        "special": special,
        "words": words,
        "parts": [{"x": part.start / QUARTER, "width": (part.end - part.start) / QUARTER} for part in parts],
        "label": f"{date_format(day, 'D Y-m-d')}: {words}",
    }


def _talks(make: Callable[[str], list[dict]]) -> list[dict]:
    """The same talk in each language, as the customer's window shows it."""
    talks = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            words = json.dumps(thread_words(), ensure_ascii=False, default=str)
            name = LANGUAGE_NAMES.get(code, code)
            talks.append({"language": code, "name": name, "words": words, "entries": make(code)})
    return talks


def _card(src: str, **content: object) -> dict:
    return {"card": json.dumps({"customerServicePlugin": 0, "src": src} | content, ensure_ascii=False)}


def _hours(rules: HoursSettings) -> dict:
    return {"title": _("When we are open"), "calendar": calendar(rules)}


def _allocation(rules: AllocationSettings) -> dict | None:
    if rules.strategy != CHOSEN:
        return {"told": _("Customers are asked nothing: whoever is free gets the session.")}
    groups = group_menu.listed_by(rules)
    if len(groups) < 2:
        return {"told": _("With less than two groups there is nothing to choose: customers are not asked.")}
    return {"talks": _talks(lambda code: [_card("15", content=group_menu.content(rules, groups, code))])}


def _rating(rules: RatingSettings) -> dict | None:
    if not rules.is_on:
        return {"told": _("Ratings are off: customers are not asked.")}

    def talk(code: str) -> list[dict]:
        menu = {
            "head": rules.invitation.text(code),
            "tail": "",
            "type": 1 if rules.look == "stars" else 2,
            "menu": [
                {"id": number, "content": text}
                for number, text in zip(RATING_IDS, rules.levels(code), strict=True)
            ],
            "sessionId": "",
            "effectiveHour": rules.valid_hours,
            "expireTime": int(clock.now().timestamp()) + rules.valid_hours * 3600,
        }
        return [_card("9", menuContent=menu), {"bubble": rules.thanks.text(code)}]

    return {"talks": _talks(talk)}


_DRAWN: dict[type[Section], Callable] = {
    HoursSettings: _hours,
    AllocationSettings: _allocation,
    RatingSettings: _rating,
}
