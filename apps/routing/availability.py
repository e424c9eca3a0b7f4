"""Who can serve now (R-10): chosen by the member, lost with the desk, forced, logged.

Changes of one row under its lock. Going offline commits first; the open sessions follow, each
in a transaction of its own, and the sweep moves what a crash in between leaves behind.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.routing import assignment, events, leaving, places
from apps.routing.models import (
    Availability,
    AvailabilityChange,
    AvailabilityDeadline,
    DeskConnection,
    Status,
)
from apps.routing.settings import REST_REASONS, PresenceSettings, ReceptionSettings
from apps.sessions import wrap_ups
from apps.team import business
from apps.team.models import Member
from apps.team.setting_fields import code_of
from csdesk import clock
from csdesk.errors import Invalid, WrongState

CHOOSABLE = (Status.FREE, Status.NOT_READY, Status.REST, Status.OFFLINE)


def set_status(
    member: Member,
    status: str,
    *,
    rest_reason: str = "",
    hand_over: bool = False,
    cause: str = "member",
) -> Availability:
    """The member chooses `free`, `notReady`, `rest` (with a reason: code or name) or `offline`.

    Offline with open sessions needs `hand_over` (all go to the queue head), else WrongState with
    `sessions` (how many) in `extra`; free is refused to who owes summaries, with `owed` (whose
    sessions, D-7). Invalid for another status or a reason that is not in the list.
    """
    if status not in CHOOSABLE:
        raise Invalid(_("This status cannot be chosen."))
    reason = code_of(rest_reason, REST_REASONS) if status == Status.REST else ""
    if reason and reason not in business.read(PresenceSettings).rest_reasons:
        raise Invalid(_("This reason for a break is not in the list."))
    with transaction.atomic():
        row = lock(member.pk)
        if status == Status.OFFLINE and not hand_over:
            _expect_no_sessions(member.pk)
        if status == Status.FREE:
            _expect_nothing_owed(member.pk)
        change(row, status, cause=cause, rest_reason=reason)
    if status == Status.OFFLINE:
        leaving.return_sessions(member.pk)
    assignment.soon()
    return row


def signed_out(member: Member, *, hand_over: bool = False) -> None:
    """Call before signing a member out: offline as by `set_status`, cause `sign_out`."""
    set_status(member, Status.OFFLINE, hand_over=hand_over, cause="sign_out")


def desk_connected(
    member: Member, connection_id: UUID, process_id: UUID, sign_in_id: UUID | None
) -> Availability:
    """A workbench's socket is there. A new sign-in starts with the set status, a reload with what it was.

    `sign_in_id` is the member's; another than last time means signed in anew.
    """
    at = clock.now()
    with transaction.atomic():
        row = lock(member.pk)
        DeskConnection.objects.update_or_create(
            id=connection_id,
            defaults={
                "member": member,
                "process": process_id,
                "sign_in_id": sign_in_id,
                "connected_at": at,
                "seen_at": at,
            },
        )
        _end_grace(row)
        if sign_in_id is not None and row.sign_in_id != sign_in_id:
            row.sign_in_id = sign_in_id
            row.save(update_fields=["sign_in_id"])
            change(row, _first_status(member), cause="sign_in")
    assignment.soon()
    return row


def desk_lost(connection_id: UUID) -> None:
    """A workbench's socket is gone; the last one of a member starts their grace (R-10). Idempotent."""
    gone = DeskConnection.objects.filter(id=connection_id).first()
    if gone is None:
        return
    with transaction.atomic():
        row = lock(gone.member_id)
        gone.delete()
        if not is_connected(row.member_id):
            start_grace(row)


def lock(member_id: int) -> Availability:
    """The member's row, made when it is not there yet, locked until the transaction ends."""
    # One statement that never fails where two make it at once, then the lock.
    Availability.objects.bulk_create([Availability(member_id=member_id)], ignore_conflicts=True)
    return Availability.objects.select_for_update().get(member_id=member_id)


def change(row: Availability, status: str, *, cause: str, rest_reason: str = "", by: str = "") -> None:
    """Set the status of a locked row, log it and tell the workbenches; nothing when it is that already.

    `by` is the nickname of the supervisor who has set it.
    """
    if (row.status, row.rest_reason) == (status, rest_reason):
        return
    at = clock.now()
    AvailabilityChange.objects.create(
        member_id=row.member_id,
        at=at,
        before=row.status,
        after=status,
        rest_reason=rest_reason,
        cause=cause,
    )
    if row.status != status:
        row.since = at
    row.status, row.rest_reason = status, rest_reason
    if status == Status.OFFLINE or row.deadline_kind == AvailabilityDeadline.WRAP_UP:
        row.deadline_at, row.deadline_kind = None, ""
    # `load` belongs to `places`: never written from here.
    row.save(update_fields=["status", "rest_reason", "since", "deadline_at", "deadline_kind"])
    events.status_changed(row.member_id, status, rest_reason, by)


def start_grace(row: Availability) -> None:
    """The desk is lost: offline after the grace, unless it comes back (R-10)."""
    if row.status == Status.OFFLINE or row.deadline_kind == AvailabilityDeadline.GRACE:
        return
    seconds = business.read(PresenceSettings).grace_seconds
    _set_deadline(row, AvailabilityDeadline.GRACE, seconds)


def _end_grace(row: Availability) -> None:
    """The desk is back within the grace; a wrap-up that ran meanwhile goes on."""
    if row.deadline_kind != AvailabilityDeadline.GRACE:
        return
    row.deadline_at, row.deadline_kind = None, ""
    if row.status == Status.ARRANGE:
        seconds = business.read(PresenceSettings).wrap_up_seconds
        row.deadline_at = row.since + timedelta(seconds=seconds)
        row.deadline_kind = AvailabilityDeadline.WRAP_UP
    row.save(update_fields=["deadline_at", "deadline_kind"])


def _set_deadline(row: Availability, kind: str, seconds: int) -> None:
    row.deadline_kind = kind
    row.deadline_at = clock.now() + timedelta(seconds=seconds)
    row.save(update_fields=["deadline_at", "deadline_kind"])


def wrap_up(member_id: int) -> None:
    """After a session: who is free arranges things, for the set time and while they owe a summary."""
    seconds = business.read(PresenceSettings).wrap_up_seconds
    if not (seconds or owes(member_id)):
        return
    row = lock(member_id)
    if row.status == Status.FREE:
        change(row, Status.ARRANGE, cause="wrap_up")
        if seconds and row.deadline_kind != AvailabilityDeadline.GRACE:
            _set_deadline(row, AvailabilityDeadline.WRAP_UP, seconds)


def wrapped_up(member_id: int) -> None:
    """A summary was filled in: who owes no other and has no time left to arrange things is free."""
    row = lock(member_id)
    if row.status == Status.ARRANGE and not row.deadline_kind and not owes(member_id):
        change(row, Status.FREE, cause="wrap_up")


def owes(member_id: int) -> bool:
    """Whether the member owes summaries that the setting asks for (D-7)."""
    return wrap_ups.owed_by(member_id).exists()


def rest_after_missed(member: Member) -> None:
    """Who missed an offer takes a break, but not when it was their connection that missed it (R-9, R-10)."""
    row = lock(member.pk)
    if row.status == Status.FREE and is_connected(member.pk):
        change(row, Status.REST, cause="missed_offer")


def deadline_passed(row: Availability) -> None:
    """The grace or the wrap-up of a locked row is over; after a lost desk the sessions follow (sweep)."""
    if row.deadline_kind == AvailabilityDeadline.GRACE:
        if is_connected(row.member_id):
            _end_grace(row)
        else:
            change(row, Status.OFFLINE, cause="lost")
    elif row.status == Status.ARRANGE and not owes(row.member_id):
        change(row, Status.FREE, cause="wrap_up")
    else:
        row.deadline_at, row.deadline_kind = None, ""
        row.save(update_fields=["deadline_at", "deadline_kind"])


def look_after_desk(member_id: int) -> None:
    """Start or end the grace of a member by what their connections say now (the sweep's look)."""
    with transaction.atomic():
        row = lock(member_id)
        if is_connected(member_id):
            _end_grace(row)
        else:
            start_grace(row)


def is_connected(member_id: int) -> bool:
    """Whether a workbench of the member is open in a living process."""
    return DeskConnection.objects.filter(member_id=member_id, seen_at__gt=clock.now() - places.FRESH).exists()


def connected_among(member_ids: Collection[int]) -> set[int]:
    """Those of the members whose workbench is open in a living process."""
    there = DeskConnection.objects.filter(member_id__in=member_ids, seen_at__gt=clock.now() - places.FRESH)
    return set(there.values_list("member_id", flat=True))


def status_of(member_id: int) -> str:
    """The member's status; offline when they never had any."""
    found = Availability.objects.filter(member_id=member_id).values_list("status", flat=True).first()
    return found or Status.OFFLINE


def _first_status(member: Member) -> str:
    """Of who has just signed in. Supervisors who do not serve have a desk too, but are never called free."""
    status = business.read(ReceptionSettings).initial_status if member.serves else Status.NOT_READY
    return Status.ARRANGE if status == Status.FREE and owes(member.pk) else status


def _expect_nothing_owed(member_id: int) -> None:
    owed = wrap_ups.sessions_owed_by(member_id)
    if owed:
        raise WrongState(_("First sum up what has ended."), owed=[str(session) for session in owed])


def _expect_no_sessions(member_id: int) -> None:
    count = len(leaving.open_sessions(member_id))
    if count:
        raise WrongState(_("There are open sessions. Hand them over first."), sessions=count)
