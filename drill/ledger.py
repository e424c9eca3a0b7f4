"""What was said and when it arrived: figures of the clients, and what the audit compares."""

from __future__ import annotations

import bisect
import time
from dataclasses import dataclass, field
from statistics import median

# Width of the slices in which the median delivery is looked at, and how much counts as back to normal.
SLICE_SECONDS = 0.5
LEAST_IN_SLICE = 5
SLICES_IN_A_ROW = 2


@dataclass
class Ledger:
    """Times (monotonic seconds) of texts said in conversations and of their arrival on the other side.

    One per drill; every text is different.
    """

    said: dict[str, float] = field(default_factory=dict)
    # (said, arrived) in the order of arrival.
    deliveries: list[tuple[float, float]] = field(default_factory=list)
    acks: list[float] = field(default_factory=list)

    def say(self, text: str) -> None:
        """A text leaves for somebody who is there to read it."""
        self.said[text] = time.monotonic()

    def withdraw(self, text: str) -> None:
        """The server has refused it: nobody will get it."""
        self.said.pop(text, None)

    # --- What clients tell (clients.Listener) ------------------------------------------------------

    def acknowledged(self) -> None:
        self.acks.append(time.monotonic())

    def arrived(self, frame: dict) -> None:
        if "client_id" in frame:
            return  # the writer's own side
        at = self.said.pop(frame["message"].get("text", ""), None)
        if at is not None:
            self.deliveries.append((at, time.monotonic()))

    # --- Figures -----------------------------------------------------------------------------------

    def messages_since(self, begin: float) -> int:
        """Acknowledged messages."""
        return len(self.acks) - bisect.bisect_left(self.acks, begin)

    def first_ack(self, since: float) -> float | None:
        """Seconds from a moment to the first acknowledgement after it."""
        place = bisect.bisect_left(self.acks, since)
        return self.acks[place] - since if place < len(self.acks) else None

    def first_delivery(self, since: float) -> float | None:
        """Seconds from a moment to the first arrival of something said after it."""
        found = [arrived for said, arrived in self.deliveries if said >= since]
        return min(found) - since if found else None

    def typical(self, begin: float, end: float) -> float | None:
        """Median seconds from saying to arrival, of what was said in that time."""
        waits = [arrived - said for said, arrived in self.deliveries if begin <= said < end]
        return median(waits) if waits else None

    def recovery(self, since: float, usual: float, until: float) -> float | None:
        """Seconds from a moment until messages arrive as fast as usual again; None if they never did.

        As usual: the median of two half-second slices in a row is below twice the usual one, or 50 ms more.
        """
        limit = max(2 * usual, usual + 0.05)
        slices: dict[int, list[float]] = {}
        for said, arrived in self.deliveries:
            if since <= said < until:
                slices.setdefault(int((said - since) / SLICE_SECONDS), []).append(arrived - said)
        in_a_row = 0
        for number in range(int((until - since) / SLICE_SECONDS) + 1):
            waits = slices.get(number, [])
            is_usual = len(waits) >= LEAST_IN_SLICE and median(waits) <= limit
            in_a_row = in_a_row + 1 if is_usual else 0
            if in_a_row == SLICES_IN_A_ROW:
                first = number - SLICES_IN_A_ROW + 1
                return first * SLICE_SECONDS
        return None

    def forget(self, before: float) -> None:
        """Drop figures of what was said before a moment."""
        self.deliveries = [pair for pair in self.deliveries if pair[0] >= before]
        self.acks = self.acks[bisect.bisect_left(self.acks, before) :]
