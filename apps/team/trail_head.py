"""How far the trail had come, remembered outside the database: a tail cut off there shows here."""

import fcntl
import logging
import os
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)


def _file() -> Path:
    return Path(settings.DATA) / "trail-head.txt"


def remembered() -> str:
    """The newest `NUMBER:HASH` this machine has written, or "" when it has written none."""
    try:
        return _file().read_text().strip()
    except FileNotFoundError:
        return ""


def remember(number: int, seal: str) -> None:
    """Note the newest entry. A folder that can't be written is logged and stops nothing."""
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        with _file().with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if number > _number(remembered()):
                fresh = _file().with_suffix(".new")
                fresh.write_text(f"{number}:{seal}\n")
                os.replace(fresh, _file())
    except OSError as error:
        log.warning("the head of the trail could not be noted: %s", error)


def _number(head: str) -> int:
    number = head.partition(":")[0]
    return int(number) if number.isdigit() else 0
