"""The one append-only trail: access, changes, sign-ins (C-9, T-11, X-14).

Each entry is sealed with a keyed hash over itself and the one before, with a key that is not in
the database. Personal details stand in an erasable row beside; the chain holds a salted hash of
them, so erasing them breaks nothing. What is outside the database also remembers how far the
trail had come, so that a cut tail shows (`trail_head`). Each erasure is an entry of its own, so
that details somebody simply deleted show too.

An entry is durable with the transaction it is made in. Whoever shows something that must be
logged appends outside a transaction, before it answers; whoever changes something appends as
the last thing in the changing transaction, because the lock is held until its commit.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
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
ERASED = "trail.erased"
_ERASED_AT_ONCE = 1000
_APPENDED_AT_ONCE = 2000


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
    with transaction.atomic():
        number, previous = _last()
        entry, details = _made(
            (number, previous), action, member, address, (object_type, object_id), values or {}
        )
        entry.save(force_insert=True)
        details.save(force_insert=True)
        transaction.on_commit(
            lambda: trail_head.remember(entry.number, entry.hash, previous, is_there), robust=True
        )
    return entry


def append_many(
    things: Iterable[tuple[str, object, dict[str, Any]]],
    *,
    member: Member | None = None,
    address: str = "",
    object_type: str = "",
) -> int:
    """Write an entry for each (action, object id, values) of one act on many things; how many.

    In few statements, because nobody else appends meanwhile: 50,000 take seconds.
    """
    with transaction.atomic():
        last = _last()
        written, rest = 0, iter(things)
        while some := list(islice(rest, _APPENDED_AT_ONCE)):
            entries, details = [], []
            for action, object_id, values in some:
                made = _made(last, action, member, address, (object_type, object_id), values)
                entries.append(made[0])
                details.append(made[1])
                last = (made[0].number, made[0].hash)
            TrailEntry.objects.bulk_create(entries)
            TrailDetail.objects.bulk_create(details)
            written += len(entries)
            newest = entries[-1]
        if written:
            transaction.on_commit(
                lambda: trail_head.remember(newest.number, newest.hash, newest.previous_hash, is_there),
                robust=True,
            )
    return written


def _last() -> tuple[int, str]:
    """The newest number and its hash; nobody else appends until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)
    last = TrailEntry.objects.order_by("-number").values_list("number", "hash").first()
    return last or (0, FIRST_HASH)


def _made(
    last: tuple[int, str],
    action: str,
    member: Member | None,
    address: str,
    thing: tuple[str, object],
    values: dict[str, Any],
) -> tuple[TrailEntry, TrailDetail]:
    """The entry after `last`, sealed, and its details; not saved."""
    details = TrailDetail(
        salt=secrets.token_hex(16),
        member_name=member.nickname[:60] if member else "",
        address=address[:45],
        values=_as_json(values),
    )
    number, previous = last
    entry = TrailEntry(
        number=number + 1,
        at=clock.now(),
        member_id=member.pk if member else None,
        action=action,
        object_type=thing[0],
        object_id=str(thing[1])[:64],
        detail_hash=seal_of_details(details, current_key()),
        key_id=key_id(current_key()),
        previous_hash=previous,
    )
    entry.hash = seal(entry, current_key())
    details.entry = entry
    return entry, details


def is_there(number: int, entry_hash: str) -> bool:
    """Whether the trail holds the entry with this number and hash."""
    return TrailEntry.objects.filter(number=number, hash=entry_hash).exists()


def erase(numbers: Iterable[int], *, member: Member | None = None, address: str = "") -> int:
    """Erase the personal details of entries, each erasure an entry of its own; how many were erased.

    What an erasure says of others stays, else nobody could tell it from a deletion by hand.
    """
    wanted = sorted(set(numbers))
    erased = 0
    for start in range(0, len(wanted), _ERASED_AT_ONCE):
        with transaction.atomic():
            found = TrailDetail.objects.filter(entry_id__in=wanted[start : start + _ERASED_AT_ONCE])
            rows = found.exclude(entry__action=ERASED).select_for_update(of=("self",))
            there = sorted(rows.values_list("entry_id", flat=True))
            if not there:
                continue
            TrailDetail.objects.filter(entry_id__in=there).delete()
            append(ERASED, member=member, address=address, object_type="trail", values={"numbers": there})
            erased += len(there)
    return erased


def numbers_between(first: int, last: int) -> list[int]:
    """The numbers of the entries from `first` to `last` that still have details."""
    rows = TrailDetail.objects.filter(entry_id__gte=first, entry_id__lte=last)
    return list(rows.values_list("entry_id", flat=True))


def losses() -> list[str]:
    """Every `NUMBER:HASH` this machine has remembered that is gone, and that nobody has acknowledged."""
    found, newest = trail_head.lost(), trail_head.remembered()
    if newest and newest not in found and not is_there(*trail_head.parts(newest)):
        found.append(newest)
    return found


def acknowledge_losses(*, member: Member | None = None, address: str = "") -> list[str]:
    """Let the trail count as complete again after lost entries were looked into; the loss becomes an entry.

    Returns what is acknowledged. Call it outside a transaction.
    """
    found = losses()
    if found:
        append(
            "trail.loss_acknowledged",
            member=member,
            address=address,
            object_type="trail",
            values={"lost": found},
        )
        trail_head.acknowledge(found)
    return found


@dataclass(frozen=True)
class Finding:
    number: int
    # `missing`, `out_of_chain`, `altered`, `details_altered`, `details_missing`, `unknown_key`
    problem: str


@dataclass(frozen=True)
class Verification:
    """What `verify` found. `is_complete` is None when nothing outside the database can tell."""

    entries: int
    erased: int
    findings: list[Finding]
    newest: str
    is_complete: bool | None
    expected: str
    # Remembered outside the database, gone from it, and not acknowledged.
    lost: tuple[str, ...] = ()

    @property
    def is_unaltered(self) -> bool:
        return not self.findings


def verify(anchor: str = "") -> Verification:
    """Check every entry and the tail.

    `anchor` is a `NUMBER:HASH` noted earlier in an outside place; without one, what this
    machine remembers outside the database is taken.
    """
    expected = anchor or trail_head.remembered()
    lost = tuple(trail_head.lost())
    findings: list[Finding] = []
    number, previous, seen = 0, FIRST_HASH, ""
    without: set[int] = set()
    erased: set[int] = set()
    for entry, details in _entries():
        problems = _check(entry, details, number, previous)
        findings += problems
        if details is None:
            without.add(entry.number)
        elif entry.action == ERASED and not problems:
            erased.update(one for one in details.values.get("numbers", []) if one < entry.number)
        number, previous = entry.number, entry.hash
        if f"{number}:{previous}" == expected:
            seen = expected
    findings += [Finding(one, "details_missing") for one in without - erased]
    findings.sort(key=lambda finding: finding.number)
    is_complete = False if lost else bool(seen) if expected else None
    newest = f"{number}:{previous}"
    return Verification(number, len(without & erased), findings[:100], newest, is_complete, expected, lost)


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
