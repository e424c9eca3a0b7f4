"""Which messages were sent and which arrived: every one once, in order, and how long it took."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

Way = tuple[str, int]  # who speaks ("q" a customer, "a" an agent), which customer's conversation


@dataclass
class Ledger:
    """Messages are numbered 1, 2, 3 … on each way of each conversation."""

    sent: dict[Way, int] = field(default_factory=lambda: defaultdict(int))
    arrived: dict[Way, int] = field(default_factory=lambda: defaultdict(int))
    waits: list[float] = field(default_factory=list)
    doubles: int = 0
    out_of_order: int = 0
    _times: dict[Way, deque] = field(default_factory=lambda: defaultdict(deque))

    def send(self, way: Way, at: float) -> int:
        """The number of the next message on this way."""
        self.sent[way] += 1
        self._times[way].append(at)
        return self.sent[way]

    def arrive(self, way: Way, number: int, at: float) -> bool:
        """Note an arrival; False for one that came twice or out of order."""
        expected = self.arrived[way] + 1
        if number < expected:
            self.doubles += 1
            return False
        if number > expected:
            self.out_of_order += 1
            for _ in range(number - expected):
                self._times[way].popleft()
        self.arrived[way] = number
        self.waits.append(at - self._times[way].popleft())
        return number == expected

    @property
    def under_way(self) -> int:
        return sum(self.sent.values()) - sum(self.arrived.values())

    def faults(self) -> dict[str, int]:
        """What must be zero once nothing is under way any more."""
        return {"lost": self.under_way, "doubles": self.doubles, "out_of_order": self.out_of_order}


def quantile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
