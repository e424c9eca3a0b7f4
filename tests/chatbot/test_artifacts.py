"""Trained files in the database and on a machine: unpacked once, checked, mended (B-8)."""

import multiprocessing
import os
import time
from pathlib import Path

import pytest
from django.db import connection, connections

from apps.chatbot import artifacts
from apps.chatbot.artifacts import PART_BYTES, BrokenArtifact
from apps.chatbot.models import Artifact

FACTS = {"library": "qa", "entries": 1, "questions": 2}


@pytest.fixture
def folder(tmp_path) -> Path:
    """Files as a matcher writes them: one empty, one longer than a part."""
    made = tmp_path / "made"
    made.mkdir()
    (made / "about.json").write_text('{"a": "ü"}', encoding="utf-8")
    (made / "empty.npy").write_bytes(b"")
    (made / "long.npy").write_bytes(os.urandom(1024) * 4 * 1024 + b"the end" * PART_BYTES)
    return made


def contents(place: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in place.iterdir()}


@pytest.mark.django_db
def test_what_is_stored_comes_back(folder):
    artifact = artifacts.store(folder, "a" * 64, **FACTS)
    place = artifacts.fetch(artifact)
    assert contents(place) == contents(folder)
    assert artifact.parts.filter(file="long.npy").count() > 2


@pytest.mark.django_db
def test_what_is_there_is_not_unpacked_again(folder, monkeypatch):
    artifact = artifacts.store(folder, "a" * 64, **FACTS)
    artifacts.fetch(artifact)
    monkeypatch.setattr(artifacts, "_unpack", lambda *_: pytest.fail("unpacked twice"))
    artifacts.fetch(artifact)


@pytest.mark.django_db
def test_the_same_content_is_stored_once(folder):
    first = artifacts.store(folder, "a" * 64, **FACTS)
    parts = first.parts.count()
    assert artifacts.store(folder, "a" * 64, **FACTS) == first
    assert first.parts.count() == parts


@pytest.mark.django_db
@pytest.mark.parametrize("damage", ["delete", "cut"])
def test_a_damaged_file_is_unpacked_anew(folder, damage):
    artifact = artifacts.store(folder, "a" * 64, **FACTS)
    file = artifacts.fetch(artifact) / "long.npy"
    if damage == "delete":
        file.unlink()
    else:
        file.write_bytes(b"short")
    assert contents(artifacts.fetch(artifact)) == contents(folder)


@pytest.mark.django_db
def test_a_file_changed_in_place_is_mended_when_asked(folder):
    artifact = artifacts.store(folder, "a" * 64, **FACTS)
    file = artifacts.fetch(artifact) / "about.json"
    file.write_bytes(b"x" * file.stat().st_size)
    assert contents(artifacts.fetch(artifact, anew=True)) == contents(folder)


@pytest.mark.django_db
@pytest.mark.parametrize("damage", ["missing", "garbage", "swapped", "bomb"])
def test_a_broken_part_is_told_and_leaves_nothing(folder, damage, settings):
    artifact = artifacts.store(folder, "a" * 64, **FACTS)
    part = artifact.parts.get(file="long.npy", number=1)
    if damage == "missing":
        part.delete()
    else:
        other = artifact.parts.get(file="long.npy", number=2)
        bomb = artifacts.zlib.compress(b"\0" * (PART_BYTES + 1), 9)
        part.content = {"garbage": b"\1\2\3", "swapped": other.content, "bomb": bomb}[damage]
        part.save()
    with pytest.raises(BrokenArtifact):
        artifacts.fetch(artifact)
    assert [file.name for file in Path(settings.BOT_FOLDER).iterdir()] == ["lock"]


@pytest.mark.django_db
def test_old_folders_go_and_those_in_use_stay(folder, settings):
    old, used = (artifacts.store(folder, letter * 64, **FACTS) for letter in "ab")
    places = [artifacts.fetch(artifact) for artifact in (old, used)]
    half = Path(settings.BOT_FOLDER) / ".new-broken-off"
    half.mkdir()
    long_ago = time.time() - 2 * 3600
    for place in [*places, half]:
        os.utime(place, (long_ago, long_ago))
    assert artifacts.clean({used.digest}) == 2
    assert places[1].exists() and not places[0].exists() and not half.exists()
    fresh = artifacts.fetch(old)
    assert artifacts.clean({used.digest}) == 0  # somebody has just asked for it
    assert fresh.exists()


def _fetch(number: int, root: str, unpacked) -> None:
    """In a process of its own."""
    from django.conf import settings

    connections.close_all()
    settings.BOT_FOLDER = root
    unpack = artifacts._unpack

    def counted(*values) -> None:
        with unpacked.get_lock():
            unpacked.value += 1
        time.sleep(0.2)
        unpack(*values)

    artifacts._unpack = counted
    artifacts.fetch(Artifact.objects.get(pk=number))
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_processes_that_ask_at_once_unpack_once(folder, settings):
    artifact = artifacts.store(folder, "a" * 64, **FACTS)
    connection.close()
    fork = multiprocessing.get_context("fork")
    unpacked = fork.Value("i", 0)
    processes = [
        fork.Process(target=_fetch, args=(artifact.pk, settings.BOT_FOLDER, unpacked)) for _ in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert unpacked.value == 1
    assert contents(artifacts.fetch(artifact)) == contents(folder)
