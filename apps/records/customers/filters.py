"""What the list of customers is narrowed down by, read from the address of the page.

A filter that does not fit is left out with a message, and the others stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.records.menus import Narrowing
from apps.sessions.customer_search import LONGEST
from apps.sessions.models import Channel, Tag

STANDINGS = ("known", "visitor")


@dataclass(frozen=True)
class Choices:
    """What a reader can choose from; anything else is not accepted in an address either."""

    tags: list[Tag] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)


@dataclass(frozen=True)
class Filters(Narrowing):
    q: str = ""
    tag: Tag | None = None
    channel: Channel | None = None
    # `known`: an app has signed who they are; `visitor`: nobody has.
    standing: str = ""
    is_blacklisted: bool = False
    problems: tuple[str, ...] = ()

    @property
    def is_narrowed(self) -> bool:
        return bool(self.q or self.tag or self.channel or self.standing or self.is_blacklisted)

    def values(self) -> dict[str, str]:
        found = {
            "q": self.q,
            "tag": str(self.tag.pk) if self.tag else "",
            "channel": str(self.channel.pk) if self.channel else "",
            "standing": self.standing,
            "blacklisted": "1" if self.is_blacklisted else "",
        }
        return {name: value for name, value in found.items() if value}


def read(params: QueryDict, choices: Choices) -> Filters:
    """The filters of an address; `problems` tells what was left out and why."""
    problems: list[str] = []
    standing = params.get("standing", "")
    if standing and standing not in STANDINGS:
        problems.append(_("There is no such filter."))
        standing = ""
    return Filters(
        q=_words(params.get("q", ""), problems),
        tag=_chosen(params.get("tag", ""), choices.tags, _("There is no such tag."), problems),
        channel=_chosen(
            params.get("channel", ""), choices.channels, _("There is no such channel."), problems
        ),
        standing=standing,
        is_blacklisted=params.get("blacklisted") == "1",
        problems=tuple(problems),
    )


def _words(typed: str, problems: list[str]) -> str:
    words = " ".join(typed.split())
    if len(words) > LONGEST:
        problems.append(_("Search for at most %(most)s characters.") % {"most": LONGEST})
    elif "\0" in words:
        problems.append(_("Search for words or figures; signs alone cannot be found."))
    else:
        return words
    return ""


def _chosen(written: str, among: list, problem: str, problems: list[str]):
    found = next((one for one in among if str(one.pk) == written), None)
    if written and found is None:
        problems.append(problem)
    return found
