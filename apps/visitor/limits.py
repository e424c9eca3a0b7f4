"""How much one address and one socket may ask for (X-2); the numbers are settings."""

import ipaddress
import time

from django.conf import settings
from django.core.cache import cache
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.sessions.models import ChatSession, State
from csdesk.addresses import is_exempt, plain
from csdesk.errors import RateLimited

MINUTE, DAY = 60, 86_400
MEGABYTE = 1024 * 1024
# A socket may send a page's worth at once; what counts is the sustained rate.
BURST_SECONDS = 3
# Refused frames a socket may collect before it is shown out; one is forgiven each second.
PATIENCE = 100


def count_token(address: str) -> None:
    """One more token for the address; RateLimited over the limit of a minute."""
    _count("token", address, settings.LIMIT_TOKENS, MINUTE)


def count_upload(address: str) -> None:
    """One more upload by the address; RateLimited over the limit of a minute."""
    _count("upload", address, settings.LIMIT_UPLOADS, MINUTE)


def count_bytes(address: str, size: int) -> None:
    """So many more bytes by the address; RateLimited over the limit of a day."""
    _count("bytes", address, settings.LIMIT_UPLOAD_MB * MEGABYTE, DAY, size)


def expect_place(address: str, customer_id: object) -> None:
    """RateLimited when as many engaged sessions as allowed are open from the address already.

    To be asked when a customer is about to engage in one more (S-17); their own do not count.
    """
    limit = settings.LIMIT_SESSIONS
    if not limit or not address or is_exempt(address):
        return
    if _engaged_from(address).exclude(customer_id=customer_id).count() >= limit:
        raise RateLimited(_("Too many conversations are open from your network. Please try again later."))


def _engaged_from(address: str) -> QuerySet[ChatSession]:
    engaged = ChatSession.objects.exclude(state=State.CLOSED).filter(engaged_at__isnull=False)
    network = network_of(address)
    if network.num_addresses == 1:
        return engaged.filter(customer__address=address)
    # Django has no lookup for networks; the edges of one compare like addresses do.
    return engaged.filter(customer__address__gte=str(network[0]), customer__address__lte=str(network[-1]))


def network_of(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 customer has."""
    own = plain(address)
    return ipaddress.ip_network((own, 32 if own.version == 4 else 64), strict=False)


def _count(what: str, address: str, limit: int, seconds: int, amount: int = 1) -> None:
    """Count in the running window; the share of the one before that is still within reach counts too."""
    if not limit or not address or is_exempt(address):
        return
    window, passed = divmod(time.time(), seconds)
    name = f"limit:{what}:{network_of(address)}"
    key = f"{name}:{int(window)}"
    cache.add(key, 0, timeout=2 * seconds)
    try:
        now = cache.incr(key, amount)
    except ValueError:
        # Redis went or came back between the two calls: begin anew rather than refuse.
        cache.set(key, amount, timeout=2 * seconds)
        now = amount
    before = cache.get(f"{name}:{int(window) - 1}", 0)
    if now + before * (1 - passed / seconds) > limit:
        raise RateLimited(_("Too many requests from your network. Please try again later."))


class Bucket:
    """So many per second, sustained, and a burst at once."""

    def __init__(self, rate: float, size: float) -> None:
        self.rate, self.size = rate, size
        self._left = size
        self._at = time.monotonic()

    def take(self) -> bool:
        """Whether one more is within the rate."""
        now = time.monotonic()
        self._left = min(self.size, self._left + (now - self._at) * self.rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def frames() -> Bucket:
    """The frames of one socket."""
    rate = settings.LIMIT_FRAMES or 1_000_000
    return Bucket(rate, rate * BURST_SECONDS)


def patience() -> Bucket:
    """The refused frames of one socket."""
    return Bucket(1, PATIENCE)
