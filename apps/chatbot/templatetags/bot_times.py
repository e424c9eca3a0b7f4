"""Times in the bot's lists: as short as they can be."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def short_day(moment: datetime) -> str:
    """The time of today, the day of this year, else the date."""
    local, now = timezone.localtime(moment), timezone.localtime()
    if local.date() == now.date():
        return _("today %(time)s") % {"time": local.strftime("%H:%M")}
    if local.year == now.year:
        return date_format(local, "MONTH_DAY_FORMAT")
    return local.strftime("%Y-%m-%d")
