"""What a socket's handshake says, before anybody has said hello (X-5)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs

from apps.sessions.models import Channel
from apps.visitor import origins


@dataclass(frozen=True)
class Handshake:
    """`channel` is the key or account id asked for, which need not exist."""

    channel: str
    origin: str
    scheme: str
    host: str
    languages: str
    browser: str

    def may_use(self, channel: Channel | None) -> bool:
        """Whether somebody of this origin may connect; of an app, the hello must bring a signed user."""
        if not self.origin and channel:
            return origins.may_lack_one(channel)
        is_own = origins.is_own(self.origin, self.scheme, self.host)
        return is_own or bool(channel and origins.on_list(self.origin, channel))


def read(scope: dict) -> Handshake:
    """The handshake of an ASGI scope."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return Handshake(
        channel=query.get("channel", [""])[-1],
        origin=headers.get(b"origin", ""),
        scheme="https" if scope.get("scheme") in ("wss", "https") else "http",
        host=headers.get(b"host", ""),
        languages=headers.get(b"accept-language", ""),
        browser=headers.get(b"user-agent", ""),
    )
