"""Slowing down whoever guesses passwords (T-8, X-2), the same for accounts that do not exist.

After five failures of an account from an address each further try waits longer; failures of one
account from many addresses slow that account down too, but never where its owner has signed in
before, so that nobody can lock somebody else out.
"""

import hashlib
import math
from dataclasses import dataclass

from django.core.cache import cache

from csdesk import clock
from csdesk.addresses import is_exempt
from csdesk.errors import RateLimited

FREE_TRIES = 5
FREE_TRIES_OF_ACCOUNT = 20
LONGEST_WAIT, LONGEST_WAIT_OF_ACCOUNT = 900, 60  # seconds
TRIES_PER_ADDRESS = 60  # per minute, over all accounts
_FORGET = 3600
_KNOWN = 30 * 24 * 3600


@dataclass(frozen=True)
class Attempt:
    """One try to sign in. `begin()` counts it as failed; `succeeded()` takes that back."""

    account: str
    address: str

    @property
    def _pair(self) -> str:
        return _key("pair", self.account, self.address)

    @property
    def _account(self) -> str:
        return _key("account", self.account)

    @property
    def _known(self) -> str:
        return _key("known", self.account, self.address)

    def begin(self) -> None:
        """Count the try; raises RateLimited with `seconds` in `extra` when it comes too early.

        `flood` in `extra`: so many from this address that they are not worth an entry each.
        """
        many = _count(_key("address", self.address), 60) > TRIES_PER_ADDRESS
        if many and not is_exempt(self.address):
            raise RateLimited(seconds=60, flood=True)
        _pass(self._pair, FREE_TRIES, LONGEST_WAIT)
        if not cache.get(self._known):
            _pass(self._account, FREE_TRIES_OF_ACCOUNT, LONGEST_WAIT_OF_ACCOUNT)

    def succeeded(self) -> None:
        """Forget this address's failures; from now on it is one of the account's own."""
        for key in (self._pair, self._account):
            cache.delete(key)
            cache.delete(f"{key}:gate")
        cache.set(self._known, 1, _KNOWN)


def _pass(key: str, free: int, longest: int) -> None:
    """Let the first `free` tries through, then one at a time with growing waits between them."""
    tries = _count(key, _FORGET)
    gate, now = f"{key}:gate", clock.now().timestamp()
    wait = min(longest, 15 * 2 ** min(max(tries - free, 0), 10))
    if tries < free:
        return
    if tries == free:
        cache.set(gate, now + wait, wait)
        return
    # `add` is atomic: of many at once only one goes through.
    if not cache.add(gate, now + wait, wait):
        cache.incr(key, -1)
        raise RateLimited(seconds=max(1, math.ceil((cache.get(gate) or now) - now)))


def _count(key: str, seconds: int) -> int:
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key)
    except ValueError:  # it ran out between the two calls
        cache.set(key, 1, seconds)
        return 1


def _key(kind: str, *parts: str) -> str:
    return f"sign-in:{kind}:" + hashlib.sha256("\x00".join(parts).encode()).hexdigest()
