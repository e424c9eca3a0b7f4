"""Who really calls (X-1): the client's address behind the proxies of this deployment."""

import ipaddress
from collections.abc import Awaitable, Callable

from django.conf import settings

Scope = dict
App = Callable[[Scope, Callable, Callable], Awaitable[None]]


def true_client(peer: str, forwarded: str, proxies: int) -> str:
    """The address that the outermost of `proxies` trusted proxies saw.

    Each proxy appends the address it was called from; whatever stands further left was written
    by the caller and is not believed. With fewer entries than proxies, the peer is all we know.
    """
    if proxies < 1:
        return peer
    entries = [entry.strip() for entry in forwarded.split(",") if entry.strip()]
    if len(entries) < proxies:
        return peer
    try:
        return str(ipaddress.ip_address(entries[-proxies].strip("[]")))
    except ValueError:
        return peer


def plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address without a zone, an IPv4 one in IPv6 clothes as IPv4; ValueError when it is none."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return getattr(found, "ipv4_mapped", None) or found


def is_exempt(address: str) -> bool:
    """Whether the address is on the list of those without limits: shared offices and the like (X-2)."""
    try:
        own = plain(address)
    except ValueError:
        return False
    return any(own in ipaddress.ip_network(network, strict=False) for network in settings.LIMIT_EXEMPT)


class TrueClient:
    """Puts the true address and scheme into the scope, for pages and sockets alike."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Callable, send: Callable) -> None:
        if settings.TRUSTED_PROXIES and scope["type"] in ("http", "websocket"):
            scope = self._corrected(scope)
        await self.app(scope, receive, send)

    def _corrected(self, scope: Scope) -> Scope:
        headers = scope["headers"]
        forwarded = b",".join(value for name, value in headers if name == b"x-forwarded-for").decode(
            "latin-1"
        )
        schemes = [value for name, value in headers if name == b"x-forwarded-proto"]
        peer, port = scope.get("client") or ("127.0.0.1", 0)
        scope = {**scope, "client": [true_client(peer, forwarded, settings.TRUSTED_PROXIES), port]}
        if schemes and schemes[-1].split(b",")[-1].strip() == b"https":
            scope["scheme"] = "wss" if scope["type"] == "websocket" else "https"
        return scope
