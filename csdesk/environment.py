"""Reading settings of the deployment from the environment."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """The variable without blanks around it, or `default` when it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """A yes or no; anything else stops the start, because a typo must not open a door."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in _TRUE:
        return True
    if value.strip().lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}")


def number(name: str, default: int) -> int:
    """A whole number that is not negative."""
    value = text(name, str(default))
    if not value.isdigit():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}")
    return int(value)


def words(name: str) -> list[str]:
    """A list written with commas or blanks."""
    return text(name).replace(",", " ").split()


def secret(name: str, data: Path, demo: bool) -> str:
    """A secret from the environment; the demo makes one and keeps it in its data folder (0600).

    Outside the demo a missing secret stops the start: a key that differs between processes or
    after a restart would sign everybody out and break the trail.
    """
    value = text(name)
    if value or not demo:
        if len(value) < 32:
            raise ImproperlyConfigured(f"{name} must be set to at least 32 random characters")
        return value
    return kept_secret(data / f"{name.lower()}.txt")


def kept_secret(file: Path, length: int = 48) -> str:
    """The random text in this file, made on first use; safe when several processes ask at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        kept = file.read_text().strip()
    except FileNotFoundError:
        kept = ""
    if kept:
        return kept
    own = file.with_name(f".{file.name}.{os.getpid()}")
    own.touch(mode=0o600)
    own.write_text(secrets.token_urlsafe(length))
    try:
        os.link(own, file)
    except FileExistsError:
        pass
    finally:
        own.unlink()
    return file.read_text().strip()
