"""How far the trail had come, remembered outside the database: a tail cut off there shows here.

What is remembered only moves forward along the chain. An entry that was remembered and is gone
is kept as evidence in `trail-head-broken.txt`, to which lines are only added, until an
administrator acknowledges it (`manage.py verify_access_log --acknowledge`).
"""

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from csdesk import clock

log = logging.getLogger(__name__)
# Is there an entry with this number and this hash?
IsThere = Callable[[int, str], bool]
_LOST, _ACKNOWLEDGED = "lost", "acknowledged"


def _file() -> Path:
    return Path(settings.DATA) / "trail-head.txt"


def _evidence() -> Path:
    return Path(settings.DATA) / "trail-head-broken.txt"


def remembered() -> str:
    """The newest `NUMBER:HASH` this machine has written, or "" when it has written none."""
    try:
        return _file().read_text().strip()
    except FileNotFoundError:
        return ""


def lost() -> list[str]:
    """Every `NUMBER:HASH` that was remembered, was found gone and has not been acknowledged."""
    open_ones: dict[str, None] = {}
    try:
        lines = _evidence().read_text().splitlines()
    except FileNotFoundError:
        return []
    for line in lines:
        _at, word, head = [*line.split(" "), "", ""][:3]
        if word == _LOST:
            open_ones[head] = None
        elif word == _ACKNOWLEDGED:
            open_ones.pop(head, None)
    return list(open_ones)


def remember(number: int, seal: str, previous: str, is_there: IsThere) -> None:
    """Note the newest entry, whose forerunner has the hash `previous`.

    When what was remembered is not in the trail any more, that is kept and logged first. A folder
    that can't be written is logged and stops nothing.
    """
    try:
        with _alone():
            known = remembered()
            follows = known in ("", f"{number - 1}:{previous}", f"{number}:{seal}")
            if not follows and not is_there(*parts(known)):
                _note(_LOST, [known])
                log.error("the trail lacks an entry that had been written: %s", known)
                known = ""
            if number > parts(known)[0]:
                _write(f"{number}:{seal}\n")
    except OSError as error:
        log.warning("the head of the trail could not be noted: %s", error)


def acknowledge(heads: list[str]) -> None:
    """Note that an administrator knows of these losses; the lines about them stay."""
    with _alone():
        _note(_ACKNOWLEDGED, heads)


def parts(head: str) -> tuple[int, str]:
    """Number and hash of a `NUMBER:HASH`; 0 for one that is none."""
    number, _colon, seal = head.partition(":")
    # More digits than a number of an entry can have are none.
    return (int(number) if number.isdigit() and len(number) < 19 else 0), seal


@contextmanager
def _alone() -> Iterator[None]:
    """One process of this machine at a time."""
    _file().parent.mkdir(parents=True, exist_ok=True)
    with _file().with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _note(word: str, heads: list[str]) -> None:
    at = clock.now().isoformat(timespec="seconds")
    with _evidence().open("a") as file:
        file.writelines(f"{at} {word} {head}\n" for head in heads)
        file.flush()
        os.fsync(file.fileno())


def _write(text: str) -> None:
    fresh = _file().with_suffix(".new")
    fresh.write_text(text)
    os.replace(fresh, _file())
