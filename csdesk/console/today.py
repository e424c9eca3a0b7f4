"""Today's figures as tiles, each beside the same weekday before, with what exactly it counts (M-1)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.records.durations import clock_label
from apps.records.overview import Comparison

MINUS = "−"
# Below this many, a change is told in sessions, not in per cent.
FEW = 20


@dataclass(frozen=True)
class Tile:
    """One figure: what it is called, how it has changed, what stands below it, what it means."""

    key: str
    label: str
    figure: str
    meaning: str
    # Beside the figure; `mood` is "good" or "bad" where a change is one of these.
    beside: str = ""
    mood: str = ""
    under: str = ""
    # Since when a clock beside the figure runs.
    since: datetime | None = None
    since_words: str = ""


def live_tiles(live: dict) -> list[Tile]:
    """Who waits and who is served now."""
    can_take = ngettext(
        "%(agents)d free agent can take %(places)d more",
        "%(agents)d free agents can take %(places)d more",
        live["free_agents"],
    ) % {"agents": live["free_agents"], "places": live["free_places"]}
    waiting = Tile(
        "waiting",
        pgettext("figure", "Waiting"),
        _number(live["waiting"]),
        _("Customers who wait for an agent now, those whom an agent is just being offered included."),
        under="" if live["waiting"] else _("nobody waits"),
        since=live["since"],
        since_words=pgettext("wait", "longest"),
    )
    serving = Tile(
        "serving",
        pgettext("figure", "Serving"),
        _number(live["serving"]),
        _("Sessions that agents serve now, of the places that the agents online have."),
        beside=f"/ {_number(live['places'])}",
        under=can_take if live["free_places"] else _("no agent is free"),
    )
    return [waiting, serving]


def tiles(found: Comparison, *, sees_all: bool) -> list[Tile]:
    """The day's figures; without `sees_all` none about sessions that never needed an agent."""
    all_tiles = [_sessions(found), _served(found), _missed(found), _wait(found), _first_reply(found)]
    if sees_all:
        all_tiles[3:3] = [_asked(found), _solved(found)]
    return [*all_tiles, _rating(found)]


def weekday(moment: datetime) -> str:
    """The day that is compared with, such as “last Wed”."""
    return _("last %(day)s") % {"day": date_format(moment, "D")}


def _sessions(found: Comparison) -> Tile:
    now, before = found.today.figures.sessions, found.before.figures.sessions
    return Tile(
        "sessions",
        pgettext("figure", "Sessions today"),
        _number(now),
        _(
            "Sessions that began today and in which the customer has said something; below, the same weekday "
            "of last week until the same time. All of today’s figures are about these sessions."
        ),
        beside=_grown(now, before),
        under=_by_now(found, _number(before))
        or _("%(day)s: none by this time") % {"day": weekday(found.before.until)},
    )


def _served(found: Comparison) -> Tile:
    now, before = found.today.figures, found.before.figures
    return Tile(
        "served",
        pgettext("figure", "Served"),
        _number(now.served),
        _("Sessions of today that an agent has accepted, automatically or by hand."),
        beside=_("of %(count)s") % {"count": _number(now.asked)} if now.asked else "",
        under=_by_now(found, _number(before.served)),
    )


def _missed(found: Comparison) -> Tile:
    now, before = found.today.figures.missed, found.before.figures.missed
    return Tile(
        "missed",
        pgettext("figure", "Missed"),
        _number(now),
        _("Sessions of today that asked for an agent and ended before one accepted: left the queue, waited "
          "too long, nobody signed in, outside working hours."),
        **_change(now - before, "", good=-1, is_there=bool(found.before.figures.asked)),
        under=_by_now(found, _number(before)),
    )  # fmt: skip


def _asked(found: Comparison) -> Tile:
    now, before = found.today.figures, found.before.figures
    return Tile(
        "asked",
        pgettext("figure", "To human"),
        _percent(now.asked_share),
        _("Of today’s sessions, those that asked for an agent, whether they reached one or not."),
        **_points(now.asked_share, before.asked_share, good=-1),
        under=_beside(found, _part(now.asked, now.sessions), _percent(before.asked_share)),
    )


def _solved(found: Comparison) -> Tile:
    now, before = found.today.figures, found.before.figures
    return Tile(
        "solved",
        pgettext("figure", "Solved by bot"),
        _percent(now.solved_share),
        _("Of today’s sessions that have ended, those that got an answer from the bot’s Q&A library and "
          "never asked for an agent."),
        **_points(now.solved_share, before.solved_share, good=1),
        under=_beside(found, _part(now.solved, now.ended), _percent(before.solved_share)),
    )  # fmt: skip


def _wait(found: Comparison) -> Tile:
    now, before = found.today.figures.wait, found.before.figures.wait
    return Tile(
        "wait",
        pgettext("figure", "Average wait"),
        clock_label(_whole(now)),
        _("Mean time in the queue until an agent was found, in today’s sessions; who left before does not "
          "count here but under “Missed”."),
        **_seconds(now, before),
        under=_by_now(found, clock_label(_whole(before))),
    )  # fmt: skip


def _first_reply(found: Comparison) -> Tile:
    now, before = found.today.figures.first_reply, found.before.figures.first_reply
    return Tile(
        "first_reply",
        pgettext("figure", "First reply"),
        clock_label(_whole(now)),
        _("Median time from an agent’s acceptance to their first message: half of the customers wait less."),
        **_seconds(now, before),
        under=_by_now(found, clock_label(_whole(before))),
    )


def _rating(found: Comparison) -> Tile:
    now, before = found.today.figures, found.before.figures
    count = ngettext("%(count)s rating", "%(count)s ratings", now.ratings) % {"count": _number(now.ratings)}
    return Tile(
        "rating",
        pgettext("figure", "Good ratings"),
        _percent(now.good_share),
        _("Of the ratings given in today’s sessions, those of 4 or 5."),
        **_points(now.good_share, before.good_share, good=1),
        under=_beside(found, count, _percent(before.good_share)),
    )


def _by_now(found: Comparison, value: str) -> str:
    """`last Wed 381`; nothing where nothing was, which the number of sessions says already."""
    if not found.before.figures.sessions:
        return ""
    return f"{weekday(found.before.until)} {value}"


def _beside(found: Comparison, count: str, value: str) -> str:
    return f"{count} · {_by_now(found, value)}" if found.before.figures.sessions else count


def _part(part: int, whole: int) -> str:
    return _("%(part)s of %(whole)s") % {"part": _number(part), "whole": _number(whole)}


def _points(now: float | None, before: float | None, *, good: int) -> dict:
    """The change of a share in percentage points."""
    if now is None or before is None:
        return {}
    return _change(round(100 * now) - round(100 * before), "", good=good)


def _seconds(now: float | None, before: float | None) -> dict:
    if now is None or before is None:
        return {}
    return _change(round(now) - round(before), " s", good=-1)


def _change(change: int, unit: str, *, good: int, is_there: bool = True) -> dict:
    """How a figure has changed, and whether that is good; `good` is the sign of a good change."""
    if not change or not is_there:
        return {}
    return {"beside": _signed(change, unit), "mood": "good" if change * good > 0 else "bad"}


def _grown(now: int, before: int) -> str:
    """By how many per cent; of a few by how many, because a per cent of a few says nothing."""
    if before >= FEW:
        return _signed(round(100 * (now - before) / before), "%")
    return _signed(now - before, "") if before else ""


def _signed(value: int, unit: str) -> str:
    if not value:
        return f"±0{unit}"
    return f"{'+' if value > 0 else MINUS}{_number(abs(value))}{unit}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{round(100 * share)}%"


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)
