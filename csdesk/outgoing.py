"""Calls to addresses that people have written somewhere (X-12): to the outside, and in bounds.

A name is resolved once, each address it has is judged, and the connection goes to one that has passed;
whatever the name says a moment later, and whatever the answer points to, is not asked. TLS is checked
against the name. All of it, from the look-up to the last byte, has one time limit and one size limit.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import socket
import ssl
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import quote, urlsplit

import httpcore
import idna
from django.conf import settings

log = logging.getLogger(__name__)

SECONDS = 3.0
KILOBYTE = 1024
MOST = 64 * KILOBYTE
# What an answer may have besides its body: its head, and the seams of a body sent in chunks.
HEAD = 32 * KILOBYTE
LONGEST_ADDRESS = 2_000

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Python's `is_global` leaves these out of what it calls special, or did so in some version.
_SPECIAL = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # shared by a provider's customers; some clouds keep their metadata here
        "168.63.129.16/32",  # a cloud's own services at each of its machines
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo and others of the kind
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in IPv6 clothes
        "3fff::/20",
    )
]
# All else in IPv6 (mapped, NAT64, local …) is no place on the internet.
_INTERNET_6 = ipaddress.ip_network("2000::/3")
_ASCII_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
_KEPT_IN_PATHS = "/%:@!$&'()*+,;=~-._"


class OutgoingError(Exception):
    """There is no answer, and why in one word.

    `address` (not one we ask), `port`, `network` (a place that is not outside), `unreachable`, `time`,
    `redirect`, `status`, `encoding`, `size`, `protocol`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Answer:
    """What came back from an address that answered with 2xx."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Target:
    """An address taken apart: `host` in ASCII, `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def read(cls, address: str) -> Target:
        """OutgoingError for what is no plain http or https address on a port that we ask."""
        if len(address) > LONGEST_ADDRESS or "\\" in address or any(c <= " " or c == "\x7f" for c in address):
            raise OutgoingError("address")
        try:
            parts = urlsplit(address)
            port = parts.port
            host = _ascii_host(parts.hostname or "")
        except (ValueError, idna.IDNAError):
            raise OutgoingError("address") from None
        if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
            raise OutgoingError("address")
        port = (443 if parts.scheme == "https" else 80) if port is None else port
        if port not in settings.OUTGOING_PORTS:
            raise OutgoingError("port")
        path = quote(parts.path or "/", _KEPT_IN_PATHS)
        query = f"?{quote(parts.query, _KEPT_IN_PATHS + '?')}" if parts.query else ""
        return cls(parts.scheme, host, port, path + query)

    @property
    def url(self) -> httpcore.URL:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return httpcore.URL(scheme=self.scheme, host=host, port=self.port, target=self.path)

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return host if self.port == usual else f"{host}:{self.port}"


def _ascii_host(host: str) -> str:
    if ":" in host:
        return str(ipaddress.IPv6Address(host)) if "%" not in host else ""
    host = host.removesuffix(".")
    if not host.isascii():
        host = idna.encode(host, uts46=True).decode()
    host = host.lower()
    return host if _ASCII_HOST.fullmatch(host) and len(host) <= 253 else ""


async def get(address: str, *, accept: str = "*/*", most: int = MOST, seconds: float = SECONDS) -> Answer:
    """Ask an address for what is there; at most `most` bytes within `seconds`, all in all.

    OutgoingError for everything but a whole answer with 2xx. Nothing of it goes into the log.
    """
    return await _call("GET", address, {"Accept": accept}, b"", most, seconds)


async def post(
    address: str, body: bytes, headers: dict[str, str], *, most: int = MOST, seconds: float = SECONDS
) -> Answer:
    """Send a body to an address; what `get` says of limits, errors and the log holds here too."""
    sent = {**headers, "Content-Length": str(len(body))}
    return await _call("POST", address, sent, body, most, seconds)


async def _call(
    method: str, address: str, headers: dict[str, str], body: bytes, most: int, seconds: float
) -> Answer:
    begun = time.monotonic()
    host, outcome, size = "", "", 0
    try:
        target = Target.read(address)
        host = target.host
        async with asyncio.timeout(seconds):
            answer = await _ask(method, target, headers, body, most)
        outcome, size = str(answer.status), len(answer.body)
        return answer
    except OutgoingError as error:
        outcome = error.reason
        raise
    except TimeoutError:
        outcome = "time"
        raise OutgoingError("time") from None
    except (httpcore.ConnectError, httpcore.TimeoutException, OSError):
        outcome = "unreachable"
        raise OutgoingError("unreachable") from None
    except (httpcore.NetworkError, httpcore.ProtocolError):
        outcome = "protocol"
        raise OutgoingError("protocol") from None
    finally:
        spent = round((time.monotonic() - begun) * 1000)
        log.info(
            "outgoing: %s %s %s, %s bytes, %s ms", method, host or "-", outcome or "cancelled", size, spent
        )


async def _ask(method: str, target: Target, headers: dict[str, str], body: bytes, most: int) -> Answer:
    request = httpcore.Request(
        method,
        target.url,
        content=body,
        headers={
            **headers,
            "Host": target.host_header,
            # Packed content could unfold to any size.
            "Accept-Encoding": "identity",
            "User-Agent": "csdesk",
            "Connection": "close",
        },
    )
    way = _Way(await _permitted(target), most + HEAD)
    origin = target.url.origin
    async with httpcore.AsyncHTTPConnection(
        origin, ssl_context=_trust(), network_backend=way, http1=True, http2=False
    ) as connection:
        response = await connection.handle_async_request(request)
        try:
            return await _taken(response, most)
        finally:
            await response.aclose()


async def _taken(response: httpcore.Response, most: int) -> Answer:
    if not 200 <= response.status < 300:
        raise OutgoingError("redirect" if 300 <= response.status < 400 else "status")
    headers = {name.lower(): value.decode("latin-1").strip() for name, value in response.headers}
    if headers.get(b"content-encoding", "identity").lower() not in ("", "identity"):
        raise OutgoingError("encoding")
    declared = headers.get(b"content-length", "0")
    if declared.isdecimal() and int(declared) > most:
        raise OutgoingError("size")
    body = bytearray()
    async for piece in response.stream:
        body += piece
        if len(body) > most:
            raise OutgoingError("size")
    return Answer(response.status, headers.get(b"content-type", ""), bytes(body))


# --- Where a connection may go ---------------------------------------------------------------------


def is_permitted(address: Address) -> bool:
    """Whether we connect there: a place on the internet, or in a network that the environment allows."""
    if any(address in network for network in _allowed(tuple(settings.OUTGOING_NETWORKS))):
        return True
    if any(address in network for network in _SPECIAL) or not address.is_global or address.is_multicast:
        return False
    return address.version == 4 or address in _INTERNET_6


@lru_cache(8)
def _allowed(networks: tuple[str, ...]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(network, strict=False) for network in networks]


async def _permitted(target: Target) -> list[Address]:
    """The addresses of the name that we connect to; the one look-up of a call."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(_resolver(), _look_up, target.host, target.port)
    except (OSError, UnicodeError):
        raise OutgoingError("unreachable") from None
    passed = [address for address in found if is_permitted(address)]
    if not passed:
        raise OutgoingError("network")
    return passed


def _look_up(host: str, port: int) -> list[Address]:
    """All addresses of a host, those of IPv4 first, for they work nearly everywhere."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = {ipaddress.ip_address(place[0]): None for *_, place in found}
    return sorted(addresses, key=lambda address: address.version)


@cache
def _resolver() -> ThreadPoolExecutor:
    """Threads of their own: a name server that does not answer must hold up nothing else."""
    return ThreadPoolExecutor(8, thread_name_prefix="csdesk-names")


@cache
def _trust() -> ssl.SSLContext:
    """The system's certificate authorities (`SSL_CERT_FILE`, `SSL_CERT_DIR`), names checked."""
    return ssl.create_default_context()


class _Way(httpcore.AsyncNetworkBackend):
    """Connects to the given addresses, whatever the name; takes so many bytes."""

    def __init__(self, addresses: list[Address], most: int) -> None:
        self._addresses = addresses
        self._most = most
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable | None = None,
    ) -> httpcore.AsyncNetworkStream:
        for address in self._addresses:
            try:
                stream = await self._network.connect_tcp(str(address), port, timeout=timeout)
            except httpcore.ConnectError:
                continue
            return _Measured(stream, self._most)
        raise OutgoingError("unreachable")


class _Measured(httpcore.AsyncNetworkStream):
    """A connection that ends when more has come than may."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, most: int) -> None:
        self._stream = stream
        self._left = most

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        read = await self._stream.read(max_bytes, timeout)
        self._left -= len(read)
        if self._left < 0:
            raise OutgoingError("size")
        return read

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _Measured(await self._stream.start_tls(ssl_context, server_hostname, timeout), self._left)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
