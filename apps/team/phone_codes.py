"""Codes by SMS (T-6, X-2): to sign in with a bound number, and to bind one.

A code has 6 digits, holds for 5 minutes and 5 tries, and one may be asked for per minute and number.
Whoever asks for a number that nobody has bound is told the same, waits as long and is counted alike;
only nothing is sent. The counts stand in the database, so they hold for all processes together.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import math
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache, partial

from django.conf import settings
from django.db import connection, connections, transaction
from django.db.models import F, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from apps.team import phones, sms
from apps.team.models import Member, PhoneCode
from csdesk import clock
from csdesk.addresses import is_exempt
from csdesk.errors import Invalid, RateLimited

log = logging.getLogger(__name__)

LASTS = timedelta(minutes=5)
TRIES = 5
BETWEEN = timedelta(minutes=1)
# Codes a day that one member may have sent to numbers that are not theirs yet.
MOST_TO_BIND = 10
KEPT = timedelta(days=2)
Purpose = PhoneCode.Purpose
# Whoever counts and then adds must be alone.
_LOCK = (0x7EA1, 2)


def ask_to_sign_in(typed: str, *, address: str, language: str) -> PhoneCode:
    """Ask for a code to sign in with a bound number; for any other number only as if.

    Raises Invalid for what is no number, RateLimited with `seconds` in `extra`.
    """
    number = _number(typed)
    found = Member.objects.present().filter(bound_phone=number).first()
    member = found if found and not found.is_foreign_demo else None
    return _ask(
        Purpose.SIGN_IN, number, member, is_sent=member is not None, address=address, language=language
    )


def ask_to_bind(member: Member, typed: str, *, address: str, language: str) -> PhoneCode:
    """Send a code to a number that the member says is theirs. Raises as `ask_to_sign_in`."""
    return _ask(Purpose.BIND, _number(typed), member, is_sent=True, address=address, language=language)


def check(code_id: int, purpose: str, typed: str) -> PhoneCode | None:
    """The row, used up, if this is its code; None else. Each call is one of its five tries.

    Raises Invalid when it is over: too old, used, or tried too often.
    """
    now = clock.now()
    open_rows = PhoneCode.objects.filter(
        pk=code_id, purpose=purpose, used_at__isnull=True, made_at__gt=now - LASTS
    )
    # Counted before it is compared, in one statement: tries at the same moment are tries too.
    if not open_rows.filter(tries__lt=TRIES).update(tries=F("tries") + 1):
        raise Invalid(_("This code has ended. Ask for a new one."))
    row = PhoneCode.objects.select_related("member").get(pk=code_id)
    digits = "".join(typed.split())
    if not row.code_hash or not hmac.compare_digest(row.code_hash, _keyed("code", str(row.pk), digits)):
        return None
    if not open_rows.update(used_at=now):
        raise Invalid(_("This code has ended. Ask for a new one."))
    return row


def seconds_until_next(number_hash: str) -> int:
    """How long until another code may be asked for this number."""
    last = PhoneCode.objects.filter(number_hash=number_hash).order_by("-made_at").first()
    left = (last.made_at + BETWEEN - clock.now()).total_seconds() if last else 0
    return max(0, math.ceil(left))


def purge() -> int:
    """Delete what no limit counts any more; how many rows."""
    return PhoneCode.objects.filter(made_at__lt=clock.now() - KEPT).delete()[0]


def _number(typed: str) -> str:
    number = phones.normalised(typed)
    if not number:
        raise Invalid(_("This is no phone number."), field="phone")
    return number


@transaction.atomic
def _ask(
    purpose: str, number: str, member: Member | None, *, is_sent: bool, address: str, language: str
) -> PhoneCode:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)
    number_hash = _keyed("number", number)
    _expect_within_limits(number_hash, address)
    if purpose == Purpose.BIND:
        _limit(PhoneCode.objects.filter(member=member, purpose=purpose), MOST_TO_BIND, timedelta(days=1))
    row = PhoneCode.objects.create(
        purpose=purpose,
        number_hash=number_hash,
        number=number if purpose == Purpose.BIND else "",
        member=member,
        address=address[:45],
        language=language[:10],
        made_at=clock.now(),
    )
    code = f"{secrets.randbelow(10**6):06d}"
    if is_sent:
        row.code_hash = _keyed("code", str(row.pk), code)
        row.save(update_fields=["code_hash"])
        transaction.on_commit(partial(_start, partial(_send, row.pk, number, code, language)))
    return row


def _expect_within_limits(number_hash: str, address: str) -> None:
    """RateLimited with the seconds until one may ask again (X-2)."""
    of_number = PhoneCode.objects.filter(number_hash=number_hash)
    _limit(of_number, 1, BETWEEN)
    _limit(of_number, settings.LIMIT_SMS_NUMBER, timedelta(days=1))
    if not is_exempt(address):
        _limit(PhoneCode.objects.filter(address=address), settings.LIMIT_SMS_ADDRESS, timedelta(hours=1))
    # What costs money: as-if codes would let anybody use up the day for everybody.
    _limit(PhoneCode.objects.exclude(code_hash=""), settings.LIMIT_SMS_TOTAL, timedelta(days=1))


def _limit(rows: QuerySet[PhoneCode], most: int, within: timedelta) -> None:
    if not most:
        return
    now = clock.now()
    recent = rows.filter(made_at__gt=now - within).order_by("-made_at")
    # The one whose going makes room.
    first = recent[most - 1 : most].values_list("made_at", flat=True)
    for made_at in first:
        raise RateLimited(seconds=max(1, math.ceil((made_at + within - now).total_seconds())))


def _start(send: Callable[[], None]) -> None:
    _line().submit(_and_close, send)


def _and_close(call: Callable[[], None]) -> None:
    try:
        call()
    finally:
        connections.close_all()


@cache
def _line() -> ThreadPoolExecutor:
    """Threads of this process that talk to the gateway: an answer must not tell by its time who is known.

    Not the worker's: a code must not lie in a queue, and it is wanted while Redis is away, too.
    """
    return ThreadPoolExecutor(2, thread_name_prefix="csdesk-sms")


def _send(code_id: int, number: str, code: str, language: str) -> None:
    with translation.override(language or settings.LANGUAGE_CODE):
        text = _("%(code)s is your code for csdesk. It holds for 5 minutes. Tell it to nobody.")
    try:
        sms.send(sms.Message(number, text % {"code": code}, code, language))
        done = {"sent_at": clock.now()}
    except Exception as error:
        # Whatever a back end of the deployment's own raises; the number and the code stay out of the log.
        reason = str(error) if isinstance(error, sms.SmsError) else type(error).__name__
        log.warning("code %s could not be sent by SMS: %s", code_id, reason)
        done = {"failed_at": clock.now()}
    PhoneCode.objects.filter(pk=code_id).update(**done)


def _keyed(*parts: str) -> str:
    key = hashlib.sha256(b"csdesk.phone_codes" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, "\x00".join(parts).encode(), hashlib.sha256).hexdigest()
