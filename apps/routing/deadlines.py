"""The sweep of each second: what is due, what was lost, who waits (S-5)."""

from __future__ import annotations


def sweep() -> None:
    """Fire due deadlines, heal what a crash left, dispatch, tell about queues. Overlaps with no other sweep.

    While no web process has been alive for 5 s no deadline fires (S-5); tests that move time keep one
    alive with `WebPulse.objects.update_or_create(process=…, defaults={"seen_at": clock.now()})`.
    """
    raise NotImplementedError
