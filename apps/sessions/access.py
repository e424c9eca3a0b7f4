"""Asking for a session that is locked to a member, and opening it to them for a time (C-8)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.sessions.models import AccessRequest, AccessState, ServiceRecord
from apps.sessions.permissions import visible_to
from apps.sessions.settings import PermissionSettings
from apps.team import business, trail
from apps.team.abilities import Ability, may
from apps.team.models import Member
from csdesk import clock
from csdesk.errors import Invalid, NotAllowed, NotFound, RateLimited, WrongState

REASON_LIMIT = 500
# Requests of one member that wait for an answer at once.
MOST_OPEN = 20
MOST_HOURS = 720


def locked_record(member: Member, record_id: UUID) -> ServiceRecord | None:
    """A record that the member may not read and may ask for; None alike for what is not there.

    By setting only: else nothing tells a locked record from one that does not exist.
    """
    if not member.is_active or not business.read(PermissionSettings).locked_are_shown:
        return None
    there = ServiceRecord.objects.filter(
        id=record_id, session__engaged_at__isnull=False, session__deleted_at__isnull=True
    )
    return there.exclude(session__in=visible_to(member)).first()


def request_of(member: Member, session_id: UUID) -> AccessRequest | None:
    """The member's newest request for this session."""
    return AccessRequest.objects.filter(member=member, session_id=session_id).order_by("-asked_at").first()


def ask(member: Member, record_id: UUID, reason: str, *, address: str = "") -> AccessRequest:
    """Ask the administrators for the session of a record; asking again changes nothing.

    Invalid without a reason, NotFound for what is not there or open already, RateLimited with
    too many requests that wait.
    """
    words = " ".join(reason.replace("\x00", "").split())
    if not words:
        raise Invalid(_("Say what you need it for."))
    if len(words) > REASON_LIMIT:
        raise Invalid(_("At most %(most)s characters.") % {"most": REASON_LIMIT})
    record = locked_record(member, record_id)
    if record is None:
        raise NotFound(_("There is no such record."))
    with transaction.atomic():
        # One of a member's requests at a time, so that two at once are counted.
        Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
        waiting = AccessRequest.objects.filter(member=member, state=AccessState.ASKED)
        if found := waiting.filter(session_id=record.session_id).first():
            return found
        if waiting.count() >= MOST_OPEN:
            raise RateLimited(_("Wait until some of your requests are answered."))
        request = AccessRequest.objects.create(member=member, session_id=record.session_id, reason=words)
        _log("asked", request, member, address, {"reason": words})
    return request


def grant(request_id: int, actor: Member, *, hours: int, answer: str = "", address: str = "") -> None:
    """Open the session to who asked, for so many hours from now."""
    if isinstance(hours, bool) or not 1 <= hours <= MOST_HOURS:
        raise Invalid(_("Between %(least)s and %(most)s hours.") % {"least": 1, "most": MOST_HOURS})
    with transaction.atomic():
        request = _locked(request_id, actor, AccessState.ASKED)
        request.until = clock.now() + timedelta(hours=hours)
        _decide(request, AccessState.GRANTED, actor, answer)
        _log("granted", request, actor, address, {"hours": hours, "member": request.member.nickname})


def refuse(request_id: int, actor: Member, *, answer: str = "", address: str = "") -> None:
    """Leave the session locked."""
    with transaction.atomic():
        request = _locked(request_id, actor, AccessState.ASKED)
        _decide(request, AccessState.REFUSED, actor, answer)
        _log("refused", request, actor, address, {"member": request.member.nickname})


def end(request_id: int, actor: Member, *, address: str = "") -> None:
    """Lock a session again before its time."""
    with transaction.atomic():
        request = _locked(request_id, actor, AccessState.GRANTED)
        now = clock.now()
        if request.until <= now:
            raise WrongState(_("This access has ended already."))
        request.until = now
        request.save(update_fields=["until"])
        _log("taken_back", request, actor, address, {"member": request.member.nickname})


def waiting_count() -> int:
    """How many requests wait for an answer."""
    return AccessRequest.objects.filter(state=AccessState.ASKED).count()


def _locked(request_id: int, actor: Member, state: str) -> AccessRequest:
    if not may(actor, Ability.MANAGE_GRANTS):
        raise NotAllowed(_("Only administrators answer requests for access."))
    request = AccessRequest.objects.select_for_update(of=("self",)).filter(pk=request_id).first()
    if request is None:
        raise NotFound(_("There is no such request."))
    if request.state != state:
        raise WrongState(_("Somebody else has answered this request meanwhile."))
    return request


def _decide(request: AccessRequest, state: str, actor: Member, answer: str) -> None:
    request.state = state
    request.decided_by, request.decided_at = actor, clock.now()
    request.answer = " ".join(answer.replace("\x00", "").split())[:REASON_LIMIT]
    request.save(update_fields=["state", "decided_by", "decided_at", "answer", "until"])


def _log(verb: str, request: AccessRequest, actor: Member, address: str, values: dict) -> None:
    trail.append(
        f"access.{verb}",
        member=actor,
        address=address,
        object_type="session",
        object_id=request.session_id,
        values=values,
    )
