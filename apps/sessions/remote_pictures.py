"""Pictures of others, fetched for our readers, made anew and kept for a day (X-11, X-12).

Only what stands in a message or a profile that the reader may see is fetched: each request says where
(`picture_addresses.Claim`), and that is looked up again. A picture is fetched once, however many ask.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache as once
from pathlib import Path
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings
from django.core.cache import cache
from django.core.files import File
from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.sessions import permissions, picture_addresses
from apps.sessions.models import Channel, Customer, Message, RemotePicture
from apps.sessions.picture_addresses import CHANNEL, OWN, Claim
from apps.team.models import Member
from csdesk import bridge, clock, outgoing
from csdesk.errors import Invalid, NotFound, RateLimited, Unavailable
from csdesk.reencoding import reencode

MEGABYTE = 1024 * 1024
MOST = 5 * MEGABYTE
SIDE = 1_280
KEPT = timedelta(days=1)
# Seconds for which a failure is believed: what may pass, and what will not.
FAILED_SHORTLY, FAILED = 60, 600
PASSING = {"time", "unreachable", "status", "protocol"}
# Fetched at once by one process, and how long (s) one waits for a turn, or for another process.
AT_ONCE, TURN_SECONDS = 8, 6.0
# Requests of one process that may wait for fetches; who comes beyond sees a placeholder for now.
MOST_WAITING = 32
# Seconds that making one anew may take.
MAKING_SECONDS = 8
LOCK_SECONDS = 45
POLL_SECONDS = 0.15
MINUTE = 60
WANTED = "image/webp,image/png,image/jpeg,image/gif"


# --- Who may see it --------------------------------------------------------------------------------


def expect_right(claim: Claim) -> None:
    """NotFound unless the picture still stands where the address says, and its reader may look there."""
    if not _stands(claim):
        raise NotFound(_("There is no such picture."))


def _stands(claim: Claim) -> bool:
    if claim.place.startswith(CHANNEL):
        key = claim.place.removeprefix(CHANNEL)
        return Channel.objects.filter(key=key, is_active=True, avatar=claim.original).exists()
    if claim.place == OWN:
        kind, _colon, number = claim.reader.partition(":")
        people = Customer.objects.all() if kind == "c" else Member.objects.filter(deleted_at__isnull=True)
        return people.filter(pk=number, avatar=claim.original).exists()
    return permissions.may_read(claim.reader, UUID(claim.place)) and _stands_in_message(claim)


def _stands_in_message(claim: Claim) -> bool:
    if not claim.seq:
        # A person's picture: whoever signed the address has just read it there.
        return True
    bodies = Message.objects.filter(
        session_id=claim.place, seq=claim.seq, kind="custom", recalled_at__isnull=True
    ).values_list("body", flat=True)
    return any(claim.original in picture_addresses.named_in(body["data"]) for body in bodies)


# --- The picture -----------------------------------------------------------------------------------


async def picture(claim: Claim, asker: str, waits: Callable[[], None] = lambda: None) -> RemotePicture | None:
    """The picture an address stands for, fetched if need be; None when it cannot be had.

    NotFound without the right to it, RateLimited when `asker` (a member, a customer's network; empty: not
    counted) makes us fetch too much. `waits` is called before anything outside is waited for.
    """
    is_known, kept = await bridge.run(_look, claim, asker, lane=bridge.SLOW)
    if is_known:
        return kept
    if len(_waiting) >= MOST_WAITING:
        return None
    me = object()
    _waiting.add(me)
    try:
        waits()
        return await _shared(claim.original)
    finally:
        _waiting.discard(me)


async def _shared(original: str) -> RemotePicture | None:
    """What the one fetch of this picture that is under way here brings."""
    key = _hash(original)
    task = _under_way.get(key)
    if task is None:
        task = _under_way[key] = asyncio.ensure_future(_fetch(key, original))
        task.add_done_callback(lambda _done: _under_way.pop(key, None))
    # Who turns away does not end it for the others.
    return await asyncio.shield(task)


_under_way: dict[str, asyncio.Task] = {}
# Requests that wait for a fetch now.
_waiting: set[object] = set()


def _hash(original: str) -> str:
    return hashlib.sha256(original.encode()).hexdigest()


def _look(claim: Claim, asker: str) -> tuple[bool, RemotePicture | None]:
    """Whether we know the picture, and what is kept of it: None for one that failed a moment ago."""
    expect_right(claim)
    key = _hash(claim.original)
    kept = _kept(key)
    if kept or cache.get(_failed(key)):
        return True, kept
    _count(asker)
    return False, None


def _kept(key: str) -> RemotePicture | None:
    return RemotePicture.objects.filter(pk=key, fetched_at__gt=clock.now() - KEPT).first()


def _failed(key: str) -> str:
    return f"picture-failed:{key}"


def _count(asker: str) -> None:
    """One more fetch for the asker; RateLimited over the limit of a minute."""
    if not settings.LIMIT_PICTURES or not asker:
        return
    key = f"limit:pictures:{asker}"
    cache.add(key, 0, timeout=MINUTE)
    try:
        count = cache.incr(key)
    except ValueError:
        count = 1
    if count > settings.LIMIT_PICTURES:
        raise RateLimited(_("Too many pictures at once. Please try again later."))


async def _fetch(key: str, original: str) -> RemotePicture | None:
    """Fetch it, unless another process does so; then its result."""
    if not await bridge.run(cache.add, _lock(key), 1, LOCK_SECONDS, lane=bridge.SLOW):
        return await _from_another(key)
    turns = _turns()
    try:
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await turns.acquire()
        except TimeoutError:
            return None
        try:
            return await _made(key, original)
        finally:
            turns.release()
    finally:
        await bridge.run(cache.delete, _lock(key), lane=bridge.SLOW)


def _lock(key: str) -> str:
    return f"picture-fetched:{key}"


async def _from_another(key: str) -> RemotePicture | None:
    try:
        async with asyncio.timeout(TURN_SECONDS):
            while await bridge.run(cache.get, _lock(key), lane=bridge.SLOW):
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        return None
    return await bridge.run(_kept, key, lane=bridge.SLOW)


async def _made(key: str, original: str) -> RemotePicture | None:
    try:
        answer = await outgoing.get(original, accept=WANTED, most=MOST)
        loop = asyncio.get_running_loop()
        mime, content = await loop.run_in_executor(_encoders(), _anew, answer.body)
    except (outgoing.OutgoingError, Invalid) as error:
        seconds = FAILED_SHORTLY if getattr(error, "reason", "") in PASSING else FAILED
        await bridge.run(cache.set, _failed(key), 1, seconds, lane=bridge.SLOW)
        return None
    except Unavailable:
        return None
    return await bridge.run(_keep, key, mime, content, lane=bridge.SLOW)


_turns_of: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def _turns() -> asyncio.Semaphore:
    """The turns of this event loop; a process of ours has one."""
    return _turns_of.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


@once
def _encoders() -> ThreadPoolExecutor:
    """Threads that wait for the processes that decode: apart from those that others wait for."""
    return ThreadPoolExecutor(2, thread_name_prefix="csdesk-pictures")


def _anew(content: bytes) -> tuple[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        source, target, thumbnail = (Path(folder) / part for part in ("source", "target", "thumbnail"))
        source.write_bytes(content)
        mime = reencode(source, target, thumbnail, side=SIDE, seconds=MAKING_SECONDS)["mime"]
        return mime, target.read_bytes()


# --- Keeping ---------------------------------------------------------------------------------------


def _keep(key: str, mime: str, content: bytes) -> RemotePicture:
    former = RemotePicture.objects.filter(pk=key).first()
    made = RemotePicture(address_hash=key, mime=mime, size=len(content), fetched_at=clock.now())
    with tempfile.TemporaryFile() as file:
        file.write(content)
        made.stored.save(f"pictures/{key[:2]}/{key}", File(file), save=False)
    made.save()
    if former:
        former.stored.storage.delete(former.stored.name)
    _make_room()
    return made


def _make_room() -> None:
    """Drop the oldest until what is kept is within its bounds."""
    most = settings.PICTURE_CACHE_MB * MEGABYTE
    over = (RemotePicture.objects.aggregate(total=Sum("size"))["total"] or 0) - most
    while over > 0 and (oldest := RemotePicture.objects.order_by("fetched_at").first()):
        over -= oldest.size
        _drop(oldest)


def purge() -> int:
    """Drop what has been kept its time; returns how many."""
    old = list(RemotePicture.objects.filter(fetched_at__lte=clock.now() - KEPT)[:1000])
    for one in old:
        _drop(one)
    return len(old)


def _drop(one: RemotePicture) -> None:
    one.stored.storage.delete(one.stored.name)
    one.delete()
