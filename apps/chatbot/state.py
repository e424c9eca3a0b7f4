"""How the bot stands (M-3): on or off, what is live, what is not published, what is being built."""

from dataclasses import dataclass

from apps.chatbot import comparing, live, releases
from apps.chatbot.models import Entry, Release, ReleaseState
from apps.chatbot.settings import SwitchSettings
from apps.team import business

# Above this many entries, differences are counted when the page is there, not before.
COUNTED_AT_ONCE = 3_000


@dataclass(frozen=True)
class BotState:
    """`changes` is None while they are not counted; `failed` is a release that failed after the live one."""

    is_on: bool
    live: Release | None
    building: Release | None
    failed: Release | None
    changes: int | None
    trouble: str

    @property
    def percent(self) -> int:
        return round(100 * self.building.progress) if self.building else 0

    @property
    def is_settled(self) -> bool:
        return self.building is None and self.changes is not None


def state(*, patient: bool = True) -> BotState:
    """How the bot stands; without patience a large library's changes are not counted now."""
    newest = releases.newest()
    building = releases.being_built()
    failed = Release.objects.order_by("-pk").first()
    if failed and failed.state != ReleaseState.FAILED:
        failed = None
    is_small = patient or not Entry.objects.all()[COUNTED_AT_ONCE:].exists()
    return BotState(
        business.current(SwitchSettings).is_on,
        newest,
        building,
        failed,
        comparing.unpublished(newest).total if is_small else None,
        live.trouble(newest.pk) if newest else "",
    )
