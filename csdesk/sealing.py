"""Secrets kept in the database so that nobody who has only the database can read them (X-15).

A sealed text is `1.KEY.BOX`: AES-256-GCM under a key made from SECRET_KEY for one purpose, bound to the place
it stands in: moved to another row or column it does not open. KEY tells which key it was; former ones are
SECRET_KEY_FALLBACKS.
"""

from __future__ import annotations

import base64
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

VERSION = "1"
NONCE = 12


class Unreadable(Exception):
    """What is sealed here was sealed with a key that is gone, for another place, or was changed."""


def seal(purpose: str, place: str, text: str) -> str:
    """The text sealed with the newest key of this purpose; `place` names table, row and column."""
    key = _key(settings.SECRET_KEY, purpose)
    nonce = os.urandom(NONCE)
    box = nonce + AESGCM(key).encrypt(nonce, text.encode(), place.encode())
    return ".".join((VERSION, _name(key), base64.urlsafe_b64encode(box).decode()))


def unseal(purpose: str, place: str, sealed: str) -> str:
    """The text that `seal` was given with the same purpose and place; Unreadable else."""
    version, _dot, rest = sealed.partition(".")
    name, _dot, box = rest.partition(".")
    try:
        raw = base64.urlsafe_b64decode(box)
    except ValueError:
        raw = b""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        key = _key(secret, purpose)
        if version == VERSION and name == _name(key) and len(raw) > NONCE:
            try:
                return AESGCM(key).decrypt(raw[:NONCE], raw[NONCE:], place.encode()).decode()
            except InvalidTag:
                break
    raise Unreadable(f"sealed for {purpose}, and no key of ours opens it")


def is_newest(purpose: str, sealed: str) -> bool:
    """Whether the newest key has sealed it."""
    return sealed.split(".")[1:2] == [_name(_key(settings.SECRET_KEY, purpose))]


def _key(secret: str, purpose: str) -> bytes:
    # Its own key for each purpose, so that what opens one kind of secret opens no other.
    return HKDF(SHA256(), 32, salt=None, info=f"csdesk.sealing.{purpose}".encode()).derive(secret.encode())


def _name(key: bytes) -> str:
    return hashlib.sha256(b"name" + key).hexdigest()[:8]
