"""The second factor (T-6): codes of an app that change with time, and recovery codes for when it is lost.

django-allauth keeps and computes them (secrets sealed, X-15). What it leaves to a cache, that no code
counts twice, stands here in the row itself: a code that was used, and all before it, are over.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from apps.team import sign_in, trail
from apps.team.abilities import may_reset_password
from apps.team.lockout import Attempt
from apps.team.models import Member
from csdesk import clock, sealing
from csdesk.errors import NotAllowed, WrongState

log = logging.getLogger(__name__)

PERIOD = 30  # seconds
# Clocks of phones are wrong by less than this many periods.
TOLERANCE = 1
LONGEST_CODE = 40
Type = Authenticator.Type
_PURPOSE = "second factor"
_SECRET_KEY = "second_factor_secret"  # noqa: S105 - a name, not a secret
# Whose secret is sealed or opened just now: moved to another member's row it does not open.
_owner: ContextVar[int] = ContextVar("owner of a second factor")


class Adapter(DefaultMFAAdapter):
    """How allauth keeps secrets: sealed, and opened with SECRET_KEY only."""

    def encrypt(self, text: str) -> str:
        return sealing.seal(_PURPOSE, f"mfa_authenticator:{_owner.get()}", text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(_PURPOSE, f"mfa_authenticator:{_owner.get()}", encrypted_text)

    def get_totp_label(self, user: Member) -> str:
        return user.account


@contextmanager
def _secrets_of(member: Member) -> Iterator[None]:
    token = _owner.set(member.pk)
    try:
        yield
    finally:
        _owner.reset(token)


def is_on(member: Member) -> bool:
    """Whether the member signs in with a second factor."""
    return Authenticator.objects.filter(user=member, type=Type.TOTP).exists()


def is_required(member: Member) -> bool:
    """Whether the member's role must (a setting of the deployment)."""
    return member.role in settings.SECOND_FACTOR_ROLES


# --- Setting it up ----------------------------------------------------------------------------------


def offered_secret(member: Member, session: SessionBase) -> str:
    """The secret that this browser session offers to the member's app, the same until it is taken."""
    sealed = session.get(_SECRET_KEY)
    if sealed:
        try:
            return sealing.unseal(_PURPOSE, str(member.pk), sealed)
        except sealing.Unreadable:
            pass
    secret = generate_totp_secret()
    session[_SECRET_KEY] = sealing.seal(_PURPOSE, str(member.pk), secret)
    return secret


def address_for_app(member: Member, secret: str) -> str:
    """What the QR code says to the app."""
    return Adapter().build_totp_url(member, secret)


def turn_on(member: Member, session: SessionBase, typed: str, *, address: str = "") -> list[str] | None:
    """Keep the offered secret if the app shows its code; the recovery codes, None for a wrong code.

    Raises WrongState when there is one already.
    """
    secret = offered_secret(member, session)
    step = _matching_step(secret, typed)
    if step is None:
        return None
    with transaction.atomic():
        Member.objects.select_for_update().get(pk=member.pk)
        if is_on(member):
            raise WrongState(_("The second factor is on already."))
        with _secrets_of(member):
            row = TOTP.activate(member, secret).instance
        row.data["last_step"] = step
        row.save(update_fields=["data"])
        codes = _new_codes(member)
        _log("second_factor.turned_on", member, member, address)
    del session[_SECRET_KEY]
    session[sign_in.SECOND_FACTOR_KEY] = True
    return codes


def new_recovery_codes(member: Member, *, address: str = "") -> list[str]:
    """Ten new codes; those before are over. Raises WrongState without a second factor."""
    with transaction.atomic():
        Member.objects.select_for_update().get(pk=member.pk)
        if not is_on(member):
            raise WrongState(_("There is no second factor."))
        codes = _new_codes(member)
        _log("second_factor.codes_renewed", member, member, address)
    return codes


def recovery_codes_left(member: Member) -> int:
    row = Authenticator.objects.filter(user=member, type=Type.RECOVERY_CODES).first()
    if row is None:
        return 0
    try:
        with _secrets_of(member):
            return len(RecoveryCodes(row).get_unused_codes())
    except sealing.Unreadable:
        return 0


def turn_off(member: Member, actor: Member, *, address: str = "") -> None:
    """Take the second factor away: one's own, or that of a member who has lost it.

    Raises NotAllowed for a member one may not change. Where the role requires one, the member has
    to set up another at once, and their sign-ins end: what proved them does not count any more.
    """
    if member.pk != actor.pk and not may_reset_password(actor, member):
        raise NotAllowed(_("You can't change how this member signs in."))
    with transaction.atomic():
        gone, _rows = Authenticator.objects.filter(user=member).delete()
        if not gone:
            return
        if member.pk != actor.pk:
            sign_in.end_all(member, sign_in.SIGNED_OUT)
        _log("second_factor.turned_off", member, actor, address)


def seal_anew() -> int:
    """Seal with the newest SECRET_KEY what a former one has sealed; how many secrets.

    What no key opens stays as it is: the member needs a recovery code, or an administrator.
    """
    done = 0
    for pk in Authenticator.objects.values_list("pk", flat=True):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().get(pk=pk)
            name = "secret" if row.type == Type.TOTP else "seed"
            place = f"mfa_authenticator:{row.user_id}"
            if sealing.is_newest(_PURPOSE, row.data[name]):
                continue
            try:
                text = sealing.unseal(_PURPOSE, place, row.data[name])
            except sealing.Unreadable:
                log.warning("the second factor of member %s can't be opened by any key", row.user_id)
                continue
            row.data[name] = sealing.seal(_PURPOSE, place, text)
            row.save(update_fields=["data"])
            done += 1
    return done


# --- Using it ---------------------------------------------------------------------------------------


def check(member: Member, typed: str, address: str) -> str:
    """`totp` or `recovery_code` when the code is right and was never used, else "".

    Guessing is slowed down as with passwords (T-8): raises RateLimited with `seconds` in `extra`.
    """
    attempt = Attempt(f"second factor of {member.pk}", address)
    attempt.begin()
    digits = "".join(typed.split()).replace("-", "")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > LONGEST_CODE:
        return ""
    try:
        kind = _use_totp(member, digits) or _use_recovery_code(member, digits)
    except sealing.Unreadable:
        log.error("the second factor of member %s can't be opened by any key", member.pk)
        return ""
    if kind:
        attempt.succeeded()
    return kind


@transaction.atomic
def _use_totp(member: Member, digits: str) -> str:
    row = Authenticator.objects.select_for_update().filter(user=member, type=Type.TOTP).first()
    if row is None:
        return ""
    with _secrets_of(member):
        step = _matching_step(Adapter().decrypt(row.data["secret"]), digits)
    if step is None or step <= row.data.get("last_step", 0):
        return ""
    row.data["last_step"], row.last_used_at = step, clock.now()
    row.save(update_fields=["data", "last_used_at"])
    return "totp"


def _use_recovery_code(member: Member, digits: str) -> str:
    row = Authenticator.objects.filter(user=member, type=Type.RECOVERY_CODES).first()
    if row is None:
        return ""
    with _secrets_of(member):
        return "recovery_code" if RecoveryCodes(row).validate_code(digits) else ""


def _matching_step(secret: str, typed: str) -> int | None:
    """The period whose code this is, among those around now."""
    digits = "".join(typed.split())
    now = int(clock.now().timestamp()) // PERIOD
    found = None
    for step in range(now - TOLERANCE, now + TOLERANCE + 1):
        if constant_time_compare(format_hotp_value(hotp_value(secret, step)), digits):
            found = step
    return found


def _new_codes(member: Member) -> list[str]:
    Authenticator.objects.filter(user=member, type=Type.RECOVERY_CODES).delete()
    with _secrets_of(member):
        codes = RecoveryCodes.activate(member).generate_codes()
    # In two halves: as they are shown and may be typed.
    return [f"{code[: len(code) // 2]} {code[len(code) // 2 :]}" for code in codes]


def _log(action: str, member: Member, actor: Member, address: str) -> None:
    trail.append(action, member=actor, address=address, object_type="member", object_id=member.pk)
