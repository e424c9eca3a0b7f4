"""When customers can reach a human (R-16): for all, and for groups with hours of their own.

Hours are wall-clock times in the business's zone. What crosses midnight belongs to the day it begins on,
so a night shift before a holiday still ends when it always does.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from apps.routing.intervals import DAY, Interval, SpecialDays
from apps.routing.settings import HoursSettings
from apps.team import business, trail
from apps.team.models import Member, SkillGroup
from csdesk.errors import NotFound, WrongState

# A holiday is a year long at most; what opens later than that is closed.
LOOK_AHEAD = 400  # days


def is_open(at: datetime, group: SkillGroup | None = None) -> bool:
    """Whether a human can be asked for at this moment, in the group or at all."""
    return is_open_by(rules_of(group), at)


def next_opening(at: datetime, group: SkillGroup | None = None) -> datetime | None:
    """When it opens after this moment, in the business's zone; None if it is open, or never will be."""
    return next_opening_by(rules_of(group), at)


def rules_of(group: SkillGroup | None) -> HoursSettings:
    """The hours that count for a group: its own, else those for all."""
    own = own_rules(group)
    return own if own is not None else business.read(HoursSettings)


def own_rules(group: SkillGroup | None) -> HoursSettings | None:
    """The group's own hours; `version` changes with them. None when it follows those for all."""
    if group is None or group.hours is None:
        return None
    # Over the defaults, not over those for all: what a group has of its own is whole.
    return business.from_stored(HoursSettings, group.hours).with_version(version_of(group))


def version_of(group: SkillGroup) -> int:
    """A number that tells one state of the group's own hours from another; 0 without any."""
    if group.hours is None:
        return 0
    return zlib.crc32(json.dumps(group.hours, sort_keys=True).encode()) % 2**31 or 1


@transaction.atomic
def save_own(
    group_id: int, values: dict | None, member: Member, *, version: int | None = None, address: str = ""
) -> None:
    """Give a group hours of its own, or with None those for all again; an entry in the trail (T-11).

    Raises InvalidSetting, NotFound, and WrongState when somebody else has saved since `version`.
    """
    group = SkillGroup.objects.present().select_for_update().filter(pk=group_id).first()
    if group is None:
        raise NotFound(_("There is no such group."))
    if version is not None and version != version_of(group):
        raise WrongState(_("Somebody else has saved these settings meanwhile. Look at theirs first."))
    before, after = group.hours, None
    if values is not None:
        after = business.to_json(business.changed(own_rules(group) or HoursSettings(), values))
    if after == before:
        return
    group.hours = after
    group.save(update_fields=["hours"])
    trail.append(
        "group.hours",
        member=member,
        address=address,
        object_type="group",
        object_id=group.pk,
        values={"before": {"hours": before}, "after": {"hours": after}},
    )


# --- What the rules say ----------------------------------------------------------------------------


def is_open_by(rules: HoursSettings, at: datetime) -> bool:
    if not rules.is_on:
        return True
    local = at.astimezone(ZoneInfo(rules.zone))
    minute = local.hour * 60 + local.minute
    return any(span.start <= minute < span.end for span in spans(rules, local.date()))


def next_opening_by(rules: HoursSettings, at: datetime) -> datetime | None:
    if is_open_by(rules, at):
        return None
    zone = ZoneInfo(rules.zone)
    today = at.astimezone(zone).date()
    for moment in _beginnings(rules, today, zone):
        if moment > at:
            return moment
    return None


def _beginnings(rules: HoursSettings, first: date, zone: ZoneInfo) -> Iterator[datetime]:
    for n in range(LOOK_AHEAD):
        day = first + timedelta(days=n)
        for interval in day_intervals(rules, day):
            begins = time(interval.start // 60, interval.start % 60)
            # Through UTC, which moves on a time that the clocks skip.
            yield datetime.combine(day, begins, zone).astimezone(ZoneInfo("UTC")).astimezone(zone)


def day_intervals(rules: HoursSettings, day: date) -> tuple[Interval, ...]:
    """What begins on this day: as its weekday, unless it is a special one."""
    special = special_of(rules, day)
    return special.intervals if special else rules.week[day.weekday()]


def special_of(rules: HoursSettings, day: date) -> SpecialDays | None:
    return next((one for one in rules.days if one.covers(day)), None)


def spans(rules: HoursSettings, day: date) -> tuple[Interval, ...]:
    """The open parts of a calendar day: what is left of the night before, and what begins on it."""
    before = (
        Interval(0, interval.end - DAY)
        for interval in day_intervals(rules, day - timedelta(days=1))
        if interval.end > DAY
    )
    own = (Interval(one.start, min(one.end, DAY)) for one in day_intervals(rules, day))
    return tuple(_joined(sorted([*before, *own])))


def _joined(parts: list[Interval]) -> Iterator[Interval]:
    """Parts that touch or overlap, as one."""
    held: Interval | None = None
    for part in parts:
        if held and part.start <= held.end:
            held = Interval(held.start, max(held.end, part.end))
            continue
        if held:
            yield held
        held = part
    if held:
        yield held
