"""Whether the reader may do something, for templates."""

from django import template

from apps.team import abilities
from apps.team.models import Member

register = template.Library()


@register.filter
def may(member: Member, ability: str) -> bool:
    """`{% if request.user|may:"monitor" %}`, with the names of `abilities.Ability`."""
    return abilities.may(member, abilities.Ability(ability))
