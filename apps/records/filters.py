"""What the list of records is narrowed down by (C-2), read from the address of the page.

A filter that does not fit is left out with a message, and the others stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.records import keywords
from apps.records.keywords import Keyword
from apps.records.menus import Narrowing
from apps.records.summed_up import RESOLVED
from apps.sessions.models import Channel, ServiceStatus, Tag
from apps.sessions.summaries import Node
from apps.team.models import Member, SkillGroup
from csdesk import clock

PERIODS = ("today", "7", "30", "all", "range")
DEFAULT_PERIOD = "7"
STATES = ("open", "ended")
# Levels of the rating by name (C-2); None: not rated.
RATINGS: dict[str, tuple[int, int] | None] = {"good": (4, 5), "middle": (3, 3), "bad": (1, 2), "none": None}
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True)
class Choices:
    """What a reader can choose from; anything else is not accepted in an address either."""

    groups: list[SkillGroup] = field(default_factory=list)
    agents: list[Member] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    summaries: list[Node] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)


@dataclass(frozen=True)
class Filters(Narrowing):
    q: str = ""
    period: str = DEFAULT_PERIOD
    first: date | None = None
    last: date | None = None
    group: SkillGroup | None = None
    agent: Member | None = None
    channel: Channel | None = None
    status: str = ""
    state: str = ""
    rating: str = ""
    summary: Node | None = None
    resolved: str = ""
    tag: Tag | None = None
    is_starred: bool = False
    problems: tuple[str, ...] = ()

    @property
    def keyword(self) -> Keyword:
        return keywords.parse(self.q)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the period hides records."""
        chosen = (self.group, self.agent, self.channel, self.status, self.state, self.rating)
        summed_up = (self.summary, self.resolved, self.tag)
        return bool(self.q or self.is_starred or any(chosen) or any(summed_up))

    def bounds(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """Start (inclusive) and end (exclusive) of the period in the reader's zone, as UTC."""
        today = clock.now().astimezone(zone).date()
        match self.period:
            case "today":
                return _midnight(today, zone), None
            case "7" | "30":
                return _midnight(today - timedelta(days=int(self.period) - 1), zone), None
            case "range":
                start = _midnight(self.first, zone) if self.first else None
                return start, _midnight(self.last + timedelta(days=1), zone) if self.last else None
        return None, None

    def values(self) -> dict[str, str]:
        found = {
            "q": self.q,
            "period": "" if self.period == DEFAULT_PERIOD else self.period,
            "from": self.first.isoformat() if self.first else "",
            "to": self.last.isoformat() if self.last else "",
            "group": str(self.group.pk) if self.group else "",
            "agent": str(self.agent.pk) if self.agent else "",
            "channel": str(self.channel.pk) if self.channel else "",
            "status": self.status,
            "state": self.state,
            "rating": self.rating,
            "summary": str(self.summary.pk) if self.summary else "",
            "resolved": self.resolved,
            "tag": str(self.tag.pk) if self.tag else "",
            "starred": "1" if self.is_starred else "",
        }
        return {name: value for name, value in found.items() if value}

    def widened(self) -> Filters:
        """The same over 30 days, or over all time when that was the period."""
        return replace(self, period="30" if self.period in ("today", "7") else "all", first=None, last=None)


def read(params: QueryDict, choices: Choices) -> Filters:
    """The filters of an address; `problems` tells what was left out and why."""
    problems: list[str] = []
    first, last, period = _period(params, problems)
    return Filters(
        q=_keyword(params.get("q", ""), problems),
        period=period,
        first=first,
        last=last,
        group=_chosen(params, "group", choices.groups, _("This group is not among yours."), problems),
        agent=_chosen(params, "agent", choices.agents, _("This agent is not among yours."), problems),
        channel=_chosen(params, "channel", choices.channels, _("There is no such channel."), problems),
        status=_one_of(
            params, "status", ServiceStatus.values, _("There is no such service status."), problems
        ),
        state=_one_of(params, "state", STATES, _("There is no such state."), problems),
        rating=_one_of(params, "rating", tuple(RATINGS), _("There is no such rating."), problems),
        summary=_chosen(params, "summary", choices.summaries, _("There is no such category."), problems),
        resolved=_one_of(params, "resolved", tuple(RESOLVED), _("There is no such outcome."), problems),
        tag=_chosen(params, "tag", choices.tags, _("There is no such tag."), problems),
        is_starred=params.get("starred") == "1",
        problems=tuple(problems),
    )


def _keyword(typed: str, problems: list[str]) -> str:
    typed = typed.strip()
    if len(typed) > keywords.LONGEST:
        problems.append(_("Search for at most %(most)s characters.") % {"most": keywords.LONGEST})
    elif typed and ("\0" in typed or not keywords.parse(typed).tokens):
        problems.append(_("Search for words or figures; signs alone cannot be found."))
    else:
        return typed
    return ""


def _period(params: QueryDict, problems: list[str]) -> tuple[date | None, date | None, str]:
    period = params.get("period", "")
    if period and period not in PERIODS:
        problems.append(_("There is no such period."))
        period = ""
    dated = [_day(params.get(name, ""), problems) for name in ("from", "to")]
    first, last = dated
    if period not in ("", "range") or not (first or last):
        return None, None, DEFAULT_PERIOD if period in ("", "range") else period
    if first and last and first > last:
        problems.append(_("The first day lies after the last one."))
        return None, None, DEFAULT_PERIOD
    return first, last, "range"


def _day(written: str, problems: list[str]) -> date | None:
    if not written:
        return None
    try:
        day = datetime.strptime(written, "%Y-%m-%d").date()
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= LATEST:
        problems.append(_("“%(day)s” is not a day like 2026-03-31.") % {"day": written[:20]})
        return None
    return day


def _chosen(params: QueryDict, name: str, among: list, problem: str, problems: list[str]):
    written = params.get(name, "")
    if not written:
        return None
    found = next((one for one in among if str(one.pk) == written), None)
    if found is None:
        problems.append(problem)
    return found


def _one_of(
    params: QueryDict, name: str, among: list[str] | tuple[str, ...], problem: str, problems: list[str]
) -> str:
    written = params.get(name, "")
    if written and written not in among:
        problems.append(problem)
        return ""
    return written


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
