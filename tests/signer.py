"""Signing users as an app's own server does it, written from the format, not from our verification (V-8)."""

import base64
import hashlib
import hmac
import json
import time
import zlib
from typing import Any

DAY = 86_400


def user_sig(
    user_id: str,
    secret: str,
    *,
    sdkappid: int = 1400000000,
    life: int = DAY,
    made: int | None = None,
    userbuf: bytes | None = None,
) -> str:
    """A `userSig` for the user, made `made` (now) and good for `life` seconds."""
    return packed(fields(user_id, secret, sdkappid, life, made, userbuf))


def fields(
    user_id: str, secret: str, sdkappid: int, life: int, made: int | None, userbuf: bytes | None = None
) -> dict[str, Any]:
    made = int(time.time()) if made is None else made
    signed = {"identifier": user_id, "sdkappid": sdkappid, "time": made, "expire": life}
    if userbuf is not None:
        signed["userbuf"] = base64.b64encode(userbuf).decode()
    text = "".join(f"TLS.{name}:{value}\n" for name, value in signed.items())
    mac = hmac.digest(secret.encode(), text.encode(), hashlib.sha256)
    return {f"TLS.{name}": value for name, value in signed.items()} | {
        "TLS.ver": "2.0",
        "TLS.sig": base64.b64encode(mac).decode(),
    }


def packed(said: Any) -> str:
    """JSON, deflated, in the base64 whose signs fit into an address."""
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    text = base64.b64encode(zlib.compress(raw)).decode()
    return text.replace("+", "*").replace("/", "-").replace("=", "_")
