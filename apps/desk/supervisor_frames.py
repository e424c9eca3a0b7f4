"""The frames that supervisors send (R-13, D-11): watch, take over, the monitor, an agent's availability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.desk.command import Command, OfSession
from apps.desk.fields import Fields
from apps.routing.supervising import SETTABLE
from apps.routing.transfer import NOT_SAID
from csdesk.errors import Invalid

ACCOUNT_LIMIT = 254


class Watch(OfSession):
    op = "watch"


class Unwatch(OfSession):
    op = "unwatch"


@dataclass(frozen=True, kw_only=True)
class TakeOver(OfSession):
    op = "take_over"
    # With whom the supervisor saw it: who comes second is told so.
    seen_with: int | None = NOT_SAID


class ForceEnd(OfSession):
    op = "force_end"


@dataclass(frozen=True, kw_only=True)
class Monitor(Command):
    op = "monitor"


@dataclass(frozen=True, kw_only=True)
class SetAgentStatus(Command):
    op = "set_agent_status"
    user: str
    status: str


@dataclass(frozen=True, kw_only=True)
class ForceOffline(Command):
    op = "force_offline"
    user: str


def seen_with(fields: Fields) -> int | None:
    """`agent` as a summary has it: a member's id, null for nobody; not said when the field is missing."""
    if "agent" not in fields.raw:
        return NOT_SAID
    value = fields.raw["agent"]
    # Ids are numbers in summaries and text in `from`.
    is_written = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10
    return Fields({"agent": int(value) if is_written else value}).optional_number("agent")


def _of_session(fields: Fields) -> dict[str, Any]:
    return {"session": fields.session()}


def _take_over(fields: Fields) -> dict[str, Any]:
    return {"session": fields.session(), "seen_with": seen_with(fields)}


def _nothing(fields: Fields) -> dict[str, Any]:
    return {}


def _set_agent_status(fields: Fields) -> dict[str, Any]:
    status = fields.raw.get("status")
    if status not in SETTABLE:
        raise Invalid(_("status must be one of: %(statuses)s.") % {"statuses": ", ".join(SETTABLE)})
    return {**_of_agent(fields), "status": status}


def _of_agent(fields: Fields) -> dict[str, Any]:
    user = fields.text("userId", ACCOUNT_LIMIT)
    if not user:
        raise Invalid(_("%(field)s is missing.") % {"field": "userId"})
    return {"user": user}


FRAMES = (
    (Watch, _of_session),
    (Unwatch, _of_session),
    (TakeOver, _take_over),
    (ForceEnd, _of_session),
    (Monitor, _nothing),
    (SetAgentStatus, _set_agent_status),
    (ForceOffline, _of_agent),
)
