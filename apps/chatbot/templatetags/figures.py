"""Numbers as people read them."""

from django import template

register = template.Library()


@register.filter
def figure(value: int) -> str:
    """12,345"""
    return f"{value:,}"
