"""Reading settings of the deployment from the environment."""

import ipaddress
import os
import secrets
from collections.abc import Collection
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


def choice(name: str, default: str, possible: Collection[str]) -> str:
    """One of the possible values."""
    value = text(name, default)
    if value not in possible:
        named = " or ".join(sorted(possible)) if len(possible) < 9 else f"a known name such as {default}"
        raise ImproperlyConfigured(f"{name} must be {named}, not {value!r}")
    return value


def networks(name: str, default: list[str]) -> list[str]:
    """A list of addresses and networks, such as 192.0.2.7 or 10.0.0.0/8."""
    found = words(name) or default
    for network in found:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} must hold addresses or networks such as 192.0.2.0/24, not {network!r}"
            ) from None
    return found


def ports(name: str, default: list[int]) -> list[int]:
    """A list of TCP ports."""
    found = words(name)
    if not all(port.isdecimal() and 0 < int(port) < 65_536 for port in found):
        raise ImproperlyConfigured(f"{name} must hold ports such as 443, not {' '.join(found)!r}")
    return [int(port) for port in found] or default


def words(name: str, default: str = "") -> list[str]:
    """A list written with commas or blanks."""
    return text(name, default).replace(",", " ").split()


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


def close_to_others(data: Path) -> None:
    """Take from others, in the data folder, what an earlier version or a loose umask has given them.

    They may still pass the folder itself (not list it): so the embedded PostgreSQL, which has an
    account of its own, reaches its folder.
    """
    for path in data.iterdir():
        facts = path.lstat()
        if facts.st_uid == os.geteuid() and facts.st_mode & 0o077 and not path.is_symlink():
            path.chmod(0o700 if path.is_dir() else 0o600)
    mode = data.stat().st_mode
    if data.stat().st_uid == os.geteuid():
        data.chmod(0o700 | mode & 0o001)


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
