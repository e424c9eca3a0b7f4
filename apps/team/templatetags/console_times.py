"""How the console writes durations."""

from django import template

register = template.Library()


@register.filter
def duration(seconds: int) -> str:
    """Seconds as `m:ss`, from an hour on as `h:mm:ss`."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
