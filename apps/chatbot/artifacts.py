"""Trained matchers: kept in the database, unpacked once per machine, mapped by all its processes.

The database holds each file in compressed parts, so that whoever has the database has the bot. A machine
unpacks an artifact into a folder named after its digest; the folder appears whole or not at all.
"""

import fcntl
import hashlib
import logging
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import transaction

from apps.chatbot.models import Artifact, ArtifactPart

log = logging.getLogger(__name__)

PART_BYTES = 4 * 1024 * 1024
# Level 1: numbers hardly shrink further, and publishing should not wait for it.
_LEVEL = 1
# Folders nobody has asked for this long may go, in seconds.
_KEPT = 3600


class BrokenArtifact(Exception):
    """What the database holds of an artifact is not what was stored."""


def store(folder: Path, digest: str, *, anew: bool = False, **facts: object) -> Artifact:
    """Keep the files of a folder under their content's digest; what is there already stays, unless `anew`.

    `facts` are the artifact's library, entries, questions and the seconds it took to make.
    """
    with transaction.atomic():
        artifact, is_new = Artifact.objects.select_for_update().get_or_create(digest=digest, defaults=facts)
        if is_new or anew:
            artifact.parts.all().delete()
            artifact.files = [_store_file(artifact, file) for file in sorted(folder.iterdir())]
            artifact.save(update_fields=["files"])
    return artifact


def _store_file(artifact: Artifact, file: Path) -> dict:
    checksum, size, number = hashlib.sha256(), 0, 0
    with file.open("rb") as source:
        while content := source.read(PART_BYTES):
            packed = zlib.compress(content, _LEVEL)
            ArtifactPart.objects.create(artifact=artifact, file=file.name, number=number, content=packed)
            checksum.update(content)
            size, number = size + len(content), number + 1
    return {"name": file.name, "size": size, "parts": number, "sha256": checksum.hexdigest()}


def fetch(artifact: Artifact, *, anew: bool = False) -> Path:
    """The folder with the artifact's files on this machine, unpacked now if it was not there.

    Processes that ask at once wait for the one that unpacks. `anew` does it although it is there, for files
    that turned out to be damaged. Raises BrokenArtifact.
    """
    place = _root() / artifact.digest
    if not anew and _is_whole(place, artifact):
        os.utime(place)
        return place
    with _alone():
        if anew or not _is_whole(place, artifact):
            _unpack(artifact, place)
    return place


def clean(keep: Collection[str]) -> int:
    """Remove folders of other artifacts than those with these digests, and half-made ones; how many.

    What a process still has mapped stays readable for it.
    """
    removed, old = 0, time.time() - _KEPT
    with _alone():
        for place in _root().iterdir():
            if place.is_dir() and place.name not in keep and place.stat().st_mtime < old:
                shutil.rmtree(place, ignore_errors=True)
                removed += 1
    return removed


def _root() -> Path:
    root = Path(settings.BOT_FOLDER)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return root


@contextmanager
def _alone() -> Iterator[None]:
    """One process or thread of this machine at a time."""
    with (_root() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_whole(place: Path, artifact: Artifact) -> bool:
    """Whether all files are there in their size; what is in them was checked when they were unpacked."""
    try:
        return all((place / file["name"]).stat().st_size == file["size"] for file in artifact.files)
    except OSError:
        return False


def _unpack(artifact: Artifact, place: Path) -> None:
    made = Path(tempfile.mkdtemp(dir=_root(), prefix=".new-"))
    try:
        if not artifact.files:
            raise BrokenArtifact(f"{artifact}: it has no files")
        for file in artifact.files:
            _unpack_file(artifact, file, made / file["name"])
        if place.exists():
            log.warning("bot: the files in %s are damaged and are unpacked anew", place)
            shutil.rmtree(place)
        made.rename(place)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _unpack_file(artifact: Artifact, file: dict, target: Path) -> None:
    checksum, size = hashlib.sha256(), 0
    with target.open("wb") as sink:
        for number in range(file["parts"]):
            content = _part(artifact, file["name"], number)
            checksum.update(content)
            size += sink.write(content)
    if size != file["size"] or checksum.hexdigest() != file["sha256"]:
        raise BrokenArtifact(f"{artifact}: {file['name']} is not what was stored")


def _part(artifact: Artifact, name: str, number: int) -> bytes:
    parts = ArtifactPart.objects.filter(artifact=artifact, file=name, number=number)
    packed = parts.values_list("content", flat=True).first()
    if packed is None:
        raise BrokenArtifact(f"{artifact}: part {number} of {name} is missing")
    unpacker = zlib.decompressobj()
    try:
        # Never more than a part can hold, whatever stands in the database.
        return unpacker.decompress(bytes(packed), PART_BYTES + 1)
    except zlib.error as error:
        raise BrokenArtifact(f"{artifact}: part {number} of {name} can't be unpacked") from error
