"""How the console writes times, durations and shares."""

from datetime import datetime

from django import template
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from csdesk import clock

register = template.Library()


@register.filter
def duration(seconds: int) -> str:
    """Seconds as `m:ss`, from an hour on as `h:mm:ss`."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@register.filter
def elapsed(since: datetime, now: datetime) -> str:
    """From one moment to the other, as `duration`."""
    return duration(int((now - since).total_seconds()))


@register.filter
def epoch(moment: datetime) -> str:
    """A moment in milliseconds, for a clock that runs in the page; a text, so that no language groups it."""
    return str(clock.milliseconds(moment))


@register.filter
def ago(moment: datetime) -> str:
    """How long ago: `2 minutes ago`; within the last minute `just now`."""
    now = clock.now()
    if (now - moment).total_seconds() < 60:
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(moment, now, depth=1)}


@register.filter
def percent(share: float | None) -> str:
    """A share as a whole percentage; a dash for None."""
    return "–" if share is None or share == "" else f"{round(100 * share)}%"
