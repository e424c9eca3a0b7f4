"""Signing in at one place at a time (T-7): the member's `sign_in_id` is the one that counts.

Each browser session holds the id of its sign-in; a newer sign-in of the account makes it stale.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils.crypto import constant_time_compare

from apps.team import trail
from apps.team.lockout import Attempt
from apps.team.models import Member, TrailEntry
from csdesk import clock, realtime

ID_KEY = "sign_in_id"
AT_KEY = "signed_in_at"
CONFIRMED_KEY = "confirmed_at"
HOW_KEY = "signed_in_how"
# In a browser session whose sign-in was made, or completed, with a second factor.
SECOND_FACTOR_KEY = "second_factor"
# Roles and passwords of others: only so long after one's own password was typed.
CONFIRMATION_LASTS = timedelta(minutes=15)
# An e-mailed password ends after this.
MAILED_PASSWORD_LASTS = timedelta(hours=72)
# Why a desk is told to go (D-16).
SIGNED_IN_ELSEWHERE, SIGNED_OUT = "signed_in_elsewhere", "signed_out"
FORCED_OFFLINE, DELETED = "forced_offline", "deleted"
# How somebody signs in: by a password, a code by SMS, an address that signs in once.
PASSWORD, PHONE, LINK = "password", "phone", "link"


def begin(
    member: Member, session: SessionBase, address: str, *, how: str = PASSWORD, second_factor: str = ""
) -> None:
    """Make this browser session the member's one sign-in; any other desk ends at once.

    `second_factor` names what was shown beside (`totp`, `recovery_code`), "" without.
    """
    sign_in_id = uuid.uuid4()
    with transaction.atomic():
        _replace_id(member, sign_in_id, SIGNED_IN_ELSEWHERE)
        log("sign_in.succeeded", member, address, how=how, second_factor=second_factor)
    session[ID_KEY] = str(sign_in_id)
    session[AT_KEY] = clock.now().timestamp()
    session[HOW_KEY] = how
    session[SECOND_FACTOR_KEY] = bool(second_factor)


def log(action: str, member: Member | None, address: str, **values: object) -> None:
    """One entry of the sign-in log (T-8): `values` say how, and what was typed when it was no secret."""
    trail.append(
        action,
        member=member,
        address=address,
        object_type="member",
        object_id=member.pk if member else "",
        values={name: value for name, value in values.items() if value},
    )


def end_all(member: Member, reason: str) -> None:
    """End the member's sign-in wherever it is; its desks are told `reason`."""
    _replace_id(member, None, reason)


def is_current(member: Member, session: SessionBase) -> bool:
    """Whether this browser session is the member's one sign-in and younger than 12 h (X-6)."""
    began = datetime.fromtimestamp(session.get(AT_KEY) or 0, clock.now().tzinfo)
    young = clock.now() - began < timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return (
        young
        and member.is_active
        and bool(member.sign_in_id)
        and str(member.sign_in_id) == session.get(ID_KEY)
    )


def is_confirmed(session: SessionBase) -> bool:
    """Whether the member has proved who they are within the last 15 minutes.

    An address that signs in once proves nothing: others may have made it.
    """
    proved = session.get(HOW_KEY) != LINK or session.get(SECOND_FACTOR_KEY)
    last = max((session.get(AT_KEY) or 0) if proved else 0, session.get(CONFIRMED_KEY) or 0)
    return clock.now().timestamp() - last < CONFIRMATION_LASTS.total_seconds()


def confirm(member: Member, password: str, session: SessionBase, address: str) -> bool:
    """Check the member's own password again; raises RateLimited as signing in does."""
    attempt = Attempt(str(member.pk), address)
    attempt.begin()
    if not member.check_password(password):
        log("sign_in.failed", member, address, how="confirmation")
        return False
    attempt.succeeded()
    count_as_confirmed(session)
    return True


def count_as_confirmed(session: SessionBase) -> None:
    """The member has just proved who they are."""
    session[CONFIRMED_KEY] = clock.now().timestamp()


def is_second_factor_due(member: Member, session: SessionBase) -> bool:
    """Whether the member's role needs a second factor, and this sign-in has none yet (X-6)."""
    return member.role in settings.SECOND_FACTOR_ROLES and not session.get(SECOND_FACTOR_KEY)


def member_of(session: SessionBase) -> Member | None:
    """The member whose sign-in this browser session is, fit to work: for sockets, which have no request.

    None for a stale, ended or foreign session, until a password that was e-mailed is changed, and until
    a second factor is set up where the role needs one.
    """
    identifier = session.get(SESSION_KEY)
    if identifier is None or BACKEND_SESSION_KEY not in session:
        return None
    member = Member.objects.present().filter(pk=identifier).first()
    if member is None or member.must_change_password or not is_current(member, session):
        return None
    if is_second_factor_due(member, session):
        return None
    kept = session.get(HASH_SESSION_KEY) or ""
    if not constant_time_compare(kept, member.get_session_auth_hash()):
        return None
    return member


def mailed_password_has_ended(member: Member) -> bool:
    """Whether the password that was e-mailed is older than 72 h; the trail knows when it was made."""
    if not member.must_change_password:
        return False
    made = (
        TrailEntry.objects.filter(
            object_type="member",
            object_id=str(member.pk),
            action__in=("member.added", "member.password_reset", "member.password_sent"),
        )
        .order_by("-number")
        .values_list("at", flat=True)
        .first()
    )
    return made is not None and clock.now() - made > MAILED_PASSWORD_LASTS


def _replace_id(member: Member, sign_in_id: uuid.UUID | None, reason: str) -> None:
    Member.objects.filter(pk=member.pk).update(sign_in_id=sign_in_id)
    member.sign_in_id = sign_in_id
    # Desks of the new sign-in itself, should they be quicker, are spared by the id.
    order = {"op": "kicked", "reason": reason, "except": str(sign_in_id or "")}
    realtime.control(realtime.member(member.pk), order)
