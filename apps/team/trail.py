"""The one append-only trail: access, changes, sign-ins (C-9, T-11, X-14).

Each entry is sealed with a keyed hash over itself and the one before, with a key that is not in
the database. Personal details stand in an erasable row beside; the chain holds a salted hash of
them, so erasing them breaks nothing. What is outside the database also remembers how far the
trail had come, so that a cut tail shows (`trail_head`).

An entry is durable with the transaction it is made in. Whoever shows something that must be
logged appends outside a transaction, before it answers; whoever changes something appends as
the last thing in the changing transaction, because the lock is held until its commit.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from apps.team import trail_head
from apps.team.models import Member, TrailDetail, TrailEntry
from csdesk import clock

# One appender at a time over all processes: the two-key advisory lock of the trail.
_LOCK = (0x7EA1, 1)
FIRST_HASH = "0" * 64


def append(
    action: str,
    *,
    member: Member | None = None,
    address: str = "",
    object_type: str = "",
    object_id: object = "",
    values: dict[str, Any] | None = None,
) -> TrailEntry:
    """Write the next entry: who did what, from where, to what.

    `action` is `thing.verb` (`record.viewed`); `values` are JSON and hold neither secrets nor
    unmasked phone numbers or e-mails of customers.
    """
    details = TrailDetail(
        salt=secrets.token_hex(16),
        member_name=member.nickname[:60] if member else "",
        address=address[:45],
        values=_as_json(values or {}),
    )
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)
        last = TrailEntry.objects.order_by("-number").values_list("number", "hash").first()
        number, previous = last or (0, FIRST_HASH)
        entry = TrailEntry(
            number=number + 1,
            at=clock.now(),
            member_id=member.pk if member else None,
            action=action,
            object_type=object_type,
            object_id=str(object_id)[:64],
            detail_hash=seal_of_details(details, current_key()),
            key_id=key_id(current_key()),
            previous_hash=previous,
        )
        entry.hash = seal(entry, current_key())
        entry.save(force_insert=True)
        details.entry = entry
        details.save(force_insert=True)
        transaction.on_commit(lambda: trail_head.remember(entry.number, entry.hash), robust=True)
    return entry


@dataclass(frozen=True)
class Finding:
    number: int
    problem: str  # `missing`, `out_of_chain`, `altered`, `details_altered`, `unknown_key`


@dataclass(frozen=True)
class Verification:
    """What `verify` found. `is_complete` is None when nothing outside the database can tell."""

    entries: int
    erased: int
    findings: list[Finding]
    newest: str
    is_complete: bool | None
    expected: str

    @property
    def is_unaltered(self) -> bool:
        return not self.findings


def verify(anchor: str = "") -> Verification:
    """Check every entry and the tail.

    `anchor` is a `NUMBER:HASH` noted earlier in an outside place; without one, what this
    machine remembers outside the database is taken.
    """
    expected = anchor or trail_head.remembered()
    findings: list[Finding] = []
    number, previous, erased, seen = 0, FIRST_HASH, 0, ""
    for entry, details in _entries():
        findings += _check(entry, details, number, previous)
        erased += details is None
        number, previous = entry.number, entry.hash
        if f"{number}:{previous}" == expected:
            seen = expected
    is_complete = None if not expected else bool(seen)
    return Verification(number, erased, findings[:100], f"{number}:{previous}", is_complete, expected)


def _entries() -> Iterator[tuple[TrailEntry, TrailDetail | None]]:
    for entry in TrailEntry.objects.select_related("detail").order_by("number").iterator(2000):
        yield entry, getattr(entry, "detail", None)


def _check(entry: TrailEntry, details: TrailDetail | None, number: int, previous: str) -> list[Finding]:
    findings = []
    if entry.number != number + 1:
        findings.append(Finding(number + 1, "missing"))
    elif entry.previous_hash != previous:
        findings.append(Finding(entry.number, "out_of_chain"))
    key = _keys().get(entry.key_id)
    if key is None:
        return [*findings, Finding(entry.number, "unknown_key")]
    if not hmac.compare_digest(entry.hash, seal(entry, key)):
        findings.append(Finding(entry.number, "altered"))
    if details and not hmac.compare_digest(entry.detail_hash, seal_of_details(details, key)):
        findings.append(Finding(entry.number, "details_altered"))
    return findings


def current_key() -> bytes:
    return settings.TRAIL_KEY.encode()


def key_id(key: bytes) -> str:
    """A short name of a key that tells nothing about it."""
    return hmac.new(key, b"csdesk trail key id", hashlib.sha256).hexdigest()[:16]


def seal(entry: TrailEntry, key: bytes) -> str:
    """The keyed hash of an entry over all its fields and the hash before it."""
    return _keyed_hash(
        key,
        "entry",
        str(entry.number),
        entry.at.isoformat(timespec="microseconds"),
        "" if entry.member_id is None else str(entry.member_id),
        entry.action,
        entry.object_type,
        entry.object_id,
        entry.detail_hash,
        entry.key_id,
        entry.previous_hash,
    )


def seal_of_details(details: TrailDetail, key: bytes) -> str:
    """The salted, keyed hash of the personal details."""
    values = json.dumps(details.values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return _keyed_hash(key, "details", details.salt, details.member_name, details.address, values)


def _keys() -> dict[str, bytes]:
    keys = [current_key(), *(key.encode() for key in settings.TRAIL_OLD_KEYS)]
    return {key_id(key): key for key in keys}


def _keyed_hash(key: bytes, *parts: str) -> str:
    """HMAC-SHA256 over length-prefixed parts, so that no two different entries read the same."""
    sealed = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        text = part.encode()
        sealed.update(len(text).to_bytes(8, "big") + text)
    return sealed.hexdigest()


def _as_json(values: dict) -> dict:
    """The values as the database will give them back: plain JSON, no NUL, fractions as text."""
    text = json.dumps(values, cls=DjangoJSONEncoder, ensure_ascii=False)
    return json.loads(text.replace("\\u0000", ""), parse_float=str)
