"""Who can serve now (R-10): chosen by the member, lost with the desk, forced, logged."""

from __future__ import annotations

from uuid import UUID

from apps.routing.models import Availability
from apps.team.models import Member


def set_status(
    member: Member, status: str, *, rest_reason: str = "", hand_over: bool = False, cause: str = "member"
) -> Availability:
    """The member chooses `free`, `notReady`, `rest` (with a reason) or `offline`.

    Offline with open sessions needs `hand_over` (all go to the queue head), else WrongState with
    `sessions` (how many) in `extra`. Invalid for another status or a reason that is not in the list.
    """
    raise NotImplementedError


def signed_out(member: Member, *, hand_over: bool = False) -> None:
    """Call before signing a member out: offline as by `set_status`, cause `sign_out`."""
    raise NotImplementedError


def desk_connected(
    member: Member, connection_id: UUID, process_id: UUID, sign_in_id: UUID | None
) -> Availability:
    """A workbench's socket is there. A new sign-in starts with the set status, a reload with what it was.

    `sign_in_id` is the member's; another than last time means signed in anew.
    """
    raise NotImplementedError


def desk_lost(connection_id: UUID) -> None:
    """A workbench's socket is gone; the last one of a member starts their grace (R-10). Idempotent."""
    raise NotImplementedError
