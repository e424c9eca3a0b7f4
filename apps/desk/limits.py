"""How much one socket may send (X-2, V-6): a bucket of frames, and the patience with what is refused."""

from __future__ import annotations

import time

from django.conf import settings

# A page that comes back asks for many sessions at once: so many seconds' worth are taken together.
BURST_SECONDS = 6
UNLIMITED = 1_000_000
# Frames over the limit that are answered before the socket is closed for abuse …
MOST_REFUSED = 200
# … and how many of them are forgiven each second.
FORGIVEN_A_SECOND = 1.0


class FrameLimit:
    """Counts the frames of one socket; the rate is a setting of the deployment."""

    def __init__(self, clock=time.monotonic) -> None:
        self._clock = clock
        self._at = clock()
        self._rate = float(settings.LIMIT_FRAMES or UNLIMITED)
        self._most = self._left = self._rate * BURST_SECONDS
        self._refused = 0.0

    def allows(self) -> bool:
        """Whether one more frame is taken now."""
        now = self._clock()
        passed, self._at = now - self._at, now
        self._left = min(self._most, self._left + passed * self._rate)
        self._refused = max(0.0, self._refused - passed * FORGIVEN_A_SECOND)
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def refused(self) -> bool:
        """Note a frame over the limit or without sense; True when it has become abuse."""
        self._refused += 1
        return self._refused > MOST_REFUSED
